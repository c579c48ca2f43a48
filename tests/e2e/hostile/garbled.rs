//! State that is cut or garbled, inside its checksum too.

use std::fs;
use std::path::Path;

use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};

use crate::common::{World, sha256};
use crate::hostile::{JOURNAL, MANIFEST, STATE, Template, all, survives};

/// A byte changed, a cut, a splice: of the state file and of the texts beside it.
#[derive(Debug)]
enum Garble {
    Cut(usize),
    Flip(Vec<(usize, u8)>),
    Repeat(usize, usize),
    Digits(usize),
}

impl Garble {
    fn applied(&self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        let length = bytes.len().max(1);
        match self {
            Self::Cut(at) => bytes.truncate(at % length),
            Self::Flip(flips) => {
                for (at, bits) in flips {
                    bytes[at % length] ^= (*bits).max(1);
                }
            }
            Self::Repeat(from, to) => {
                let (from, to) = ((from % length).min(to % length), (from % length).max(to % length));
                let piece = bytes[from..to].to_vec();
                bytes.splice(to..to, piece);
            }
            Self::Digits(at) => {
                bytes.splice(at % length..at % length, *b"99999999999999999999999999999999");
            }
        }
        bytes
    }

    fn any(random: &mut TestRng) -> Self {
        let mut number = || usize::try_from(random.next_u32()).unwrap();
        match number() % 4 {
            0 => Self::Cut(number()),
            1 => Self::Flip((0..1 + number() % 3).map(|_| (number(), number().to_le_bytes()[0])).collect()),
            2 => Self::Repeat(number(), number()),
            _ => Self::Digits(number()),
        }
    }
}

/// The texts that the state folder holds; of the state file also what is inside of its checksum.
#[derive(Clone, Copy, Debug)]
enum Target {
    StateFile,
    Journal,
    Originals,
    Rewritten,
}

fn garble(template: &Template, world: &World, target: Target, garble: &Garble) {
    let change = |path: &Path| fs::write(path, garble.applied(&fs::read(path).unwrap())).unwrap();
    match target {
        Target::StateFile => change(&world.path(JOURNAL)),
        Target::Journal => {
            let whole = template.world.read(JOURNAL);
            let (_, body) = whole.split_once("\"journal\":").unwrap();
            let body = garble.applied(body.strip_suffix("}\n").unwrap().as_bytes());
            let checksum = sha256(&body);
            let mut bytes =
                format!("{{\"schemaVersion\":1,\"checksum\":\"{checksum}\",\"journal\":").into_bytes();
            bytes.extend(body);
            bytes.extend(b"}\n");
            world.file(JOURNAL, bytes);
        }
        Target::Originals | Target::Rewritten => {
            let folder = if matches!(target, Target::Originals) { "originals" } else { "rewritten" };
            for entry in fs::read_dir(world.path(STATE).join(folder)).unwrap() {
                change(&entry.unwrap().path());
            }
        }
    }
}

#[test]
fn garbled_state_loses_nothing() {
    let template = Template::new();
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let targets = [Target::StateFile, Target::Journal, Target::Journal, Target::Originals, Target::Rewritten];
    let mut cases: Vec<_> = (0..90)
        .map(|i| (targets[i % targets.len()], Garble::any(&mut random)))
        .map(|case| (format!("{case:?}"), case))
        .collect();
    let length = template.world.bytes(JOURNAL).len();
    cases.extend(
        (0..length)
            .step_by(length / 20)
            .map(|at| (format!("cut at {at}"), (Target::StateFile, Garble::Cut(at)))),
    );
    all(&cases, |(target, how)| {
        let world = template.copy();
        garble(&template, &world, *target, how);
        let before = world.bytes(MANIFEST);
        survives(&world, &[&["restore"]]);
        let texts: Vec<_> =
            [MANIFEST, "notes/backend/package.json.bak"].map(|path| fs::read(world.path(path)).ok()).into();
        assert!(texts.contains(&Some(template.original.clone())), "the original is gone");
        assert!(
            [&template.original, &template.rewritten].contains(&texts[0].as_ref().unwrap()),
            "{before:?}"
        );
        survives(&world, &[&["prepare", "--force"], &["restore", "--force", "--clean"]]);
    });
}
