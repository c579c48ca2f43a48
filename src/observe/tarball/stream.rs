//! The bytes of an archive on their way into a gzip file: compressed piece by piece, and digested.

use std::cell::Cell;
use std::io::{self, Write};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc32fast::Hasher as Crc;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};

use super::deflate::{Deflater, WINDOW};
use crate::model::digest::{Digest, hex};

/// A piece of an archive. It is the same on every machine, since the bytes depend on it.
const PIECE: usize = 1 << 20;

/// How many pieces of an archive are compressed at a time, at most: what they take of memory is bounded.
const MOST_AT_ONCE: usize = 4;

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
    deflater: Deflater,
    /// What stood before the piece, and the piece.
    text: Vec<u8>,
}

/// Writes a gzip file of one member into a sink.
pub(super) struct Stream<W> {
    workshop: Box<Workshop>,
    /// Where the piece begins in the text, and how far it has come.
    from: usize,
    to: usize,
    /// Whole pieces that wait until there are enough for all threads, each with what stood before it.
    waiting: Vec<Piece>,
    at_once: usize,
    crc: Crc,
    size: u64,
    digests: Digests<W>,
}

struct Piece {
    text: Vec<u8>,
    from: usize,
}

impl<W: Write> Stream<W> {
    /// Begins with a header, which may hold a comment.
    pub(super) fn new(sink: W, comment: Option<String>) -> io::Result<Self> {
        let mut digests = Digests::new(sink);
        let mut header = HEADER.to_vec();
        if let Some(comment) = comment {
            header[3] |= COMMENT;
            header.extend(comment.bytes().chain([0]));
        }
        digests.write(&header)?;
        let mut workshop = KEPT.take().unwrap_or_default();
        workshop.text.resize(WINDOW + PIECE, 0);
        let at_once = rayon::current_num_threads().min(MOST_AT_ONCE);
        Ok(Self { workshop, from: 0, to: 0, waiting: Vec::new(), at_once, crc: Crc::new(), size: 0, digests })
    }

    /// Adds bytes.
    pub(super) fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let room = self.room()?;
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

    /// Where the next bytes can be read into; never empty. [`Self::filled`] says how many were.
    pub(super) fn room(&mut self) -> io::Result<&mut [u8]> {
        if self.to - self.from == PIECE {
            self.next_piece()?;
        }
        Ok(&mut self.workshop.text[self.to..self.from + PIECE])
    }

    /// So many bytes of the room were filled.
    pub(super) fn filled(&mut self, count: usize) {
        self.to += count;
    }

    /// Keeps a piece that is full until there are enough of them, and begins the next.
    fn next_piece(&mut self) -> io::Result<()> {
        let Self { workshop, from, to, .. } = self;
        let text = &mut workshop.text;
        self.crc.update(&text[*from..*to]);
        self.size += (*to - *from) as u64;
        self.waiting.push(Piece { text: text[..*to].to_vec(), from: *from });
        let history = (*to).min(WINDOW);
        text.copy_within(*to - history..*to, 0);
        (self.from, self.to) = (history, history);
        if self.waiting.len() >= self.at_once { self.compress_waiting() } else { Ok(()) }
    }

    /// Compresses what waits, each piece on a thread of its own.
    fn compress_waiting(&mut self) -> io::Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        let Some((last, others)) = waiting.split_last() else { return Ok(()) };
        // Threads of its own, not those that pack: one of them that waits here would begin with another package, and
        // hold the pieces of both.
        thread::scope(|scope| {
            let compress = |piece: &Piece| Deflater::default().compress(&piece.text, piece.from, false);
            let threads: Vec<_> = others
                .iter()
                .map(|piece| {
                    (piece, thread::Builder::new().spawn_scoped(scope, move || compress(piece)).ok())
                })
                .collect();
            let of_last = self.workshop.deflater.compress(&last.text, last.from, false)?;
            for (piece, thread) in threads {
                // Where there is no thread, it is done here.
                let done = thread.and_then(|thread| thread.join().ok()).unwrap_or_else(|| compress(piece));
                self.digests.write(&done?)?;
            }
            self.digests.write(&of_last)
        })
    }

    /// Ends the file, and returns its digests.
    pub(super) fn finish(mut self) -> io::Result<(Sums, W)> {
        self.compress_waiting()?;
        let Self { workshop, from, to, mut crc, mut size, mut digests, .. } = self;
        let mut workshop = workshop;
        crc.update(&workshop.text[from..to]);
        size += (to - from) as u64;
        digests.write(&workshop.deflater.compress(&workshop.text[..to], from, true)?)?;
        KEPT.set(Some(workshop));
        // The size modulo 2^32 (RFC 1952).
        let size = (size & u64::from(u32::MAX)) as u32;
        digests.write(&[crc.finalize().to_le_bytes(), size.to_le_bytes()].concat())?;
        Ok(digests.finish())
    }
}

/// Counts and digests what goes through.
struct Digests<W> {
    sink: W,
    size: u64,
    sha1: Sha1,
    sha256: Sha256,
    sha512: Sha512,
}

/// What is known of a file that was written.
pub(super) struct Sums {
    pub(super) size: u64,
    pub(super) sha1: String,
    pub(super) sha256: Digest,
    pub(super) integrity: String,
}

impl<W: Write> Digests<W> {
    fn new(sink: W) -> Self {
        Self { sink, size: 0, sha1: Sha1::new(), sha256: Sha256::new(), sha512: Sha512::new() }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sink.write_all(bytes)?;
        self.size += bytes.len() as u64;
        self.sha1.update(bytes);
        self.sha256.update(bytes);
        self.sha512.update(bytes);
        Ok(())
    }

    fn finish(self) -> (Sums, W) {
        let sums = Sums {
            size: self.size,
            sha1: hex(&self.sha1.finalize()),
            sha256: Digest::finish(self.sha256),
            integrity: format!("sha512-{}", STANDARD.encode(self.sha512.finalize())),
        };
        (sums, self.sink)
    }
}
