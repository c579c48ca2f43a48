use proptest::prelude::*;

use super::*;

#[test]
fn lines_are_joined_and_known() {
    let text = "# syntax=docker/dockerfile:1\n\nfrom node:22\nRUN --mount=type=cache,target=/x \\\n  # why\n\n    --network=none \\\n    npm ci && \\\n  ls\nCMD [\"a\", \"b\"]\n";
    let found = instructions(text);
    assert_eq!(found.iter().map(|one| one.keyword.as_str()).collect::<Vec<_>>(), ["FROM", "RUN", "CMD"]);
    assert_eq!(found[1].flags, ["mount=type=cache,target=/x", "network=none"]);
    assert_eq!(found[1].text, "npm ci &&   ls");
    assert_eq!(found[1].line_at(0), 8);
    assert_eq!(found[1].line_at(11), 9);
    assert_eq!(found[2].words(), ["a", "b"]);
}

#[test]
fn columns_are_those_of_the_file() {
    let text = "FROM a\n  COPY --chown=é:b \\\n\t--link é/x \\\n# why\n   y ./\nONBUILD  COPY p q\n";
    let found = instructions(text);
    let place = |one: &Instruction, word: &str| {
        let at = one.text.find(word).unwrap();
        (one.line_at(at), one.column_at(at))
    };
    assert_eq!(place(&found[0], "a"), (1, 6));
    assert_eq!(place(&found[1], "é/x"), (3, 9));
    assert_eq!(place(&found[1], "x"), (3, 11));
    assert_eq!(place(&found[1], "y"), (5, 4));
    assert_eq!(place(&found[1], "./"), (5, 6));
    assert_eq!(place(&found[2].trigger().unwrap(), "q"), (6, 17));
}

#[test]
fn what_a_child_image_runs() {
    let text =
        "onbuild copy --link a b\nONBUILD RUN <<E\nnpm ci\nE\nONBUILD\nONBUILD RUN [\"a\", \"<<b\"]\nRUN x\n";
    let found = instructions(text);
    let triggers: Vec<_> = found.iter().filter_map(Instruction::trigger).collect();
    assert_eq!(triggers[0].words(), ["a", "b"]);
    assert_eq!(
        (triggers[0].keyword.as_str(), triggers[0].flags.as_slice()),
        ("COPY", &["link".to_owned()][..])
    );
    assert!(triggers.iter().all(|one| one.on_build && one.trigger().is_none()));
    assert_eq!(triggers[1].heredocs[0].text, "npm ci\n");
    assert_eq!(found.last().unwrap().text, "x");
}

#[test]
fn forms_of_lines() {
    let text = "\u{feff}# syntax=x\r\n# check=skip=all\r\n# escape=\\\r\n\tCOPY\ta\t \\ \r\n\r\n#c\r\n b\r\nRUN x \\\\\nRUN y\n\\\n  RUN z\n";
    let found: Vec<_> =
        instructions(text).iter().map(|one| format!("{} {}", one.keyword, one.text)).collect();
    assert_eq!(found, ["COPY a\t  b", "RUN x \\\\", "RUN y", "RUN z"]);
    let found = instructions("COPY [ \"a b\" ,\"c\" ]\nCOPY ['a', 'b']\nCOPY [\"a\", 1]\n");
    assert_eq!(found[0].words(), ["a b", "c"]);
    assert_eq!(found[1].words(), ["['a',", "'b']"]);
    assert_eq!(found[2].json(), None);
    let found = instructions(
        "RUN --mount=type=bind,source=\"a b\",target='/c' -- --x\nCOPY --from=a --chmod=7\\ 5 -- b c\n",
    );
    assert_eq!(found[0].flags, ["mount=type=bind,source=a b,target=/c"]);
    assert_eq!(found[0].text, "--x");
    assert_eq!(found[1].flags, ["from=a", "chmod=7 5"]);
    assert_eq!(found[1].text, "b c");
    // A comment before it, and it is none.
    assert_eq!(instructions("# why\n# escape=`\nRUN a `\n").len(), 1);
    assert_eq!(instructions("# why = b\n# escape=`\nRUN a `\nRUN b")[0].text, "a `");
}

#[test]
fn forms_of_heredocs() {
    let text = "RUN cat << EOF > x && <<'A B' sh\n$a\nEOF\nb\nA B\nCOPY <<\"x\" <<-y 3<<z /d\nx\n\ty\nz\nRUN echo '<<no' <<<no a<<no \"<<no\"\nRUN end\n";
    let found = instructions(text);
    assert_eq!(found.len(), 4);
    let heredocs: Vec<_> =
        found[0].heredocs.iter().map(|one| (one.word.as_str(), one.text.as_str(), one.expands)).collect();
    assert_eq!(heredocs, [("<< EOF", "$a\n", true), ("<<'A B'", "b\n", false)]);
    let names: Vec<_> = found[1].heredocs.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["x", "y", "z"]);
    assert_eq!(found[2].heredocs, []);
}

#[test]
fn here_documents_are_a_part_of_the_script() {
    let text = "FROM a\nONBUILD RUN sh <<E && \\\n cat <<-F > x\nnpm ci\n  ls\nE\n\ty\n\tF\nRUN z\n";
    let found = instructions(text);
    let trigger = found[1].trigger().unwrap();
    for one in [&found[1], &trigger] {
        let script = one.script();
        assert!(script.ends_with("sh <<E &&  cat <<-F > x\nnpm ci\n  ls\nE\ny\nF"), "{script}");
        let line = |word: &str| one.line_at(script.find(word).unwrap());
        assert_eq!(
            ["sh", "cat", "npm", "ls", "E\ny", "y\n", "F\u{0}"].map(|word| if word == "F\u{0}" {
                one.line_at(script.len() - 1)
            } else {
                line(word)
            }),
            [2, 3, 4, 5, 6, 7, 8]
        );
    }
    assert_eq!(found[2].line_at(0), 9);
}

#[test]
fn another_escape() {
    let found = instructions("# syntax=x\n# Escape = `\nRUN a `\n b\\\nRUN c\n");
    assert_eq!(found[0].text, "a  b\\");
    assert_eq!(found[1].text, "c");
}

#[test]
fn heredocs_belong_to_their_instruction() {
    let text = "RUN <<EOF\nnpm ci\n# COPY x y\nEOF\nCOPY <<-'A' <<B /d/\n\ta\n\tA\nb\nB\nRUN echo $((1<<2)) <<<x\nRUN c <<END\nlast";
    let found = instructions(text);
    assert_eq!(found.len(), 4);
    assert_eq!(found[0].heredocs[0].text, "npm ci\n# COPY x y\n");
    assert_eq!(found[0].heredocs[0].line, 2);
    assert_eq!(found[1].heredocs[0].text, "a\n");
    assert_eq!(found[1].heredocs[1].text, "b\n");
    assert_eq!(found[2].heredocs, []);
    assert_eq!(found[3].heredocs[0].text, "last\n");
}
proptest! {
    #[test]
    fn nothing_panics(text in "((ONBUILD |COPY |RUN |# escape=`\n)?([ -~\t\r\n\\\\`é]|<<-?E|--a=){0,12}\n?){0,6}", offset in 0_usize..40) {
        for one in instructions(&text) {
            let trigger = one.trigger();
            for one in trigger.iter().chain([&one]) {
                prop_assert!(one.line_at(offset) >= 1 && one.column_at(offset) >= 1);
                prop_assert!(one.line_at(offset) <= text.lines().count());
            }
        }
    }
}
