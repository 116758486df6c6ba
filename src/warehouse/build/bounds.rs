//! What is looked at in a Parquet file of unknown origin before the Parquet library may read it: how deep its schema nests, and how
//! large its pages are. The library takes both from the file on trust, and would take memory or stack without bound.
//!
//! Refuses DELTA_BYTE_ARRAY: there a page of a few bytes can stand for any number of long texts.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use parquet::file::metadata::ColumnChunkMetaData;

use super::super::thrift::{I32, LIST, Reader, STRUCT};

/// Bytes of one page, compressed or not.
const PAGE_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Bytes of a page's header; most have thirty.
const HEADER_BYTES_MAX: usize = 64 * 1024;
const HEADER_BYTES: usize = 256;
const SCHEMA_ELEMENTS_MAX: usize = 10_000;
const SCHEMA_DEPTH_MAX: usize = 16;
const DELTA_BYTE_ARRAY: i32 = 7;
const DICTIONARY_PAGE: i32 = 2;

/// An open file and its length.
pub(super) struct Source {
    pub(super) file: File,
    pub(super) bytes: u64,
}

/// Whether the schema of a footer nests within reason; `None` where it is no footer or does not.
pub(super) fn check_schema(footer: &[u8]) -> Option<()> {
    let mut reader = Reader::new(footer);
    let mut last = 0;
    loop {
        match reader.field(last)? {
            (2, LIST) => break,
            (0, _) => return None,
            (id, wire) => {
                reader.skip(wire)?;
                last = id;
            }
        }
    }
    let (elements, kind) = reader.list()?;
    if kind != STRUCT || elements == 0 || elements > SCHEMA_ELEMENTS_MAX {
        return None;
    }
    // How many children each open group still expects.
    let mut open: Vec<usize> = vec![1];
    for _ in 0..elements {
        while open.last() == Some(&0) {
            open.pop();
        }
        *open.last_mut()? -= 1;
        let children = children(&mut reader)?;
        if children > 0 {
            open.push(children);
        }
        if open.len() > SCHEMA_DEPTH_MAX {
            return None;
        }
    }
    open.iter().all(|expected| *expected == 0).then_some(())
}

/// The number of children of the next element of the schema.
fn children(reader: &mut Reader<'_>) -> Option<usize> {
    let (mut children, mut last) = (0, 0);
    loop {
        match reader.field(last)? {
            (0, _) => return Some(children),
            (5, I32) => {
                children = usize::try_from(reader.i32()?).ok()?;
                last = 5;
            }
            (id, wire) => {
                reader.skip(wire)?;
                last = id;
            }
        }
    }
}

/// One page's header.
#[derive(Default)]
struct Header {
    length: usize,
    kind: i32,
    full: usize,
    packed: usize,
    encoding: Option<i32>,
}

/// The memory that reading a column of a row group takes: its dictionary, two pages, and one as it lies in the file.
pub(super) fn memory_of(source: &Source, column: &ColumnChunkMetaData) -> Result<u64, &'static str> {
    const BROKEN: &str = "a page header is broken";
    let place = |offset: i64| u64::try_from(offset).map_err(|_| BROKEN);
    let mut at = place(column.dictionary_page_offset().unwrap_or(column.data_page_offset()))?;
    let end = at.checked_add(place(column.compressed_size())?).filter(|end| *end <= source.bytes);
    let end = end.ok_or("a column lies beyond the end of the file")?;
    let (mut dictionary, mut full, mut packed) = (0, 0, 0);
    while at < end {
        let header = header_at(source, at, end).ok_or(BROKEN)?;
        if header.full > PAGE_BYTES_MAX || header.packed > PAGE_BYTES_MAX {
            return Err("a page is larger than 256 MiB");
        }
        if header.encoding == Some(DELTA_BYTE_ARRAY) {
            return Err("a column has the encoding DELTA_BYTE_ARRAY, which is not read");
        }
        match header.kind {
            DICTIONARY_PAGE => dictionary = dictionary.max(header.full),
            _ => full = full.max(header.full),
        }
        packed = packed.max(header.packed);
        at += (header.length + header.packed) as u64;
    }
    if at == end { Ok((dictionary + 2 * full + packed) as u64) } else { Err(BROKEN) }
}

fn header_at(source: &Source, at: u64, end: u64) -> Option<Header> {
    let within = |most: usize| usize::try_from(end - at).unwrap_or(usize::MAX).min(most);
    let read = |most: usize| {
        let mut bytes = vec![0; within(most)];
        source.file.read_exact_at(&mut bytes, at).ok()?;
        header(&bytes)
    };
    read(HEADER_BYTES).or_else(|| read(HEADER_BYTES_MAX))
}

fn header(bytes: &[u8]) -> Option<Header> {
    let mut reader = Reader::new(bytes);
    let mut found = Header::default();
    let mut last = 0;
    loop {
        let (id, wire) = reader.field(last)?;
        match (id, wire) {
            (0, _) => break,
            (1, I32) => found.kind = reader.i32()?,
            (2, I32) => found.full = usize::try_from(reader.i32()?).ok()?,
            (3, I32) => found.packed = usize::try_from(reader.i32()?).ok()?,
            (5, STRUCT) => found.encoding = number_in(&mut reader, 2)?,
            (8, STRUCT) => found.encoding = number_in(&mut reader, 4)?,
            _ => reader.skip(wire)?,
        }
        last = id;
    }
    found.length = bytes.len() - reader.rest().len();
    Some(found)
}

/// A field of the struct that comes next.
fn number_in(reader: &mut Reader<'_>, wanted: i16) -> Option<Option<i32>> {
    let (mut found, mut last) = (None, 0);
    loop {
        let (id, wire) = reader.field(last)?;
        match (id, wire) {
            (0, _) => return Some(found),
            (id, I32) if id == wanted => found = Some(reader.i32()?),
            _ => reader.skip(wire)?,
        }
        last = id;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::thrift::Writer;
    use proptest::prelude::*;

    /// A footer whose schema has groups with these numbers of children.
    fn footer(children: &[i64]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes);
        writer.field(1, I32);
        writer.number(2);
        writer.field(1, LIST);
        writer.list(children.len(), STRUCT);
        for count in children {
            writer.field(5, I32);
            writer.number(*count);
            writer.end();
        }
        writer.end();
        bytes
    }

    #[test]
    fn a_schema_may_nest_a_little_and_must_add_up() {
        assert!(check_schema(&footer(&[2, 0, 0])).is_some());
        assert!(check_schema(&footer(&[2, 1, 0, 0])).is_some());
        for wrong in [&[][..], &[2, 0], &[1, 0, 0], &[-1], &[i64::from(i32::MAX)]] {
            assert!(check_schema(&footer(wrong)).is_none(), "{wrong:?}");
        }
        assert!(check_schema(&footer(&[[1; 15].as_slice(), &[0]].concat())).is_some());
        assert!(check_schema(&footer(&[[1; 5000].as_slice(), &[0]].concat())).is_none());
    }

    proptest! {
        #[test]
        fn no_bytes_are_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _any = check_schema(&bytes);
            let _any = header(&bytes);
        }
    }
}
