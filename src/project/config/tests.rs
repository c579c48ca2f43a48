use super::*;
use crate::project::config::keys::ALL;

/// The problems of a text, each as its message and its hint.
fn wrong(text: &str) -> Vec<(String, String)> {
    match parse(text) {
        Err(ConfigError::Wrong(problems)) => {
            problems.into_iter().map(|problem| (problem.message, problem.hint.unwrap_or_default())).collect()
        }
        other => panic!("{text:?}: {other:?}"),
    }
}

#[track_caller]
fn says(text: &str, message: &str, hint: &str) {
    assert_eq!(wrong(text), [(message.to_owned(), hint.to_owned())], "{text}");
}

#[test]
fn all_keys() {
    let config =
        parse("workspace = \"../plat\"\nscope = [\"@a\"]\nsurfaces = [\"web\"]\ndeps-dir = \".deps\"\n")
            .unwrap();
    assert_eq!(config.workspace.as_deref(), Some("../plat"));
    assert_eq!(config.deps_dir.as_deref(), Some(".deps"));
    assert_eq!(config.prefix("surfaces", 0), "line 3: surfaces: ");
    assert_eq!(parse("").unwrap(), Config::default());
    assert_eq!(parse("\u{feff}# nothing\n").unwrap(), Config::default());
    let config = parse("package-manager = \"npm@^11\"\nlink = \"tarballs\"\n").unwrap();
    assert_eq!(config.package_manager, PackageManager::parse("npm@^11").ok());
    assert_eq!(config.link, Some(Link::Tarballs));
    let config = parse("source = \"gitea\"\nprobe-timeout = \"500ms\"\n").unwrap();
    assert_eq!(config.source, Some(PackageSource::Registry));
    assert_eq!(config.probe_timeout, Some(Duration::from_millis(500)));
    let config = parse("surfaces = [\n  'web',\n  'api', # both\n]\nguard-ignore = ['!a/**']\n").unwrap();
    assert_eq!((config.surfaces.len(), &*config.prefix("surfaces", 1)), (2, "line 3: surfaces: "));
    for key in &ALL {
        let example = key.example().replace(">=0.2, <0.3", "*");
        assert!(parse(&example).is_ok(), "{example}");
    }
}

#[test]
fn a_text_is_a_list_of_one_where_a_list_is_meant() {
    let config = parse("scope = '@a'\nsurfaces = 'web'\nguard-ignore = 'x/**'\n").unwrap();
    assert_eq!(
        (config.scope, config.surfaces, config.guard_ignore),
        (vec!["@a".into()], vec!["web".into()], vec!["x/**".into()])
    );
}

#[test]
fn a_text_without_quotes_is_shown_with_them() {
    for (line, value, mended) in [
        ("workspace = ../plat", "../plat", "workspace = \"../plat\""),
        ("workspace = /srv/plat # there", "/srv/plat", "workspace = \"/srv/plat\""),
        ("workspace = ~/plat", "~/plat", "workspace = \"~/plat\""),
        ("workspace = C:\\plat", "C:\\plat", "workspace = 'C:\\plat'"),
        ("workspace: ../plat", "../plat", "workspace = \"../plat\""),
        ("deps-dir = .docker-deps", ".docker-deps", "deps-dir = \".docker-deps\""),
        ("deps-dir=deps", "deps", "deps-dir = \"deps\""),
        ("scope = @bytelyst/*", "@bytelyst/*", "scope = \"@bytelyst/*\""),
        ("surfaces = [web, 'api']", "web", "surfaces = [\"web\", \"api\"]"),
        ("surfaces = web, api", "web", "surfaces = [\"web\", \"api\"]"),
        ("guard-ignore = fixtures/**", "fixtures/**", "guard-ignore = \"fixtures/**\""),
        ("package-manager = pnpm@10.6.5", "pnpm@10.6.5", "package-manager = \"pnpm@10.6.5\""),
        ("probe-timeout = 500ms", "500ms", "probe-timeout = \"500ms\""),
        ("link = auto", "auto", "link = \"auto\""),
        ("source = registry", "registry", "source = \"registry\""),
        ("required-version = >=0.2, <0.3", ">=0.2, <0.3", "required-version = \">=0.2, <0.3\""),
    ] {
        let key = line.split([' ', '=', ':']).next().unwrap();
        for around in ["", "\n# end\n"] {
            says(
                &format!("# settings\n{line}{around}"),
                &format!("line 2: {key}: `{value}` stands there without quotes"),
                &format!("a text needs quotes: {mended}"),
            );
        }
    }
    let both = wrong("workspace = ../plat\nsurfaces = [web]\n");
    assert!(both.len() == 2 && both[1].0.starts_with("line 2: surfaces: `web`"), "{both:?}");
}

