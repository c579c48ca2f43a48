use proptest::prelude::*;

use super::*;

/// Whether a path is hidden by patterns, each of which is a line.
#[track_caller]
fn hides(patterns: &[&str], path: &str) -> bool {
    Dockerignore::parse(&patterns.join("\n")).unwrap().ignores(path).is_some()
}

/// The table of moby's own tests, but for the path `/`, which no walk meets.
#[test]
fn the_table_of_moby() {
    for (pattern, path, expected) in [
        ("**", "file", true),
        ("**", "file/", true),
        ("**/", "file", true),
        ("**/", "file/", true),
        ("**", "dir/file", true),
        ("**/", "dir/file", true),
        ("**", "dir/file/", true),
        ("**/", "dir/file/", true),
        ("**/**", "dir/file", true),
        ("**/**", "dir/file/", true),
        ("dir/**", "dir/file", true),
        ("dir/**", "dir/file/", true),
        ("dir/**", "dir/dir2/file", true),
        ("dir/**", "dir/dir2/file/", true),
        ("**/dir", "dir", true),
        ("**/dir", "dir/file", true),
        ("**/dir2/*", "dir/dir2/file", true),
        ("**/dir2/*", "dir/dir2/file/", true),
        ("**/dir2/**", "dir/dir2/dir3/file", true),
        ("**/dir2/**", "dir/dir2/dir3/file/", true),
        ("**file", "file", true),
        ("**file", "dir/file", true),
        ("**/file", "dir/file", true),
        ("**file", "dir/dir/file", true),
        ("**/file", "dir/dir/file", true),
        ("**/file*", "dir/dir/file", true),
        ("**/file*", "dir/dir/file.txt", true),
        ("**/file*txt", "dir/dir/file.txt", true),
        ("**/file*.txt", "dir/dir/file.txt", true),
        ("**/file*.txt*", "dir/dir/file.txt", true),
        ("**/**/*.txt", "dir/dir/file.txt", true),
        ("**/**/*.txt2", "dir/dir/file.txt", false),
        ("**/*.txt", "file.txt", true),
        ("**/**/*.txt", "file.txt", true),
        ("a**/*.txt", "a/file.txt", true),
        ("a**/*.txt", "a/dir/file.txt", true),
        ("a**/*.txt", "a/dir/dir/file.txt", true),
        ("a/*.txt", "a/dir/file.txt", false),
        ("a/*.txt", "a/file.txt", true),
        ("a/*.txt**", "a/file.txt", true),
        ("a[b-d]e", "ae", false),
        ("a[b-d]e", "ace", true),
        ("a[b-d]e", "aae", false),
        ("a[^b-d]e", "aze", true),
        (".*", ".foo", true),
        (".*", "foo", false),
        ("abc.def", "abcdef", false),
        ("abc.def", "abc.def", true),
        ("abc.def", "abcZdef", false),
        ("abc?def", "abcZdef", true),
        ("abc?def", "abcdef", false),
        (r"a\\", r"a\", true),
        ("**/foo/bar", "foo/bar", true),
        ("**/foo/bar", "dir/foo/bar", true),
        ("**/foo/bar", "dir/dir2/foo/bar", true),
        ("abc/**", "abc", false),
        ("abc/**", "abc/def", true),
        ("abc/**", "abc/def/ghi", true),
        ("**/.foo", ".foo", true),
        ("**/.foo", "bar.foo", false),
        ("a(b)c/def", "a(b)c/def", true),
        ("a(b)c/def", "a(b)c/xyz", false),
        ("a.|)$(}+{bc", "a.|)$(}+{bc", true),
        ("dist/p.py-2.4+g08-none-any.whl", "dist/p.py-2.4+g08-none-any.whl", true),
        ("dist/*.whl", "dist/p.py-2.4+g08-none-any.whl", true),
        (r"a\*b", "a*b", true),
        // Those that were taken from Go's own tests of `filepath.Match`.
        ("abc", "abc", true),
        ("*", "abc", true),
        ("*c", "abc", true),
        ("a*", "a", true),
        ("a*", "abc", true),
        ("a*", "ab/c", true),
        ("a*/b", "abc/b", true),
        ("a*/b", "a/c/b", false),
        ("a*b*c*d*e*/f", "axbxcxdxe/f", true),
        ("a*b*c*d*e*/f", "axbxcxdxexxx/f", true),
        ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f", false),
        ("a*b*c*d*e*/f", "axbxcxdxexxx/fff", false),
        ("a*b?c*x", "abxbbxdbxebxczzx", true),
        ("a*b?c*x", "abxbbxdbxebxczzy", false),
        ("ab[c]", "abc", true),
        ("ab[b-d]", "abc", true),
        ("ab[e-g]", "abc", false),
        ("ab[^c]", "abc", false),
        ("ab[^b-d]", "abc", false),
        ("ab[^e-g]", "abc", true),
        (r"a\*b", "ab", false),
        ("a?b", "a☺b", true),
        ("a[^a]b", "a☺b", true),
        ("a???b", "a☺b", false),
        ("a[^a][^a][^a]b", "a☺b", false),
        ("[a-ζ]*", "α", true),
        ("*[a-ζ]", "A", false),
        ("a?b", "a/b", false),
        ("a*b", "a/b", false),
        (r"[\]a]", "]", true),
        (r"[\-]", "-", true),
        (r"[x\-]", "x", true),
        (r"[x\-]", "-", true),
        (r"[x\-]", "z", false),
        (r"[\-x]", "x", true),
        (r"[\-x]", "-", true),
        (r"[\-x]", "a", false),
        ("*x", "xxx", true),
    ] {
        assert_eq!(hides(&[pattern], path), expected, "{pattern} {path}");
    }
}

#[test]
fn what_moby_does_not_read() {
    for pattern in [
        "[]a]",
        "[-]",
        "[x-]",
        "[-x]",
        r"\",
        "[a-b-c]",
        "[",
        "[^",
        "[^bc",
        "a[",
        "[Local-Only]/",
        "!",
        "! ",
        "!/",
        r"bin\Release",
        "a*{2}",
        "a?{2,1}",
    ] {
        let text = format!("ok\n\n{pattern}\n");
        let (line, why) = Dockerignore::parse(&text).unwrap_err();
        assert_eq!(line, 3, "{pattern}");
        assert!(!why.is_empty(), "{pattern}");
    }
}

#[test]
fn exceptions() {
    assert!(hides(&["!fileutils.go", "*.go"], "fileutils.go"));
    assert!(!hides(&["*.go", "!fileutils.go"], "fileutils.go"));
    for docs in ["docs", "docs/", "docs/*"] {
        assert!(!hides(&[docs, "!docs/README.md"], "docs/README.md"));
        assert!(hides(&[docs, "!docs/README.md"], "docs/other.md"));
    }
    assert!(!hides(&["**", "!util/docker/web"], "util/docker/web/foo"));
    assert!(hides(&["**", "!util/docker/web", "util/docker/web/foo"], "util/docker/web/foo"));
    assert!(!hides(&["**", "!dist/*.whl"], "dist/p.whl"));
    assert!(!hides(&["*.go"], "."));
    assert!(!hides(&[], "any/path"));
    // A walk has forgotten by then that the folder is shown.
    assert!(hides(&["a/b", "!a"], "a/b"));
}

/// moby's test of `ReadAll`, but for the lines that no build takes.
#[test]
fn lines() {
    let text = "test1\n/test2\n/a/file/here\n\nlastfile\n# this is a comment\n! /inverted/abs/path";
    let found: Vec<_> = text.lines().filter_map(rule).collect();
    let expected = [
        (false, "test1"),
        (false, "test2"),
        (false, "a/file/here"),
        (false, "lastfile"),
        (true, "inverted/abs/path"),
    ];
    assert_eq!(found, expected.map(|(shows, pattern)| (shows, pattern.to_owned())));
    let clean: Vec<_> = ["./a//b/../c/", "/../x", "../x", "  a b\r", "/", ".", "a/..", "/!a", "!!a", " # a"]
        .iter()
        .filter_map(|line| rule(line))
        .map(|(shows, pattern)| format!("{shows} {pattern}"))
        .collect();
    assert_eq!(
        clean,
        [
            "false a/c",
            "false x",
            "false ../x",
            "false a b",
            "false /",
            "false .",
            "false .",
            "true a",
            "true !a",
            "false # a"
        ]
    );
}

#[test]
fn the_line_that_hides_is_told() {
    let found = Dockerignore::parse("\u{feff}# all\r\n**/.*\r\n\r\n!.npmrc\r\n**/*.tgz\r\n").unwrap();
    assert_eq!(found.ignores("web/a.tgz"), Some(5));
    assert_eq!(found.ignores(".docker-deps/a.tgz"), Some(2));
    assert_eq!(found.ignores(".npmrc"), None);
    assert_eq!(found.ignores("web/.npmrc"), Some(2));
    assert_eq!(found.ignores("web/package.json"), None);
}

/// Only characters up to `?` are escaped on the way to Go's regular expressions.
#[test]
fn expressions_that_shine_through() {
    assert!(hides(&["a|b*"], "ax"));
    assert!(hides(&["a|b*"], "xb"));
    assert!(!hides(&["a|b*"], "xa"));
    assert!(hides(&["a{2}*"], "aa") && !hides(&["a{2}*"], "a"));
    assert!(hides(&["a{2,}?"], "aaaaz") && hides(&["{a,b}*"], "{a,b}c"));
    assert!(hides(&["[[:digit:]]x"], "1x") && !hides(&["[[:digit:]]x"], "ax"));
    assert!(hides(&["[[:^digit:]]x"], "ax") && !hides(&["[[:^digit:]]x"], "1x"));
    assert!(hides(&[r"a\dc"], "a1c") && hides(&[r"a\Dc"], "abc") && hides(&[r"[\D]"], "a"));
    assert!(!hides(&[r"dist\bin"], "distbin"));
    assert!(hides(&["a**b"], "a/x/b") && !hides(&["a**b"], "axb") && hides(&["a**"], "ab/c"));
}

#[test]
fn time_is_bounded() {
    let pattern = "**/a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b/**/".repeat(20);
    let found = Dockerignore::parse(&format!("{pattern}x*")).unwrap();
    assert_eq!(found.ignores(&"a".repeat(4000)), None);
    assert!(Dockerignore::parse(&"?{1000}".repeat(50)).is_err());
    assert!(Dockerignore::parse(&"a".repeat(70_000)).is_err());
}

proptest! {
    #[test]
    fn nothing_panics(text in "([\\[\\]{}()|^$*?!\\\\/.#:a-c0-9 -]|\\*\\*|\n|é){0,40}", path in "[a-c/.é]{0,20}") {
        if let Ok(found) = Dockerignore::parse(&text) {
            let _ = found.ignores(&path);
        }
    }

    #[test]
    fn a_pattern_that_is_read_needs_no_other_line(pattern in "[a-c*?/.]{1,8}", path in "[a-c]{1,3}(/[a-c]{1,3}){0,2}") {
        let alone = Dockerignore::parse(&pattern).unwrap();
        let hidden = alone.ignores(&path).is_some();
        // What is hidden above is hidden below, where nothing is shown again.
        let below = format!("{path}/x");
        prop_assert!(!hidden || alone.ignores(&below).is_some());
    }

    /// A walk that goes into no hidden folder below which nothing can be shown misses nothing.
    #[test]
    fn a_walk_may_leave_out_what_nothing_shows(
        lines in proptest::collection::vec("!?[ab*?/]{1,6}|!?(\\*\\*|[ab])(/\\*\\*|/[ab]|[ab]|\\*){0,4}", 0..6),
        path in "[ab]{1,2}(/[ab]{1,2}){1,4}",
    ) {
        if let Ok(found) = Dockerignore::parse(&lines.join("\n")) {
            let mut state = found.begin();
            let folders: Vec<_> = path.match_indices('/').map(|(end, _)| &path[..end]).collect();
            let left_out = folders.into_iter().any(|folder| {
                found.enter(folder, &mut state).is_some() && !found.may_show_below(folder, &state)
            });
            prop_assert!(!left_out || found.ignores(&path).is_some(), "{lines:?}");
        }
    }
}

/// The short look at how a text begins and ends says what the long one does.
#[test]
fn how_expressions_begin_and_end() {
    for (pattern, path, expected) in [
        ("a*b", "ab", true),
        ("ab*ba", "aba", false),
        ("a*b?", "a_b_", true),
        ("a{0,1}*", "x", true),
        ("*a{0,1}", "x", true),
        ("x*a{2}", "xyaa", true),
        ("a*é", "aé", true),
        ("x|*b", "xa", true),
        ("x|*b", "ab", true),
    ] {
        assert_eq!(hides(&[pattern], path), expected, "{pattern} {path}");
    }
}
