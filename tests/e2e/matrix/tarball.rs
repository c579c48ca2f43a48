//! The files of a package, in a tarball and where it was installed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;
use serde_json::Value;

/// Path and content.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Those of a tarball, without the top folder.
pub(crate) fn files_in(tarball: &Path) -> Files {
    let mut archive = tar::Archive::new(GzDecoder::new(File::open(tarball).expect("a file")));
    let entries = archive.entries().expect("a tarball").map(|entry| {
        let mut entry = entry.expect("a whole tarball");
        let path = entry.path().expect("a path").to_str().expect("UTF-8").to_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("a whole tarball");
        (path.strip_prefix("package/").expect("in the top folder").to_owned(), content)
    });
    entries.collect()
}

/// Where bun notes which tarball it has unpacked.
const BUNS: &str = ".bun-tag";

/// Those of a folder, without what was installed in it.
pub(crate) fn files_of(dir: &Path) -> Files {
    let entries =
        walkdir::WalkDir::new(dir).into_iter().filter_entry(|entry| entry.file_name() != "node_modules");
    let files = entries
        .map(|entry| entry.expect("a readable tree"))
        .filter(|entry| !entry.file_type().is_dir() && entry.file_name() != BUNS);
    let relative = |path: &Path| path.strip_prefix(dir).expect("below").to_str().expect("UTF-8").to_owned();
    files.map(|file| (relative(file.path()), fs::read(file.path()).expect("a file"))).collect()
}

/// The name in the manifest.
pub(crate) fn name(files: &Files) -> String {
    let manifest: Value = serde_json::from_slice(&files["package.json"]).expect("JSON");
    manifest["name"].as_str().expect("a name").to_owned()
}
