//! Numbers and texts as bytes. What is read may be anything: it never panics, and takes no more memory than it has
//! bytes.

use super::signature::{Moment, Signature};
use crate::model::digest::Digest;

/// What is written.
#[derive(Default)]
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    pub(super) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.0.push(number.to_le_bytes()[0]);
    }

    pub(super) fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    /// A hex text of an even number of digits takes half of its bytes.
    pub(super) fn digest(&mut self, digest: &Digest) {
        self.text(digest.as_str());
    }

    pub(super) fn moment(&mut self, moment: Moment) {
        self.0.extend_from_slice(&moment.seconds.to_le_bytes());
        self.0.extend_from_slice(&moment.nanos.to_le_bytes());
    }

    pub(super) fn signature(&mut self, signature: &Signature) {
        let Signature { device, inode, size, mode, modified, changed } = signature;
        for number in [*device, *inode, *size, u64::from(*mode)] {
            self.number(number);
        }
        self.moment(*modified);
        self.moment(*changed);
    }
}

/// What is left to be read.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            let bits = u64::from(byte & 0x7f);
            // The tenth byte has room for one bit.
            if shift == 63 && bits > 1 {
                return None;
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    pub(super) fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    pub(super) fn text(&mut self) -> Option<String> {
        let length = self.count()?;
        String::from_utf8(self.take(length)?.to_vec()).ok()
    }

    pub(super) fn digest(&mut self) -> Option<Digest> {
        Digest::try_from(self.text()?).ok()
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(super) fn moment(&mut self) -> Option<Moment> {
        let seconds = i64::from_le_bytes(self.array()?);
        Some(Moment { seconds, nanos: u32::from_le_bytes(self.array()?) })
    }

    pub(super) fn signature(&mut self) -> Option<Signature> {
        let (device, inode, size) = (self.number()?, self.number()?, self.number()?);
        let mode = u32::try_from(self.number()?).ok()?;
        Some(Signature { device, inode, size, mode, modified: self.moment()?, changed: self.moment()? })
    }

    /// As many as are counted.
    pub(super) fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.count()?;
        // Each takes a byte at least: a count that lies makes no room.
        let mut list = Vec::with_capacity(count.min(self.0.len()));
        for _ in 0..count {
            list.push(one(self)?);
        }
        Some(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_and_those_too_large_do_not() {
        for number in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut writer = Writer::default();
            writer.number(number);
            let mut reader = Reader(&writer.0);
            assert_eq!((reader.number(), reader.0.len()), (Some(number), 0));
            assert_eq!(Reader(&writer.0[1..]).number().filter(|_| number < 128), None);
        }
        assert_eq!(Reader(&[0xff; 11]).number(), None);
        assert_eq!(Reader(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]).number(), None);
    }

    #[test]
    fn a_length_that_lies_takes_no_memory() {
        let mut writer = Writer::default();
        writer.number(u64::MAX);
        assert_eq!(Reader(&writer.0).text(), None);
        assert_eq!(Reader(&writer.0).list(Reader::text), None);
    }
}
