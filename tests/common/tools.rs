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
