//! Reads objects by their names, many at a time.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::thread::JoinHandle;

use flate2::read::ZlibDecoder;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::git::{self, Git, Place};
use super::tree::Entry;
use crate::error::{Error, Kind, Result};
use crate::model::digest::hex;
use crate::model::guard::shown;

/// How many objects are asked for before the first answer is read: the questions fit into any pipe, so that neither
/// side ever waits for the other to read.
const AHEAD: usize = 64;

/// From how many objects on a second thread pays.
const SHARED: usize = 100;

/// The repository's objects. What was just staged lies in a file of its own, which is read here, as a process costs
/// more than all the rest; git is asked for what is packed or borrowed.
pub struct Objects {
    git: Git,
    dir: PathBuf,
    batch: Option<Batch>,
}

impl Objects {
    /// Those of a repository. Git is called at once where it will be needed, and starts meanwhile.
    ///
    /// # Errors
    /// [`Kind::Environment`] where git cannot be run.
    pub fn open(git: &Git, place: &Place) -> Result<Self> {
        let dir = place.objects.clone();
        let has_packs = fs::read_dir(dir.join("pack")).is_ok_and(|mut packs| packs.next().is_some());
        let batch = if has_packs { Some(Batch::start(git)?) } else { None };
        Ok(Self { git: git.clone(), dir, batch })
    }

    /// Reads a blob for each item, and gives what is made of it, in order.
    ///
    /// # Errors
    /// An object that is not there, is no blob, or cannot be read.
    pub fn blobs<I: Sync, T: Send>(
        &mut self,
        items: &[I],
        entry: &(dyn Fn(&I) -> &Entry + Sync),
        make: &(dyn Fn(&I, &[u8]) -> T + Sync),
    ) -> Result<Vec<T>> {
        let dir = &self.dir;
        let loose = |items: &[I]| -> Vec<Option<T>> {
            items.iter().map(|item| loose(dir, &entry(item).object).map(|bytes| make(item, &bytes))).collect()
        };
        let mut made = if items.len() < SHARED {
            loose(items)
        } else {
            let (some, others) = items.split_at(items.len() / 2);
            std::thread::scope(|scope| {
                let some = scope.spawn(|| loose(some));
                let others = loose(others);
                // What a thread did not bring is asked of git.
                let mut made = some.join().unwrap_or_default();
                made.resize_with(items.len() - others.len(), || None);
                made.extend(others);
                made
            })
        };
        let missing: Vec<usize> =
            made.iter().enumerate().filter(|(_, it)| it.is_none()).map(|(at, _)| at).collect();
        for missing in missing.chunks(AHEAD) {
            if self.batch.is_none() {
                self.batch = Some(Batch::start(&self.git)?);
            }
            let Some(batch) = &mut self.batch else { break };
            let entries: Vec<&Entry> = missing.iter().map(|at| entry(&items[*at])).collect();
            batch.read(&entries, &mut |at, bytes| {
                made[missing[at]] = Some(make(&items[missing[at]], bytes))
            })?;
        }
        Ok(made.into_iter().flatten().collect())
    }
}

/// A blob that has a file of its own and is what its name says; git is to judge any other.
fn loose(dir: &Path, object: &str) -> Option<Vec<u8>> {
    let packed = fs::read(dir.join(object.get(..2)?).join(object.get(2..)?)).ok()?;
    let mut bytes = Vec::with_capacity(packed.len() * 3);
    ZlibDecoder::new(packed.as_slice()).read_to_end(&mut bytes).ok()?;
    let header = bytes.iter().position(|byte| *byte == 0)? + 1;
    let is_blob = bytes.starts_with(b"blob ") && is_named(object, &bytes[..header], &bytes[header..]);
    is_blob.then(|| bytes.split_off(header))
}

/// Whether an object is what its name says: git itself checks none when it reads one.
fn is_named(object: &str, header: &[u8], content: &[u8]) -> bool {
    let digest = if object.len() == 40 {
        hex(&Sha1::new().chain_update(header).chain_update(content).finalize())
    } else {
        hex(&Sha256::new().chain_update(header).chain_update(content).finalize())
    };
    digest == object
}

/// A `git cat-file --batch`.
struct Batch {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// Reads what git says, a trace that somebody asked for among it: a full pipe would stop git.
    said: Option<JoinHandle<Vec<u8>>>,
}

impl Batch {
    /// Starts it; it waits for questions.
    fn start(git: &Git) -> Result<Self> {
        let mut command = git.command(&["cat-file", "--batch"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| git::missing(&error))?;
        match (child.stdin.take(), child.stdout.take()) {
            (questions @ Some(_), Some(answers)) => {
                let said = child.stderr.take().map(|mut pipe| {
                    std::thread::spawn(move || {
                        let mut said = Vec::new();
                        let _ = pipe.read_to_end(&mut said);
                        said
                    })
                });
                Ok(Self { child, questions, answers: BufReader::with_capacity(1 << 16, answers), said })
            }
            _ => Err(Error::new(Kind::Environment, "git has no pipes")),
        }
    }

    /// Reads a few blobs.
    fn read(&mut self, entries: &[&Entry], take: &mut dyn FnMut(usize, &[u8])) -> Result<()> {
        let questions: String = entries.iter().map(|entry| format!("{}\n", entry.object)).collect();
        let asked = self.questions.as_mut().map(|pipe| pipe.write_all(questions.as_bytes()));
        for (at, entry) in entries.iter().enumerate() {
            let read =
                if matches!(asked, Some(Ok(()))) { self.answer(&entry.object) } else { Err(String::new()) };
            match read {
                Ok(bytes) => take(at, &bytes),
                Err(why) => return Err(self.failure(entry, &why)),
            }
        }
        Ok(())
    }

    /// The next answer: a header, the content, a line end.
    fn answer(&mut self, object: &str) -> Result<Vec<u8>, String> {
        let mut header = String::new();
        self.answers.read_line(&mut header).map_err(|error| error.to_string())?;
        let words: Vec<&str> = header.split_whitespace().collect();
        let length = match words[..] {
            [_, "blob", length] => length.parse::<usize>().map_err(|error| error.to_string())?,
            [_, "missing"] => return Err("it is missing".to_owned()),
            [_, kind, _] => return Err(format!("it is a {kind}, and no file")),
            _ => return Err(String::new()),
        };
        let mut content = vec![0; length + 1];
        self.answers.read_exact(&mut content).map_err(|_| String::new())?;
        content.pop();
        if !is_named(object, format!("blob {length}\0").as_bytes(), &content) {
            return Err("it is damaged: its content is not what its name says".to_owned());
        }
        Ok(content)
    }

    /// Why an object could not be read: what we know, else what git says.
    fn failure(&mut self, entry: &Entry, why: &str) -> Error {
        let mut stderr = Vec::new();
        if why.is_empty() {
            self.questions = None;
            if let Some(Ok(said)) = self.said.take().map(JoinHandle::join) {
                stderr = said;
            }
        }
        let why = if why.is_empty() { format!("git says: {}", git::said(&stderr)) } else { why.to_owned() };
        let message = format!("{}: its object {} cannot be read: {why}", shown(&entry.path), entry.object);
        let hint = format!(
            "nothing was judged: see what is wrong with `git fsck`, or in a partial clone fetch it: git cat-file -p {}",
            entry.object
        );
        Error::new(Kind::Environment, message).hint(hint)
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        // Without questions it ends by itself.
        self.questions = None;
        let _ = self.child.wait();
    }
}
