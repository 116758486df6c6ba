//! The little of Thrift's compact protocol that page headers and page indexes need, reading and writing.
//!
//! The reader takes bytes from a file that may be damaged: every length is checked against what is left, nesting is bounded, and
//! anything odd is `None`. It never allocates by a number that it has read.

/// Wire types of the compact protocol.
pub(super) const TRUE: u8 = 1;
pub(super) const FALSE: u8 = 2;
pub(super) const I32: u8 = 5;
pub(super) const I64: u8 = 6;
pub(super) const BINARY: u8 = 8;
pub(super) const LIST: u8 = 9;
pub(super) const STRUCT: u8 = 12;

/// How deep unknown fields may nest before they are refused.
const NESTING_MAX: u8 = 8;

/// Reads from a slice; every method gives `None` once the bytes are not what they should be.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What has not been read.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return None;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    pub(super) fn i64(&mut self) -> Option<i64> {
        let raw = self.varint()?;
        Some((raw >> 1).cast_signed() ^ -(raw & 1).cast_signed())
    }

    pub(super) fn i32(&mut self) -> Option<i32> {
        i32::try_from(self.i64()?).ok()
    }

    pub(super) fn binary(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.varint()?).ok()?;
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    /// The next field of a struct as (id, wire type); id 0 is the struct's end. `last` is the id of the field before.
    pub(super) fn field(&mut self, last: i16) -> Option<(i16, u8)> {
        let head = self.byte()?;
        if head == 0 {
            return Some((0, 0));
        }
        let id = match i16::from(head >> 4) {
            0 => i16::try_from(self.i64()?).ok()?,
            delta => last.checked_add(delta)?,
        };
        (id > 0).then_some((id, head & 0x0f))
    }

    /// The head of a list as (length, wire type). A list can't be longer than the bytes that are left.
    pub(super) fn list(&mut self) -> Option<(usize, u8)> {
        let head = self.byte()?;
        let length = match head >> 4 {
            15 => usize::try_from(self.varint()?).ok()?,
            short => usize::from(short),
        };
        (length <= self.rest.len()).then_some((length, head & 0x0f))
    }

    /// Passes over a value of any type: newer writers may add fields.
    pub(super) fn skip(&mut self, wire_type: u8) -> Option<()> {
        self.skip_nested(wire_type, 0)
    }

    fn skip_nested(&mut self, wire_type: u8, depth: u8) -> Option<()> {
        if depth > NESTING_MAX {
            return None;
        }
        match wire_type {
            TRUE | FALSE => {}
            3 => drop(self.byte()?),
            4 | I32 | I64 => drop(self.varint()?),
            7 => self.rest = self.rest.get(8..)?,
            BINARY => drop(self.binary()?),
            LIST | 10 => {
                let (length, element) = self.list()?;
                for _ in 0..length {
                    // In a list a truth value has a byte of its own.
                    self.skip_nested(if matches!(element, TRUE | FALSE) { 3 } else { element }, depth + 1)?;
                }
            }
            STRUCT => {
                let mut last = 0;
                loop {
                    let (id, inner) = self.field(last)?;
                    if id == 0 {
                        break;
                    }
                    self.skip_nested(inner, depth + 1)?;
                    last = id;
                }
            }
            _ => return None,
        }
        Some(())
    }
}

/// Appends to a vector.
pub(super) struct Writer<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> Writer<'a> {
    pub(super) const fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out }
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.out.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.out.push(value as u8);
    }

    /// The head of a field whose id lies `delta` (1-15) after the one before.
    pub(super) fn field(&mut self, delta: u8, wire_type: u8) {
        self.out.push(delta << 4 | wire_type);
    }

    pub(super) fn number(&mut self, value: i64) {
        self.varint(((value << 1) ^ (value >> 63)).cast_unsigned());
    }

    pub(super) fn binary(&mut self, bytes: &[u8]) {
        self.varint(bytes.len() as u64);
        self.out.extend_from_slice(bytes);
    }

    pub(super) fn list(&mut self, length: usize, wire_type: u8) {
        if length < 15 {
            self.out.push((length as u8) << 4 | wire_type);
        } else {
            self.out.push(0xf0 | wire_type);
            self.varint(length as u64);
        }
    }

    /// A truth value inside a list.
    pub(super) fn truth(&mut self, value: bool) {
        self.out.push(if value { TRUE } else { FALSE });
    }

    /// The end of a struct.
    pub(super) fn end(&mut self) {
        self.out.push(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn reads_back_every_number(value: i64, short: i32) {
            let mut bytes = Vec::new();
            let mut writer = Writer::new(&mut bytes);
            writer.number(value);
            writer.number(short.into());
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.i64(), Some(value));
            prop_assert_eq!(reader.i32(), Some(short));
            prop_assert!(reader.rest().is_empty());
        }

        #[test]
        fn never_panics_on_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for wire_type in 0..16 {
                let mut reader = Reader::new(&bytes);
                if reader.skip(wire_type).is_some() {
                    prop_assert!(reader.rest().len() <= bytes.len());
                }
            }
        }
    }

    #[test]
    fn refuses_nesting_without_end() {
        let deep = vec![0x1c; 64];
        assert!(Reader::new(&deep).skip(STRUCT).is_none());
        let shallow = [0x1c, 0x15, 0x02, 0x00, 0x00];
        assert!(Reader::new(&shallow).skip(STRUCT).is_some());
    }

    #[test]
    fn refuses_a_list_longer_than_the_bytes_left() {
        assert!(Reader::new(&[0xf5, 0xff, 0xff, 0xff, 0x0f]).list().is_none());
        assert_eq!(Reader::new(&[0x25, 0x02, 0x04]).list(), Some((2, I32)));
    }
}
