//! What the rules of npm are read from: folders of packages and their files.

pub(crate) mod contents;
pub(crate) mod glob;
#[cfg(test)]
#[cfg(unix)]
mod hostile;
pub(crate) mod manifest_file;
pub(crate) mod members;
pub(crate) mod packlist;
pub(crate) mod seen;
pub(crate) mod tarball;
pub(crate) mod watch;
pub(crate) mod workspace_files;
