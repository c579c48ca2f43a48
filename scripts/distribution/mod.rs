//! From programs to what people install: archives, packages of npm, checksums and an installer.

pub(crate) mod archive;
pub(crate) mod npm;
mod pages;
pub(crate) mod release;
pub(crate) mod target;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::{Component, Path, PathBuf};

use sha2::{Digest as _, Sha256};

use self::archive::Entry;
use self::npm::About;
use self::target::{TARGETS, Target};

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The version of all of it.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

const SUMS: &str = "SHA256SUMS";
const INSTALLER: &str = include_str!("install.sh");

/// What is put together.
#[derive(Default)]
pub(crate) struct Assembly {
    /// The folder that gets all of it; made, or of an earlier call.
    pub(crate) out: PathBuf,
    /// The program for each target that was built here.
    pub(crate) programs: Vec<(&'static Target, PathBuf)>,
    /// A program that runs here, and writes completions and man pages.
    pub(crate) native: Option<PathBuf>,
    /// Folders with archives that other machines have made.
    pub(crate) joined: Vec<PathBuf>,
    /// Whether the program for every target must be there.
    pub(crate) is_complete: bool,
    /// Where the sources are.
    pub(crate) repository: Option<String>,
    /// Where the archives will be, for the installer.
    pub(crate) from: Option<String>,
}

/// Puts it together; gives the targets that are not in it.
pub(crate) fn assemble(assembly: &Assembly) -> Result<Vec<&'static Target>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = BTreeMap::<String, Vec<u8>>::new();
    let mut programs = Vec::new();
    let mut pages = None;
    for target in &TARGETS {
        let name = target.archive(VERSION);
        let built = assembly.programs.iter().find(|(built, _)| *built == target);
        let joined: BTreeSet<PathBuf> =
            assembly.joined.iter().map(|folder| folder.join(&name)).filter(|path| path.is_file()).collect();
        match (built, joined.first()) {
            (None, None) => continue,
            (None, Some(path)) if joined.len() == 1 => {
                let program = format!("{}/{}", target.stem(VERSION), target.program());
                programs.push((target, archive::file_in(path, &program)?));
                files.insert(name, read(path)?);
            }
            (Some((_, path)), None) => {
                let program = read(path)?;
                if pages.is_none() {
                    pages = Some(beside_the_program(assembly, root)?);
                }
                let mut entries = pages.clone().unwrap_or_default();
                entries.push(Entry::program(target.program(), program.clone()));
                let pack = if target.is_windows() { archive::zip } else { archive::tar };
                files.insert(name, pack(&target.stem(VERSION), &entries)?);
                programs.push((target, program));
            }
            _ => return Err(format!("{name}: comes from two places: which one shall it be?").into()),
        }
    }
    for folder in &assembly.joined {
        all_of_this_version(folder)?;
    }
    if programs.is_empty() {
        return Err("there is no program to pack: name a target, or a folder of archives with --join".into());
    }
    let lacks = |target: &&'static Target| !programs.iter().any(|(there, _)| there == target);
    let lacking: Vec<&Target> = TARGETS.iter().filter(lacks).collect();
    if let (Some(first), true) = (lacking.first(), assembly.is_complete) {
        return Err(format!("{}: is missing, and a release has every archive", first.archive(VERSION)).into());
    }
    let about = About { version: VERSION, repository: assembly.repository.as_deref(), root };
    let mut packages = vec![npm::main(&about)?, npm::bundled(&about, &programs)?];
    for (target, program) in &programs {
        packages.push(npm::platform(&about, target, program)?);
    }
    files.extend(packages.into_iter().map(|(name, bytes)| (format!("npm/{name}"), bytes)));
    let installer = INSTALLER.replace("@VERSION@", VERSION);
    let installer = installer.replace("@FROM@", assembly.from.as_deref().unwrap_or_default());
    files.insert("install.sh".to_owned(), installer.into_bytes());
    let sums: String = files.iter().map(|(name, bytes)| format!("{}  {name}\n", sha256(bytes))).collect();
    files.insert(SUMS.to_owned(), sums.into_bytes());
    write_all(&assembly.out, &files)?;
    Ok(lacking)
}

/// What every archive holds.
fn beside_the_program(assembly: &Assembly, root: &Path) -> Result<Vec<Entry>> {
    let runs_here = |(target, _): &&(&Target, PathBuf)| Some(*target) == Target::of_this_machine();
    let built = assembly.programs.iter().find(runs_here).map(|(_, path)| path);
    let program = assembly.native.as_ref().or(built);
    let program = program.ok_or("no program that runs here was built: name one with --native")?;
    let version = pages::version_of(program)?;
    if version != VERSION {
        return Err(format!("{}: is version {version}, not {VERSION}", program.display()).into());
    }
    let mut entries = pages::written_by(program)?;
    entries.push(Entry::new("LICENSE", read(&root.join("LICENSE"))?));
    Ok(entries)
}

/// A folder of archives with one of another version is not the one that was meant.
fn all_of_this_version(folder: &Path) -> Result<()> {
    let known: Vec<String> = TARGETS.iter().map(|target| target.archive(VERSION)).collect();
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let is_archive = name.ends_with(".tar.gz") || name.ends_with(".zip");
        if name.starts_with("docker-prep-") && is_archive && !known.contains(&name) {
            let path = folder.join(name);
            return Err(
                format!("{}: is no archive of version {VERSION} that is known", path.display()).into()
            );
        }
    }
    Ok(())
}

/// Writes the files into a folder that is empty, or that an earlier call has filled: what that wrote is removed.
fn write_all(out: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    let former = fs::read_to_string(out.join(SUMS)).unwrap_or_default();
    let names = former.lines().filter_map(|line| Some(line.split_once("  ")?.1));
    let is_below =
        |name: &&str| Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    let mut former: BTreeSet<&str> = names.filter(is_below).collect();
    if !former.is_empty() {
        former.insert(SUMS);
    }
    if out.exists() {
        for entry in walkdir::WalkDir::new(out).min_depth(1) {
            let entry = entry?;
            let name = entry.path().strip_prefix(out)?.to_string_lossy().replace('\\', "/");
            if !entry.file_type().is_dir() && !former.contains(&*name) {
                return Err(format!(
                    "{}: is not of an earlier call: name another folder",
                    entry.path().display()
                )
                .into());
            }
        }
    }
    for name in former {
        match fs::remove_file(out.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(at(&out.join(name))(error).into());
            }
            _ => {}
        }
    }
    files.iter().try_for_each(|(name, bytes)| write(&out.join(name), bytes))
}

/// Puts a path before what is said of it.
pub(crate) fn at<E: std::fmt::Display>(path: &Path) -> impl Fn(E) -> String + '_ {
    move |error| format!("{}: {error}", path.display())
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    Ok(fs::read(path).map_err(at(path))?)
}

/// Writes a file, and makes the folders that it lies in.
fn write(path: &Path, content: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(at(folder))?;
    }
    Ok(fs::write(path, content).map_err(at(path))?)
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
