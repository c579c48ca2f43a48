//! Deflate (RFC 1951): of a text as a whole, and piece by piece.

use std::io;

use flate2::{Compress, Compression, FlushCompress, Status};
use libdeflater::{CompressionLvl, Compressor};

/// How far back a repetition may reach.
pub(super) const WINDOW: usize = 32 * 1024;

/// Two thirds of the time of [`LEVEL`], for as many bytes or some 1 % more.
const WHOLE_LEVEL: i32 = 2;

/// Compresses one text after the other, each as a whole.
pub(super) struct WholeDeflater(Compressor);

impl Default for WholeDeflater {
    fn default() -> Self {
        Self(Compressor::new(CompressionLvl::new(WHOLE_LEVEL).unwrap_or_default()))
    }
}

impl WholeDeflater {
    /// Appends the stream of a text.
    pub(super) fn compress(&mut self, text: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        let Self(compressor) = self;
        let before = out.len();
        out.resize(before + compressor.deflate_compress_bound(text.len()), 0);
        let length = compressor.deflate_compress(text, &mut out[before..]).map_err(io::Error::other)?;
        out.truncate(before + length);
        Ok(())
    }
}

/// Half the time of zlib's default, for some 6 % more bytes.
const LEVEL: Compression = Compression::new(3);

/// More than a piece can grow by: a stored block has 5 bytes more for each 16 KiB or so, and a flush 5.
const SLACK: usize = 1024;

/// Compresses what stands in a text from a place on: of what is before it, which the reader has already, the last
/// [`WINDOW`] bytes are used. The stream ends here if this is the last piece, else at a whole byte, so that the next
/// piece can follow.
pub(super) fn compress_piece(text: &[u8], from: usize, is_last: bool) -> io::Result<Vec<u8>> {
    // A new one for each: one that was used before finds other repetitions behind a dictionary.
    let mut compress = Compress::new(LEVEL, false);
    if from > 0 {
        compress.set_dictionary(&text[from.saturating_sub(WINDOW)..from])?;
    }
    let mut rest = &text[from..];
    let mut out = Vec::with_capacity(rest.len() / 2 + SLACK);
    let flush = if is_last { FlushCompress::Finish } else { FlushCompress::Sync };
    loop {
        let before = compress.total_in();
        let status = compress.compress_vec(rest, &mut out, flush)?;
        let taken = usize::try_from(compress.total_in() - before).map_err(io::Error::other)?;
        rest = &rest[taken..];
        // With room to spare, all that there was to write is written.
        let is_done = if is_last { status == Status::StreamEnd } else { out.len() < out.capacity() };
        if rest.is_empty() && is_done {
            return Ok(out);
        }
        out.reserve(rest.len() / 2 + SLACK);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::DeflateDecoder;
    use proptest::prelude::*;

    use super::*;

    fn joined(text: &[u8], piece: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let mut from = 0;
        loop {
            let to = text.len().min(from + piece);
            out.extend(compress_piece(&text[..to], from, to == text.len()).unwrap());
            if to == text.len() {
                return out;
            }
            from = to;
        }
    }

    fn inflated(bytes: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        DeflateDecoder::new(bytes).read_to_end(&mut text).unwrap();
        text
    }

    #[test]
    fn what_stands_before_a_piece_is_used() {
        let line = b"what is said twice need not be written twice; ".repeat(20);
        let alone = compress_piece(&line, 0, true).unwrap();
        let text = [&line[..], &line[..]].concat();
        assert!(joined(&text, line.len()).len() < alone.len() + 40);
    }

    #[test]
    fn what_cannot_be_made_smaller_grows_by_little() {
        let mut seed = 1_u32;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        };
        let text: Vec<u8> = (0..300_000).map(|_| next()).collect();
        let bytes = joined(&text, 100_000);
        assert!(bytes.len() < text.len() + 300, "{}", bytes.len());
        assert_eq!(inflated(&bytes), text);
    }

    proptest! {
        #[test]
        fn any_text_is_compressed_as_a_whole(
            words in prop::collection::vec("[a-c]{1,9}|\\PC{0,4}", 0..400), before in prop::collection::vec(any::<u8>(), 0..9)
        ) {
            let (text, mut out) = (words.concat().into_bytes(), before.clone());
            WholeDeflater::default().compress(&text, &mut out).unwrap();
            prop_assert_eq!(&out[..before.len()], &before[..]);
            prop_assert_eq!(inflated(&out[before.len()..]), text);
        }

        #[test]
        fn pieces_of_any_size_join_to_the_text(
            words in prop::collection::vec("[a-c]{1,9}|\\PC{0,4}", 0..400), piece in 1_usize..5000
        ) {
            let text = words.concat().into_bytes();
            prop_assert_eq!(inflated(&joined(&text, piece)), text);
        }
    }
}
