//! What comes beside the program in an archive, as the program itself writes it.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::archive::Entry;
use super::{Result, at, read};

/// Each shell, with what it wants its completions to be called.
const SHELLS: [(&str, &str); 4] = [
    ("bash", "docker-prep.bash"),
    ("fish", "docker-prep.fish"),
    ("powershell", "_docker-prep.ps1"),
    ("zsh", "_docker-prep"),
];

/// Completions and man pages, by a program that runs here.
pub(crate) fn written_by(program: &Path) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for (shell, name) in SHELLS {
        entries.push(Entry::new(format!("completions/{name}"), call(program, &["completions", shell])?));
    }
    let folder = tempfile::tempdir()?;
    call(program, &[OsStr::new("man"), OsStr::new("--out"), folder.path().as_os_str()])?;
    for file in fs::read_dir(folder.path()).map_err(at(folder.path()))? {
        let path = file?.path();
        let name = path.file_name().and_then(OsStr::to_str).ok_or("a man page without a name")?;
        let section =
            path.extension().and_then(OsStr::to_str).ok_or_else(|| format!("{name}: no section"))?;
        entries.push(Entry::new(format!("man/man{section}/{name}"), read(&path)?));
    }
    if !entries.iter().any(|entry| entry.path == "man/man1/docker-prep.1") {
        return Err(format!("{} man: wrote no docker-prep.1", program.display()).into());
    }
    Ok(entries)
}

/// What a program says of itself.
pub(crate) fn version_of(program: &Path) -> Result<String> {
    let said = String::from_utf8(call(program, &["--version"])?)?;
    let version = said.strip_prefix("docker-prep ").and_then(|rest| rest.split_whitespace().next());
    Ok(version.ok_or_else(|| format!("{} --version: {said:?}", program.display()))?.to_owned())
}

fn call<W: AsRef<OsStr>>(program: &Path, words: &[W]) -> Result<Vec<u8>> {
    let output = Command::new(program).args(words).output().map_err(at(program))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let words: Vec<_> = words.iter().map(|word| word.as_ref().to_string_lossy()).collect();
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{} {}: {}: {}", program.display(), words.join(" "), output.status, said.trim()).into())
}
