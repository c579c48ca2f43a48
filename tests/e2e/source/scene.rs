//! A product whose registry is asked, and what became of it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::common::product::product;
use crate::common::{Run, Snapshot, World};
use crate::source::server::Server;

/// What must never be seen: of tokens, of passwords in their forms, of credentials in addresses.
pub(crate) const SECRETS: [&str; 10] = [
    "tok-7f3a-of-the-line",
    "tok-91bb-of-the-variable",
    "dXNlcjpwYXNzLW9mLWF1dGg=",
    "pass-of-auth",
    "cGFzcy1vZi1wYXNzd29yZA==",
    "pass-of-password",
    "pass-of-address",
    // user:pass-of-address, user:pass-of-password
    "dXNlcjpwYXNzLW9mLWFkZHJlc3M=",
    "dXNlcjpwYXNzLW9mLXBhc3N3b3Jk",
    "pa7h-of-the-address",
];

/// Whether the product is prepared, as a command of `run` finds it: exit code 10 if it is, 11 if it is not.
pub(crate) const LOOK: [&str; 3] =
    ["sh", "-c", "test ! -e .docker-deps && ! grep -q file: backend/package.json && exit 11; exit 10"];

/// A product, and how it must stay.
pub(crate) struct Scene {
    pub(crate) world: World,
    before: Option<Snapshot>,
    environment: Vec<(String, String)>,
    words: Vec<String>,
}

impl Scene {
    /// One with no registry at all, and no image build that says which settings are read.
    pub(crate) fn new() -> Self {
        let world = product();
        world.remove("notes/backend/Dockerfile");
        world.git("notes", &["commit", "--quiet", "--all", "--message=no image"]);
        Self { world, before: None, environment: Vec::new(), words: Vec::new() }
    }

    /// One whose scope is at this address.
    pub(crate) fn at(url: &str) -> Self {
        Self::new().file("notes/.npmrc", format!("@bytelyst:registry={url}\n"))
    }

    /// One whose scope is at this server.
    pub(crate) fn of(server: &Server) -> Self {
        Self::at(&server.url())
    }

    /// With one more file.
    pub(crate) fn file(self, relative: &str, text: impl AsRef<[u8]>) -> Self {
        self.world.file(relative, text);
        self
    }

    /// With one more line at the end of a file.
    pub(crate) fn line(self, relative: &str, line: impl AsRef<str>) -> Self {
        let mut text = if self.world.exists(relative) { self.world.read(relative) } else { String::new() };
        let _ = writeln!(text, "{}", line.as_ref());
        self.file(relative, text)
    }

    /// With one more variable.
    pub(crate) fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// With more words before the command.
    pub(crate) fn words(mut self, words: &[&str]) -> Self {
        self.words.extend(words.iter().map(|word| (*word).to_owned()));
        self
    }

    /// docker-prep with these words, in the product.
    pub(crate) fn program(&self, words: &[&str]) -> Command {
        let mut program = self.world.program();
        program.current_dir(self.world.path("notes")).args(&self.words).args(words);
        // What is up is up however busy the machine is.
        program.env("DOCKER_PREP_PROBE_TIMEOUT", "30s");
        program.envs(self.environment.iter().map(|(name, value)| (name, value)));
        program
    }

    /// Calls docker-prep; no secret may be in what it says.
    #[track_caller]
    pub(crate) fn call(&self, words: &[&str]) -> Run {
        let run = Run::from(self.program(words).output().expect("docker-prep runs"));
        assert_no_secret(&run);
        run
    }

    /// What `run --source auto` decides, and does: the command sees it, and all is as before in the end.
    #[track_caller]
    pub(crate) fn decide(&self) -> Decision {
        let before = self.look();
        let run = self.call(&[&["--json", "run", "--source", "auto", "--"], &LOOK[..]].concat());
        before.assert_same(&self.look());
        assert!(!self.world.exists("notes/.git/docker-prep"), "the state folder is still there: {run}");
        let source = run.json()["source"].clone();
        let used = match run.code {
            Some(10) => "workspace",
            Some(11) => "registry",
            _ => panic!("nothing was decided: {run}"),
        };
        assert_eq!(source["used"], used, "what it says and what it does: {run}");
        Decision { source, run }
    }

    /// Keeps the picture that [`Scene::is_untouched`] compares with.
    pub(crate) fn picture(mut self) -> Self {
        self.before = Some(self.look());
        self
    }

    /// Every byte, mode and time of the product and its workspace is as it was.
    #[track_caller]
    pub(crate) fn is_untouched(&self) {
        self.before.as_ref().expect("a picture").assert_same(&self.look());
        assert!(!self.world.exists("notes/.git/docker-prep"), "the state folder is still there");
    }

    /// The world as it is now; the deps dir may stay behind for the next build.
    pub(crate) fn look(&self) -> Snapshot {
        picture_of(self.world.root()).without(&["notes/.docker-deps"]).without_folder_times()
    }
}

/// A tree without what the tool keeps in git's folder while it is at work.
pub(crate) fn picture_of(root: &Path) -> Snapshot {
    let mut picture = Snapshot::of(root).without(&["notes/.git/docker-prep", ".git/docker-prep"]);
    for git in ["notes/.git", ".git"] {
        // The state's folder comes and goes in it.
        if let Some(entry) = picture.0.get_mut(Path::new(git)) {
            entry.mtime = 0;
        }
    }
    picture
}

/// What was decided, and how it was told.
#[derive(Debug)]
pub(crate) struct Decision {
    pub(crate) source: Value,
    pub(crate) run: Run,
}

impl Decision {
    /// `registry` or `workspace`.
    pub(crate) fn used(&self) -> &str {
        self.source["used"].as_str().unwrap_or_default()
    }

    pub(crate) fn reason(&self) -> &str {
        self.source["reason"].as_str().unwrap_or_default()
    }

    /// Of each registry, in order.
    pub(crate) fn answers(&self) -> Vec<&str> {
        let all = self.source["registries"].as_array();
        all.into_iter().flatten().filter_map(|registry| registry["answer"].as_str()).collect()
    }

    /// Fails the test unless the registry is up.
    #[track_caller]
    pub(crate) fn is_up(&self) -> &Self {
        assert_eq!(
            (self.used(), self.answers().iter().all(|answer| *answer == "up")),
            ("registry", true),
            "{}",
            self.run
        );
        self
    }

    /// Fails the test unless the registry is down in this way.
    #[track_caller]
    pub(crate) fn is_down(&self, answer: &str) -> &Self {
        assert_eq!((self.used(), self.answers()), ("workspace", vec![answer]), "{}", self.run);
        self
    }

    /// Fails the test unless the reason says so.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.reason().contains(text), "{text:?} is not in {:?}\n{}", self.reason(), self.run);
        self
    }
}

/// Fails the test if a secret was printed.
#[track_caller]
pub(crate) fn assert_no_secret(run: &Run) {
    for secret in SECRETS {
        assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{secret} is printed: {run}");
    }
}

/// Fails the test if a file below holds a secret.
#[track_caller]
pub(crate) fn assert_no_secret_below(folder: &Path) {
    for found in walkdir::WalkDir::new(folder) {
        let found = found.expect("a readable tree");
        if found.file_type().is_file() {
            let bytes = fs::read(found.path()).expect("a readable file");
            let text = String::from_utf8_lossy(&bytes);
            let kept = SECRETS.iter().find(|secret| text.contains(**secret));
            assert_eq!(kept, None, "in {}", found.path().display());
        }
    }
}
