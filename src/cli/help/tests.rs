//! What README.md, the topics and the pages of `tests/` and `scripts/` say of the program: each call that they show is one
//! that it takes, each flag exists, and each link leads somewhere. `tests/e2e/readme.rs` runs the calls that have an output.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::topics::TOPICS;
use crate::cli::args::Cli;
use crate::cli::variables;

struct Page {
    /// From the root of the repository.
    path: PathBuf,
    text: &'static str,
}

fn pages() -> Vec<Page> {
    let mut pages = vec![
        Page { path: "README.md".into(), text: include_str!("../../../README.md") },
        Page { path: "tests/README.md".into(), text: include_str!("../../../tests/README.md") },
        Page { path: "scripts/README.md".into(), text: include_str!("../../../scripts/README.md") },
    ];
    let topic = |name: &str| PathBuf::from(format!("src/cli/topics/{name}.md"));
    pages.extend(TOPICS.iter().map(|one| Page { path: topic(one.name), text: one.text }));
    pages
}

/// What a page is made of, as far as it can be wrong.
#[derive(Default)]
struct Said {
    /// Code in a line of text.
    spans: Vec<String>,
    /// Lines of blocks for a shell, without what the program answers.
    lines: Vec<String>,
    links: Vec<String>,
    headings: Vec<String>,
}

fn said(text: &str) -> Said {
    let mut said = Said::default();
    let (mut shell, mut heading) = (false, None::<String>);
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) => {
                shell = matches!(&*kind, "sh" | "console");
            }
            Event::End(TagEnd::CodeBlock) => shell = false,
            Event::Text(text) if shell => {
                let lines = text.lines().filter(|line| !text.starts_with("$ ") || line.starts_with("$ "));
                said.lines.extend(lines.map(|line| line.trim_start_matches("$ ").to_owned()));
            }
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => said.headings.extend(heading.take()),
            Event::Text(text) if heading.is_some() => {
                heading.iter_mut().for_each(|heading| *heading += &text)
            }
            Event::Code(text) => {
                heading.iter_mut().for_each(|heading| *heading += &text);
                said.spans.push(text.into_string());
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                said.links.push(dest_url.into_string());
            }
            _ => {}
        }
    }
    said
}

/// The words of each call of the program in a line for a shell.
fn calls(line: &str) -> Vec<Vec<String>> {
    let (mut calls, mut words): (Vec<Vec<String>>, Vec<String>) = (Vec::new(), Vec::new());
    let (mut word, mut quote) = (None::<String>, None);
    let mut end = |words: &mut Vec<String>| {
        let words = std::mem::take(words);
        if let Some(at) = words.iter().position(|word| word == "docker-prep") {
            // Not one that is installed, copied or completed.
            let mut front = words[..at].iter();
            let is_call = front.all(|word| {
                ["npx", "pnpm", "exec", "strace"].contains(&word.as_str())
                    || word.contains('=')
                    || word == "-e"
            });
            if is_call {
                calls.push(words[at..].to_vec());
            }
        }
    };
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, ' ') => words.extend(word.take()),
            // `<(…)` holds a call of its own.
            (None, '|' | ';' | '&' | '(' | ')') => {
                words.extend(word.take());
                end(&mut words);
            }
            (None, '<' | '>') => {
                words.extend(word.take());
                end(&mut words);
            }
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    end(&mut words);
    calls
}

/// Why the program would not take a call; in a line of text one may lack what it needs, as it only names the command.
fn refused(words: &[String], may_lack: bool) -> Option<String> {
    let value = |word: &String| match word.as_str() {
        "SHELL" => "bash".to_owned(),
        "…" => "x".to_owned(),
        word => word.to_owned(),
    };
    let words: Vec<String> = words.iter().map(value).collect();
    let error = Cli::program().try_get_matches_from(&words).err()?;
    use clap::error::ErrorKind::{DisplayHelp, DisplayVersion, MissingRequiredArgument};
    let is_right = match error.kind() {
        DisplayHelp | DisplayVersion => true,
        MissingRequiredArgument => may_lack,
        _ => false,
    };
    (!is_right).then(|| format!("{}: {error}", words.join(" ")))
}

#[test]
fn a_line_is_taken_apart_as_a_shell_does() {
    let words = |line: &str| calls(line).iter().map(|words| words.join("|")).collect::<Vec<_>>();
    assert_eq!(words("docker-prep a 'b  c' # d"), ["docker-prep|a|b  c"]);
    assert_eq!(words("x && A=1 npx docker-prep a >b; docker-prep c | d"), ["docker-prep|a", "docker-prep|c"]);
    assert_eq!(words("source <(docker-prep a)"), ["docker-prep|a"]);
    assert_eq!(words("npm install docker-prep"), [""; 0]);
}

