//! Records of a CSV file, read strictly (RFC 4180): what is quoted must be quoted whole, and every record has an end within reach.
//! A lenient reader would take a file with one stray quote for a single endless field, or shift values into other columns.

use std::io::{self, Read};

/// Bytes of one record; twice what all columns at their bounds take.
const RECORD_BYTES_MAX: usize = 64 * 1024;
/// Fields of one record.
const FIELDS_MAX: usize = 1024;

/// Why a file is no CSV.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("it cannot be read: {0}")]
    Io(io::Error),
    #[error("a quote where none may stand")]
    Quote,
    #[error("a quote that is never closed")]
    Unclosed,
    #[error("a record of more than 64 KiB or 1024 fields, as where a quote is missing")]
    TooLong,
}

/// Reads records one after the other.
pub(super) struct Records<R> {
    input: R,
    buffer: Box<[u8]>,
    at: usize,
    filled: usize,
    delimiter: u8,
    /// The line at which the next byte stands, from 1.
    line: u64,
    /// Bytes read so far.
    taken: u64,
}

/// Records in memory. Holds personal data: no `Debug`.
#[derive(Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    /// The end of each field in `bytes`.
    ends: Vec<u32>,
    /// The number of its first field and the line of each record.
    records: Vec<(u32, u64)>,
}

enum State {
    FieldStart,
    Plain,
    Quoted,
    AfterQuote,
    AfterReturn,
}

impl<R: Read> Records<R> {
    pub(super) fn new(input: R, delimiter: u8) -> Self {
        Self { input, buffer: vec![0; 64 * 1024].into(), at: 0, filled: 0, delimiter, line: 1, taken: 0 }
    }

    /// The line at which the next record begins, or at which reading stopped.
    pub(super) const fn line(&self) -> u64 {
        self.line
    }

    /// Bytes read from the file since this was last asked.
    pub(super) fn taken(&mut self) -> u64 {
        std::mem::take(&mut self.taken)
    }

    /// Appends the next record, empty lines passed over; false at the end.
    pub(super) fn read(&mut self, batch: &mut Batch) -> Result<bool, Broken> {
        let mut open = Open { batch, first_field: 0, first_byte: 0, line: 0 };
        open.begin(self.line);
        let mut state = State::FieldStart;
        loop {
            if self.at == self.filled && !self.fill()? {
                return match state {
                    State::Quoted => Err(Broken::Unclosed),
                    State::FieldStart if open.is_blank() => Ok(false),
                    _ => Ok(open.end_record()),
                };
            }
            let rest = self.buffer.get(self.at..self.filled).unwrap_or_default();
            let (length, stop) = match state {
                State::Quoted => span(rest, |byte| byte == b'"'),
                State::Plain => span(rest, |byte| byte == self.delimiter || byte == b'\n' || byte == b'"'),
                State::FieldStart | State::AfterQuote | State::AfterReturn => span(rest, |_| true),
            };
            let plain = rest.get(..length).unwrap_or_default();
            open.take(plain)?;
            self.line += plain.iter().filter(|byte| **byte == b'\n').count() as u64;
            self.at += length;
            let Some(byte) = stop else { continue };
            let newline = byte == b'\n';
            state = match state {
                State::FieldStart if byte == b'"' => State::Quoted,
                // What begins a plain field belongs to it.
                State::FieldStart if byte != self.delimiter && !newline => {
                    state = State::Plain;
                    continue;
                }
                State::Plain if byte == b'"' => return Err(Broken::Quote),
                State::Quoted => State::AfterQuote,
                State::AfterQuote if byte == b'"' => {
                    open.take(b"\"")?;
                    State::Quoted
                }
                State::AfterQuote if byte == b'\r' => State::AfterReturn,
                State::AfterReturn if !newline => return Err(Broken::Quote),
                State::AfterQuote if byte != self.delimiter && !newline => return Err(Broken::Quote),
                State::FieldStart | State::Plain | State::AfterQuote | State::AfterReturn => {
                    open.end_field(newline && matches!(state, State::Plain))?;
                    State::FieldStart
                }
            };
            self.at += 1;
            if newline {
                self.line += 1;
                if matches!(state, State::FieldStart) && open.ended_line(self.line) {
                    return Ok(true);
                }
            }
        }
    }

    fn fill(&mut self) -> Result<bool, Broken> {
        self.at = 0;
        self.filled = loop {
            match self.input.read(&mut self.buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other.map_err(Broken::Io)?,
            }
        };
        self.taken += self.filled as u64;
        Ok(self.filled > 0)
    }
}

/// How many bytes come before the first that `stops`, and that one.
fn span(bytes: &[u8], stops: impl Fn(u8) -> bool) -> (usize, Option<u8>) {
    let length = bytes.iter().position(|byte| stops(*byte)).unwrap_or(bytes.len());
    (length, bytes.get(length).copied())
}

/// The record being read.
struct Open<'b> {
    batch: &'b mut Batch,
    first_field: usize,
    first_byte: usize,
    line: u64,
}

