//! The bytes of an archive on their way into a gzip file: compressed, as a whole or piece by piece, and digested.

use std::cell::Cell;
use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc32fast::Hasher as Crc;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};

use super::deflate::{WINDOW, WholeDeflater, compress_piece};
use crate::model::digest::{Digest, hex};

/// A piece of an archive that is compressed in pieces. It is the same on every machine, since the bytes depend on it.
const PIECE: usize = 1 << 20;

/// An archive of up to this many bytes is compressed as a whole; of a larger one so much is held at a time, and that
/// many pieces of it are compressed at once, at most.
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
    pub(super) fn new(sink: W, comment: Option<String>) -> Self {
        let mut workshop = KEPT.take().unwrap_or_default();
        let out = &mut workshop.out;
        out.clear();
        out.extend(HEADER);
        if let Some(comment) = comment {
            out[3] |= COMMENT;
            out.extend(comment.bytes().chain([0]));
        }
        Self { workshop, from: 0, to: 0, crc: Crc::new(), size: 0, digests: Digests::new(sink) }
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
        if self.to - self.from == WHOLE {
            self.compress_pieces()?;
        }
        let end = self.to.saturating_add(wanted).min(self.from + WHOLE);
        let text = &mut self.workshop.text;
        if text.len() < end {
            text.resize(end.next_power_of_two().min(WINDOW + WHOLE), 0);
        }
        Ok(&mut text[self.to..end])
    }

    /// So many bytes of the room were filled.
    pub(super) fn filled(&mut self, count: usize) {
        self.to += count;
    }

    /// Compresses the pieces that are there, none of which is the last one.
    fn compress_pieces(&mut self) -> io::Result<()> {
        let Self { workshop, from, to, crc, size, digests } = self;
        let Workshop { text, out, .. } = &mut **workshop;
        crc.update(&text[*from..*to]);
        *size += (*to - *from) as u64;
        digests.write(out)?;
        out.clear();
        for piece in pieces(&text[..*to], *from, false) {
            digests.write(&piece?)?;
        }
        let history = (*to).min(WINDOW);
        text.copy_within(*to - history..*to, 0);
        (*from, *to) = (history, history);
        Ok(())
    }

    /// Ends the file, and returns its digests.
    pub(super) fn finish(self) -> io::Result<(Sums, W)> {
        let Self { mut workshop, from, to, mut crc, mut size, mut digests } = self;
        let Workshop { whole, text, out } = &mut *workshop;
        crc.update(&text[from..to]);
        size += (to - from) as u64;
        if from == 0 {
            whole.compress(&text[..to], out)?;
        } else {
            for piece in pieces(&text[..to], from, true) {
                out.extend(piece?);
            }
        }
        // The size modulo 2^32 (RFC 1952).
        let size = (size & u64::from(u32::MAX)) as u32;
        out.extend(crc.finalize().to_le_bytes());
        out.extend(size.to_le_bytes());
        digests.write(out)?;
        KEPT.set(Some(workshop));
        Ok(digests.finish())
    }
}

/// Compresses what stands in a text from a place on, piece by piece and on as many threads as there are cores.
///
/// They are threads of their own, not those that pack: one of them that waits here would begin with another package,
/// and hold the text of both.
fn pieces(text: &[u8], from: usize, is_end: bool) -> Vec<io::Result<Vec<u8>>> {
    let starts: Vec<usize> = (from..text.len().max(from + 1)).step_by(PIECE).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some(&start) = starts.get(next.fetch_add(1, Ordering::Relaxed)) {
            let end = text.len().min(start + PIECE);
            let is_last = is_end && end == text.len();
            done.push((start, compress_piece(&text[..end], start, is_last)));
        }
        done
    };
    let mut done = thread::scope(|scope| {
        let others = rayon::current_num_threads().min(starts.len()).saturating_sub(1);
        let threads: Vec<_> =
            (0..others).map_while(|_| thread::Builder::new().spawn_scoped(scope, work).ok()).collect();
        let mut done = work();
        for thread in threads {
            match thread.join() {
                Ok(more) => done.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_by_key(|(start, _)| *start);
    done.into_iter().map(|(_, piece)| piece).collect()
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
