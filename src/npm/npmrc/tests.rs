use proptest::prelude::*;
use serde_json::json;

use crate::npm::npmrc::*;

/// What is read, as `line key=value`.
fn read(text: &str) -> Vec<String> {
    parse(text).iter().map(|entry| format!("{} {}={}", entry.line, entry.key, entry.value)).collect()
}

fn expanded(text: &str) -> Expanded {
    let lookup = |name: &str| match name {
        "foo" => Some("foo_value".to_owned()),
        "bar" => Some("bar_value".to_owned()),
        "zoo" => Some(String::new()),
        "long" => Some("x".repeat(1000)),
        _ => None,
    };
    expand(text, &lookup)
}

#[test]
fn keys_and_values() {
    assert_eq!(
        read(
            "@a:registry=http://h:3300/x/\r\n; c\r# d\n\n  //h:3300/x/:_authToken = ${T} ; why\nflag\nn=null\nt = true\n"
        ),
        [
            "1 @a:registry=\"http://h:3300/x/\"",
            "5 //h:3300/x/:_authToken=\"${T}\"",
            "6 flag=true",
            "7 n=null",
            "8 t=true"
        ]
    );
}

#[test]
fn quotes_and_escapes() {
    assert_eq!(
        read(
            "a=x\\;y\\#z\\\\ \\n # c\nb=\"q;\\n\"\nc='r;s'\nd=\"bad\" ; c\ne='12'\n'f' = '\"g\"'\nh=\"\ni=\\"
        ),
        [
            "1 a=\"x;y#z\\\\ \\\\n\"",
            "2 b=\"q;\\n\"",
            "3 c=\"r;s\"",
            "4 d=\"\\\"bad\\\"\"",
            "5 e=12",
            "6 f=\"g\"",
            "7 h=\"\\\"\"",
            "8 i=\"\\\\\""
        ]
    );
    assert_eq!(unquoted("\"bad\""), "bad");
    assert_eq!(unquoted("\""), "\"");
}

#[test]
fn the_last_one_counts_and_lists_grow() {
    assert_eq!(
        read("a=1\na=2\nb[]=1\nb[]=2\nb=3\nc=1\nc[]=2\n[]=x\n"),
        ["2 a=\"2\"", "5 b=[\"1\",\"2\",\"3\"]", "7 c=[\"1\",\"2\"]", "8 []=\"x\""]
    );
}

#[test]
fn sections_hold_nothing_that_counts() {
    assert_eq!(read("a=1\n[s]\nregistry=http://x/\n[a]\nb=2\n"), ["1 a=\"1\"", "2 s={}"]);
    assert_eq!(read("[s]x\n[t] \ny=1\n"), ["1 [s]x=true", "2 t={}"]);
    assert_eq!(read("registry=http://x/\n[registry.y]\n"), ["2 registry={}"]);
    assert_eq!(read("__proto__=1\n[__proto__]\na=1\n"), [""; 0]);
}

#[test]
fn a_byte_order_mark_is_space() {
    assert_eq!(read("\u{feff}registry=http://x/\n"), ["1 registry=\"http://x/\""]);
    assert_eq!(read("\u{feff}; c\na=1\n"), ["2 a=\"1\""]);
    assert_eq!(read("\u{feff}[s]\na=1\n"), ["1 [s]=true", "2 a=\"1\""]);
}

#[test]
fn values_as_texts() {
    let texts = |text: &str| parse(text).remove(0).texts();
    assert_eq!(texts("a"), ["true"]);
    assert_eq!(texts("a='1e3'"), ["1000"]);
    assert_eq!(texts("a=false"), [""; 0]);
    assert_eq!(texts("a[]=x\na[]=null\na[]=y"), ["x", "y"]);
    assert_eq!(parse("a='{\"b\":1}'")[0].value, json!({"b": 1}));
}

/// The cases of `@pnpm/config.env-replace`'s own `env-replace.spec.ts`.
#[test]
fn variables_as_pnpm_expands_them() {
    for (text, expected) in [
        ("-${foo}-${bar}", "-foo_value-bar_value"),
        ("\\${foo}", "${foo}"),
        ("\\${zoo}", "${zoo}"),
        ("\\\\${foo}", "\\foo_value"),
        ("-${foo-fallback-value}-${bar:-fallback-value}", "-foo_value-bar_value"),
        ("-${qar-fallback-value}-${zoo-fallback-value}", "-fallback-value-"),
        (
            "-${qar-fallback-value}-${zoo:-fallback-for-empty-value}",
            "-fallback-value-fallback-for-empty-value",
        ),
    ] {
        let found = expanded(text);
        assert_eq!((found.text.as_str(), found.unset.len()), (expected, 0), "{text}");
    }
    for (text, name) in [("${baz}", "baz"), ("${foo-}", "foo-"), ("${foo:-}", "foo:-")] {
        assert_eq!(expanded(text).unset, [name], "{text}");
    }
}

#[test]
fn other_forms_of_variables() {
    for (text, expected) in [
        ("a\\\\\\${foo}", "a\\${foo}"),
        ("${foo?}${baz?}", "foo_value"),
        ("${x${foo}}", "${xfoo_value}"),
        ("${}${", "${}${"),
        ("$foo", "$foo"),
        ("${a:b-c}", "c"),
        ("${qar-x\u{2028}y}", "x"),
    ] {
        let found = expanded(text);
        assert_eq!((found.text.as_str(), found.unset.len()), (expected, 0), "{text}");
    }
}

#[test]
fn a_secret_default_is_not_shown() {
    assert_eq!(shown("TOKEN"), "${TOKEN}");
    assert_eq!(shown("TOKEN-"), "${TOKEN}");
    assert_eq!(shown("-secret"), "a variable");
}

#[test]
fn nothing_grows_without_end() {
    let found = expanded(&"${long}".repeat(10_000));
    assert!(found.is_too_long);
    assert!(found.text.len() < 100_000);
}

proptest! {
    #[test]
    fn every_entry_stands_on_its_line(
        keys in proptest::collection::vec("[a-z]{1,3}", 1..20),
        breaks in proptest::collection::vec("(\n|\r\n|\r|\n; c\n|\r\n\r\n|\n \n){1,2}", 20),
    ) {
        let mut text = String::new();
        let mut expected = Vec::new();
        for (number, key) in keys.iter().enumerate() {
            let line = 1 + text.replace("\r\n", "\n").matches(['\r', '\n']).count();
            expected.push((format!("{key}{number}"), line));
            text.push_str(&format!("{key}{number}=v{}", breaks[number]));
        }
        let found: Vec<_> = parse(&text).into_iter().map(|entry| (entry.key, entry.line)).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn no_text_makes_it_panic(
        text in "[\\[\\]=;#\\\\'\"a.b \n\r\t\u{feff}\u{2028}é]{0,60}",
        variables in "[$\\{\\}:?ab\\\\-]{0,60}",
        any in ".{0,60}",
    ) {
        for text in [&text, &variables, &any] {
            for entry in parse(text) {
                prop_assert!(entry.line >= 1 && entry.line <= 1 + text.matches(['\r', '\n']).count());
                let _ = entry.texts();
            }
            let found = expanded(text);
            prop_assert!(found.text.len() <= text.len() + 20_000);
            let _ = unquoted(text);
        }
    }
}
