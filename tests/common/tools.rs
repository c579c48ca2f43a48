//! What `scripts/tools` has put into `.tools/`.

use std::path::{Path, PathBuf};

/// The version of pnpm whose packing is the rule.
pub(crate) const PNPM: &str = "10.6.5";

/// Where `scripts/tools` has put things.
pub(crate) fn tools() -> PathBuf {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools");
    assert!(
        pnpm_folder(&tools).join("dist/pnpm.cjs").is_file(),
        "pnpm {PNPM} is not in {}: run scripts/tools",
        tools.display()
    );
    tools
}

/// The folder of that pnpm.
pub(crate) fn pnpm_folder(tools: &Path) -> PathBuf {
    tools.join(format!("pnpm-{PNPM}/node_modules/pnpm"))
}

/// Docker's client, and the folder of its plugins compose and buildx: those that `scripts/tools` has unpacked, or the
/// machine's own, which know where theirs are.
pub(crate) fn docker() -> (PathBuf, Option<PathBuf>) {
    let unpacked = tools().join("docker-trixie");
    if unpacked.join("docker").is_file() {
        return (unpacked.join("docker"), Some(unpacked.join("cli-plugins")));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let docker = std::env::split_paths(&path).map(|folder| folder.join("docker")).find(|file| file.is_file());
    (
        docker.expect("docker with compose and buildx is neither in .tools/ nor in PATH: run scripts/tools"),
        None,
    )
}