#[test]
fn each_call_that_a_page_shows_is_one_that_the_program_takes() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for page in pages() {
        let said = said(page.text);
        let spans =
            said.spans.iter().filter(|span| span.starts_with("docker-prep ")).map(|span| (span, true));
        for (line, may_lack) in said.lines.iter().map(|line| (line, false)).chain(spans) {
            for call in calls(line) {
                seen += 1;
                wrong.extend(refused(&call, may_lack).map(|why| format!("{}: {why}", page.path.display())));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 60, "calls are not found any more: {seen}");
    let words = |line: &str| calls(line).concat();
    assert!(refused(&words("docker-prep prepare --dri-run"), true).is_some());
    assert!(refused(&words("docker-prep pack"), false).is_some(), "without --out");
}

#[test]
fn the_examples_of_the_help_are_calls_that_the_program_takes() {
    use super::words::{COMMANDS, PROGRAM};
    for words in [&PROGRAM].into_iter().chain(&COMMANDS) {
        for (line, _) in words.examples {
            let calls = calls(line);
            assert!(!calls.is_empty(), "{line}");
            for call in calls {
                assert_eq!(refused(&call, false), None);
            }
        }
    }
}

/// Flags of other programs that pages name.
const OF_OTHERS: [&str; 7] = [
    "--frozen-lockfile",
    "--immutable",
    "--lockfile=false",
    "--network",
    "--no-lockfile",
    "--no-package-lock",
    "--prod",
];

#[test]
fn each_flag_that_a_page_names_exists() {
    let program = Cli::program();
    let of = |command: &clap::Command| -> Vec<String> {
        command.get_arguments().filter_map(|arg| Some(format!("--{}", arg.get_long()?))).collect()
    };
    let ours: BTreeSet<String> =
        [&program].into_iter().chain(program.get_subcommands()).flat_map(of).collect();
    let (mut wrong, mut others) = (Vec::new(), BTreeSet::new());
    for page in pages() {
        let spans = said(page.text).spans;
        // Behind the name of another program they are that one's.
        for span in spans.iter().filter(|span| span.starts_with("--") || span.starts_with("docker-prep ")) {
            let named = span.split([' ', '|', '(']).filter(|word| word.starts_with("--") && *word != "--");
            for flag in named {
                let bare = flag.split(['=', '[']).next().unwrap_or(flag);
                if let Some(other) = OF_OTHERS.iter().find(|other| [flag, bare].contains(other)) {
                    others.insert(*other);
                } else if !ours.contains(bare) {
                    wrong.push(format!("{}: {flag} in `{span}`", page.path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(others, OF_OTHERS.into(), "those that no page names any more");
}

/// As GitHub names a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn each_link_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = Vec::new();
    for page in pages() {
        for link in said(page.text).links {
            if link.starts_with("http") {
                continue;
            }
            let (file, place) = link.split_once('#').unwrap_or((&link, ""));
            let path = match file {
                "" => root.join(&page.path),
                file => root.join(page.path.with_file_name("")).join(file),
            };
            let leads = match place {
                "" => path.exists(),
                place => std::fs::read_to_string(&path)
                    .is_ok_and(|text| said(&text).headings.iter().any(|heading| anchor(heading) == place)),
            };
            if !leads {
                wrong.push(format!("{}: {link}", page.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_readme_is_short_and_leads_to_each_topic() {
    let [readme, ..] = &pages()[..] else { panic!("no README") };
    assert!(readme.text.lines().count() <= 250, "{} lines", readme.text.lines().count());
    let links = said(readme.text).links;
    for topic in TOPICS {
        assert!(links.contains(&format!("src/cli/topics/{}.md", topic.name)), "{}", topic.name);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/topics");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let topics = files.filter(|file| file.extension().is_some_and(|extension| extension == "md"));
    assert_eq!(topics.count(), TOPICS.len(), "a page that is no topic");
}

#[test]
fn a_topic_says_its_name_and_has_an_example_first() {
    for topic in TOPICS {
        let title = topic.text.lines().next().unwrap_or_default();
        assert!(title.starts_with("# ") && topic.text.contains("\n```"), "{}", topic.name);
        assert!(!topic.text.contains("who knows"), "{}", topic.name);
    }
}

#[test]
fn the_topic_on_settings_has_each_variable() {
    let topic = super::topics::find("settings").unwrap();
    for variable in variables::ALL {
        let row = format!("| `{}` | {} |\n", variable.name, variable.about);
        assert!(topic.text.contains(&row), "{row}");
    }
}
