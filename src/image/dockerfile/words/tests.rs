use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::image::dockerfile::variables;

fn map(values: &[(&str, &str)]) -> BTreeMap<String, String> {
    values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// BuildKit's own table: a word, and what becomes of it.
#[test]
#[rustfmt::skip]
fn the_table_of_buildkit() {
    let map = map(&[("PWD", "/home"), ("SHELL", "bash"), ("KOREAN", "한국어"), ("NULL", "")]);
    for (text, expected) in [
        ("hello", "hello"),
        ("he'll'o", "hello"),
        ("he'llo", "error"),
        (r#"he\'llo"#, "he'llo"),
        (r#"he\\'llo"#, "error"),
        (r#"abc\tdef"#, "abctdef"),
        (r#""abc\tdef""#, r#"abc\tdef"#),
        (r#""abc\\tdef""#, r#"abc\tdef"#),
        (r#"'abc\tdef'"#, r#"abc\tdef"#),
        (r#"hello\"#, "hello"),
        (r#"hello\\"#, r#"hello\"#),
        (r#""hello"#, "error"),
        (r#""hello\""#, "error"),
        (r#""hel'lo""#, "hel'lo"),
        ("'hello", "error"),
        (r#"'hello\'"#, r#"hello\"#),
        (r#"'hello\there'"#, r#"hello\there"#),
        (r#"'hello\\there'"#, r#"hello\\there"#),
        (r#""''""#, "''"),
        ("$.", "$."),
        ("he$1x", "hex"),
        ("he$.x", "he$.x"),
        ("he$pwd.", "he."),
        ("he$PWD", "he/home"),
        (r#"he\$PWD"#, "he$PWD"),
        (r#"he\\$PWD"#, r#"he\/home"#),
        (r#""he\$PWD""#, "he$PWD"),
        (r#""he\\$PWD""#, r#"he\/home"#),
        (r#"\${}"#, "${}"),
        (r#"\${}aaa"#, "${}aaa"),
        (r#"he\${}"#, "he${}"),
        (r#"he\${}xx"#, "he${}xx"),
        ("${}", "error"),
        ("${}aaa", "error"),
        ("he${}", "error"),
        ("he${}xx", "error"),
        ("he${hi}", "he"),
        ("he${hi}xx", "hexx"),
        ("he${PWD}", "he/home"),
        ("he${.}", "error"),
        ("he${XXX:-000}xx", "he000xx"),
        ("he${PWD:-000}xx", "he/homexx"),
        ("he${XXX:-$PWD}xx", "he/homexx"),
        ("he${XXX:-${PWD:-yyy}}xx", "he/homexx"),
        ("he${XXX:-${YYY:-yyy}}xx", "heyyyxx"),
        ("he${XXX:YYY}", "error"),
        ("he${XXX?}", "error"),
        ("he${XXX:?}", "error"),
        ("he${PWD?}", "he/home"),
        ("he${PWD:?}", "he/home"),
        ("he${NULL?}", "he"),
        ("he${NULL:?}", "error"),
        ("he${XXX:+${PWD}}xx", "hexx"),
        ("he${PWD:+${XXX}}xx", "hexx"),
        ("he${PWD:+${SHELL}}xx", "hebashxx"),
        ("he${XXX:+000}xx", "hexx"),
        ("he${PWD:+000}xx", "he000xx"),
        ("'he${XX}'", "he${XX}"),
        (r#""he${PWD}""#, "he/home"),
        (r#""he'$PWD'""#, "he'/home'"),
        (r#""$PWD""#, "/home"),
        ("'$PWD'", "$PWD"),
        (r#"'\$PWD'"#, r#"\$PWD"#),
        (r#"'"hello"'"#, r#""hello""#),
        (r#"he\$PWD"#, "he$PWD"),
        (r#""he\$PWD""#, "he$PWD"),
        (r#"'he\$PWD'"#, r#"he\$PWD"#),
        ("he${PWD", "error"),
        ("he${PWD:=000}xx", "error"),
        ("he${PWD:+${PWD}:}xx", "he/home:xx"),
        (r#"he${XXX:-\$PWD:}xx"#, "he$PWD:xx"),
        (r#"he${XXX:-\${PWD}z}xx"#, "he${PWDz}xx"),
        (r#""안녕\t하세요""#, r#"안녕\t하세요"#),
        (r#"'안녕\t하세요"#, "error"),
        (r#""안녕하세요"#, "error"),
        (r#""안녕하세요\""#, "error"),
        (r#""안녕'하세요""#, "안녕'하세요"),
        ("'안녕하세요", "error"),
        (r#"'안녕하세요\'"#, r#"안녕하세요\"#),
        ("'안녕${XX}'", "안녕${XX}"),
        (r#""안녕${PWD}""#, "안녕/home"),
        (r#""안녕'$PWD'""#, "안녕'/home'"),
        (r#"'"안녕"'"#, r#""안녕""#),
        (r#""안녕\$PWD""#, "안녕$PWD"),
        (r#"'안녕\$PWD'"#, r#"안녕\$PWD"#),
        ("$KOREAN", "한국어"),
        ("${{aaa}", "error"),
        ("${aaa}}", "}"),
        ("${aaa", "error"),
        ("${{aaa:-bbb}", "error"),
        ("${aaa:-bbb}}", "bbb}"),
        ("${aaa:-bbb", "error"),
        ("${aaa:-bbb}", "bbb"),
        ("${aaa:-${bbb:-ccc}}", "ccc"),
        ("${aaa:-bbb ${foo}", "error"),
        ("${aaa:-bbb {foo}", "bbb {foo"),
        ("${:}", "error"),
        ("${:-bbb}", "error"),
        ("${:+bbb}", "error"),
        ("$1", ""),
        ("${1}", ""),
        ("${1:+bbb}", ""),
        ("${1:-bbb}", "bbb"),
        ("${2}", ""),
        ("${2:+bbb}", ""),
        ("${2:-bbb}", "bbb"),
        ("$9", ""),
        ("${9}", ""),
        ("${9:+bbb}", ""),
        ("${9:-bbb}", "bbb"),
        ("$999", ""),
        ("${999}", ""),
        ("${999:+bbb}", ""),
        ("${999:-bbb}", "bbb"),
        ("$999aaa", "aaa"),
        ("${999}aaa", "aaa"),
        ("${999:+bbb}aaa", "aaa"),
        ("${999:-bbb}aaa", "bbbaaa"),
        ("$001", ""),
        ("${001}", ""),
        ("${001:+bbb}", ""),
        ("${001:-bbb}", "bbb"),
        ("$001aaa", "aaa"),
        ("${001}aaa", "aaa"),
        ("${001:+bbb}aaa", "aaa"),
        ("${001:-bbb}aaa", "bbbaaa"),
        ("$@", ""),
        ("${@}", ""),
        ("${@:+bbb}", ""),
        ("${@:-bbb}", "bbb"),
        ("$@@@", "@@"),
        ("$@aaa", "aaa"),
        ("${@}aaa", "aaa"),
        ("${@:+bbb}aaa", "aaa"),
        ("${@:-bbb}aaa", "bbbaaa"),
        ("$*", ""),
        ("${*}", ""),
        ("${*:+bbb}", ""),
        ("${*:-bbb}", "bbb"),
        ("$#", ""),
        ("${#}", ""),
        ("${#:+bbb}", ""),
        ("${#:-bbb}", "bbb"),
        ("$?", ""),
        ("${?}", ""),
        ("${?:+bbb}", ""),
        ("${?:-bbb}", "bbb"),
        ("$-", ""),
        ("${-}", ""),
        ("${-:+bbb}", ""),
        ("${-:-bbb}", "bbb"),
        ("$$", ""),
        ("${$}", ""),
        ("${$:+bbb}", ""),
        ("${$:-bbb}", "bbb"),
        ("$!", ""),
        ("${!}", ""),
        ("${!:+bbb}", ""),
        ("${!:-bbb}", "bbb"),
        ("$0", ""),
        ("${0}", ""),
        ("${0:+bbb}", ""),
        ("${0:-bbb}", "bbb"),
        ("안'녕'하세요", "안녕하세요"),
        ("${PWD#/h}", "ome"),
        ("${PWD##*o}", "me"),
        ("${PWD%e*}", "/hom"),
        ("${PWD%%o*}", "/h"),
        (r"${PWD/\/home/x}", "x"),
        ("${PWD//o/0}", "/h0me"),
        ("${PWD:#x}", "error"),
        ("${PWD/x}", "error"),
    ] {
        let found = lex::word(text, &KnownVariables::new(&map), Unknown::Empty);
        assert_eq!(found.as_deref().unwrap_or("error"), expected, "{text}");
    }
}

/// A file whose escape is a backtick.
#[test]
fn another_escape() {
    let map = map(&[("V", "x")]);
    let known = KnownVariables::new(&map).with_escape('`');
    assert_eq!(copy_source(r"c:\a`$V\$V", &known), r"c:\a$V\x");
    assert_eq!(words("A=b` c D=\"e`\"\" F=g`", &known), ["A=b c", "D=e\"", "F=g"]);
}

#[test]
fn sources_and_destinations() {
    let map = map(&[("KNOWN", "web"), ("PART", "apps/${NAME}"), ("LOOP", "$LOOP$LOOP")]);
    let known = KnownVariables::new(&map);
    for (text, source, destination) in [
        ("\"web/package.json\"", "web/package.json", "web/package.json"),
        ("'$KNOWN'/x", "$KNOWN/x", "$KNOWN/x"),
        ("$KNOWN/package.json", "web/package.json", "web/package.json"),
        ("${APP}/package.json", "*/package.json", "${APP}/package.json"),
        ("\"${APP}/a b\"", "*/a b", "${APP}/a b"),
        ("$A$B/x", "*/x", "$A$B/x"),
        ("$A*/**/x", "**/**/x", "$A*/**/x"),
        ("${PART}/x", "apps/*/x", "apps/${NAME}/x"),
        ("${APP:-api}/x", "api/x", "api/x"),
        ("${APP:+api}/x", "*/x", "${APP:+api}/x"),
        ("${APP%-web}/x", "*/x", "${APP%-web}/x"),
        ("${KNOWN/e/i}", "wib", "wib"),
        (r"\$KNOWN\ a", "$KNOWN a", "$KNOWN a"),
        ("'unclosed", "'unclosed", "'unclosed"),
        ("a[[]b", "a[[]b", "a[[]b"),
    ] {
        assert_eq!(copy_source(text, &known), source, "{text}");
        assert_eq!(copy_destination(text, &known), destination, "{text}");
    }
    assert!(copy_source("$LOOP", &known).len() < 1000);
    let unknown = ["$A", "a/${B}", "$_x"];
    assert!(unknown.iter().all(|word| variables::has_unknown(word)));
    assert!(!["a$", "", "a/b", "$1"].iter().any(|word| variables::has_unknown(word)));
}

#[test]
fn words_of_env() {
    let map = map(&[("L", "a b"), ("V", "1")]);
    let found = words(r#"A=a;b B="x y" C='$V' D=$L E=p\ q F="" G=a|b&c(d) # H"#, &KnownVariables::new(&map));
    assert_eq!(found, ["A=a;b", "B=x y", "C=$V", "D=a b", "E=p q", "F=", "G=a|b&c(d)", "#", "H"]);
}

#[test]
fn raw_words_keep_all() {
    assert_eq!(
        raw_words(r#"RUN  cat <<"E F" << G 3<<-H \" a"#),
        ["RUN", "cat", r#"<<"E F""#, "<< G", "3<<-H", r#"\""#, "a"]
    );
    assert_eq!(raw_words("RUN 'a <<E"), [""; 0]);
}

proptest! {
    #[test]
    fn nothing_panics(text in "([$}{:\\-+?#%/*\\\\\"'`<AB éa]|\\$\\{A|\\$\\{X){0,40}", value in "[ab/$A{}*]{0,12}") {
        let map = map(&[("A", value.as_str())]);
        let known = KnownVariables::new(&map);
        let source = copy_source(&text, &known);
        prop_assert!(source.len() <= 64 * (text.len() + 1) * (value.len() + 1));
        let _ = (copy_destination(&text, &known), words(&text, &known), raw_words(&text), variables::expand(&text, &known));
    }
}
