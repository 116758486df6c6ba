//! The parts that entries are written in: big-endian numbers, counts of 7 bits a byte in their shortest form, texts with a length.

use jiff::Timestamp;

use crate::kernel::limits::{AUDIT_ENTRY_BYTES_MAX, AUDIT_TEXT_BYTES_MAX};

/// Why bytes are no entry, or an entry can't become bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecFault {
    /// A format version, kind of entry or flag that this program does not know.
    #[error("written in a format that is not known here")]
    Unknown,
    /// The bytes end too early or too late, or something is longer than allowed.
    #[error("has the wrong length")]
    Length,
    /// A part that has no such value, or not in the one way it is written.
    #[error("holds a part that is not valid")]
    Value,
}

/// Appends parts.
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(288))
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn time(&mut self, time: Timestamp) {
        self.bytes(&time.as_microsecond().to_be_bytes());
    }

    pub(super) fn count(&mut self, mut count: u64) {
        while count > 0x7f {
            self.byte(u8::try_from(count & 0x7f).unwrap_or_default() | 0x80);
            count >>= 7;
        }
        self.byte(u8::try_from(count).unwrap_or_default());
    }

    pub(super) fn text(&mut self, text: &str) -> Result<(), CodecFault> {
        if text.len() > AUDIT_TEXT_BYTES_MAX {
            return Err(CodecFault::Length);
        }
        self.count(text.len() as u64);
        self.bytes(text.as_bytes());
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Vec<u8>, CodecFault> {
        if self.0.len() <= AUDIT_ENTRY_BYTES_MAX { Ok(self.0) } else { Err(CodecFault::Length) }
    }
}

/// Takes parts off.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, CodecFault> {
        if bytes.len() <= AUDIT_ENTRY_BYTES_MAX { Ok(Self(bytes)) } else { Err(CodecFault::Length) }
    }

    pub(super) fn byte(&mut self) -> Result<u8, CodecFault> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecFault> {
        let (part, rest) = self.0.split_first_chunk::<N>().ok_or(CodecFault::Length)?;
        self.0 = rest;
        Ok(*part)
    }

    pub(super) fn time(&mut self) -> Result<Timestamp, CodecFault> {
        let micros = i64::from_be_bytes(self.array()?);
        Timestamp::from_microsecond(micros).map_err(|_| CodecFault::Value)
    }

    pub(super) fn count(&mut self) -> Result<u64, CodecFault> {
        let mut count = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            // The tenth byte has room for one bit; a last byte of zero would be a longer way to write the same count.
            if (shift == 63 && bits > 1) || (shift > 0 && byte == 0) {
                return Err(CodecFault::Value);
            }
            count |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(count);
            }
        }
        Err(CodecFault::Value)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, CodecFault> {
        let length =
            usize::try_from(self.count()?).ok().filter(|length| *length <= AUDIT_TEXT_BYTES_MAX).ok_or(CodecFault::Length)?;
        let (part, rest) = self.0.split_at_checked(length).ok_or(CodecFault::Length)?;
        self.0 = rest;
        std::str::from_utf8(part).map_err(|_| CodecFault::Value)
    }

    pub(super) fn finish(self) -> Result<(), CodecFault> {
        if self.0.is_empty() { Ok(()) } else { Err(CodecFault::Length) }
    }
}

/// Format version, the first byte of every entry.
pub(super) const VERSION: u8 = 1;
/// Kind of entry, the second byte: a question.
pub(super) const KIND_QUESTION: u8 = 1;
/// Kind of entry: strangers.
pub(super) const KIND_STRANGERS: u8 = 2;

/// What is there, and what is so: one bit each, none left. INVARIANT: never renumbered. Entries from before `HELD` have it clear.
pub(super) mod flag {
    pub(in super::super) const PKS: u16 = 1 << 0;
    pub(in super::super) const ACCOUNT: u16 = 1 << 1;
    pub(in super::super) const CERTIFICATE: u16 = 1 << 2;
    pub(in super::super) const OFFICER: u16 = 1 << 3;
    pub(in super::super) const METHOD: u16 = 1 << 4;
    pub(in super::super) const GENERATION: u16 = 1 << 5;
    pub(in super::super) const PURPOSE: u16 = 1 << 6;
    pub(in super::super) const THRESHOLD: u16 = 1 << 7;
    pub(in super::super) const SUBJECT: u16 = 1 << 8;
    pub(in super::super) const REGION: u16 = 1 << 9;
    pub(in super::super) const SNAPSHOT: u16 = 1 << 10;
    pub(in super::super) const COUNTED: u16 = 1 << 11;
    pub(in super::super) const FOUND: u16 = 1 << 12;
    pub(in super::super) const REFUSED: u16 = 1 << 13;
    pub(in super::super) const IPV6: u16 = 1 << 14;
    pub(in super::super) const HELD: u16 = 1 << 15;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_has_one_way_to_be_written() {
        for (bytes, count) in [
            (&[0x7f][..], Ok(127)),
            (&[0x80, 0x01], Ok(128)),
            (&[0x80, 0x00], Err(CodecFault::Value)),
            (&[0xff, 0x80, 0x00], Err(CodecFault::Value)),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], Ok(u64::MAX)),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02], Err(CodecFault::Value)),
            (&[0x80; 11], Err(CodecFault::Value)),
            (&[0x80], Err(CodecFault::Length)),
        ] {
            let mut reader = Reader::new(bytes).unwrap();
            assert_eq!(reader.count(), count, "{bytes:02x?}");
        }
    }
}
