//! A repository to be judged.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use crate::common::{Run, World};

/// A manifest that is rewritten: the reference stands on line 3.
pub(crate) const REWRITTEN: &str =
    "{\n  \"dependencies\": {\n    \"@b/a\": \"file:../.docker-deps/b-a-1.0.0-0123456789ab.tgz\"\n  }\n}\n";

/// The same before.
pub(crate) const ORIGINAL: &str = "{\n  \"dependencies\": {\n    \"@b/a\": \"^1.0.0\"\n  }\n}\n";

/// A world in which `repo` is a repository.
pub(crate) struct Repository {
    pub(crate) world: World,
}

impl Repository {
    /// With nothing in it.
    pub(crate) fn new() -> Self {
        Self::of_kind(&[])
    }

    /// Made with more flags of `git init`.
    pub(crate) fn of_kind(flags: &[&str]) -> Self {
        let world = World::new();
        world.dir("repo");
        let words = [["init", "--quiet", "--initial-branch=main"].as_slice(), flags].concat();
        world.git("repo", &words);
        Self { world }
    }

    /// With these files committed.
    pub(crate) fn committed(files: &[(&str, &str)]) -> Self {
        let this = Self::new();
        this.stage(files);
        this.commit("start");
        this
    }

    /// Writes a file, and does not stage it.
    pub(crate) fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> &Self {
        self.world.file(Path::new("repo").join(path), content);
        self
    }

    /// Writes files, and stages everything.
    pub(crate) fn stage(&self, files: &[(&str, &str)]) -> &Self {
        for (path, content) in files {
            self.write(path, content);
        }
        self.git(&["add", "--all", "--force"]);
        self
    }

    /// Commits what is staged; no hook is asked. Its name.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(&["commit", "--quiet", "--no-verify", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// What git says in the repository; it must end well.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.world.git("repo", args)
    }

    /// A git command that may fail, with a name to commit under.
    pub(crate) fn try_git(&self, args: &[&str]) -> Run {
        self.run(author(self.world.command("git")).args(args))
    }

    /// Calls the program in the repository.
    pub(crate) fn guard<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Run {
        self.run(self.world.program().arg("guard").args(args))
    }

    /// Runs a command in the repository.
    pub(crate) fn run(&self, command: &mut Command) -> Run {
        command.current_dir(self.world.path("repo"));
        Run::from(command.output().expect("it runs"))
    }

    /// What is found, as `path:line kind`; the exit code fits.
    #[track_caller]
    pub(crate) fn found(&self, args: &[&str]) -> Vec<String> {
        let run = self.guard([&["--json"], args].concat());
        let found = found_in(&run);
        run.exits(i32::from(!found.is_empty()));
        found
    }

    /// Passes, and says nothing.
    #[track_caller]
    pub(crate) fn passes(&self) {
        let run = self.guard([""; 0]).exits(0);
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""), "{run}");
    }

    /// Ends with exit 5 and says why.
    #[track_caller]
    pub(crate) fn cannot_judge(&self, args: &[&str], why: &str) {
        let run = self.guard(args).exits(5);
        assert!(run.stderr.contains(why) && run.stdout.is_empty(), "{why}: {run}");
    }

    /// Makes the guard the hook of that name.
    pub(crate) fn hook(&self, name: &str, script: &str) -> &Self {
        self.hook_in("repo/.git/hooks", name, script)
    }

    /// The same in any folder of the world.
    pub(crate) fn hook_in(&self, dir: &str, name: &str, script: &str) -> &Self {
        let bin = env!("CARGO_BIN_EXE_docker-prep");
        let script = script.replace("docker-prep", &format!("'{bin}'"));
        self.world.exec(format!("{dir}/{name}"), format!("#!/bin/sh\n{script}\n"));
        self
    }
}

/// What a JSON document says was found.
#[track_caller]
pub(crate) fn found_in(run: &Run) -> Vec<String> {
    let document = run.json();
    let findings = document["findings"].as_array().unwrap_or_else(|| panic!("no findings:\n{run}"));
    let text = |finding: &serde_json::Value, key: &str| finding[key].as_str().unwrap().to_owned();
    findings
        .iter()
        .map(|finding| format!("{}:{} {}", text(finding, "path"), finding["line"], text(finding, "kind")))
        .collect()
}

/// A git command with a name to commit under.
pub(crate) fn author(mut git: Command) -> Command {
    for who in ["AUTHOR", "COMMITTER"] {
        git.env(format!("GIT_{who}_NAME"), "someone").env(format!("GIT_{who}_EMAIL"), "someone@example.com");
    }
    git
}
