//! `yarn.lock`: of yarn 1, and of yarn 2 and later, which is YAML. Both hold blocks, one for each version of a package.

use super::{LockfileEntry, PackageOrigin, split};

/// Packages of ours go, and the members of the workspace: yarn knows the surface from its manifest.
pub(super) fn seed(text: &str, importer: &str, ours: &dyn Fn(&str) -> bool) -> Result<String, String> {
    let text = checked(text)?;
    let blocks: Vec<Block<'_>> = blocks(text);
    let member = format!("workspace:{importer}");
    let is_modern = blocks.iter().any(|block| block.key() == "__metadata");
    let knows = |block: &Block<'_>| block.resolution().is_some_and(|(_, reference)| reference == member);
    // yarn 1 says nothing of the members.
    if is_modern && !importer.is_empty() && !blocks.iter().any(knows) {
        return Err(format!("it has no workspace '{importer}'"));
    }
    let stays = |block: &Block<'_>| match block.entry() {
        Some(entry) => !ours(&entry.name) && !block.is_member(),
        None => true,
    };
    let head: String = text.lines().take_while(|line| line.starts_with('#')).fold(String::new(), add);
    let kept = blocks.iter().filter(|block| stays(block));
    Ok(kept.fold(head, |out, block| block.lines.iter().copied().fold(format!("{out}\n"), add)))
}

fn add(mut out: String, line: &str) -> String {
    out.push_str(line);
    out.push('\n');
    out
}

pub(super) fn entries(text: &str) -> Result<Vec<LockfileEntry>, String> {
    let blocks = blocks(checked(text)?);
    Ok(blocks.iter().filter(|block| !block.is_member()).filter_map(Block::entry).collect())
}

fn checked(text: &str) -> Result<&str, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_known = text.trim().is_empty()
        || text.lines().any(|line| line == "# yarn lockfile v1" || line.starts_with("__metadata:"));
    if is_known { Ok(text) } else { Err("neither yarn 1 nor a later one wrote it".to_owned()) }
}

/// A line that is not indented, and the indented ones below it.
struct Block<'t> {
    lines: Vec<&'t str>,
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        // A key that is too long for YAML: `? "…"`, and `:` on a line of its own.
        let goes_on = line.starts_with([' ', '\t', ':']);
        match blocks.last_mut() {
            Some(block) if goes_on => block.lines.push(line),
            _ => blocks.push(Block { lines: vec![line] }),
        }
    }
    blocks
}

impl Block<'_> {
    fn key(&self) -> &str {
        let line = self.lines.first().copied().unwrap_or_default();
        let line = line.strip_prefix("? ").unwrap_or(line).trim_end();
        line.strip_suffix(':').unwrap_or(line)
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.lines.iter().find_map(|line| {
            let value = line.strip_prefix("  ")?.strip_prefix(name)?;
            let value = value.strip_prefix(':').unwrap_or(value).strip_prefix(' ')?.trim();
            Some(unquoted(value))
        })
    }

    /// What a later yarn says of a package: `@s/a` and `npm:1.0.0`.
    fn resolution(&self) -> Option<(&str, &str)> {
        split(self.field("resolution")?)
    }

    fn is_member(&self) -> bool {
        self.resolution().is_some_and(|(_, reference)| reference.starts_with("workspace:"))
    }

    fn entry(&self) -> Option<LockfileEntry> {
        let version = self.field("version")?.to_owned();
        if let Some((name, reference)) = self.resolution() {
            let from = if reference.starts_with("npm:") || reference.starts_with("patch:") {
                PackageOrigin::Registry(version)
            } else {
                PackageOrigin::of(reference)
            };
            return Some(LockfileEntry { name: name.to_owned(), from });
        }
        // yarn 1 quotes a pattern of a key by itself.
        let pattern = unquoted(self.key().split(", ").next()?);
        let (name, range) = split(pattern)?;
        let target = range.strip_prefix("npm:").and_then(split);
        let is_local = |text: &str| {
            ["file:", "link:", "portal:", "./", "../", "/", "~/"].iter().any(|local| text.starts_with(local))
        };
        let resolved = self.field("resolved");
        let from = match (PackageOrigin::of(range), resolved) {
            (PackageOrigin::Remote(_), resolved) => {
                PackageOrigin::Remote(resolved.unwrap_or(range).to_owned())
            }
            // A resolution is kept with the range that it took the place of.
            _ if is_local(range) || resolved.is_some_and(is_local) => PackageOrigin::Local,
            // `owner/repository`.
            (_, Some(resolved)) if range.contains('/') && target.is_none() => {
                PackageOrigin::Remote(resolved.to_owned())
            }
            _ => PackageOrigin::Registry(version),
        };
        Some(LockfileEntry { name: target.map_or(name, |(target, _)| target).to_owned(), from })
    }
}

fn unquoted(text: &str) -> &str {
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}