#[test]
fn what_is_no_toml() {
    says(
        "link = 'auto'\nworkspace = \"../plat\nsource = 'auto'\n",
        "line 2: workspace: `\"../plat` has no quote at its end",
        "write it so: workspace = \"../plat\"",
    );
    says(
        "workspace = \"C:\\user\\x\"\n",
        "line 1: workspace: a backslash in `\"C:\\user\\x\"` begins something else",
        "in single quotes it is one: workspace = 'C:\\user\\x'",
    );
    says(
        "surfaces = ['web'\nlink = 'auto'\n",
        "line 1: surfaces: the list that begins here has no `]` at its end",
        "it takes folders with a package.json, from the project's root: surfaces = [\"backend\", \"web\"]",
    );
    says(
        "workspace: '../plat'\n",
        "line 1: workspace: a colon stands where `=` is meant",
        "write it so: workspace = \"../plat\"",
    );
    says(
        "scope =\n",
        "line 1: scope: nothing stands there",
        "it takes globs on package names: scope = [\"@bytelyst/*\"]",
    );
    says(
        "link = 'auto'\nlink = 'tarballs'\n",
        "line 2: link is set twice: first in line 1",
        "leave one of the two: link = 'tarballs'",
    );
    for text in ["broken [", "scope = ['a' 'b']", "]", "= 3", "[x", "a.b.c", "{}"] {
        let [(message, hint)] = &wrong(text)[..] else { panic!("{text}") };
        assert!(message.starts_with("line 1, column ") && message.contains("it is no TOML: "), "{message}");
        assert_eq!(hint, "settings are lines such as scope = [\"@bytelyst/*\"]");
    }
}

#[test]
fn a_key_that_is_none() {
    let nearest = |name: &str| {
        let [(message, hint)] = &wrong(&format!("{name} = 'x'\n"))[..] else { panic!("{name}") };
        assert_eq!(*message, format!("line 1, column 1: `{name}` is no setting"));
        let key = hint.strip_prefix("the nearest is ").map(|rest| rest.split(',').next().unwrap().to_owned());
        assert!(
            key.is_some() || *hint == format!("the settings are {}", ALL.map(|key| key.name).join(", ")),
            "{hint}"
        );
        key
    };
    for (name, key) in [
        ("scoop", "scope"),
        ("scopes", "scope"),
        ("surface", "surfaces"),
        ("sufraces", "surfaces"),
        ("deps_dir", "deps-dir"),
        ("depsDir", "deps-dir"),
        ("dep-dir", "deps-dir"),
        ("workspaces", "workspace"),
        ("worksapce", "workspace"),
        ("packageManager", "package-manager"),
        ("package_manager", "package-manager"),
        ("manager", "package-manager"),
        ("links", "link"),
        ("soruce", "source"),
        ("timeout", "probe-timeout"),
        ("probe_timeout", "probe-timeout"),
        ("ignore", "guard-ignore"),
        ("guardignore", "guard-ignore"),
        ("version", "required-version"),
        ("requires-version", "required-version"),
    ] {
        assert_eq!(nearest(name).as_deref(), Some(key), "{name}");
    }
    for name in ["x", "telemetry", "hermetic"] {
        assert_eq!(nearest(name), None, "{name}");
    }
    let both = wrong("x = 1\ny = 1\n");
    assert_eq!(
        both.iter().filter(|(_, hint)| hint.contains("surfaces")).count(),
        1,
        "each list once: {both:?}"
    );
}

#[test]
fn a_table_that_is_none() {
    for (text, name) in [("[docker-prep]\nscope = ['@a']\n", "docker-prep"), ("[tool.docker-prep]\n", "tool")]
    {
        let [(message, hint)] = &wrong(text)[..] else { panic!("{text}") };
        assert!(
            message.ends_with(&format!("`{name}` is a table, and no setting stands in one")),
            "{message}"
        );
        assert!(hint.starts_with("write settings at the top of the file"), "{hint}");
    }
}

