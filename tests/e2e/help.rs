//! Completion in a real shell, and man pages as `man` reads them.

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
    assert!(run.stdout.lines().any(|line| line == "deep/pages/docker-prep-prepare.1"), "{run}");
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
    assert!(page(&["run"]).stdout.starts_with(".TH \"DOCKER\\-PREP\\-RUN\" "));
    let run = page(&["prepra"]);
    assert_eq!((run.code, &*run.stdout), (Some(2), ""));
    assert!(run.stderr.contains("docker-prep man prepare"), "{run}");
    world.file("file", "");
    let run = page(&["--out", "file/below"]);
    assert_eq!(run.code, Some(5), "{run}");
    assert!(run.stderr.contains("file/below"), "{run}");
}
