//! A resident between input and snapshot: the values of all columns but the NIK one after the other, so that rows are moved,
//! sorted and spilled as plain bytes. Ids take eight bytes, numbers, codes and dates four, texts two for their length and their own.

use super::super::group::{Record, Value};
use super::super::schema::{COLUMNS, Column, Physical, physical};
use super::decode::Stored;

/// Appends a value in the form of its column. False where it is of another kind.
pub(super) fn push(out: &mut Vec<u8>, column: Column, value: Stored<'_>) -> bool {
    match (physical(column), value) {
        (Physical::Long, Stored::Long(long)) => out.extend_from_slice(&long.to_le_bytes()),
        (Physical::Int | Physical::Date, Stored::Int(int)) => out.extend_from_slice(&int.to_le_bytes()),
        (Physical::Text, Stored::Text(text)) => return push_text(out, text.len(), text.bytes()),
        (Physical::Text, Stored::Lines(text)) => {
            let flat = text.bytes().map(|byte| if byte < b' ' { b' ' } else { byte });
            return push_text(out, text.len(), flat);
        }
        (Physical::Text, Stored::Digits(number)) => {
            let text = number.to_string();
            return push_text(out, text.len(), text.bytes());
        }
        _ => return false,
    }
    true
}

fn push_text(out: &mut Vec<u8>, length: usize, bytes: impl Iterator<Item = u8>) -> bool {
    let Ok(short) = u16::try_from(length) else { return false };
    out.extend_from_slice(&short.to_le_bytes());
    out.extend(bytes);
    true
}

/// The row that these bytes are, with its NIK; `None` where they are none.
pub(super) fn unpack(nik: i64, mut bytes: &[u8]) -> Option<Record<'_>> {
    let mut record = [Value::Long(nik); COLUMNS];
    for (column, slot) in record.iter_mut().enumerate().skip(1) {
        *slot = match physical(column) {
            Physical::Long => {
                let (long, rest) = bytes.split_first_chunk()?;
                bytes = rest;
                Value::Long(i64::from_le_bytes(*long))
            }
            Physical::Int | Physical::Date => {
                let (int, rest) = bytes.split_first_chunk()?;
                bytes = rest;
                Value::Int(i32::from_le_bytes(*int))
            }
            Physical::Text => {
                let (length, rest) = bytes.split_first_chunk()?;
                let (text, rest) = rest.split_at_checked(u16::from_le_bytes(*length).into())?;
                bytes = rest;
                Value::Text(std::str::from_utf8(text).ok()?)
            }
        };
    }
    bytes.is_empty().then_some(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of a row as the columns want them.
    fn row() -> Vec<u8> {
        let mut bytes = Vec::new();
        for column in 1..COLUMNS {
            let value = match physical(column) {
                Physical::Long => Stored::Long(-7),
                Physical::Int | Physical::Date => Stored::Int(column as i32),
                Physical::Text if column % 3 == 0 => Stored::Digits(42),
                Physical::Text if column % 3 == 1 => Stored::Lines("A\r\nÉ"),
                Physical::Text => Stored::Text("SITI"),
            };
            assert!(push(&mut bytes, column, value));
        }
        bytes
    }

    #[test]
    fn a_row_comes_back_as_it_was_packed() {
        let bytes = row();
        let record = unpack(5, &bytes).unwrap();
        for (column, value) in record.into_iter().enumerate() {
            match value {
                Value::Long(long) => assert_eq!(long, if column == 0 { 5 } else { -7 }),
                Value::Int(int) => assert_eq!(int, column as i32),
                Value::Text(text) => assert_eq!(text, ["42", "A  É", "SITI"][column % 3]),
            }
        }
    }

    #[test]
    fn no_part_of_a_row_is_a_row_and_no_value_goes_into_a_column_of_another_kind() {
        let bytes = row();
        for length in 0..bytes.len() {
            assert!(unpack(5, &bytes[..length]).is_none());
        }
        assert!(unpack(5, &[bytes.as_slice(), &[0]].concat()).is_none());
        assert!(!push(&mut Vec::new(), 1, Stored::Text("A")));
        assert!(!push(&mut Vec::new(), 2, Stored::Long(1)));
    }
}
