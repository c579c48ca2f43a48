//! The tarball of a package of others, made anew so that it names tarballs.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use sha2::{Digest as _, Sha256};
use tar::{Archive, EntryType};

use crate::disk;
use crate::error::{Problem, io_cause};
use crate::npm::{
    ContentSource, Contents, EncodeError, Manifest, Seal, Tarball, TarballEntry, encode, js, tarball_name,
};
use crate::offline::{Wanted, manifest};
use crate::text::{Digest, json};
use crate::threads::Threads;

/// Grows when the same package would be made into other bytes.
const FORMAT: &str = "docker-prep linked 1\n";
/// More than any package has: files, and bytes when they are unpacked.
const MOST_FILES: usize = 200_000;
const MOST_BYTES: u64 = 2 << 30;
const MANIFEST: &str = "package.json";

/// A package of others with the tarballs that it is to name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ThirdParty {
    /// What it is.
    pub(crate) wanted: Wanted,
    /// The specifiers of its dependencies, by their keys.
    pub(crate) links: BTreeMap<String, String>,
}

impl ThirdParty {
    /// Of all that the bytes depend on.
    pub(crate) fn key(&self, seal: Option<&Seal>) -> Digest {
        let mut hasher = Sha256::new();
        let seal = seal.map(Seal::comment).unwrap_or_default();
        let links = self.links.iter().flat_map(|(key, link)| [key.as_str(), link.as_str()]);
        let Wanted { name, version, integrity, .. } = &self.wanted;
        for text in [FORMAT, name, version, integrity, &seal].into_iter().chain(links) {
            hasher.update((text.len() as u64).to_le_bytes());
            hasher.update(text);
        }
        Digest::finish(hasher)
    }

    /// Writes its tarball: the same files with the same exec bits, and a manifest that names the others. Nothing of how
    /// the original was packed is left in the bytes.
    ///
    /// # Errors
    /// The original cannot be read or is no package, or a failure of the sink.
    pub(crate) fn encode<W: Write>(
        &self,
        original: &Path,
        seal: Option<&Seal>,
        threads: Threads,
        sink: W,
    ) -> Result<(Tarball, W), EncodeError> {
        let contents = self.contents(original).map_err(EncodeError::Package)?;
        let (tarball, sink) = encode(&contents, seal, false, threads, sink)?;
        let digits = seal.map_or(tarball.sha256.short(), Seal::short);
        let Wanted { name, version, .. } = self.wanted.clone();
        let filename = tarball_name(&name, &version, digits);
        Ok((Tarball { name, version, filename, ..tarball }, sink))
    }

    /// The manifest in a tarball.
    ///
    /// # Errors
    /// As [`Self::encode`].
    pub(crate) fn manifest(wanted: &Wanted, original: &Path) -> Result<Manifest, Problem> {
        let package = Self { wanted: wanted.clone(), links: BTreeMap::new() };
        package.files(original).map(|(manifest, _)| manifest)
    }

    fn contents(&self, original: &Path) -> Result<Contents, Problem> {
        let (manifest, mut files) = self.files(original)?;
        let manifest = manifest::linked(&manifest, &self.links);
        let generated = js::stringify(&manifest.0).into_bytes();
        files.insert(MANIFEST.to_owned(), (generated, false));
        let entry = |(path, (bytes, executable)): (String, (Vec<u8>, bool))| TarballEntry {
            path,
            executable,
            source: ContentSource::Generated(bytes),
        };
        let entries = files.into_iter().map(entry).collect();
        Ok(Contents { manifest, entries, warnings: Vec::new(), footprint: None })
    }

    fn files(&self, original: &Path) -> Result<(Manifest, Files), Problem> {
        let label = format!("{}@{}", self.wanted.name, self.wanted.version);
        let problem = |why: String| {
            Problem::new(format!("{label}: its tarball cannot be used: {why}"))
                .hint("take another version of the package, or tell its authors")
        };
        let files = read(original).map_err(problem)?;
        let (text, _) = files.get(MANIFEST).ok_or_else(|| problem(format!("it holds no {MANIFEST}")))?;
        let text = String::from_utf8_lossy(text);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let manifest = json::parse_object(text).map_err(|error| problem(format!("{MANIFEST}: {error}")))?;
        Ok((Manifest(manifest), files))
    }
}

/// Files by their paths below the top folder, each with whether it is executable.
type Files = BTreeMap<String, (Vec<u8>, bool)>;

/// Reads a tarball as package managers do: of files of one path the last counts, links are passed over.
fn read(path: &Path) -> Result<Files, String> {
    let file = disk::file(path).map_err(|error| io_cause(&error))?;
    // One byte more than is allowed tells that there is more.
    let mut archive = Archive::new(MultiGzDecoder::new(file).take(MOST_BYTES + 1));
    let broken = |error: std::io::Error| format!("it is no tarball: {}", io_cause(&error));
    let (mut files, mut size) = (Files::new(), 0_u64);
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        if !matches!(entry.header().entry_type(), EntryType::Regular | EntryType::Continuous) {
            continue;
        }
        let Some(path) = inside(&entry.path_bytes())? else { continue };
        size = size.saturating_add(entry.size());
        if size > MOST_BYTES {
            return Err("it holds more than 2 GiB".to_owned());
        }
        let is_executable = entry.header().mode().map_err(broken)? & 0o111 != 0;
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(broken)?;
        files.insert(path, (bytes, is_executable));
        if files.len() > MOST_FILES {
            return Err(format!("it holds more than {MOST_FILES} files"));
        }
    }
    Ok(files)
}

/// The path below the top folder; nothing for what lies beside it.
fn inside(path: &[u8]) -> Result<Option<String>, String> {
    let path = std::str::from_utf8(path).map_err(|_| "a file's name is not UTF-8".to_owned())?;
    let leaves = path.starts_with('/') || path.split('/').any(|part| part == "..") || path.contains('\0');
    if leaves {
        return Err(format!("'{}' would leave the package", path.escape_debug()));
    }
    let mut parts = path.split('/').filter(|part| !part.is_empty() && *part != ".");
    let _top = parts.next();
    let below = parts.collect::<Vec<_>>().join("/");
    Ok((!below.is_empty()).then_some(below))
}
