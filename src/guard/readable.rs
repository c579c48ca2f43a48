//! Whether a file is what its name says: of what is no text nobody can tell what it holds.

use super::{GuardedFile, Syntax, contains, text, yaml};
use crate::text::{Document, json5};

/// How a file begins that stands in for another one, or holds one that is encrypted; and how messages call it.
const STAND_INS: [(&[u8], &str); 11] = [
    (b"version https://git-lfs.github.com/spec/", "it is a pointer of Git LFS"),
    (b"version https://hawser.github.com/spec/", "it is a pointer of Git LFS"),
    (b"/annex/objects/", "it is a pointer of git-annex"),
    (b"\0GITCRYPT\0", "it is encrypted by git-crypt"),
    (b"$ANSIBLE_VAULT;", "it is encrypted by ansible-vault"),
    (b"-----BEGIN PGP ", "it is encrypted by OpenPGP"),
    (b"-----BEGIN AGE ", "it is encrypted by age"),
    (b"age-encryption.org/", "it is encrypted by age"),
    (b"Salted__", "it is encrypted by openssl"),
    (b"U2FsdGVkX1", "it is encrypted by openssl"),
    (b"\x1f\x8b", "it is compressed by gzip"),
];

/// What values begin with that sops has encrypted one by one.
const SOPS: &[u8] = b"ENC[AES256_GCM,";

/// How long a word is that is taken for encoded bytes where nothing else stands in a file.
const ENCODED: usize = 64;

/// Why a file cannot be judged. What is text and only broken can: a reference in it is found by its letters.
pub(super) fn refusal(file: GuardedFile, bytes: &[u8]) -> Option<&'static str> {
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    if let Some((_, why)) = STAND_INS.iter().find(|(begin, _)| start.starts_with(begin)) {
        return Some(why);
    }
    match file {
        GuardedFile::Settings | GuardedFile::Backup => None,
        GuardedFile::Lockfile(Syntax::Binary) => {
            let is_one = bytes.is_empty() || contains(&bytes[..bytes.len().min(64)], b"bun-lockfile-format-");
            (!is_one).then_some("it is no lockfile of bun")
        }
        GuardedFile::Manifest(_) | GuardedFile::Workspace | GuardedFile::Yarnrc if contains(bytes, SOPS) => {
            Some("its values are encrypted by sops")
        }
        _ if is_plain(bytes) => is_encoded(start).then_some("it is no text, but encoded bytes"),
        _ if parses(file, bytes) => None,
        _ => Some("it is no text"),
    }
}

/// Whether bytes are text as every editor writes it.
fn is_plain(bytes: &[u8]) -> bool {
    let is_odd = |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c);
    // Whole pieces are looked at in one go.
    let odd = |piece: &[u8]| piece.iter().fold(false, |odd, byte| odd | is_odd(byte));
    !bytes.chunks(256).any(odd) && std::str::from_utf8(bytes).is_ok() || is_wide_text(bytes)
}

/// Whether bytes are what some editors of Windows save: UTF-16 that says so, and nothing but text.
fn is_wide_text(bytes: &[u8]) -> bool {
    let is_marked = matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    let is_text = |c: char| (!c.is_control() || c.is_whitespace()) && c != char::REPLACEMENT_CHARACTER;
    is_marked && text::decode(bytes).chars().all(is_text)
}

/// Whether a file holds one long word, and nothing that a manifest is made of.
fn is_encoded(bytes: &[u8]) -> bool {
    let is_digit =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_');
    bytes.len() >= ENCODED
        && bytes.iter().all(|byte| is_digit(byte) || byte.is_ascii_whitespace())
        && bytes.split(u8::is_ascii_whitespace).next().is_some_and(|word| word.len() >= ENCODED)
}

/// Whether what is read of bytes, as far as they are text, is of the file's kind as a whole.
fn parses(file: GuardedFile, bytes: &[u8]) -> bool {
    let text = text::decode(bytes);
    match file {
        GuardedFile::Manifest(Syntax::Json) => Document::parse(&text).is_ok(),
        GuardedFile::Manifest(Syntax::Json5) | GuardedFile::Lockfile(Syntax::Json) => {
            json5::parse_object(&text).is_ok()
        }
        _ => {
            let mut keys = 0;
            let parsed = yaml::strings(&text, &mut |item| keys += usize::from(item.is_key));
            // A single scalar is YAML too, whatever it is made of.
            parsed.is_ok() && keys > 0
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MANIFEST: GuardedFile = GuardedFile::Manifest(Syntax::Json);
    const LOCKFILE: GuardedFile = GuardedFile::Lockfile(Syntax::Yaml);
    const ALL: [GuardedFile; 5] = [
        MANIFEST,
        LOCKFILE,
        GuardedFile::Workspace,
        GuardedFile::Yarnrc,
        GuardedFile::Lockfile(Syntax::Json),
    ];

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn what_stands_in_for_a_file_is_not_one() {
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 100\n";
        let encoded = format!("{}\n", "QUJD".repeat(40));
        let gzip: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xab, 0x56];
        for file in ALL {
            for bytes in [
                pointer.as_bytes(),
                encoded.as_bytes(),
                b"\0GITCRYPT\0\x12\x34\xff\x01",
                b"/annex/objects/SHA256E-s1--00\n",
                b"$ANSIBLE_VAULT;1.1;AES256\n3162\n",
                b"\n-----BEGIN PGP MESSAGE-----\n\nhQ==\n",
                b"PK\x03\x04\x14\0\0\0",
                b"\x28\xb5\x2f\xfd\x24\x0a",
                b"\0\0\0\0",
                b"{\"a\": \"\x01\xff\",",
                gzip,
                &wide("\u{feff}{\u{1}"),
            ] {
                assert!(refusal(file, bytes).is_some(), "{file:?}: {:?}", String::from_utf8_lossy(bytes));
            }
        }
        let sops = br#"{"dependencies": {"a": "ENC[AES256_GCM,data:x,type:str]"}, "sops": {}}"#;
        assert!(refusal(MANIFEST, sops).is_some());
        let bun = GuardedFile::Lockfile(Syntax::Binary);
        assert!(refusal(bun, pointer.as_bytes()).is_some() && refusal(bun, b"\x01\x02").is_some());
        assert_eq!(refusal(bun, b"#!/usr/bin/env bun\nbun-lockfile-format-v0\n\0\x01"), None);
    }

    #[test]
    fn broken_text_is_text() {
        for bytes in [
            &b""[..],
            b"not json",
            b"{",
            b"{\"a\": \"^1\",}",
            b"// x\n{}",
            b"a: [\n\xc3\xa9",
            b"<<<<<<< a\n=======\n>>>>>>> b\n",
            b"\xef\xbb\xbf{",
            &wide("\u{feff}{\"é\": "),
        ] {
            for file in ALL {
                assert_eq!(refusal(file, bytes), None, "{file:?}: {:?}", String::from_utf8_lossy(bytes));
            }
        }
        // What a reader of manifests understands although it is not clean.
        for bytes in [&b"{\"author\": \"J\xf6rg\"}"[..], &wide("\u{feff}{\"a\": \"\\u0001\"}"), &wide("{}")] {
            assert_eq!(refusal(MANIFEST, bytes), None);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_have_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            for file in ALL {
                let _ = refusal(file, &bytes);
            }
        }
    }
}
