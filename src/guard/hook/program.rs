//! How a hook finds the program: as the project has it, and what it says where it is missing.

/// Where installers put programs. What a desktop program starts may not have these on its PATH.
const FOLDERS: &str = "$HOME/.cargo/bin:$HOME/.local/bin:/usr/local/bin";

/// How a project has the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProgramSource {
    /// As a program of the machine; a package manager may have put it there as well.
    Path,
    /// As a dependency, in `node_modules/.bin`: that version goes before any other.
    Dependency,
    /// As a dependency that only Yarn finds: with Plug'n'Play there is no `node_modules`.
    PlugAndPlay,
}

/// The program, for a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HookProgram {
    source: ProgramSource,
    /// The folder of the project's manifest, from the repository's top, with `/` at its end; empty for the top itself.
    folder: String,
    /// What installs it, as it is typed in that folder.
    install: String,
}

impl HookProgram {
    /// One that is had so, by what is typed to install it in a folder. A folder that a shell would read otherwise than it
    /// is written is not named in a hook: the program is looked for on PATH.
    pub(crate) fn new(source: ProgramSource, folder: &str, install: impl Into<String>) -> Self {
        let is_plain = folder.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
        let source = if is_plain { source } else { ProgramSource::Path };
        let folder = if folder.is_empty() || !is_plain { String::new() } else { format!("{folder}/") };
        Self { source, folder, install: install.into() }
    }

    /// What mends it where the program is missing.
    pub(crate) fn how_to_install(&self) -> String {
        match self.folder.trim_end_matches('/') {
            "" => format!("type: {}", self.install),
            folder => format!("in {folder} type: {}", self.install),
        }
    }

    /// Where it lies besides on PATH, from the repository's top.
    pub(crate) fn folder_of_programs(&self) -> String {
        format!("{}node_modules/.bin", self.folder)
    }

    /// The program that is called first.
    pub(crate) fn name(&self) -> &'static str {
        if self.source == ProgramSource::PlugAndPlay { "yarn" } else { "docker-prep" }
    }

    /// What is said where that is missing: nothing may pass in silence then. Without quotes, `$` and the like.
    pub(super) fn missing(&self) -> String {
        format!("{} is not installed, and the commit is not checked: {}", self.name(), self.how_to_install())
    }

    /// The value of PATH, for a shell.
    pub(super) fn search_path(&self) -> String {
        let own = self.folder_of_programs();
        match self.source {
            ProgramSource::Path => format!("$PATH:{own}:{FOLDERS}"),
            ProgramSource::Dependency => format!("{own}:$PATH:{FOLDERS}"),
            ProgramSource::PlugAndPlay => format!("$PATH:{FOLDERS}"),
        }
    }

    /// The call of the guard, for a shell whose PATH is that.
    pub(super) fn call(&self) -> String {
        match (self.source, self.folder.trim_end_matches('/')) {
            (ProgramSource::PlugAndPlay, "") => "yarn docker-prep guard".to_owned(),
            (ProgramSource::PlugAndPlay, folder) => format!("yarn --cwd {folder} docker-prep guard"),
            _ => "docker-prep guard".to_owned(),
        }
    }

    /// The call of the guard for any shell, of Windows too.
    pub(super) fn plain_call(&self) -> String {
        match self.source {
            ProgramSource::Dependency if self.folder.is_empty() => {
                format!("npx --no-install {}", self.call())
            }
            _ => self.call(),
        }
    }
}

#[cfg(test)]
impl HookProgram {
    /// A project's that has it by no package manager.
    pub(super) fn on_path() -> Self {
        Self::new(ProgramSource::Path, "", "npm install -g @bytelyst/docker-prep")
    }

    /// One of each kind.
    pub(super) fn of_each_kind() -> [Self; 5] {
        [
            Self::on_path(),
            Self::new(ProgramSource::Dependency, "", "pnpm install"),
            Self::new(ProgramSource::Dependency, "apps/web", "npm install"),
            Self::new(ProgramSource::PlugAndPlay, "", "yarn install"),
            Self::new(ProgramSource::PlugAndPlay, "web", "yarn install"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_projects_own_version_goes_first() {
        let [path, own, below, ..] = HookProgram::of_each_kind();
        assert!(path.search_path().starts_with("$PATH:node_modules/.bin:"));
        assert!(own.search_path().starts_with("node_modules/.bin:$PATH:"));
        assert!(below.search_path().starts_with("apps/web/node_modules/.bin:$PATH:"));
        assert_eq!(below.how_to_install(), "in apps/web type: npm install");
    }

    #[test]
    fn a_folder_that_a_shell_would_read_is_not_named() {
        for folder in ["a b", "$(x)", "a'b", "a:b"] {
            let program = HookProgram::new(ProgramSource::Dependency, folder, "npm install");
            assert_eq!(program.search_path(), HookProgram::on_path().search_path(), "{folder}");
        }
    }
}
