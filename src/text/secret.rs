//! Which words of texts from outside may be secrets, and so are not printed. Nobody can tell them all by their looks: what
//! is none beyond doubt stays, such as the words of addresses that people choose.

/// Words of addresses are shorter, most of them by far.
const LONGEST_WORD: usize = 24;
/// Names of variables are shorter.
const LONGEST_NAME: usize = 64;
/// Digits among letters tell nothing in fewer characters: `v2`, `npm2go`.
const SHORTEST_MIXED: usize = 8;
/// Where they take turns, as in `s3cr3t`.
const SHORTEST_ALTERNATING: usize = 6;
/// Numbers of projects have fewer.
const MOST_DIGITS: usize = 10;
/// So often does a small letter stand before a capital in names of several words; in random ones it does more often.
const MOST_HUMPS: usize = 2;

/// Whether a word, such as one between two `/` of an address, may be a secret: it is long, mixes digits with letters, is
/// written in hexadecimal, or holds what no such word needs.
pub(crate) fn may_be_secret(word: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    // One in the middle ends a password.
    if word.len() > LONGEST_WORD || !word.strip_prefix('@').unwrap_or(word).chars().all(is_plain) {
        return true;
    }
    let count = |is_it: fn(&u8) -> bool| word.bytes().filter(is_it).count();
    let pairs = |is_it: fn(u8, u8) -> bool| {
        word.bytes().zip(word.bytes().skip(1)).filter(|(a, b)| is_it(*a, *b)).count()
    };
    let (digits, letters) = (count(u8::is_ascii_digit), count(u8::is_ascii_alphabetic));
    if digits > 0 && letters > 0 {
        let turns = pairs(|a, b| a.is_ascii_alphabetic() && b.is_ascii_digit());
        return word.len() >= SHORTEST_MIXED || turns > 1 && word.len() >= SHORTEST_ALTERNATING;
    }
    let is_hex = letters >= SHORTEST_MIXED && count(u8::is_ascii_hexdigit) == letters;
    let humps = pairs(|a, b| a.is_ascii_lowercase() && b.is_ascii_uppercase());
    digits > MOST_DIGITS || is_hex || humps > MOST_HUMPS
}

/// Whether a variable may have this name: words as `NPM_TOKEN_2` has them, of which one may mix digits with letters.
pub(crate) fn is_variable_name(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_mixed = |word: &&str| {
        word.contains(|c: char| c.is_ascii_digit()) && word.contains(|c: char| c.is_ascii_alphabetic())
    };
    !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name.chars().all(is_part)
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.split('_').any(may_be_secret)
        && name.split('_').filter(is_mixed).count() < 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_that_people_choose_are_none() {
        for word in [
            "",
            "api",
            "packages",
            "bytelyst",
            "learning_ai_user",
            "npm",
            "artifactory",
            "npm-local",
            "v2",
            "v4",
            "repository",
            "npm-private",
            "_packaging",
            "registry",
            "@bytelyst",
            "projects",
            "278964",
            "65432101",
            "-",
            "learningAiUser",
            "node.js",
            "NPM",
            "k8s",
            "team42",
            "a.b",
        ] {
            assert!(!may_be_secret(word), "{word}");
        }
    }

    #[test]
    fn words_that_nobody_chose_may_be() {
        for word in [
            "s3cr3tT0k3n",
            "s3cr3t",
            "tok-7f3a-of-the-line",
            "deadbeefcafe",
            "d41d8cd9",
            "dXNlcjpwYXNzLW9mLWF1dGg=",
            "a%20b",
            "token=abc",
            "pass@host",
            "user:pass",
            "é",
            "123456789012345",
            "aBcDeFgHiJkL",
            "anythingthatislongerthanwords",
            "0b8e2f6c-1d4a-4c6e-9f0b-2a7d8c1e3f5a",
            "${x}",
            "a b",
            "\u{1b}[31m",
        ] {
            assert!(may_be_secret(word), "{word}");
        }
    }

    #[test]
    fn names_of_variables() {
        for name in
            ["TOKEN", "GITEA_NPM_TOKEN", "_x", "npmToken", "NPM_TOKEN_2", "S3_TOKEN", "OAUTH2_READ_TOKEN"]
        {
            assert!(is_variable_name(name), "{name}");
        }
        for name in [
            "",
            "s3cr3tT0k3n",
            "2x",
            "a-b",
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "s3cr3t_T0k3n",
            "A1_B2",
        ] {
            assert!(!is_variable_name(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn eight_characters_that_mix_digits_with_letters_may_always_be(
            text in "[A-Za-z0-9]{3,12}", letter in "[A-Za-z]{2,4}", digit in "[0-9]{1,3}", more in "[A-Za-z0-9]{2,40}",
        ) {
            for secret in [format!("{text}{letter}{digit}{more}"), format!("{digit}{text}{letter}{more}")] {
                prop_assert!(may_be_secret(&secret), "{}", secret);
                prop_assert!(!is_variable_name(&secret), "{}", secret);
            }
        }

        #[test]
        fn any_text_is_judged(text in any::<String>()) {
            let _ = (may_be_secret(&text), is_variable_name(&text));
        }
    }
}
