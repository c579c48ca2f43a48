//! The commands that put findings right, ready to be copied into a shell.

use std::collections::BTreeSet;

use super::{Finding, FindingKind, GuardSettings};

/// From where the commands are typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Here {
    /// The folder that `-C` named.
    pub(crate) dir: Option<Vec<u8>>,
    /// That folder, or the current one, from the tree's top, with a slash at its end; empty for the top.
    pub(crate) prefix: Vec<u8>,
}

/// Commands in the order in which they are to be typed.
pub(crate) fn commands(settings: &GuardSettings, findings: &[&Finding], here: &Here) -> Vec<String> {
    let mut projects = BTreeSet::new();
    let (mut add, mut remove) = (BTreeSet::new(), BTreeSet::new());
    for finding in findings {
        let project = settings.project(&finding.path);
        projects.insert(project.root().to_vec());
        match finding.kind {
            FindingKind::Manifest | FindingKind::Workspace | FindingKind::Lockfile | FindingKind::Link => {
                add.insert(finding.path.clone())
            }
            FindingKind::Backup => remove.insert(finding.path.clone()),
            FindingKind::DepsDir => remove.insert(settings.deps_dir_above(&finding.path)),
        };
    }
    let git = match &here.dir {
        Some(dir) => format!("git -C {}", quoted(dir)),
        None => "git".to_owned(),
    };
    let list = |paths: BTreeSet<Vec<u8>>| {
        paths.iter().map(|path| quoted(&here.pathspec(path))).collect::<Vec<_>>().join(" ")
    };
    let mut commands: Vec<String> = projects.iter().map(|root| here.restore(root)).collect();
    if !add.is_empty() {
        commands.push(format!("{git} add -- {}", list(add)));
    }
    if !remove.is_empty() {
        commands.push(format!("{git} rm -r -q --cached -- {}", list(remove)));
    }
    commands
}

impl Here {
    fn restore(&self, root: &[u8]) -> String {
        let inside = self.prefix.starts_with(root);
        let up = if inside { 0 } else { self.prefix.iter().filter(|byte| **byte == b'/').count() };
        let below = if inside { &[][..] } else { root.strip_suffix(b"/").unwrap_or(root) };
        let mut place = self.dir.clone().unwrap_or_default();
        if !place.is_empty() && !inside {
            place.push(b'/');
        }
        place.extend("../".repeat(up).bytes().chain(below.iter().copied()));
        if place.is_empty() {
            "docker-prep restore".to_owned()
        } else {
            format!("docker-prep -C {} restore", quoted(&place))
        }
    }

    /// A path from the top as git takes it here, whatever it looks like.
    fn pathspec(&self, path: &[u8]) -> Vec<u8> {
        let odd = path.starts_with(b":") || path.iter().any(|byte| b"*?[\\".contains(byte));
        let magic: &[u8] = match (odd, self.prefix.is_empty()) {
            (true, _) => b":(top,literal)",
            (false, false) => b":/",
            (false, true) => b"",
        };
        [magic, path].concat()
    }
}

/// A word for a shell: as it is, in quotes, or as bash and zsh write what cannot be typed.
pub(crate) fn quoted(word: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_./@%+=:,-".contains(byte);
    match std::str::from_utf8(word) {
        Ok(text) if !word.is_empty() && word.iter().all(plain) => text.to_owned(),
        Ok(text) if !text.chars().any(char::is_control) => format!("'{}'", text.replace('\'', r"'\''")),
        _ => {
            let escape = |byte: &u8| match byte {
                b'\'' | b'\\' => format!("\\{}", char::from(*byte)),
                0x20..0x7f => char::from(*byte).to_string(),
                byte => format!("\\{byte:03o}"),
            };
            format!("$'{}'", word.iter().map(escape).collect::<String>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(path: &[u8], kind: FindingKind) -> Finding {
        Finding { path: path.to_vec(), line: 1, kind, key: String::new(), value: String::new() }
    }

    fn told(here: &Here, findings: &[Finding]) -> Vec<String> {
        let settings = GuardSettings::read(&[(b"web/docker-prep.toml", b"deps-dir = 'd'")], None).unwrap();
        commands(&settings, &findings.iter().collect::<Vec<_>>(), here)
    }

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(quoted(b"a/package.json"), "a/package.json");
        assert_eq!(quoted(b"a b/it's"), r"'a b/it'\''s'");
        assert_eq!(quoted("ä".as_bytes()), "'ä'");
        assert_eq!(quoted(b"a\n\xff'\x1b1"), r"$'a\012\377\'\0331'");
        assert_eq!(quoted(b""), "''");
    }

    #[test]
    fn commands_fit_where_they_are_typed() {
        let findings = [
            finding(b"api/package.json", FindingKind::Manifest),
            finding(b"api/[x]/package.json", FindingKind::Manifest),
            finding(b"api/package.json.bak", FindingKind::Backup),
            finding(b".docker-deps/a/x", FindingKind::DepsDir),
            finding(b".docker-deps/y", FindingKind::DepsDir),
            finding(b"web/d/y", FindingKind::DepsDir),
        ];
        assert_eq!(
            told(&Here::default(), &findings),
            [
                "docker-prep restore",
                "docker-prep -C web restore",
                "git add -- ':(top,literal)api/[x]/package.json' api/package.json",
                "git rm -r -q --cached -- .docker-deps api/package.json.bak web/d",
            ]
        );
        let here = Here { dir: None, prefix: b"api/src/".to_vec() };
        assert_eq!(
            told(&here, &findings[5..]),
            ["docker-prep -C ../../web restore", "git rm -r -q --cached -- :/web/d",]
        );
        let here = Here { dir: Some(b"../p q".to_vec()), prefix: Vec::new() };
        assert_eq!(
            told(&here, &findings[..1]),
            ["docker-prep -C '../p q' restore", "git -C '../p q' add -- api/package.json",]
        );
    }
}
