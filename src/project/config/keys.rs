//! The keys of `docker-prep.toml`: what each takes, and what is said where something else stands there.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::syntax::{line, place, quoted, toml_text, write_so};
use super::{Config, doctor, version};
use crate::error::Problem;
use crate::image::PackageManager;
use crate::npm::{MatchOptions, Minimatch};
use crate::project::flag::parse_flag;
use crate::project::isolated_way::IsolatedWay;
use crate::project::link::Link;
use crate::project::package_source::{PackageSource, parse_duration};

/// A key.
pub(super) struct Key {
    pub(super) name: &'static str,
    /// A list of texts, or else one text.
    pub(super) is_list: bool,
    /// A boolean will do, too.
    is_flag: bool,
    /// What may stand there.
    what: &'static str,
    /// A value, as TOML.
    sample: &'static str,
}

impl Key {
    const fn text(name: &'static str, what: &'static str, sample: &'static str) -> Self {
        Self { name, is_list: false, is_flag: false, what, sample }
    }

    const fn list(name: &'static str, what: &'static str, sample: &'static str) -> Self {
        Self { name, is_list: true, is_flag: false, what, sample }
    }

    const fn flag(name: &'static str, what: &'static str, sample: &'static str) -> Self {
        Self { name, is_list: false, is_flag: true, what, sample }
    }

    /// A line that sets it.
    pub(super) fn example(&self) -> String {
        format!("{} = {}", self.name, self.sample)
    }

    /// What may stand there, with a line that sets it.
    pub(super) fn takes(&self) -> String {
        format!("it takes {}: {}", self.what, self.example())
    }
}

/// All of them.
pub(super) const ALL: [Key; 12] = [
    Key::text(
        "workspace",
        "the folder of the shared packages, from the project's root",
        "\"../common-plat\"",
    ),
    Key::list("scope", "globs on package names", "[\"@bytelyst/*\"]"),
    Key::list("surfaces", "folders with a package.json, from the project's root", "[\"backend\", \"web\"]"),
    Key::text("deps-dir", "a folder inside the project, from its root", "\".docker-deps\""),
    Key::text("package-manager", "pnpm, npm, yarn or bun, with or without a version", "\"pnpm@10.6.5\""),
    Key::text("link", "auto, overrides or tarballs", "\"overrides\""),
    Key::flag("isolated", "true or false, or a way: \"context\" or \"namespace\"", "true"),
    Key::flag("offline", "true or false", "true"),
    Key::text("source", "workspace, registry, auto or vendor", "\"auto\""),
    Key::text("probe-timeout", "a time between 1ms and 60s", "\"2s\""),
    Key::list("guard-ignore", "globs on paths from the project's root", "[\"fixtures/**\"]"),
    Key::text(version::KEY, "a range of versions of docker-prep", "\">=0.2, <0.3\""),
];

/// The key of this name.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    ALL.iter().find(|key| key.name == name)
}

/// The key that a name is nearest to: the same letters written otherwise, or a part of it, or a few letters away.
fn nearest(name: &str) -> Option<&'static Key> {
    let bare = |name: &str| -> String {
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
    };
    let wanted = bare(name);
    let most = (wanted.len() / 4).max(2);
    let far = |key: &&Key| {
        let known = bare(key.name);
        let is_part = wanted.len() >= 4 && (known.contains(&wanted) || wanted.contains(&known));
        match strsim::damerau_levenshtein(&wanted, &known) {
            0 => 0,
            _ if is_part => 1,
            far => far + 1,
        }
    };
    ALL.iter()
        .map(|key| (far(&key), key))
        .filter(|(far, _)| *far <= most + 1)
        .min_by_key(|(far, _)| *far)
        .map(|(_, key)| key)
}

/// What was read of a text up to now.
pub(super) struct Reading<'t> {
    text: &'t str,
    pub(super) config: Config,
    pub(super) problems: Vec<Problem>,
    has_listed: bool,
}

