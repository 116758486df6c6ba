//! The page indexes of Parquet: where each page of a column lies (offset index) and its lowest and highest value (column index).
//! Written in the standard's form, and read without the library's intermediate structures: opening 20 million residents walks
//! some six million entries.

use super::group::PageMark;
use super::schema::{Column, Physical, physical};
use super::thrift::{BINARY, I32, I64, LIST, Reader, STRUCT, TRUE, Writer};

/// The standard's number for values that only rise from page to page.
const ASCENDING: i64 = 1;
const UNORDERED: i64 = 0;

/// Where a page lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Location {
    /// From the beginning of the file.
    pub(super) offset: u64,
    /// With its header.
    pub(super) bytes: usize,
    /// The number of its first row within the row group.
    pub(super) first_row: u64,
}

/// An offset index as bytes.
pub(super) fn offset_index(locations: &[Location]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(locations.len() * 16 + 16);
    let mut writer = Writer::new(&mut bytes);
    writer.field(1, LIST);
    writer.list(locations.len(), STRUCT);
    for location in locations {
        writer.field(1, I64);
        writer.number(location.offset as i64);
        writer.field(1, I32);
        writer.number(location.bytes as i64);
        writer.field(1, I64);
        writer.number(location.first_row as i64);
        writer.end();
    }
    writer.end();
    bytes
}

/// The column index of a column of numbers as bytes.
pub(super) fn column_index(column: Column, marks: &[PageMark]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(marks.len() * 20 + 32);
    let mut writer = Writer::new(&mut bytes);
    writer.field(1, LIST);
    writer.list(marks.len(), TRUE);
    for _ in marks {
        writer.truth(false);
    }
    for bound in [|mark: &PageMark| mark.low, |mark: &PageMark| mark.high] {
        writer.field(1, LIST);
        writer.list(marks.len(), BINARY);
        for mark in marks {
            match physical(column) {
                Physical::Long => writer.binary(&bound(mark).to_le_bytes()),
                _ => writer.binary(&(bound(mark) as i32).to_le_bytes()),
            }
        }
    }
    let rising = marks.iter().zip(marks.iter().skip(1)).all(|(a, b)| a.low <= b.low && a.high <= b.high);
    writer.field(1, I32);
    writer.number(if rising { ASCENDING } else { UNORDERED });
    writer.field(1, LIST);
    writer.list(marks.len(), I64);
    for _ in marks {
        writer.number(0);
    }
    writer.end();
    bytes
}

/// Reads an offset index; `None` if it is none.
pub(super) fn read_offset_index(bytes: &[u8], mut each: impl FnMut(Location)) -> Option<()> {
    read_list(bytes, 1, STRUCT, |reader| {
        each(read_location(reader)?);
        Some(())
    })
}

/// Reads the lowest values of the pages of an INT64 column; `None` if it is no such index.
pub(super) fn read_minima(bytes: &[u8], mut each: impl FnMut(i64)) -> Option<()> {
    read_list(bytes, 2, BINARY, |reader| {
        each(i64::from_le_bytes(reader.binary()?.try_into().ok()?));
        Some(())
    })
}

/// Reads a struct's list in the field `wanted` element by element, passing over other fields; `None` where it has none.
fn read_list<'a>(bytes: &'a [u8], wanted: i16, element: u8, mut each: impl FnMut(&mut Reader<'a>) -> Option<()>) -> Option<()> {
    let mut reader = Reader::new(bytes);
    let mut last = 0;
    let mut found = None;
    loop {
        let (id, wire) = reader.field(last)?;
        match (id, wire) {
            (0, _) => return found,
            (_, LIST) if id == wanted => {
                let (length, wire) = reader.list()?;
                if wire != element {
                    return None;
                }
                for _ in 0..length {
                    each(&mut reader)?;
                }
                found = Some(());
            }
            _ => reader.skip(wire)?,
        }
        last = id;
    }
}

fn read_location(reader: &mut Reader<'_>) -> Option<Location> {
    let (mut offset, mut bytes, mut first_row) = (None, None, None);
    let mut last = 0;
    loop {
        let (id, wire) = reader.field(last)?;
        match (id, wire) {
            (0, _) => break,
            (1, I64) => offset = u64::try_from(reader.i64()?).ok(),
            (2, I32) => bytes = usize::try_from(reader.i32()?).ok(),
            (3, I64) => first_row = u64::try_from(reader.i64()?).ok(),
            _ => reader.skip(wire)?,
        }
        last = id;
    }
    Some(Location { offset: offset?, bytes: bytes?, first_row: first_row? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_both_indexes() {
        let locations: Vec<_> =
            (0..40).map(|n| Location { offset: 4 + n * 1000, bytes: 1000 - (n as usize % 3), first_row: n * 128 }).collect();
        let mut read = Vec::new();
        read_offset_index(&offset_index(&locations), |location| read.push(location)).unwrap();
        assert_eq!(read, locations);
    }

    #[test]
    fn a_cut_index_is_none() {
        let bytes = offset_index(&[Location { offset: 4, bytes: 9, first_row: 0 }]);
        for length in 0..bytes.len() {
            assert!(read_offset_index(&bytes[..length], |_| ()).is_none());
        }
    }
}
