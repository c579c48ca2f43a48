//! Findings that were there before, and are not to be told.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::examine::{Examined, Found};
use super::npmrc::masked;
use super::repository::Repository;
use crate::text::Digest;

/// How often each finding was there, by what tells it from others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Baseline(BTreeMap<String, u64>);

impl Baseline {
    /// That of what was found.
    pub(crate) fn of<'a>(judged: impl Iterator<Item = (&'a Repository, &'a Examined)>) -> Self {
        let mut all = Self::default();
        for (repository, examined) in judged {
            for found in &examined.findings {
                *all.0.entry(key(repository, found)).or_default() += 1;
            }
        }
        all
    }

    /// How many findings it holds.
    pub(crate) fn len(&self) -> usize {
        self.0.values().fold(0, |sum, count| sum + usize::try_from(*count).unwrap_or(0))
    }

    /// Reads its text; `None` where it is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let Value::Object(file) = serde_json::from_str(text).ok()? else { return None };
        let findings = file.get("findings")?.as_object()?;
        findings
            .iter()
            .map(|(key, count)| Some((key.clone(), count.as_u64()?)))
            .collect::<Option<_>>()
            .map(Self)
    }

    /// Its text.
    pub(super) fn text(&self) -> String {
        format!("{:#}\n", json!({"schemaVersion": 1, "findings": self.0}))
    }

    /// Leaves out what it holds.
    pub(crate) fn leave_out(&self, repository: &Repository, examined: &mut Examined) {
        let mut left = self.0.clone();
        let before = examined.findings.len();
        examined.findings.retain(|found| match left.get_mut(&key(repository, found)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        });
        examined.left_out += before - examined.findings.len();
    }
}

/// What tells a finding from others whatever stands above it: the rule, the file, and the text of the line.
fn key(repository: &Repository, found: &Found) -> String {
    let place = found.finding.place();
    let line = repository.line(&place.file, place.line).unwrap_or_default().trim();
    let digest = Digest::of(masked(line).as_bytes());
    format!("{} {} {} {}", repository.name, found.rule.id, place.file, &digest.as_str()[..12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_back() {
        let baseline = Baseline(BTreeMap::from([("r DP101 .dockerignore 0".to_owned(), 2)]));
        assert_eq!((Baseline::parse(&baseline.text()).unwrap().len(), baseline.len()), (2, 2));
        for text in ["", "{}", "[]", "{\"findings\": {\"a\": -1}}"] {
            assert_eq!(Baseline::parse(text), None, "{text}");
        }
    }
}
