//! The help of commands and topics, completion in a real shell, and man pages as `man` reads them.

use crate::common::{Run, World};

/// What bash offers behind these words, the last of which is being typed.
#[track_caller]
fn offered(world: &World, words: &[&str]) -> Vec<String> {
    let script = r#"
        eval "$("$PROGRAM" completions bash)" || exit
        # The function that bash would call, found as bash finds it.
        complete -p docker-prep >/dev/null || exit
        function=$(complete -p docker-prep | sed -n 's/.* -F \([^ ]*\) .*/\1/p')
        COMP_WORDS=(docker-prep "$@") COMP_CWORD=$#
        COMP_LINE="${COMP_WORDS[*]}" COMP_POINT=${#COMP_LINE} COMPREPLY=()
        "$function" docker-prep "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" || exit
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let mut bash = world.command("bash");
    bash.args(["--norc", "-c", script, "bash"]).args(words).env("PROGRAM", env!("CARGO_BIN_EXE_docker-prep"));
    let run = Run::from(bash.output().expect("bash"));
    assert_eq!((run.code, &*run.stderr), (Some(0), ""), "{words:?}:\n{run}");
    run.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn help_is_that_of_the_program_of_a_command_or_of_a_topic() {
    let world = World::new();
    let help = |words: &[&str]| world.run([&["help"], words].concat()).exits(0).stdout;
    assert_eq!(help(&[]), world.run(["--help"]).exits(0).stdout);
    // A command that is a topic too.
    let both = help(&["guard"]);
    assert!(both.starts_with(&world.run(["guard", "--help"]).exits(0).stdout), "{both}");
    assert!(both.contains("\nGuard: no rewrite is committed\n"), "{both}");
    assert_eq!(help(&["prepare"]), world.run(["prepare", "--help"]).exits(0).stdout);
    for part in [
        "Exit codes:\n",
        "Environment variables:\n",
        "  DOCKER_PREP_WORKSPACE ",
        "Topics:\n",
        "  lockfiles  ",
    ] {
        assert!(help(&[]).contains(part), "{part}");
    }
    assert!(both.contains("  1  a rewrite was found\n"), "{both}");
    assert!(help(&["lockfiles"]).starts_with("Lockfiles\n\n      docker-prep prepare "));
    // A setting that is wrong is another matter, and no reason to say nothing.
    let mut program = world.program();
    program.args(["help", "settings"]).env("DOCKER_PREP_LINK", "nonsense");
    Run::from(program.output().unwrap()).exits(0);
    let document = world.run(["help", "ci", "--json"]).exits(0).stdout;
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert!(document["text"].as_str().unwrap().starts_with("CI: "), "{document}");
}

#[test]
fn a_name_that_is_unknown_gets_the_nearest() {
    let world = World::new();
    for (words, near) in [
        (["help", "lockfile"], "docker-prep help lockfiles"),
        (["help", "prepair"], "docker-prep help prepare"),
        (["man", "recover"], "docker-prep man recovery"),
        (["help", "xxxxxxxxxxxx"], "docker-prep help"),
    ] {
        let run = world.run(words);
        assert_eq!((run.code, &*run.stdout), (Some(2), ""), "{run}");
        assert!(run.stderr.contains(words[1]) && run.stderr.contains(near), "{run}");
    }
}

/// Headings are bold on a terminal, and nothing is elsewhere.
#[test]
fn color_is_for_terminals() {
    let world = World::new();
    let is_colored = |words: &[&str], name: &str| {
        let mut program = world.program();
        let run = Run::from(program.args(words).env(name, "1").output().unwrap()).exits(0);
        run.stdout.contains("\u{1b}[1m") && run.stdout.contains("\u{1b}[0m")
    };
    assert!(!is_colored(&["help", "guard"], "NOTHING"));
    assert!(is_colored(&["help", "guard", "--color", "always"], "NO_COLOR"));
    assert!(is_colored(&["help", "guard"], "CLICOLOR_FORCE"));
    assert!(!is_colored(&["help", "guard", "--color", "never"], "CLICOLOR_FORCE"));
}

/// As wide as the terminal, down to a width at which tables become lists; code alone stays as it is.
#[cfg(target_os = "linux")]
#[test]
fn a_topic_fits_the_terminal() {
    let world = World::new();
    for columns in [40, 80, 200] {
        let mut shell = world.command("script");
        let command =
            format!("stty rows 24 cols {columns}; {} help recovery", env!("CARGO_BIN_EXE_docker-prep"));
        shell.args(["-qec", &command, "/dev/null"]).env("NO_COLOR", "1");
        let run = Run::from(shell.output().unwrap()).exits(0);
        let code = |line: &str| line.starts_with("      ");
        let widest =
            run.stdout.lines().filter(|line| !code(line)).map(|line| line.trim_end().chars().count()).max();
        assert!(widest.unwrap() <= columns.min(100), "{columns}:\n{run}");
        assert!(widest.unwrap() > columns.min(100) / 2, "{columns}:\n{run}");
    }
}

#[test]
fn bash_completes_commands_flags_and_values() {
    let world = World::new();
    for (words, expected) in [
        (&["pre"][..], &["prepare"][..]),
        (&["re"], &["restore"]),
        (&["prepare", "--dr"], &["--dry-run"]),
        (&["run", "--lockf"], &["--lockfile"]),
        (&["completions", ""], &["bash", "zsh", "fish", "powershell"]),
        (&["guard", "--format", ""], &["text", "github"]),
        (&["prepare", "--link", ""], &["auto", "overrides", "tarballs"]),
        (&["--source", "w"], &["workspace"]),
        (&["init", "--hook", "husk"], &["husky", "husky-4"]),
        (&["cache", "cl"], &["clear"]),
        (&["help", "pac"], &["pack", "package-managers", "packing"]),
        (&["man", "gu"], &["guard"]),
        (&["prepare", "--package-manager", "p"], &["pnpm"]),
    ] {
        let mut offered = offered(&world, words);
        offered
            .retain(|word| !word.starts_with('-') || words.last().is_some_and(|last| last.starts_with('-')));
        assert_eq!(offered, expected, "{words:?}");
    }
}

#[test]
fn each_shell_has_its_script() {
    let world = World::new();
    for (shell, mark) in [
        ("bash", "complete -F _docker__prep "),
        ("zsh", "#compdef docker-prep"),
        ("fish", "complete -c docker-prep "),
        ("powershell", "Register-ArgumentCompleter -Native -CommandName 'docker-prep'"),
    ] {
        let run = world.run(["completions", shell]);
        assert_eq!((run.code, &*run.stderr), (Some(0), ""), "{run}");
        assert!(run.stdout.contains(mark), "{shell}: {}", run.stdout);
    }
    assert_eq!(world.run(["completions", "tcsh"]).code, Some(2));
}

/// Debian's man-db; other systems have other programs of that name, which know no warnings.
#[cfg(target_os = "linux")]
#[test]
fn man_reads_each_page_without_a_warning() {
    let world = World::new();
    let run = world.run(["man", "--out", "deep/pages"]);
    assert_eq!((run.code, &*run.stderr), (Some(0), ""), "{run}");
    for name in ["docker-prep.1", "docker-prep-prepare.1", "docker-prep-ci.7"] {
        assert!(run.stdout.lines().any(|line| line == format!("deep/pages/{name}")), "{run}");
    }
    for page in run.stdout.lines() {
        let mut man = world.command("man");
        man.args(["--warnings", "-l", page]).env("MANWIDTH", "80").env("MANROFFOPT", "-ww");
        let shown = Run::from(man.output().expect("man: scripts/tools installs it"));
        assert_eq!((shown.code, &*shown.stderr), (Some(0), ""), "{page}:\n{shown}");
        assert!(shown.stdout.contains("NAME\n"), "{page}:\n{shown}");
    }
    // What lies there is replaced, and nothing else is left.
    let before = world.snapshot();
    assert_eq!(world.run(["man", "--out", "deep/pages"]).code, Some(0));
    assert!(world.snapshot().0.keys().eq(before.0.keys()));
}

#[test]
fn a_page_is_printed_by_the_name_of_its_command() {
    let world = World::new();
    let page = |words: &[&str]| world.run([&["man"], words].concat());
    assert!(page(&[]).stdout.starts_with(".TH \"DOCKER\\-PREP\" "));
    assert!(page(&["guard"]).stdout.starts_with(".TH \"DOCKER\\-PREP\\-GUARD\" \"1\" "));
    assert!(page(&["guard.7"]).stdout.starts_with(".TH \"DOCKER\\-PREP\\-GUARD\" \"7\" "));
    assert!(page(&["ci"]).stdout.starts_with(".TH \"DOCKER\\-PREP\\-CI\" \"7\" "));
    assert!(page(&["run"]).stdout.starts_with(".TH \"DOCKER\\-PREP\\-RUN\" "));
    let run = page(&["prepra"]);
    assert_eq!((run.code, &*run.stdout), (Some(2), ""));
    assert!(run.stderr.contains("docker-prep man prepare"), "{run}");
    world.file("file", "");
    let run = page(&["--out", "file/below"]);
    assert_eq!(run.code, Some(5), "{run}");
    assert!(run.stderr.contains("file/below"), "{run}");
}
