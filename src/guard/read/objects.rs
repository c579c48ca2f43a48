//! Reads objects by their names, many at a time.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::thread::JoinHandle;

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::git;
use super::git::Git;
use super::tree::TreeEntry;
use crate::error::{Error, ErrorKind, Result};
use crate::guard::shown;
use crate::project::{Failure, said};
use crate::text::hex;

/// How many objects are asked for before the first answer is read: the questions fit into any pipe, so that neither
/// side ever waits for the other to read.
const AHEAD: usize = 64;

/// Whether an object is what its name says: git itself checks none when it reads one.
pub(crate) fn is_named(object: &str, content: &[u8]) -> bool {
    let header = format!("blob {}\0", content.len());
    let digest = if object.len() == 40 {
        hex(&Sha1::new().chain_update(header).chain_update(content).finalize())
    } else {
        hex(&Sha256::new().chain_update(header).chain_update(content).finalize())
    };
    digest == object
}

/// The repository's objects, by a `git cat-file --batch`.
pub(crate) struct Objects {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// Reads what git says, a trace that somebody asked for among it: a full pipe would stop git.
    said: Option<JoinHandle<Vec<u8>>>,
}

impl Objects {
    /// Those of a repository. Git starts meanwhile, and waits for questions.
    ///
    /// # Errors
    /// [`ErrorKind::Environment`] where git cannot be run.
    pub(crate) fn open(git: &Git) -> Result<Self> {
        let mut command = git.command(&["cat-file", "--batch"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| git::error(Failure::NotRun(error)))?;
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
            _ => Err(Error::new(ErrorKind::Environment, "git has no pipes")),
        }
    }

    /// Reads the blob of each entry, in order; `take` gets the entry's number and its content.
    ///
    /// # Errors
    /// An object that is not there, is no blob, or cannot be read.
    pub(crate) fn read(&mut self, entries: &[&TreeEntry], take: &mut dyn FnMut(usize, &[u8])) -> Result<()> {
        let mut chunks = entries.chunks(AHEAD / 2);
        let mut asked = self.ask(chunks.next()) && self.ask(chunks.next());
        let mut content = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            if at > 0 && at % (AHEAD / 2) == 0 {
                asked = asked && self.ask(chunks.next());
            }
            match if asked { self.answer(&entry.object, &mut content) } else { Err(String::new()) } {
                Ok(()) => take(at, &content),
                Err(why) => return Err(self.failure(entry, &why)),
            }
        }
        Ok(())
    }

    /// The file at a path of the last commit; `None` where it holds none, or no commit is there yet. One whose path has a
    /// line end cannot be asked for.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn committed(&mut self, path: &[u8]) -> Result<Option<Vec<u8>>> {
        if path.contains(&b'\n') {
            return Ok(None);
        }
        let failed = |why: &str| {
            let message = format!("{}: it cannot be read as it was committed: {why}", shown(path));
            Error::new(ErrorKind::Environment, message)
                .hint("nothing was judged: see what is wrong with `git fsck`")
        };
        let question = [b"HEAD:", path, b"\n"].concat();
        let mut answer = Vec::new();
        let asked = self.questions.as_mut().is_some_and(|pipe| pipe.write_all(&question).is_ok());
        if !asked || self.answers.read_until(b'\n', &mut answer).is_err() {
            return Err(failed("git takes no questions"));
        }
        let header = String::from_utf8_lossy(&answer).into_owned();
        let words: Vec<&str> = header.split_whitespace().collect();
        let [object, kind @ ("blob" | "tree" | "commit" | "tag"), length] = words[..] else {
            let is_missing = header.trim_end().ends_with(" missing");
            return if is_missing { Ok(None) } else { Err(failed("git answers what we do not know")) };
        };
        let length: usize = length.parse().map_err(|_| failed("git tells no length"))?;
        let mut content = vec![0; length + 1];
        self.answers.read_exact(&mut content).map_err(|_| failed("git stops half-way"))?;
        content.pop();
        if kind != "blob" {
            return Ok(None);
        }
        if !is_named(object, &content) {
            return Err(failed("it is damaged: its content is not what its name says"));
        }
        Ok(Some(content))
    }

    /// Asks for a few objects; whether git takes the questions.
    fn ask(&mut self, entries: Option<&[&TreeEntry]>) -> bool {
        let entries = entries.unwrap_or_default();
        let questions: String = entries.iter().map(|entry| format!("{}\n", entry.object)).collect();
        self.questions.as_mut().is_some_and(|pipe| pipe.write_all(questions.as_bytes()).is_ok())
    }

    /// The next answer, a header, the content and a line end: the content.
    fn answer(&mut self, object: &str, content: &mut Vec<u8>) -> Result<(), String> {
        content.clear();
        self.answers.read_until(b'\n', content).map_err(|error| error.to_string())?;
        let header = String::from_utf8_lossy(content);
        let words: Vec<&str> = header.split_whitespace().collect();
        let length = match words[..] {
            [_, "blob", length] => length.parse::<usize>().map_err(|error| error.to_string())?,
            [_, "missing"] => return Err("it is missing".to_owned()),
            [_, kind, _] => return Err(format!("it is a {kind}, and no file")),
            _ => return Err(String::new()),
        };
        content.resize(length + 1, 0);
        self.answers.read_exact(content).map_err(|_| String::new())?;
        content.pop();
        if !is_named(object, content) {
            return Err("it is damaged: its content is not what its name says".to_owned());
        }
        Ok(())
    }

    /// Why an object could not be read: what we know, else what git says.
    fn failure(&mut self, entry: &TreeEntry, why: &str) -> Error {
        let mut stderr = Vec::new();
        if why.is_empty() {
            self.questions = None;
            if let Some(Ok(said)) = self.said.take().map(JoinHandle::join) {
                stderr = said;
            }
        }
        let why = if why.is_empty() { format!("git says: {}", said(&stderr)) } else { why.to_owned() };
        let message = format!("{}: its object {} cannot be read: {why}", shown(&entry.path), entry.object);
        let hint = format!(
            "nothing was judged: see what is wrong with `git fsck`, or in a partial clone fetch it: git cat-file -p {}",
            entry.object
        );
        Error::new(ErrorKind::Environment, message).hint(hint)
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // Without questions it ends by itself.
        self.questions = None;
        let _ = self.child.wait();
    }
}
