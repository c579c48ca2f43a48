//! `[doctor]` in `docker-prep.toml`.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::syntax::{place, quoted};
use crate::error::Problem;

/// What the table says; which rules there are it does not know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DoctorConfig {
    /// Rules, or begins of their ids.
    pub(crate) ignore: Vec<String>,
    /// The only ones that are asked.
    pub(crate) select: Vec<String>,
    /// Rules with another severity.
    pub(crate) severity: Vec<(String, String)>,
    /// From which severity on a finding is a failure.
    pub(crate) failure_threshold: Option<String>,
    /// Globs on paths from the project's root, and the rules that say nothing there.
    pub(crate) per_file_ignores: Vec<(String, Vec<String>)>,
}

/// The keys of the table, with a line that sets each.
const KEYS: [(&str, &str); 5] = [
    ("ignore", "ignore = [\"DP5\"]"),
    ("select", "select = [\"DP1\", \"DP201\"]"),
    ("severity", "severity = { DP501 = \"error\" }"),
    ("failure-threshold", "failure-threshold = \"warning\""),
    ("per-file-ignores", "per-file-ignores = { \"docker/dev/**\" = [\"DP5\"] }"),
];

/// The name of the table.
pub(super) const TABLE: &str = "doctor";

/// Reads the table; what is wrong in it goes to `problems`.
pub(super) fn read(text: &str, table: &Spanned<DeValue<'_>>, problems: &mut Vec<Problem>) -> DoctorConfig {
    let mut config = DoctorConfig::default();
    let mut wrong = |at: usize, message: String, hint: String| {
        problems.push(Problem::new(format!("{}{message}", place(text, at))).hint(hint));
    };
    let DeValue::Table(entries) = table.get_ref() else {
        let hint = format!("write the table [{TABLE}], and in it: {}", KEYS[0].1);
        wrong(table.span().start, format!("{TABLE} is no table"), hint);
        return config;
    };
    for (name, value) in entries {
        let at = value.span().start;
        let known = KEYS.iter().find(|(known, _)| known == name.get_ref());
        let Some((key, example)) = known else {
            let names = KEYS.map(|(name, _)| name).join(", ");
            let message = format!("{TABLE}: {} is no setting", quoted(name.get_ref()));
            wrong(name.span().start, message, format!("the settings are {names}"));
            continue;
        };
        let taken = match *key {
            "ignore" => texts(value).map(|texts| config.ignore = texts),
            "select" => texts(value).map(|texts| config.select = texts),
            "severity" => pairs(value, one).map(|pairs| config.severity = pairs),
            "failure-threshold" => one(value).map(|text| config.failure_threshold = Some(text)),
            _ => pairs(value, texts).map(|pairs| config.per_file_ignores = pairs),
        };
        if taken.is_none() {
            wrong(at, format!("{TABLE}: {key}: something else is meant there"), format!("as in: {example}"));
        }
    }
    config
}

fn one(value: &Spanned<DeValue<'_>>) -> Option<String> {
    value.get_ref().as_str().map(str::to_owned)
}

fn texts(value: &Spanned<DeValue<'_>>) -> Option<Vec<String>> {
    match value.get_ref() {
        DeValue::Array(items) => items.iter().map(one).collect(),
        _ => one(value).map(|text| vec![text]),
    }
}

fn pairs<T>(
    value: &Spanned<DeValue<'_>>,
    of: impl Fn(&Spanned<DeValue<'_>>) -> Option<T>,
) -> Option<Vec<(String, T)>> {
    let table: &DeTable<'_> = value.get_ref().as_table()?;
    table.iter().map(|(name, value)| Some((name.get_ref().clone().into_owned(), of(value)?))).collect()
}