impl<'t> Reading<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, config: Config::default(), problems: Vec::new(), has_listed: false }
    }

    /// Reads every key, in the order in which they stand there.
    pub(super) fn table(&mut self, table: &DeTable<'_>) {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (name, value) in entries {
            match find(name.get_ref()) {
                Some(key) => self.key(key, value),
                None if name.get_ref() == doctor::TABLE => {
                    self.config.doctor = doctor::read(self.text, value, &mut self.problems);
                }
                None => self.no_key(name, value),
            }
        }
    }

    fn problem(&mut self, at: usize, message: &str, hint: String) {
        self.problems.push(Problem::new(format!("{}{message}", place(self.text, at))).hint(hint));
    }

    fn no_key(&mut self, name: &Spanned<impl AsRef<str>>, value: &Spanned<DeValue<'_>>) {
        let at = name.span().start;
        let name = name.get_ref().as_ref();
        if value.get_ref().is_table() && nearest(name).is_none() {
            let message = format!("{} is a table, and no setting stands in one", quoted(name));
            let hint = format!("write settings at the top of the file, such as {}", ALL[1].example());
            return self.problem(at, &message, hint);
        }
        let hint = match nearest(name) {
            Some(key) => format!("the nearest is {}, as in: {}", key.name, key.example()),
            None if self.has_listed => {
                format!("take it out, or write a setting such as {}", ALL[1].example())
            }
            None => {
                self.has_listed = true;
                format!("the settings are {}", ALL.map(|key| key.name).join(", "))
            }
        };
        self.problem(at, &format!("{} is no setting", quoted(name)), hint);
    }

    fn key(&mut self, key: &Key, value: &Spanned<DeValue<'_>>) {
        let mut texts: Vec<(&str, usize)> = Vec::new();
        match value.get_ref() {
            DeValue::String(text) => texts.push((text, value.span().start)),
            DeValue::Boolean(is) if key.is_flag => {
                texts.push((if *is { "true" } else { "false" }, value.span().start));
            }
            DeValue::Array(items) if key.is_list => {
                for item in items.iter() {
                    match item.get_ref() {
                        DeValue::String(text) => texts.push((text, item.span().start)),
                        _ => return self.no_text(key, item),
                    }
                }
            }
            _ => return self.no_text(key, value),
        }
        let lines = texts.iter().map(|(_, at)| line(self.text, *at)).collect();
        self.config.lines.insert(key.name, lines);
        for (text, at) in texts {
            let set = match text.trim() {
                "" => Err("an empty text stands there".to_owned()),
                _ => self.set(key.name, text, line(self.text, at)),
            };
            if let Err(why) = set {
                self.problem(at, &format!("{}: {why}", key.name), key.takes());
            }
        }
    }

    fn set(&mut self, name: &str, text: &str, line: usize) -> Result<(), String> {
        let (config, owned) = (&mut self.config, text.to_owned());
        match name {
            "workspace" => config.workspace = Some(owned),
            "scope" => config.scope.push(owned),
            "surfaces" => config.surfaces.push(owned),
            "deps-dir" => config.deps_dir = Some(owned),
            "package-manager" => config.package_manager = Some(PackageManager::parse(text)?),
            "link" => config.link = Some(Link::parse(text)?),
            "isolated" => config.isolated = Some(IsolatedWay::parse(text)?),
            "offline" => config.offline = Some(parse_flag(text)?),
            "source" => config.source = Some(PackageSource::parse(text)?),
            "probe-timeout" => config.probe_timeout = Some(parse_duration(text)?),
            "guard-ignore" => {
                let glob = text.strip_prefix('!').unwrap_or(text);
                Minimatch::new(glob, MatchOptions::default())
                    .map_err(|error| format!("`{text}`: {error}"))?;
                config.guard_ignore.push(owned);
            }
            _ => {
                version::parse(text, line)?;
                config.required_version = Some(owned);
            }
        }
        Ok(())
    }

    /// Something else than a text stands where one is meant.
    fn no_text(&mut self, key: &Key, value: &Spanned<DeValue<'_>>) {
        let source = self.text.get(value.span()).unwrap_or_default();
        let (what, mended) = match value.get_ref() {
            DeValue::Integer(_) | DeValue::Float(_) => ("a number", Some(source.to_owned())),
            DeValue::Boolean(_) => ("a boolean", Some(source.to_owned())),
            DeValue::Datetime(_) => ("a date", Some(source.to_owned())),
            DeValue::Array(items) => match items.iter().map(Spanned::get_ref).collect::<Vec<_>>()[..] {
                [DeValue::String(text)] => ("a list", Some(text.clone().into_owned())),
                _ => ("a list", None),
            },
            DeValue::Table(_) => ("a table", None),
            DeValue::String(_) => ("a text", None),
        };
        let kind = if key.is_list { "a list of texts" } else { "a text" };
        let message = format!("{}: {} is {what}, and not {kind}", key.name, quoted(source));
        let hint = match mended.map(|text| toml_text(&text)) {
            Some(text) if key.is_list => write_so(key, &format!("[{text}]")),
            Some(text) => write_so(key, &text),
            None => key.takes(),
        };
        self.problem(value.span().start, &message, hint);
    }
}
