use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Each command as `dir: words`.
fn read(script: &str) -> Vec<String> {
    let map = BTreeMap::from([("V".to_owned(), "10.6.5".to_owned()), ("L".to_owned(), "a b".to_owned())]);
    let commands = commands(script, "/app", &KnownVariables::new(&map));
    commands.iter().map(|one| format!("{}: {}", one.dir, one.words.join("|"))).collect()
}

#[test]
fn commands_are_told_apart() {
    assert_eq!(
        read("a b && c;d | e 2>&1 >/dev/null || f &\ng # h\n(i j)"),
        ["/app: a|b", "/app: c", "/app: d", "/app: e", "/app: f", "/app: g", "/app: i|j"]
    );
    assert_eq!(read("if [ -f x ]; then npm ci; else yarn; fi")[1..], ["/app: npm|ci", "/app: yarn"]);
}

#[test]
fn quotes_and_variables() {
    assert_eq!(
        read(r#"p "pnpm@$V" 'a $V' c\ d "e\"f" "" $L "$L" $X"#),
        ["/app: p|pnpm@10.6.5|a $V|c d|e\"f||a|b|a b|$X"]
    );
    assert_eq!(
        read("X=1 Y=$V && npm i -g pnpm@${Y} && export Z=2 && q $Z$X"),
        ["/app: npm|i|-g|pnpm@10.6.5", "/app: q|21"]
    );
    assert_eq!(
        read("export T=\"$(cat /run/x 2>/dev/null || echo '')\" && pnpm install"),
        ["/app: pnpm|install"]
    );
    assert_eq!(read("X=$(a b) && c $X")[0], "/app: c|$(a b)");
    assert_eq!(read("a `b; c` d"), ["/app: a|`b; c`|d"]);
}

#[test]
fn what_wraps_a_command() {
    assert_eq!(read("sudo -E env -i A=1 /usr/bin/npm ci"), ["/app: npm|ci"]);
    assert_eq!(
        read("corepack pnpm@9 install; npx --yes pnpm@8 i; corepack prepare pnpm@9"),
        ["/app: pnpm@9|install", "/app: pnpm@8|i", "/app: corepack|prepare|pnpm@9"]
    );
    assert_eq!(read("sh -ec 'cd web && npm ci' && ls"), ["/app/web: npm|ci", "/app: ls"]);
    assert_eq!(read("bash -c \"bash -c 'npm ci'\""), ["/app: npm|ci"]);
}

#[test]
fn folders_are_followed() {
    assert_eq!(
        read("cd web && a && (cd ../api; b) && c && cd /x/./y/.. && d"),
        ["/app/web: a", "/app/api: b", "/app/web: c", "/x: d"]
    );
}

#[test]
fn watched_variables_and_pipes() {
    let map = BTreeMap::from([("CI".to_owned(), "1".to_owned())]);
    let found = commands("wget x | env PNPM_VERSION=9.1.0 sh -", "/", &KnownVariables::new(&map));
    assert!(found[0].pipes && !found[1].pipes);
    assert_eq!(found[1].words, ["sh", "-"]);
    assert_eq!(found[1].variable("PNPM_VERSION"), Some("9.1.0"));
    assert_eq!(found[0].variable("PNPM_VERSION"), None);
    assert_eq!(found[0].variable("CI"), Some("1"));
}

#[test]
fn unfinished_scripts_end() {
    for script in ["'", "\"", "\\", "a 'b", "$(", "`", "a >", "((((", "))))", "sh -c", "é\\é", "\"\\"] {
        let _ = read(script);
    }
}

#[test]
fn control_structures() {
    assert_eq!(
        read("for d in web 'a b'; do (cd \"$d\" && npm ci); done; ls"),
        ["/app/web: npm|ci", "/app/a b: npm|ci", "/app: ls"]
    );
    assert_eq!(
        read("for a in 1 2\ndo for b in x y; do p $a$b; done\ndone && q"),
        ["/app: p|1x", "/app: p|1y", "/app: p|2x", "/app: p|2y", "/app: q"]
    );
    assert_eq!(read("for d in $X packages/*; do cd $d; done; a"), ["/app/$X/packages/*: a"]);
    assert_eq!(read("while read x; do a; done < f; b"), ["/app: read|x", "/app: a", "/app: b"]);
    assert_eq!(
        read("case $X in\n a|b) npm ci;;\n (c) (cd web && yarn);;\n *) d\n;; esac; e"),
        ["/app: npm|ci", "/app/web: yarn", "/app: d", "/app: e"]
    );
    assert_eq!(read("case $X in a) b;; *) c; esac && d"), ["/app: b", "/app: c", "/app: d"]);
    assert_eq!(
        read("f() { cd x; npm ci; }\nf && a; function g { b; }; h () ( i ); c"),
        ["/app: f", "/app: a", "/app: c"]
    );
    assert_eq!(read("{ cd web; a; } && b"), ["/app/web: a", "/app/web: b"]);
    assert_eq!(read("if cd web; then a; elif b; then c; fi"), ["/app/web: a", "/app/web: b", "/app/web: c"]);
    assert_eq!(
        read("cd a && b; cd - && c; pushd d; e; popd; f; cd && g"),
        ["/app/a: b", "/app: c", "/app/d: e", "/app: f", "/root: g"]
    );
    assert_eq!(read("cd \"$(dirname \"$0\")\" && a; cd ~/x; b"), ["/app: a", "/root/x: b"]);
}

#[test]
fn more_wrappers() {
    for wrapped in [
        "gosu node npm ci",
        "meteor npm ci",
        "nvm exec 20 npm ci",
        "nvm exec --silent npm ci",
        "fnm exec --using=20 npm ci",
        "volta run --node 20 npm ci",
        "mise exec node@20 -- npm ci",
        "su-exec node:node npm ci",
        "su node -c 'npm ci'",
        "su - node -s /bin/sh -c \"npm ci\"",
        "sudo -u node -E npm ci",
        "runuser -u node -- npm ci",
        "runuser -l node -c 'npm ci'",
        "setpriv --reuid=node --regid node npm ci",
        "tini -g -- npm ci",
        "/usr/bin/dumb-init npm ci",
        "timeout -k 5 60 npm ci",
        "retry 3 npm ci",
        "retry -t 3 -- npm ci",
        "nice -n 10 npm ci",
        "cross-env A=1 npm ci",
        "eval npm ci",
        "bash -lc 'npm ci'",
        "bash -o pipefail -ec 'npm ci'",
        "corepack npm ci",
        "npx -c 'npm ci'",
        "set -ex; \\\n  npm \\\n ci",
        "sh <<E\nnpm ci\nE",
        "<<E\nnpm ci\nE",
        "bash -s -- <<'E' x\nx\nE\nnpm ci",
    ] {
        assert_eq!(read(wrapped).last().map(String::as_str), Some("/app: npm|ci"), "{wrapped}");
    }
    assert_eq!(
        read("npx turbo@2 prune; pnpm exec turbo prune; yarn lerna bootstrap; pnpm dlx -p x turbo a; npx x"),
        ["/app: turbo@2|prune", "/app: turbo|prune", "/app: lerna|bootstrap", "/app: turbo|a", "/app: npx|x"]
    );
    assert_eq!(read("command -v npm; exec \"$@\""), ["/app: command|-v|npm", "/app: $@"]);
}

#[test]
fn files_that_are_written_and_read() {
    let script =
        "cat > a <<E | tee b >> c 2>/dev/null\nx $V\nE\ncat <<'E' &>d 2>e\n$V\nE\nf <<-E >&2\n\ty\n\tE\ng";
    let map = BTreeMap::from([("V".to_owned(), "1".to_owned())]);
    let found = commands(script, "/", &KnownVariables::new(&map));
    let seen: Vec<_> = found
        .iter()
        .map(|one| {
            let writes: Vec<_> = one
                .writes
                .iter()
                .map(|to| format!("{}{}", to.path, if to.appends { "+" } else { "" }))
                .collect();
            format!("{} {} {:?}", one.words.join(" "), writes.join(","), one.input)
        })
        .collect();
    assert_eq!(
        seen,
        ["cat a Some(\"x 1\\n\")", "tee b c+ None", "cat d Some(\"$V\\n\")", "f  Some(\"y\\n\")", "g  None",]
    );
    let script = "for f in p q; do\ncat > $f <<E <<F\n1\nE\n$f\nF\ndone\ng";
    let found = commands(script, "/", &KnownVariables::new(&map));
    let inputs: Vec<_> = found.iter().map(|one| one.input.as_deref().unwrap_or_default()).collect();
    assert_eq!(inputs, ["p\n", "q\n", ""]);
    let places: Vec<_> = commands("a <<E\nx\nE\nsh <<E\nb\n c\nE", "/", &KnownVariables::new(&map))
        .iter()
        .map(|one| one.offset)
        .collect();
    assert_eq!(places, [0, 17, 20]);
}

#[test]
fn the_environment_is_kept() {
    let map = ["npm_config_registry", "NODE_ENV", "CIX", "YARN_X"]
        .map(|name| (name.to_owned(), "1".to_owned()))
        .into();
    let found = commands("export PNPM_HOME=/p && COREPACK_X=2 npm ci", "/", &KnownVariables::new(&map));
    let names: Vec<_> = found[0].environment.keys().map(String::as_str).collect();
    assert_eq!(names, ["COREPACK_X", "NODE_ENV", "PNPM_HOME", "YARN_X", "npm_config_registry"]);
    assert_eq!(found[0].commands_of("cd ~/x && a", "/p")[0].dir, "/root/x");
    assert_eq!(found[0].path("~/.npmrc"), "/root/.npmrc");
}

#[test]
fn scripts_have_an_end() {
    let nested = format!("{}p{}", "for a in 1 2 3 4 5 6 7 8; do ".repeat(20), "; done".repeat(20));
    assert!(read(&nested).len() <= MAX_STEPS);
    let shells = "sh -c \"".repeat(50);
    let _ = read(&shells);
}

proptest! {
    #[test]
    fn nothing_panics(script in "(for a in b c;|do |done|case x in |esac|if |then |fi|f\\(\\)|\\{ |\\}|;;|<<-?E|\nE|sh -c |cd |popd|[ -~é\n\t]){0,30}") {
        let _ = read(&script);
    }
}
