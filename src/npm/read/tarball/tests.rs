use std::io::Read as _;
use std::num::NonZero;

use flate2::read::GzDecoder;
use serde_json::Map;

use crate::npm::manifest::Manifest;
use crate::npm::read::tarball::*;

fn contents(entries: Vec<TarballEntry>) -> Contents {
    let mut map = Map::new();
    map.insert("name".to_owned(), "x".into());
    map.insert("version".to_owned(), "1.0.0".into());
    Contents { manifest: Manifest(map), entries, warnings: Vec::new(), footprint: None }
}

fn entry(path: &str, source: ContentSource) -> TarballEntry {
    TarballEntry { path: path.to_owned(), executable: false, source }
}

fn packed(contents: &Contents, threads: usize) -> (Tarball, Vec<u8>) {
    encode(contents, None, true, Threads::new(NonZero::new(threads)), Vec::new()).unwrap()
}

/// Some megabytes that differ from place to place.
fn large() -> Vec<u8> {
    (0..160_000)
        .flat_map(|line: u64| format!("{:x};\n", line.wrapping_mul(0x9e37_79b9_7f4a_7c15)).into_bytes())
        .collect()
}

#[test]
fn a_large_package_is_the_same_for_every_number_of_cores() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("large");
    std::fs::write(&path, large()).unwrap();
    let contents = contents(vec![
        entry("large", ContentSource::OnDisk(path)),
        entry("other", ContentSource::Generated(large())),
        entry("small", ContentSource::Generated(b"end".to_vec())),
    ]);
    let (tarball, bytes) = packed(&contents, 1);
    for threads in [2, 16] {
        let (other, other_bytes) = packed(&contents, threads);
        assert_eq!(other, tarball, "{threads}");
        assert!(other_bytes == bytes, "{threads}");
    }
    // It changes only on purpose, with a word in the changelog and another number in `model::cache::index`: what is
    // remembered has the old bytes.
    assert_eq!(tarball.sha256.short(), "2cd364e495e3");
    assert_eq!(tarball.size, bytes.len() as u64);
    let mut text = Vec::new();
    let mut decoder = GzDecoder::new(&bytes[..]);
    decoder.read_to_end(&mut text).unwrap();
    assert!(decoder.into_inner().is_empty(), "one member, and nothing behind it");
    let mut archive = tar::Archive::new(&text[..]);
    for (found, length) in archive.entries().unwrap().zip([large().len(), large().len(), 3]) {
        let mut held = Vec::new();
        found.unwrap().read_to_end(&mut held).unwrap();
        assert_eq!(held.len(), length);
        assert!(length == 3 || held == large());
    }
}

#[test]
fn an_archive_that_just_fills_what_is_held_at_once_is_followed_by_another() {
    for bound in [stream::WHOLE, stream::WHOLE + (1 << 20)] {
        for over in [-512, -1, 0, 1, 512] {
            // A header, the file, and the end of the archive.
            let length = (bound - 512 - 1024).strict_add_signed(over);
            let contents = contents(vec![entry("f", ContentSource::Generated(vec![b'x'; length]))]);
            let (tarball, bytes) = packed(&contents, 2);
            let mut text = Vec::new();
            let mut decoder = GzDecoder::new(&bytes[..]);
            decoder.read_to_end(&mut text).unwrap();
            assert!(decoder.into_inner().is_empty(), "one member, and nothing behind it");
            assert_eq!(text.len(), 512 + length.next_multiple_of(512) + 1024, "{bound} {over}");
            assert_eq!(tarball.unpacked_size, length as u64);
        }
    }
}

/// A disk with room for so many bytes.
struct Disk(usize);

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_large_package_is_given_up_when_the_disk_is_full() {
    let entries = ["a", "b", "c"].map(|name| entry(name, ContentSource::Generated(large())));
    let contents = contents(entries.into());
    for room in [0, 100, 1 << 20, 2 << 20] {
        let threads = Threads::new(NonZero::new(4));
        let Err(error) = encode(&contents, None, false, threads, Disk(room)) else {
            panic!("{room}: there was room")
        };
        assert!(
            matches!(error, EncodeError::Sink(why) if why.kind() == io::ErrorKind::StorageFull),
            "{room}"
        );
    }
}

#[test]
fn a_file_that_is_gone_is_named() {
    let contents = contents(vec![entry("gone", ContentSource::OnDisk("/no/such/file".into()))]);
    let Err(EncodeError::Package(problem)) = encode(&contents, None, false, Threads::new(None), Vec::new())
    else {
        panic!("an error")
    };
    assert!(problem.message.starts_with("/no/such/file: cannot be read"), "{}", problem.message);
}
