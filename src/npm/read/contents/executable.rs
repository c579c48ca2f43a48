//! Which entries get mode 0755: `@pnpm/package-bins` and `publishConfig.executableFiles`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::Problem;
use crate::npm::manifest::Manifest;
use crate::npm::{js, package_name};
use crate::text::path;

/// The executable files of a package.
#[derive(Debug, Default)]
pub(super) struct Executables {
    files: HashSet<PathBuf>,
    /// `directories.bin`: all below it that `**` finds.
    folder: Option<PathBuf>,
}

impl Executables {
    /// Reads `bin` and `directories.bin` of the published manifest, and `executableFiles` of the one before.
    pub(super) fn of(
        published: &Manifest,
        manifest: &Manifest,
        dir: &Path,
        label: &str,
    ) -> Result<Self, Problem> {
        let no_path = |field: &str, value: &Value| {
            Problem::new(format!("{label}: {field} is {value}, which is no path"))
                .hint("write a path that is relative to the package")
        };
        let mut this = Self::default();
        match published.0.get("bin") {
            Some(Value::String(path)) if !path.is_empty() => {
                this.files.insert(path::join_on_disk(dir, path));
            }
            Some(bin) if js::truthy(Some(bin)) => {
                for (command, target) in js::entries(bin).into_iter().filter(|(name, _)| is_command(name)) {
                    let path =
                        target.as_str().ok_or_else(|| no_path(&format!("bin[{command:?}]"), &target))?;
                    let path = path::join_on_disk(dir, path);
                    if path.starts_with(dir) {
                        this.files.insert(path);
                    }
                }
            }
            _ => match published.0.get("directories").and_then(|directories| directories.get("bin")) {
                Some(Value::String(path)) if !path.is_empty() => {
                    this.folder = Some(path::join_on_disk(dir, path))
                }
                Some(other) if js::truthy(Some(other)) => return Err(no_path("directories.bin", other)),
                _ => {}
            },
        }
        let listed = manifest.0.get("publishConfig").and_then(|config| config.get("executableFiles"));
        match listed {
            None | Some(Value::Null) => {}
            Some(Value::Array(paths)) => {
                for path in paths {
                    let path = path.as_str().ok_or_else(|| no_path("an entry of executableFiles", path))?;
                    this.files.insert(path::join_on_disk(dir, path));
                }
            }
            Some(other) => {
                return Err(Problem::new(format!(
                    "{label}: publishConfig.executableFiles is {other}, which is no list"
                ))
                .hint("write [\"bin/cli.js\"]"));
            }
        }
        Ok(this)
    }

    /// Whether the file that an entry is made of is one of them.
    pub(super) fn contain(&self, source: &Path) -> bool {
        if self.files.is_empty() && self.folder.is_none() {
            return false;
        }
        let source = path::clean(source);
        self.files.contains(&source)
            || self.folder.as_deref().is_some_and(|folder| found_below(folder, &source))
    }
}

/// A command's name must stay as it is in a URL; `$` and scoped ones are let through.
fn is_command(name: &str) -> bool {
    name == "$" || name.starts_with('@') || package_name::encode_uri_component(name) == name
}

/// Whether tinyglobby's `**` finds a file below a folder: no part begins with a dot or holds a line end, and no
/// link is followed.
fn found_below(folder: &Path, file: &Path) -> bool {
    let Ok(relative) = file.strip_prefix(folder) else { return false };
    let text = relative.to_string_lossy();
    if text.is_empty() || text.contains(js::is_line_end) || text.split('/').any(|part| part.starts_with('.'))
    {
        return false;
    }
    relative
        .ancestors()
        .skip(1)
        .filter(|parent| !parent.as_os_str().is_empty())
        .all(|parent| std::fs::symlink_metadata(folder.join(parent)).is_ok_and(|meta| meta.is_dir()))
}
