//! One Parquet data page (version 1, PLAIN, uncompressed, REQUIRED): written with its checksum, read only when everything in its
//! header says what the directory expects and the checksum fits.
//!
//! Parquet's CRC-32 covers the page's data but not its header, so nothing in the header is taken on trust: the lengths must be
//! those of the slice, the number of values the directory's. What differs is no page: the caller reports the damage.

use super::thrift::{I32, Reader, STRUCT, Writer};

/// Numbers of the Parquet format.
const DATA_PAGE: i32 = 0;
pub(super) const PLAIN: i32 = 0;
const RLE: i32 = 3;

/// Appends the page: header, then `body`.
pub(super) fn write(out: &mut Vec<u8>, rows: usize, body: &[u8]) {
    let bytes = body.len() as i64;
    let mut writer = Writer::new(out);
    writer.field(1, I32);
    writer.number(DATA_PAGE.into());
    writer.field(1, I32);
    writer.number(bytes);
    writer.field(1, I32);
    writer.number(bytes);
    writer.field(1, I32);
    writer.number(crc32fast::hash(body).cast_signed().into());
    writer.field(1, STRUCT);
    writer.field(1, I32);
    writer.number(rows as i64);
    for encoding in [PLAIN, RLE, RLE] {
        writer.field(1, I32);
        writer.number(encoding.into());
    }
    writer.end();
    writer.end();
    out.extend_from_slice(body);
}

/// The data of a page that fills `bytes` and holds `rows` values; `None` for anything else.
pub(super) fn open(bytes: &[u8], rows: usize) -> Option<&[u8]> {
    let mut reader = Reader::new(bytes);
    let (mut page_type, mut full, mut packed, mut crc, mut values) = (None, None, None, None, None);
    let mut last = 0;
    loop {
        let (id, wire) = reader.field(last)?;
        match (id, wire) {
            (0, _) => break,
            (1, I32) => page_type = Some(reader.i32()?),
            (2, I32) => full = Some(reader.i32()?),
            (3, I32) => packed = Some(reader.i32()?),
            (4, I32) => crc = Some(reader.i32()?),
            (5, STRUCT) => values = Some(plain_values(&mut reader)?),
            _ => reader.skip(wire)?,
        }
        last = id;
    }
    let body = reader.rest();
    let length = i32::try_from(body.len()).ok();
    let sound = page_type == Some(DATA_PAGE)
        && full == length
        && packed == length
        && values == i32::try_from(rows).ok()
        && crc == Some(crc32fast::hash(body).cast_signed());
    sound.then_some(body)
}

/// The data page header's number of values, if they are PLAIN.
fn plain_values(reader: &mut Reader<'_>) -> Option<i32> {
    let (mut values, mut encoding) = (None, None);
    let mut last = 0;
    loop {
        let (id, wire) = reader.field(last)?;
        match (id, wire) {
            (0, _) => break,
            (1, I32) => values = Some(reader.i32()?),
            (2, I32) => encoding = Some(reader.i32()?),
            _ => reader.skip(wire)?,
        }
        last = id;
    }
    if encoding == Some(PLAIN) { values } else { None }
}

/// The INT64 at a place.
pub(super) fn long_at(body: &[u8], place: usize) -> Option<i64> {
    body.get(place * 8..)?.first_chunk().map(|bytes| i64::from_le_bytes(*bytes))
}

/// The INT32 at a place.
pub(super) fn int_at(body: &[u8], place: usize) -> Option<i32> {
    body.get(place * 4..)?.first_chunk().map(|bytes| i32::from_le_bytes(*bytes))
}

/// The text at a place.
pub(super) fn text_at(body: &[u8], place: usize) -> Option<&str> {
    let mut rest = body;
    for _ in 0..place {
        let (length, after) = rest.split_first_chunk()?;
        rest = after.get(u32::from_le_bytes(*length) as usize..)?;
    }
    let (length, after) = rest.split_first_chunk()?;
    std::str::from_utf8(after.get(..u32::from_le_bytes(*length) as usize)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut body = Vec::new();
        for text in ["SITI", "", "BUDI SANTOSO"] {
            body.extend_from_slice(&(text.len() as u32).to_le_bytes());
            body.extend_from_slice(text.as_bytes());
        }
        let mut page = Vec::new();
        write(&mut page, 3, &body);
        page
    }

    #[test]
    fn reads_back_what_it_wrote() {
        let page = sample();
        let body = open(&page, 3).unwrap();
        let texts: Vec<_> = (0..4).map(|place| text_at(body, place)).collect();
        assert_eq!(texts, [Some("SITI"), Some(""), Some("BUDI SANTOSO"), None]);
    }

    #[test]
    fn refuses_another_number_of_rows_and_any_other_length() {
        let page = sample();
        assert!(open(&page, 2).is_none());
        assert!(open(&page[..page.len() - 1], 3).is_none());
        assert!(open(&[page.as_slice(), &[0]].concat(), 3).is_none());
    }

    #[test]
    fn no_flipped_bit_gives_another_body() {
        let page = sample();
        let sound = open(&page, 3).unwrap().to_vec();
        for at in 0..page.len() {
            for bit in 0..8 {
                let mut damaged = page.clone();
                damaged[at] ^= 1 << bit;
                assert!(open(&damaged, 3).is_none_or(|body| body == sound), "byte {at} bit {bit}");
            }
        }
    }

    #[test]
    fn a_page_without_a_checksum_is_no_page() {
        let page = sample();
        let mut reader = Reader::new(&page);
        for id in 1..=3 {
            assert_eq!(reader.field(id - 1), Some((id, I32)));
            reader.i32().unwrap();
        }
        let crc_at = page.len() - reader.rest().len();
        reader.field(3).unwrap();
        reader.i32().unwrap();
        // Leave the field out: the next one then lies two ids after the one before.
        let mut without = page[..crc_at].to_vec();
        without.push(0x2c);
        without.extend_from_slice(&reader.rest()[1..]);
        assert!(open(&without, 3).is_none());
    }
}
