use proptest::prelude::*;

use crate::cache::index::*;
use crate::npm::{Checksums, FileStamp, FileTime, TrackedPath};

const ROOT: &str = "/plat";

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn packed(key: &str) -> PackedDigests {
    PackedDigests {
        key: digest(key),
        moment: FileTime { seconds: 5, nanos: 6 },
        filename: format!("a-{key}.tgz"),
        sha256: digest("bytes"),
        size: 1 << 40,
        checksums: (key == "1")
            .then(|| Checksums { shasum: "0123".to_owned(), integrity: "sha512-x".to_owned() }),
    }
}

fn record() -> PackageRecord {
    let listing = PackageListing {
        key: digest("manifest"),
        paths: vec!["dist/ünï.js".to_owned(), "package.json".to_owned()],
        witnesses: vec![
            TrackedPath { path: "/plat/a".to_owned(), follow: true },
            TrackedPath { path: "/plat/a/x".to_owned(), follow: false },
        ],
        states: digest("states"),
        moment: FileTime { seconds: -1, nanos: 999_999_999 },
    };
    PackageRecord { listing: Some(listing), packed: vec![packed("1"), packed("2")] }
}

fn index() -> CacheIndex {
    let mut index = CacheIndex::new(ROOT);
    index.put("/plat/a", &record());
    index.put("/plat/b", &PackageRecord { listing: None, packed: vec![packed("3")] });
    index
}

fn outputs() -> Vec<CachedOutput> {
    let at = |seconds| FileTime { seconds, nanos: 7 };
    let signature = FileStamp { device: 1, inode: 2, size: 3, mode: 4, modified: at(5), changed: at(6) };
    vec![CachedOutput { name: "a.tgz".to_owned(), signature, digest: digest("a") }]
}

#[test]
fn what_was_put_there_comes_back() {
    let read = CacheIndex::parse(ROOT, &index().to_bytes());
    assert_eq!(read.get("/plat/a"), Some(record()));
    assert_eq!(read.get("/plat/b").unwrap().packed(&digest("3")), Some(&packed("3")));
    assert_eq!(read.get("/plat/c"), None);
    assert_eq!(read.dirs().collect::<Vec<_>>(), ["/plat/a", "/plat/b"]);
    let bytes = outputs_to_bytes("/out", &outputs());
    assert_eq!(parse_outputs("/out", &bytes), Some(outputs()));
}

#[test]
fn what_is_meant_for_another_place_or_version_is_not_there() {
    let bytes = index().to_bytes();
    assert_eq!(CacheIndex::parse("/other", &bytes).get("/plat/a"), None);
    assert_eq!(parse_outputs("/other", &outputs_to_bytes("/out", &outputs())), None);
    let mut other = bytes.clone();
    let version = FORMAT.len() - 2;
    other[version] ^= 1;
    assert_eq!(CacheIndex::parse(ROOT, &other).dirs().count(), 0);
    // A record that was written for another package's folder.
    let swapped = String::from_utf8_lossy(&bytes).find("/plat/b").unwrap();
    assert!(swapped > 0);
    let mut renamed = bytes;
    let at = renamed.windows(7).position(|window| window == b"/plat/a").unwrap();
    renamed[at + 6] = b'c';
    assert_eq!(CacheIndex::parse(ROOT, &renamed).get("/plat/c"), None);
}

#[test]
fn a_record_written_by_another_version_is_not_there_whatever_its_file_says() {
    // The seal covers the version: the first line alone could have been changed by anybody.
    let record = to_bytes(&record());
    let mut hasher = Sha256::new();
    hasher.update(FORMAT.replace("cache ", "cache 0"));
    for text in [ROOT, "/plat/a"] {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text);
    }
    hasher.update(&record);
    let file = file([("/plat/a", hasher.finalize().into(), record.as_slice())]);
    assert_eq!(CacheIndex::parse(ROOT, &file).get("/plat/a"), None);
}

#[test]
fn a_length_that_lies_takes_no_memory() {
    let huge = to_bytes(&u64::MAX);
    assert_eq!(parse::<String>(&huge), None);
    assert_eq!(parse::<Vec<CachedOutput>>(&huge), None);
}

#[test]
fn few_tarballs_of_a_package_are_remembered_the_last_ones() {
    let mut record = PackageRecord::default();
    (0..40).for_each(|number| record.add(packed(&number.to_string())));
    record.add(packed("30"));
    assert_eq!(record.packed.len(), VARIANTS);
    assert_eq!(record.packed[0], packed("30"));
    assert_eq!((record.packed(&digest("39")), record.packed(&digest("10"))), (Some(&packed("39")), None));
}

#[test]
fn cut_anywhere_it_is_as_it_was_or_not_there() {
    let bytes = index().to_bytes();
    let all = outputs_to_bytes("/out", &outputs());
    for end in 0..bytes.len() {
        let read = CacheIndex::parse(ROOT, &bytes[..end]);
        assert!(read.get("/plat/a").is_none_or(|read| read == record()), "{end}");
        assert_eq!(read.get("/plat/b"), None, "{end}");
    }
    for end in 0..all.len() {
        assert_eq!(parse_outputs("/out", &all[..end]), None, "{end}");
    }
}

#[test]
fn every_bit_counts() {
    let bytes = index().to_bytes();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            let read = CacheIndex::parse(ROOT, &flipped);
            let whole = (read.get("/plat/a"), read.get("/plat/b"));
            let is_true = |read: &Option<PackageRecord>, true_one: PackageRecord| {
                read.as_ref().is_none_or(|read| *read == true_one)
            };
            assert!(is_true(&whole.0, record()), "byte {at} bit {bit}");
            assert!(whole.0.is_none() || whole.1.is_none(), "byte {at} bit {bit}");
        }
    }
}

proptest! {
    #[test]
    fn anything_is_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..300), valid in any::<bool>()) {
        let mut file = if valid { FORMAT.as_bytes().to_vec() } else { Vec::new() };
        file.extend(bytes);
        let read = CacheIndex::parse(ROOT, &file);
        for dir in read.dirs() {
            prop_assert_eq!(read.get(dir), None);
        }
        prop_assert_eq!(parse_outputs(ROOT, &file), None);
    }

    #[test]
    fn what_is_spliced_together_is_true_or_not_there(from in 0..600usize, to in 0..600usize, length in 0..200usize) {
        let bytes = index().to_bytes();
        let (from, to) = (from.min(bytes.len()), to.min(bytes.len()));
        let part = bytes[from..(from + length).min(bytes.len())].to_vec();
        let mut spliced = bytes;
        let end = (to + part.len()).min(spliced.len());
        spliced.splice(to..end, part);
        let read = CacheIndex::parse(ROOT, &spliced);
        prop_assert!(read.get("/plat/a").is_none_or(|read| read == record()));
        prop_assert!(read.get("/plat/b").is_none_or(|read| read.packed == [packed("3")]));
    }
}
