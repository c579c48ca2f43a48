//! The topics of the help: Markdown files, which the README links too.

/// A page that is no command's.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Topic {
    pub(in crate::cli) name: &'static str,
    /// What it tells of, in a few words.
    pub(in crate::cli) about: &'static str,
    /// Markdown.
    pub(in crate::cli) text: &'static str,
}

macro_rules! topics {
    ($($name:literal: $about:literal,)*) => {
        /// All of them, in the order of the help.
        pub(in crate::cli) static TOPICS: &[Topic] = &[$(
            Topic { name: $name, about: $about, text: include_str!(concat!("../topics/", $name, ".md")) },
        )*];
    };
}

topics! {
    "surfaces": "which manifests are rewritten, and how Dockerfiles are read",
    "package-managers": "which package manager is meant, and what works with which",
    "lockfiles": "what becomes of lockfiles, and what Dockerfiles must say",
    "offline": "builds without any network",
    "isolated": "builds that touch no file of the project, and what else touches which",
    "ci": "workflows, and builds that work with the registry up and down",
    "doctor": "the rules of image builds, and what mends a finding",
    "guard": "what may not be committed, and the hooks that call the guard",
    "recovery": "what to do when something went wrong",
    "cache": "what is remembered between calls",
    "packing": "what a tarball holds, unbuilt packages, --build",
    "settings": "docker-prep.toml, environment variables, the workspace",
    "json": "the fields of the documents that --json prints",
}

/// The topic of a name.
pub(in crate::cli) fn find(name: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.name == name)
}
