//! The workspace's licence, for packages that bring none.

use std::path::Path;
use std::sync::OnceLock;

use crate::error::{Problem, io_cause};
use crate::npm::workspace::Workspace;

/// The licences in a workspace's root, looked for once where any package needs them.
#[derive(Debug, Default)]
pub(super) struct Licences(OnceLock<Result<Vec<String>, Problem>>);

/// The names of the licences in the workspace's root that go into a package without any.
pub(super) fn missing(
    workspace: &Workspace,
    dir: &Path,
    list: &[String],
    licences: &Licences,
) -> Result<Vec<String>, Problem> {
    // `/LICEN[CS]E(?:\..+)?/i`, with no anchor: anywhere in any path.
    let is_licence = |path: &String| {
        let path = path.to_ascii_lowercase();
        path.contains("license") || path.contains("licence")
    };
    if !workspace.is_pnpm || dir == workspace.root || list.iter().any(is_licence) {
        return Ok(Vec::new());
    }
    licences.0.get_or_init(|| of_root(workspace)).clone()
}

fn of_root(workspace: &Workspace) -> Result<Vec<String>, Problem> {
    let fail = |e: &std::io::Error| {
        Problem::new(format!("cannot read the folder {}: {}", workspace.root.display(), io_cause(e)))
            .hint("the workspace's licence is packed into packages without one, and is looked for there")
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&workspace.root).map_err(|e| fail(&e))? {
        let entry = entry.map_err(|e| fail(&e))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if !is_licence_name(&name) {
            continue;
        }
        let kind = entry.file_type().map_err(|e| fail(&e))?;
        // A link is followed, and one that leads nowhere is passed over.
        let is_file = kind.is_file()
            || (kind.is_symlink() && std::fs::metadata(entry.path()).is_ok_and(|meta| meta.is_file()));
        if is_file {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Picomatch on `LICEN{S,C}E{,.*}`: `^(?:LICEN(S|C)E(|\.(?!\.{0,1}(?:\/|$))(?=.)[^/]*?))$`.
fn is_licence_name(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("LICENSE").or_else(|| name.strip_prefix("LICENCE")) else {
        return false;
    };
    match rest.strip_prefix('.') {
        None => rest.is_empty(),
        Some(extension) => {
            !matches!(extension, "" | ".") && !extension.starts_with(crate::npm::js::is_line_end)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_case_of_a_root_licence_matters() {
        for name in ["LICENSE", "LICENCE", "LICENSE.md", "LICENSE...", "LICENSE.a b"] {
            assert!(is_licence_name(name), "{name}");
        }
        for name in ["license", "LICENSE.", "LICENSE..", "LICENSE-MIT", "MY-LICENSE"] {
            assert!(!is_licence_name(name), "{name}");
        }
    }
}
