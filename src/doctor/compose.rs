//! Lines that a compose file lacks, as edits of its text.

use super::finding::{Edit, EditKind};
use super::repository::{Build, Repository};
use crate::image::DefinitionKind;
use crate::text::yaml;

/// What a build of a service is given.
#[derive(Clone, Copy, Debug)]
pub(super) enum Entry<'a> {
    /// `args`, by name.
    Argument(&'a str, &'a str),
    /// `secrets`, by its id.
    Secret(&'a str),
    /// `extra_hosts`.
    Host(&'a str, &'a str),
}

impl Entry<'_> {
    fn key(self) -> &'static str {
        match self {
            Self::Argument(..) => "args",
            Self::Secret(_) => "secrets",
            Self::Host(..) => "extra_hosts",
        }
    }

    /// As an item of a list.
    fn item(self) -> String {
        match self {
            Self::Argument(name, value) => format!("- {name}={value}"),
            Self::Secret(id) => format!("- {id}"),
            Self::Host(host, address) => format!("- \"{host}:{address}\""),
        }
    }

    /// As an entry of a map; secrets are always a list.
    fn pair(self) -> Option<String> {
        match self {
            Self::Argument(name, value) => Some(format!("{name}: {value}")),
            Self::Host(host, address) => Some(format!("{host}: {address}")),
            Self::Secret(_) => None,
        }
    }
}

/// Whether a service of a compose file builds it.
pub(super) fn is_service(build: &Build) -> bool {
    build.image.definition.kind == DefinitionKind::Compose
}

/// How far a line is indented; `None` for one that says nothing.
fn indent(line: &str) -> Option<usize> {
    let text = line.trim_start_matches(' ');
    (!text.trim().is_empty() && !text.starts_with('#')).then(|| line.len() - text.len())
}

/// The edits that add an entry to a build of a service; `None` where its text is written in another way than most.
pub(super) fn added(repository: &Repository, build: &Build, entries: &[Entry<'_>]) -> Option<Vec<Edit>> {
    let place = &build.image.definition.place;
    let text = repository.text(&place.file)?;
    let mut edits = Vec::new();
    for entry in entries {
        edits.extend(
            one(text, place.line, *entry)?.into_iter().map(|kind| Edit { path: place.file.clone(), kind }),
        );
    }
    yaml::parse(text).ok()?;
    Some(edits)
}

fn one(text: &str, build_line: usize, entry: Entry<'_>) -> Option<Option<EditKind>> {
    let lines: Vec<&str> = text.lines().collect();
    let own = *lines.get(build_line.checked_sub(1)?)?;
    let plain = |line: &str, key: &str| {
        let rest = line.trim_start().strip_prefix(key)?.strip_prefix(':')?.trim();
        (rest.is_empty() || rest.starts_with('#')).then_some(())
    };
    plain(own, "build")?;
    let outer = indent(own)?;
    let inside = |at: usize, least: usize| {
        let behind = lines.iter().enumerate().skip(at);
        behind
            .map(|(number, line)| (number, indent(line)))
            .take_while(move |(_, indent)| indent.is_none_or(|indent| indent > least))
            .filter_map(|(number, indent)| Some((number, indent?)))
    };
    let (_, inner) = inside(build_line, outer).next()?;
    let named = inside(build_line, outer).find(|(number, indent)| {
        let line = lines[*number].trim_start();
        *indent == inner && line.strip_prefix(entry.key()).is_some_and(|rest| rest.starts_with(':'))
    });
    let pad = |width: usize, text: &str| format!("{}{text}", " ".repeat(width));
    let Some((number, _)) = named else {
        let first = match entry {
            Entry::Argument(..) => entry.pair()?,
            _ => entry.item(),
        };
        let new = vec![pad(inner, &format!("{}:", entry.key())), pad(inner + 2, &first)];
        return Some(Some(EditKind::Insert(build_line, new)));
    };
    plain(lines[number], entry.key())?;
    // A list may stand as far out as its key.
    let next = lines.iter().enumerate().skip(number + 1).find_map(|(at, line)| Some((at, indent(line)?)))?;
    let is_list = lines[next.0].trim_start().starts_with("- ");
    if !(next.1 > inner || is_list && next.1 == inner) {
        return None;
    }
    let new = if is_list { entry.item() } else { entry.pair()? };
    Some(Some(EditKind::Insert(number + 1, vec![pad(next.1, &new)])))
}

/// The secrets that the compose files of a repository define at their top.
pub(super) fn defined_secrets(repository: &Repository) -> Vec<String> {
    let files = repository.texts.iter().filter(|(path, _)| crate::image::defines_images(path));
    let secrets = files.filter_map(|(_, text)| {
        let value = yaml::parse(text).ok()?;
        Some(value.get("secrets")?.as_object()?.keys().cloned().collect::<Vec<_>>())
    });
    secrets.flatten().collect()
}

/// The edit that defines a secret at the top of a build's compose file, of a variable.
pub(super) fn defined(repository: &Repository, build: &Build, id: &str) -> Option<Edit> {
    let path = build.image.definition.place.file.clone();
    let text = repository.text(&path)?;
    let variable = id.to_ascii_uppercase().replace(['-', '.'], "_");
    let own = [format!("  {id}:"), format!("    environment: {variable}")];
    let at = text.lines().position(|line| line.trim_end() == "secrets:");
    let kind = match at {
        Some(at) => EditKind::Insert(at + 1, own.to_vec()),
        None if text.lines().any(|line| line.starts_with("secrets:")) => return None,
        None => EditKind::Insert(text.lines().count(), [&["secrets:".to_owned()], &own[..]].concat()),
    };
    Some(Edit { path, kind })
}
