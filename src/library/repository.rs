//! Whether what is about to be committed, or was, holds a rewrite.

use std::path::{Path, PathBuf};

use crate::cli;
use crate::error::Result;
use crate::guard::{CommittedFinding, GuardScope, check};

/// A git repository that is judged.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let git = std::process::Command::new("git").args(["init", "--quiet"]).current_dir(&folder).status()?;
/// # assert!(git.success());
/// use docker_prep::{Range, Repository};
///
/// let repository = Repository::open(folder.path());
/// assert!(repository.check(&Range::Staged)?.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    folder: PathBuf,
}

/// What is judged.
///
/// ```
/// let pushed = docker_prep::Range::Commits("origin/main..HEAD".to_owned());
/// # let _ = pushed;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Range {
    /// The tree that a commit would create now.
    Staged,
    /// The last commit.
    LastCommit,
    /// Each commit of a range in git's words, such as `origin/main..HEAD`.
    Commits(String),
}

/// Something that must not be committed; see [`Repository::check`].
///
/// ```
/// fn line(finding: &docker_prep::Finding) -> String {
///     format!("{}:{}: {}", finding.path, finding.line, finding.message)
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The file, from the work tree's top; bytes that are no UTF-8 are replaced.
    pub path: String,
    /// The line, from 1; of what has no lines it is the first.
    pub line: usize,
    /// What it is, as one line for people.
    pub message: String,
    /// The names of the commits that hold it, the oldest first; none for what is staged.
    pub commits: Vec<String>,
}

impl From<&CommittedFinding> for Finding {
    fn from(found: &CommittedFinding) -> Self {
        Self {
            path: String::from_utf8_lossy(&found.finding.path).into_owned(),
            line: found.finding.line,
            message: cli::what(found),
            commits: found.commits.clone(),
        }
    }
}

impl Repository {
    /// The repository whose work tree holds a folder; whether there is one is found out by [`check`](Self::check). What
    /// a hook's variables such as `GIT_DIR` say of another one does not count.
    #[must_use]
    pub fn open(folder: impl AsRef<Path>) -> Self {
        Self { folder: folder.as_ref().to_owned() }
    }

    /// Judges, and changes nothing: has git read the index or commits, never the work tree.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let git = |words: &[&str]| -> std::io::Result<()> {
    /// #     let done = std::process::Command::new("git").args(words).current_dir(&folder).status()?;
    /// #     assert!(done.success());
    /// #     Ok(())
    /// # };
    /// # git(&["init", "--quiet"])?;
    /// use docker_prep::{Range, Repository};
    ///
    /// let tarball = "file:.docker-deps/bytelyst-errors-1.4.2-3f9a0c12d4e5.tgz";
    /// let rewritten = format!(r#"{{"dependencies": {{"@bytelyst/errors": "{tarball}"}}}}"#);
    /// std::fs::write(folder.path().join("package.json"), rewritten)?;
    /// git(&["add", "package.json"])?;
    ///
    /// let findings = Repository::open(folder.path()).check(&Range::Staged)?;
    /// assert_eq!((&*findings[0].path, findings[0].line), ("package.json", 1));
    /// assert!(findings[0].message.starts_with("dependencies.@bytelyst/errors points into .docker-deps/"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Environment`](crate::ErrorKind::Environment) for whatever keeps it from judging: nothing passes that
    /// could not be read. [`ErrorKind::Usage`](crate::ErrorKind::Usage) for a folder that is not there, and for a range
    /// without a beginning.
    pub fn check(&self, range: &Range) -> Result<Vec<Finding>> {
        let scope = match range {
            Range::Staged => GuardScope::Index,
            Range::LastCommit => GuardScope::Head,
            Range::Commits(range) => GuardScope::Range(range.clone()),
        };
        let outcome = check::run_in(&self.folder, &scope)?;
        Ok(outcome.findings.iter().map(Finding::from).collect())
    }
}