impl Open<'_> {
    fn begin(&mut self, line: u64) {
        self.first_field = self.batch.ends.len();
        self.first_byte = self.batch.bytes.len();
        self.line = line;
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        self.batch.bytes.extend_from_slice(bytes);
        if self.batch.bytes.len() - self.first_byte > RECORD_BYTES_MAX { Err(Broken::TooLong) } else { Ok(()) }
    }

    fn end_field(&mut self, at_line_end: bool) -> Result<(), Broken> {
        let began = self.batch.ends.last().map_or(0, |end| *end as usize).max(self.first_byte);
        if at_line_end && self.batch.bytes.len() > began && self.batch.bytes.last() == Some(&b'\r') {
            self.batch.bytes.pop();
        }
        self.batch.ends.push(self.batch.bytes.len() as u32);
        if self.batch.ends.len() - self.first_field > FIELDS_MAX { Err(Broken::TooLong) } else { Ok(()) }
    }

    fn is_blank(&self) -> bool {
        self.batch.ends.len() == self.first_field && self.batch.bytes.len() == self.first_byte
    }

    /// After the end of a line: whether that was a record. An empty line is none.
    fn ended_line(&mut self, next_line: u64) -> bool {
        if self.batch.ends.len() == self.first_field + 1 && self.batch.bytes.len() == self.first_byte {
            self.batch.ends.truncate(self.first_field);
            self.begin(next_line);
            return false;
        }
        self.batch.records.push((self.first_field as u32, self.line));
        true
    }

    /// At the end of a file whose last line has no end.
    fn end_record(&mut self) -> bool {
        self.end_field(true).is_ok() && self.ended_line(self.line)
    }
}

impl Batch {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.records.clear();
    }

    pub(super) const fn len(&self) -> usize {
        self.records.len()
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The line at which a record begins.
    pub(super) fn line(&self, record: usize) -> u64 {
        self.records.get(record).map_or(0, |(_, line)| *line)
    }

    /// How many fields a record has.
    pub(super) fn fields(&self, record: usize) -> usize {
        let (first, after) = self.field_range(record);
        after - first
    }

    /// A field of a record; `None` where it has none or the field is not UTF-8.
    pub(super) fn field(&self, record: usize, field: usize) -> Option<&str> {
        let (first, after) = self.field_range(record);
        let number = first.checked_add(field).filter(|number| *number < after)?;
        let end = *self.ends.get(number)? as usize;
        let start = number.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).map(|end| *end as usize))?;
        std::str::from_utf8(self.bytes.get(start..end)?).ok()
    }

    fn field_range(&self, record: usize) -> (usize, usize) {
        let first = |record: usize| self.records.get(record).map_or(self.ends.len(), |(first, _)| *first as usize);
        (first(record), first(record + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives a few bytes at a time, so that records lie over the ends of reads.
    struct Drops<'a>(&'a [u8], usize);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(buffer.len());
            let (given, rest) = self.0.split_at(count);
            buffer[..count].copy_from_slice(given);
            self.0 = rest;
            Ok(count)
        }
    }

    /// The lines and fields of a file.
    fn parsed(text: &[u8], drop: usize) -> Result<Vec<(u64, Vec<String>)>, String> {
        let mut records = Records::new(Drops(text, drop), b',');
        let mut batch = Batch::default();
        while records.read(&mut batch).map_err(|broken| format!("{broken}, line {}", records.line()))? {}
        let fields = |record| (0..batch.fields(record)).map(|f| batch.field(record, f).unwrap().to_owned()).collect();
        Ok((0..batch.len()).map(|record| (batch.line(record), fields(record))).collect())
    }

    #[test]
    fn reads_quotes_empty_fields_and_either_end_of_line() {
        let text = b"a,b,c\r\n1,,\r\n\"x,\"\"y\"\"\nz\",2,\"3\"\r\n\r\n\n,,\n\"\",,last";
        for drop in [1, 2, 3, 7, 1000] {
            let rows = parsed(text, drop).unwrap();
            let expected: Vec<(u64, Vec<&str>)> = vec![
                (1, vec!["a", "b", "c"]),
                (2, vec!["1", "", ""]),
                (3, vec!["x,\"y\"\nz", "2", "3"]),
                (7, vec!["", "", ""]),
                (8, vec!["", "", "last"]),
            ];
            assert_eq!(rows.len(), expected.len(), "{rows:?}");
            for (row, wanted) in rows.iter().zip(expected) {
                assert_eq!((row.0, row.1.iter().map(String::as_str).collect::<Vec<_>>()), wanted, "in drops of {drop}");
            }
        }
    }

    #[test]
    fn refuses_broken_quotes_and_says_where() {
        for (text, message) in [
            ("a,b\n1,JL. \"X\" 5\n", "a quote where none may stand, line 2"),
            ("a,b\n\"1\"x,2\n", "a quote where none may stand, line 2"),
            ("a,b\n\"1\"\rx,2\n", "a quote where none may stand, line 2"),
            ("a,b\n1,\"2\n3,4\n", "a quote that is never closed, line 4"),
        ] {
            assert_eq!(parsed(text.as_bytes(), 4).err().as_deref(), Some(message), "{text}");
        }
        let endless = format!("a,b\n1,\"{}", "x\n".repeat(200_000));
        assert!(parsed(endless.as_bytes(), 4096).err().is_some_and(|error| error.starts_with("a record of more than")));
        assert!(parsed(",".repeat(2000).as_bytes(), 4096).is_err());
    }

    proptest! {
        #[test]
        fn agrees_with_the_csv_library_on_what_it_writes(
            rows in proptest::collection::vec(proptest::collection::vec("[a-z\",\n\r é]{0,6}", 2..5), 1..6),
            drop in 1usize..9,
        ) {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let text = writer.into_inner().unwrap();
            let read: Vec<_> = parsed(&text, drop).unwrap().into_iter().map(|(_, fields)| fields).collect();
            prop_assert_eq!(read, rows);
        }

        #[test]
        fn no_bytes_are_a_panic(bytes in proptest::collection::vec(prop_oneof![Just(b'"'), Just(b','), Just(b'\n'), Just(b'\r'), any::<u8>()], 0..60), drop in 1usize..9) {
            let mut records = Records::new(Drops(&bytes, drop), b',');
            let mut batch = Batch::default();
            while matches!(records.read(&mut batch), Ok(true)) {}
            for record in 0..batch.len() {
                for field in 0..=batch.fields(record) {
                    let _any = batch.field(record, field);
                }
            }
        }
    }
}
