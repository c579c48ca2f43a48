//! JSON and YAML text: parsed with spans, edited so that it can be undone, compared, digested. Knows nothing of npm.

pub(crate) mod diff;
pub(crate) mod digest;
pub(crate) mod edit;
pub(crate) mod json;
pub(crate) mod json5;
pub(crate) mod path;
pub(crate) mod yaml;
