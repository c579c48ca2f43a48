use clap::{CommandFactory as _, Parser as _};

use super::*;
use crate::cli::args::Cli;

fn told(line: &str) -> Error {
    let words: Vec<OsString> =
        std::iter::once(PROGRAM).chain(line.split_whitespace()).map(OsString::from).collect();
    let error = Cli::try_parse_from(&words).expect_err(line);
    let mut program = Cli::command();
    program.build();
    explain(&error, &words, &program)
}

#[track_caller]
fn types(line: &str, ours: &str) {
    let error = told(line);
    let (messages, hints): (Vec<_>, Vec<_>) = (error.messages().collect(), error.hints().collect());
    assert!(
        messages.len() == 1 && hints.len() == 1 && !error.to_string().contains("Usage"),
        "{line}: {error}"
    );
    assert!(hints[0].ends_with(ours) && !hints[0].contains('\n'), "{line}: {error}");
    let before = hints[0].strip_suffix(ours).unwrap();
    assert!(before.ends_with(": ") || before.ends_with(" "), "{line}: {error}");
}

#[test]
fn words_of_other_tools() {
    for (line, ours) in [
        ("undo", "docker-prep restore"),
        ("reset", "docker-prep restore"),
        ("unprepare", "docker-prep restore"),
        ("clean", "docker-prep restore --clean"),
        ("check", "docker-prep guard"),
        ("lint", "docker-prep guard"),
        ("build", "docker-prep run -- docker compose build"),
        ("install", "docker-prep init"),
        ("setup", "docker-prep init"),
        ("ls", "docker-prep show"),
        ("plan", "docker-prep prepare --dry-run"),
        ("version", "docker-prep --version"),
        ("docker compose build", "docker-prep run -- docker compose build"),
        ("-C notes compose build web", "docker-prep -C notes run -- docker compose build web"),
        ("restroe", "docker-prep restore"),
        ("prepair --dry-run", "docker-prep prepare --dry-run"),
        ("apps/web", "docker-prep prepare --surface apps/web"),
    ] {
        types(line, ours);
    }
    assert!(told("bogus").to_string().contains("the commands are prepare, run, restore, "));
}

#[test]
fn each_word_of_the_table_is_no_command_and_what_is_typed_for_it_is_one() {
    let mut seen = std::collections::BTreeSet::new();
    for foreign in COMMANDS {
        for word in foreign.words {
            assert!(seen.insert(word), "{word} stands there twice");
            types(word, foreign.ours);
        }
        parses(foreign.ours);
    }
    for (words, ours) in FLAGS_FOR_COMMANDS {
        words.iter().for_each(|word| types(word, ours));
        parses(ours);
    }
    OF_OTHERS.iter().filter(|(_, flag, _)| *flag != "--isolated").for_each(|(_, _, ours)| parses(ours));
}

#[track_caller]
fn parses(line: &str) {
    match Cli::try_parse_from(line.split_whitespace()) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), Kind::DisplayVersion, "{line}"),
    }
}

#[test]
fn flags_of_other_tools_and_commands() {
    for (line, ours) in [
        ("status --porcelain", "docker-prep status --json"),
        ("guard --porcelain=v1", "docker-prep guard --json"),
        ("--porcelain", "docker-prep --json"),
        ("prepare --surfaces web", "docker-prep prepare --surface web"),
        ("prepare --surfaces web,api --dry-run", "docker-prep prepare --surface web --surface api --dry-run"),
        ("prepare --surfaces=web,api", "docker-prep prepare --surface web --surface api"),
        ("--surfaces web", "docker-prep --surface web"),
        ("prepare --scopes @a/*", "docker-prep prepare --scope '@a/*'"),
        ("prepare --clean", "docker-prep restore --clean"),
        ("--clean", "docker-prep restore --clean"),
        ("prepare --undo", "docker-prep restore"),
        ("prepare --dryrun", "docker-prep prepare --dry-run"),
        ("prepare --dry-rum", "docker-prep prepare --dry-run"),
        ("restore --dry-run", "docker-prep status"),
        ("prepare --no-color", "docker-prep prepare --color never"),
        ("pack --output-dir tgz", "docker-prep pack --out tgz"),
        ("prepare --out tgz", "docker-prep pack --out"),
        ("prepare --range a..b", "docker-prep guard --range"),
        ("guard --staged", "docker-prep guard"),
        ("prepare --cwd x", "docker-prep prepare --project x"),
        ("prepare --bogus", "docker-prep prepare --help"),
        ("guard --format json", "docker-prep guard --json"),
        ("cache clean", "docker-prep cache clear"),
    ] {
        types(line, ours);
    }
}

#[test]
fn words_where_a_command_takes_none() {
    for (line, ours) in [
        ("run docker compose build", "docker-prep run -- docker compose build"),
        (
            "run --dry-run docker compose build --no-cache",
            "docker-prep run --dry-run -- docker compose build --no-cache",
        ),
        ("run web -- docker compose build", "docker-prep run --surface web -- docker compose build"),
        ("run", "docker-prep run -- docker compose build"),
        ("prepare web", "docker-prep prepare --surface web"),
        ("prepare web --dry-run", "docker-prep prepare --surface web --dry-run"),
        ("guard main..HEAD", "docker-prep guard --range main..HEAD"),
        ("init husky", "docker-prep init --hook husky"),
        ("show mermaid", "docker-prep show --format mermaid"),
        ("restore web", "docker-prep restore"),
        ("pack", "docker-prep pack --out DIR"),
        ("pack --all", "docker-prep pack --all --out DIR"),
        ("why", "docker-prep why PACKAGE"),
    ] {
        types(line, ours);
    }
}

#[test]
fn what_clap_says_of_the_rest_is_one_line() {
    for (line, message) in [
        (
            "--color purple",
            "invalid value 'purple' for '--color <WHEN>' [possible values: auto, always, never]",
        ),
        ("guard --all --range a..b", "the argument '--all' cannot be used with '--range <A..B>'"),
        (
            "prepare --link chain",
            "invalid value 'chain' for '--link <HOW>': `chain` is none of auto, overrides, tarballs",
        ),
    ] {
        let error = told(line);
        assert_eq!(error.messages().collect::<Vec<_>>(), [message]);
        assert!(error.hints().all(|hint| hint.starts_with("see docker-prep") && hint.ends_with("--help")));
    }
}

#[test]
fn flags_before_the_command_are_moved_behind_it() {
    let words = ["docker-prep", "--dry-run", "-C", "notes", "prepare"].map(OsString::from);
    let hint = flags_before_command(&words, &Cli::command());
    assert_eq!(hint.hints().collect::<Vec<_>>(), ["type: docker-prep prepare --dry-run -C notes"]);
}

#[test]
fn json_is_asked_for_before_the_command_of_run() {
    let asks = |line: &str| wants_json(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>());
    for line in ["--json", "undo --json", "show --format json x", "show --format=json", "run --json -- x"] {
        assert!(asks(line), "{line}");
    }
    for line in ["", "run -- x --json", "show --format text", "--format"] {
        assert!(!asks(line), "{line}");
    }
}
