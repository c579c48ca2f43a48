//! What a rule finds.

use super::rule::Severity;
use crate::image::Place;

/// Characters of a line of a file that matter to a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    /// From the repository's root.
    pub(crate) path: String,
    /// From 1 on; 0 where the whole file is meant.
    pub(crate) line: usize,
    /// The first character and the one behind the last, from 1 on; the whole line where they are equal.
    pub(crate) columns: (usize, usize),
    /// What is to be seen there.
    pub(crate) label: String,
}

impl Span {
    /// Where it begins, as messages name it.
    pub(crate) fn place(&self) -> Place {
        Place::line(&self.path, self.line)
    }
}

/// Whether a fix may be made without a person's look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Safety {
    /// It changes nothing but what the finding says.
    Safe,
    /// It says something that only a person can know to be right.
    Unsafe,
}

/// One change of a file's lines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edit {
    /// From the repository's root.
    pub(crate) path: String,
    /// What is done.
    pub(crate) kind: EditKind,
}

/// What an edit does; lines are counted from 1 on, as the file was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EditKind {
    /// Takes a line out.
    Remove(usize),
    /// Puts another text in a line's place.
    Replace(usize, String),
    /// Adds lines behind one.
    Insert(usize, Vec<String>),
    /// Adds those lines at the end that are not there yet; makes the file where there is none.
    Append(Vec<String>),
}

/// What mends a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fix {
    /// A person decides.
    #[default]
    Nothing,
    /// Lines for a person to write.
    Lines {
        /// What is to be done with them, as `write` or `put in`.
        verb: &'static str,
        /// The lines.
        lines: Vec<String>,
    },
    /// Changes that the program makes.
    Edits {
        /// Whether it makes them without being asked twice.
        safety: Safety,
        /// The changes.
        edits: Vec<Edit>,
    },
}

/// Something that a rule finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// How grave this one is.
    pub(crate) severity: Severity,
    /// Where; the first one is the place of the finding.
    pub(crate) spans: Vec<Span>,
    /// What is wrong, complete in itself.
    pub(crate) message: String,
    /// What comes of it; empty where the message says it.
    pub(crate) consequence: String,
    /// What mends it.
    pub(crate) fix: Fix,
}

impl Finding {
    /// One that nothing is known to mend yet.
    pub(crate) fn new(severity: Severity, spans: Vec<Span>, message: impl Into<String>) -> Self {
        Self { severity, spans, message: message.into(), consequence: String::new(), fix: Fix::Nothing }
    }

    /// The same, with what comes of it.
    pub(crate) fn so(mut self, consequence: impl Into<String>) -> Self {
        self.consequence = consequence.into();
        self
    }

    /// The same, with lines for a person to write.
    pub(crate) fn lines<T: Into<String>>(
        mut self,
        verb: &'static str,
        lines: impl IntoIterator<Item = T>,
    ) -> Self {
        self.fix = Fix::Lines { verb, lines: lines.into_iter().map(Into::into).collect() };
        self
    }

    /// The same, with changes that the program makes.
    pub(crate) fn edits(mut self, safety: Safety, edits: Vec<Edit>) -> Self {
        self.fix = Fix::Edits { safety, edits };
        self
    }

    /// The file that it is in, and the line.
    pub(crate) fn place(&self) -> Place {
        self.spans.first().map(Span::place).unwrap_or_default()
    }
}

/// What is said behind the first of so many.
pub(crate) fn and_more(all: usize) -> String {
    if all > 1 { format!(" and {} more", all - 1) } else { String::new() }
}

/// What came of a rule's look at a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Judged {
    /// What it finds.
    pub(crate) findings: Vec<Finding>,
    /// What it cannot decide: the file, and why.
    pub(crate) open: Vec<(String, String)>,
}

impl Judged {
    /// Adds a finding, but one of the same places and words only once: the gravest.
    pub(crate) fn add(&mut self, finding: Finding) {
        let same = |known: &&mut Finding| {
            known.place() == finding.place()
                && (known.message == finding.message || known.fix == finding.fix && known.fix != Fix::Nothing)
        };
        match self.findings.iter_mut().find(same) {
            Some(known) if known.severity < finding.severity => *known = finding,
            Some(_) => {}
            None => self.findings.push(finding),
        }
    }

    /// Notes what cannot be decided.
    pub(crate) fn leave_open(&mut self, path: impl Into<String>, why: impl Into<String>) {
        let one = (path.into(), why.into());
        if !self.open.contains(&one) {
            self.open.push(one);
        }
    }
}
