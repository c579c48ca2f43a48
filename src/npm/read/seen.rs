//! What is looked at while an answer is found, so that the answer holds as long as all of it looks the same.

use std::cell::RefCell;
use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use super::watch::Watch;
use crate::npm::stamp::{Signatures, TrackedPath};
use crate::text::Digest;

/// Notes each path before it is read.
#[derive(Debug, Default)]
pub(crate) struct SeenPaths(Option<Notes>);

#[derive(Debug)]
struct Notes {
    watch: Arc<Watch>,
    noted: RefCell<Noted>,
}

#[derive(Debug)]
struct Noted {
    known: HashSet<TrackedPath>,
    witnesses: Vec<TrackedPath>,
    signatures: Signatures,
}

impl SeenPaths {
    /// Notes all that is looked at.
    pub(crate) fn by(watch: &Arc<Watch>) -> Self {
        let signatures = Signatures::new(watch.moment());
        let noted = RefCell::new(Noted { known: HashSet::new(), witnesses: Vec::new(), signatures });
        Self(Some(Notes { watch: Arc::clone(watch), noted }))
    }

    /// Notes a path. To be called before what it says is used: what changes in between is then seen the next time.
    pub(crate) fn look(&self, path: &Path, follow: bool) {
        let Some(Notes { watch, noted }) = &self.0 else { return };
        let mut noted = noted.borrow_mut();
        let Some(text) = path.to_str() else {
            noted.signatures.spoil();
            return;
        };
        let witness = TrackedPath { path: text.to_owned(), follow };
        if noted.known.insert(witness.clone()) {
            add(&mut noted.signatures, watch, &witness, true);
            noted.witnesses.push(witness);
        }
    }

    /// Notes that the answer cannot be told to hold.
    pub(crate) fn spoil(&self) {
        if let Some(notes) = &self.0 {
            notes.noted.borrow_mut().signatures.spoil();
        }
    }

    /// What was looked at and how it looked; nothing where a change might go unseen.
    pub(crate) fn finish(self) -> Option<(Vec<TrackedPath>, Digest)> {
        let Noted { witnesses, signatures, .. } = self.0?.noted.into_inner();
        let (states, reliable) = signatures.finish();
        reliable.then_some((witnesses, states))
    }
}

/// How witnesses look now.
pub(crate) fn states(watch: &Watch, witnesses: &[TrackedPath]) -> Digest {
    let mut signatures = Signatures::new(watch.moment());
    witnesses.iter().for_each(|witness| add(&mut signatures, watch, witness, false));
    signatures.finish().0
}

fn add(signatures: &mut Signatures, watch: &Watch, witness: &TrackedPath, ask_file_system: bool) {
    let path = Path::new(&witness.path);
    let follow = u8::from(witness.follow);
    match watch.sign(path, witness.follow) {
        Ok(signature) => {
            if ask_file_system && !watch.trusts(path, &signature) {
                signatures.spoil();
            }
            signatures.add(&witness.path, follow, Some(&signature));
        }
        Err(error) => {
            let why = match error.kind() {
                ErrorKind::NotFound => 2,
                ErrorKind::NotADirectory => 4,
                _ => {
                    signatures.spoil();
                    8
                }
            };
            signatures.add(&witness.path, follow | why, None);
        }
    }
}