/// Each key with each kind of thing that is wrong: one problem, which names the line, the key and what may stand there.
#[test]
fn each_key_with_each_mistake() {
    for key in &ALL {
        let (name, example) = (key.name, key.example());
        let mistakes = [
            format!("{name} = 5\n"),
            format!("{name} = 2.5\n"),
            format!("{name} = true\n"),
            format!("{name} = 2026-01-02\n"),
            format!("{name} = {{ a = 1 }}\n"),
            format!("{name} = [5]\n"),
            format!("{name} = [['a']]\n"),
            format!("{name} = ''\n"),
            format!("{name} = ' '\n"),
            format!("{name} = ['']\n"),
            format!("{name} = some/text\n"),
            format!("{name} = 'text\n"),
            format!("{name} =\n"),
            format!("{example}\n{example}\n"),
            format!("[{name}]\na = 1\n"),
            format!("[[{name}]]\na = 1\n"),
            format!("{name}.a = 1\n"),
        ];
        for mistake in mistakes {
            // What a flag takes.
            if ["isolated", "offline"].contains(&name) && mistake.ends_with("= true\n") {
                continue;
            }
            let problems = wrong(&format!("# first\n{}", mistake.replace(">=0.2, <0.3", "*")));
            let [(message, hint)] = &problems[..] else { panic!("{mistake}: {problems:?}") };
            let line = if mistake.lines().filter(|line| **line == *example).count() == 2 { 3 } else { 2 };
            assert!(
                message.starts_with(&format!("line {line}"))
                    || message.starts_with("line 3") && name == "required-version",
                "{message}"
            );
            assert!(message.contains(name), "{mistake}: {message}");
            assert!(hint.contains(&format!("{name} = ")), "{mistake}: {message}: {hint}");
        }
        let misspelt = format!("{}x = 'a'\n", name);
        assert!(
            wrong(&misspelt)[0].1.starts_with(&format!("the nearest is {name}, as in: {example}")),
            "{misspelt}"
        );
    }
    for (text, why) in [
        ("package-manager = 'deno'", "`deno` is none of pnpm, npm, yarn, bun"),
        ("link = 'chain'", "`chain` is none of auto, overrides, tarballs"),
        ("source = 'nowhere'", "`nowhere` is none of workspace, registry, auto, vendor"),
        ("probe-timeout = '2m'", "`2m` is no length of time"),
        ("required-version = 'new'", "`new` is no range of versions"),
        ("guard-ignore = ['a', '{1..2..0}']", "`{1..2..0}`"),
    ] {
        let [(message, hint)] = &wrong(text)[..] else { panic!("{text}") };
        assert!(message.starts_with("line 1, column ") && message.contains(why), "{message}");
        assert!(hint.starts_with("it takes "), "{hint}");
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let problems = wrong("link = 'x'\nsource = 5\nscoop = 1\n");
    assert_eq!(problems.len(), 3, "{problems:?}");
}

fn unmet(text: &str) -> UnmetVersion {
    match parse(text) {
        Err(ConfigError::Unmet(unmet)) => *unmet,
        other => panic!("{text:?}: {other:?}"),
    }
}

#[test]
fn the_required_version_is_read_before_anything_else() {
    let own = env!("CARGO_PKG_VERSION");
    for rest in [
        "",
        "hermetic = true\n",
        "link = ['a', 5]\n[doctor]\nx = 1\n",
        "workspace = ../plat\n",
        "what this is = nobody knows\n",
        "link = <unknown type>\n",
        "scope = 'a'\nscope = 'b'\n",
    ] {
        for text in [
            format!("required-version = \">=99.1, <100\"\n{rest}"),
            format!("# x\n{rest}required-version = '>=99.1, <100'\n"),
        ] {
            if text.contains("[doctor]") && text.starts_with('#') {
                continue;
            }
            let found = unmet(&text);
            let line = text.lines().position(|line| line.starts_with("required")).unwrap() + 1;
            assert_eq!(
                found.message(),
                format!("line {line}: needs docker-prep >=99.1 <100, and this is docker-prep {own}")
            );
            assert_eq!(found.is_understood, rest.is_empty(), "{text}");
        }
    }
    let found = unmet("surfaces = ['web']\ndeps-dir = 5\nrequired-version = '99'\n");
    assert_eq!(found.readable.surfaces, ["web"]);
    assert!(parse(&format!("required-version = '>={own}'\n")).is_ok());
    assert!(parse(&format!("required-version = '{own} || 99'\n")).is_ok());
    let met = wrong("required-version = '*'\nscoop = 1\n");
    assert!(met.len() == 1 && met[0].0.contains("scoop"), "{met:?}");
}

#[test]
fn a_required_version_inside_of_something_else_is_none() {
    for text in [
        "a = '''\nrequired-version = '99'\n'''\n",
        "[x]\nrequired-version = '99'\n",
        "# required-version = '99'\n = 1",
    ] {
        wrong(text);
    }
}
