//! The bytes of an archive on their way into a gzip file: compressed, as a whole or piece by piece, and digested.

use std::cell::Cell;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc32fast::Hasher as Crc;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};

use super::deflate::{WINDOW, WholeDeflater};
use super::pieces::Pieces;
use crate::npm::tarball::Checksums;
use crate::text::{Digest, hex};
use crate::threads::Threads;

/// A piece of an archive that is compressed in pieces. It is the same on every machine, since the bytes depend on it.
const PIECE: usize = 1 << 20;

/// An archive of up to this many bytes is compressed as a whole.
pub(super) const WHOLE: usize = 4 * PIECE;

/// Magic and deflate, no time, nothing of the compressor, and no system (RFC 1952).
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// The flag of the header that announces a comment.
const COMMENT: u8 = 0x10;

thread_local! {
    /// What one thread uses for one archive after the other.
    static KEPT: Cell<Option<Box<Workshop>>> = const { Cell::new(None) };
}

/// What compressing needs of memory.
#[derive(Default)]
struct Workshop {
    whole: WholeDeflater,
    /// What stood before, and what is not compressed yet.
    text: Vec<u8>,
    /// What is to be written.
    out: Vec<u8>,
}

/// Writes a gzip file of one member into a sink.
pub(super) struct Stream<W> {
    workshop: Box<Workshop>,
    threads: Threads,
    /// Of an archive that is too large to be compressed as a whole.
    pieces: Option<Pieces>,
    /// Where in the text that begins which is not compressed yet, and how far it has come.
    from: usize,
    to: usize,
    crc: Crc,
    /// Of what is compressed.
    size: u64,
    digests: Digests<W>,
}

impl<W: Write> Stream<W> {
    /// Begins with a header, which may hold a comment.
    pub(super) fn new(sink: W, comment: Option<String>, checksums: bool, threads: Threads) -> Self {
        let mut workshop = KEPT.take().unwrap_or_default();
        let out = &mut workshop.out;
        out.clear();
        out.extend(HEADER);
        if let Some(comment) = comment {
            out[3] |= COMMENT;
            out.extend(comment.bytes().chain([0]));
        }
        let digests = Digests::new(sink, checksums);
        Self { workshop, threads, pieces: None, from: 0, to: 0, crc: Crc::new(), size: 0, digests }
    }

    /// Adds bytes.
    pub(super) fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let room = self.room(bytes.len())?;
            let count = room.len().min(bytes.len());
            let (now, later) = bytes.split_at(count);
            room[..count].copy_from_slice(now);
            bytes = later;
            self.filled(count);
        }
        Ok(())
    }

    /// Adds zeros.
    pub(super) fn pad(&mut self, count: usize) -> io::Result<()> {
        let zeros = [0; 1024];
        self.write(&zeros[..count.min(zeros.len())])
    }

    /// Where the next bytes can be read into, for all that are wanted or else some; never empty. [`Self::filled`] says
    /// how many were.
    pub(super) fn room(&mut self, wanted: usize) -> io::Result<&mut [u8]> {
        if self.to - self.from == self.most() {
            self.cut(false)?;
        }
        let end = self.to.saturating_add(wanted).min(self.from + self.most());
        let text = &mut self.workshop.text;
        if text.len() < end {
            text.resize(end.next_power_of_two().min(WINDOW + WHOLE), 0);
        }
        Ok(&mut text[self.to..end])
    }

    /// How much text is held before some of it is compressed.
    fn most(&self) -> usize {
        if self.pieces.is_none() { WHOLE } else { PIECE }
    }

    /// So many bytes of the room were filled.
    pub(super) fn filled(&mut self, count: usize) {
        self.to += count;
    }

    /// Has the text that is there compressed in pieces, the last of which may end the archive.
    fn cut(&mut self, is_end: bool) -> io::Result<()> {
        let Self { workshop, threads, pieces, from, to, crc, size, digests } = self;
        let Workshop { text, out, .. } = &mut **workshop;
        crc.update(&text[*from..*to]);
        *size += (*to - *from) as u64;
        digests.write(out)?;
        out.clear();
        let pieces = pieces.get_or_insert_with(|| Pieces::begin(*threads));
        for start in (*from..*to).step_by(PIECE) {
            let end = (start + PIECE).min(*to);
            if let Some(piece) = pieces.next_of_many() {
                digests.write(&piece?)?;
            }
            let history = start.min(WINDOW);
            pieces.add(&text[start - history..end], history, is_end && end == *to);
        }
        let history = (*to).min(WINDOW);
        text.copy_within(*to - history..*to, 0);
        (*from, *to) = (history, history);
        Ok(())
    }

    /// Ends the file, and returns its digests.
    pub(super) fn finish(mut self) -> io::Result<(Sums, W)> {
        if self.pieces.is_some() {
            self.cut(true)?;
        } else {
            let Self { workshop, to, crc, size, .. } = &mut self;
            let Workshop { whole, text, out } = &mut **workshop;
            crc.update(&text[..*to]);
            *size = *to as u64;
            whole.compress(&text[..*to], out)?;
        }
        let Self { mut workshop, pieces, crc, size, mut digests, .. } = self;
        for piece in pieces.into_iter().flatten() {
            digests.write(&piece?)?;
        }
        // The size modulo 2^32 (RFC 1952).
        let size = (size & u64::from(u32::MAX)) as u32;
        let out = &mut workshop.out;
        out.extend(crc.finalize().to_le_bytes());
        out.extend(size.to_le_bytes());
        digests.write(out)?;
        KEPT.set(Some(workshop));
        Ok(digests.finish())
    }
}

/// Counts and digests what goes through.
struct Digests<W> {
    sink: W,
    size: u64,
    sha256: Sha256,
    /// What takes four times as long as the rest, where it is wanted.
    others: Option<(Sha1, Sha512)>,
}

/// What is known of a file that was written.
pub(super) struct Sums {
    pub(super) size: u64,
    pub(super) sha256: Digest,
    pub(super) checksums: Option<Checksums>,
}

impl<W: Write> Digests<W> {
    fn new(sink: W, checksums: bool) -> Self {
        let others = checksums.then(|| (Sha1::new(), Sha512::new()));
        Self { sink, size: 0, sha256: Sha256::new(), others }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sink.write_all(bytes)?;
        self.size += bytes.len() as u64;
        self.sha256.update(bytes);
        if let Some((sha1, sha512)) = &mut self.others {
            sha1.update(bytes);
            sha512.update(bytes);
        }
        Ok(())
    }

    fn finish(self) -> (Sums, W) {
        let checksums = self.others.map(|(sha1, sha512)| Checksums {
            shasum: hex(&sha1.finalize()),
            integrity: format!("sha512-{}", STANDARD.encode(sha512.finalize())),
        });
        (Sums { size: self.size, sha256: Digest::finish(self.sha256), checksums }, self.sink)
    }
}
