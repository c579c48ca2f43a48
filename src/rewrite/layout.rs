//! Where the deps dir lies from a surface when it is installed.

/// The folders of a surface and of the deps dir in the image, or on the disk where no image build says otherwise. Both are
/// meant from the same root.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct InstallLayout {
    /// The folder that the package manager takes for the root: the surface's own, or that of its workspace.
    pub(crate) root: String,
    /// The folder of the surface's manifest.
    pub(crate) surface: String,
    /// The folder of the tarballs.
    pub(crate) deps_dir: String,
}

impl InstallLayout {
    /// That of a surface which is installed by itself.
    pub(crate) fn alone(surface: &str, deps_dir: &str) -> Self {
        Self { root: surface.to_owned(), surface: surface.to_owned(), deps_dir: deps_dir.to_owned() }
    }

    /// The path from the surface to the tarballs, of which a `file:` is made.
    pub(crate) fn path(&self) -> String {
        relative_path(&self.surface, &self.deps_dir)
    }

    /// The path from the root to the tarballs.
    pub(crate) fn path_from_root(&self) -> String {
        relative_path(&self.root, &self.deps_dir)
    }
}

/// The path from one folder to another, both from the same root; empty where they are one.
pub(crate) fn relative_path(from: &str, to: &str) -> String {
    let parts =
        |path: &str| path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (from, to) = (parts(from), parts(to));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", from.len() - common);
    up.chain(to[common..].iter().map(String::as_str)).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_meant_from_the_surface() {
        assert_eq!(relative_path("backend", ".docker-deps"), "../.docker-deps");
        assert_eq!(relative_path("", ".docker-deps"), ".docker-deps");
        assert_eq!(relative_path("/app", "/app/.docker-deps"), ".docker-deps");
        assert_eq!(relative_path("apps/web", ".docker-deps"), "../../.docker-deps");
        assert_eq!(relative_path("apps/web", "apps/.deps"), "../.deps");
        assert_eq!(relative_path("backend", "backend/.deps"), ".deps");
        assert_eq!(relative_path("/app", "/app"), "");
    }
}
