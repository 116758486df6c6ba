//! What counts against quotas, tallied from the log at start: quick, for it stands between a restart and the first answer.
//!
//! Checks each group's checksums and reads of each entry only when, whose and whether it counts. Chain and leaves are not derived
//! anew here: opening the log does that for its latest segments, `audit verify` for all.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::error::JournalError;
use super::reader::{header_of, read_segment, segments};
use crate::audit::format::{GROUP_HEADER_BYTES, GROUP_TRAILER_BYTES, SEGMENT_HEADER_BYTES};
use crate::audit::fsck::{read_group_header, split_entries};
use crate::audit::{Damage, Guessed, What, counted, guessed};
use crate::disk::Disk;
use crate::kernel::LembagaId;

/// Entries of a lembaga within an hour that count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Whose.
    pub lembaga: LembagaId,
    /// Hours since 1970, UTC: the days of all three zones begin with an hour.
    pub hour: i64,
    /// How many.
    pub count: u64,
}

impl Tally {
    /// A moment within the hour.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        Timestamp::from_second(self.hour.saturating_mul(3600)).unwrap_or_default()
    }
}

/// Tallies the entries from the hour of `from` on. Segments that were full an hour before `from` are passed over unread; the hour is
/// for clocks that were set back. Damage is an error. Each verification that was answered is handed to `seen`, whenever it was.
pub fn tally(disk: &dyn Disk, dir: &Path, from: Timestamp, seen: &mut dyn FnMut(&Guessed<'_>)) -> Result<Vec<Tally>, JournalError> {
    let names = segments(disk, dir)?;
    let horizon = from.checked_sub(SignedDuration::from_hours(1)).unwrap_or(Timestamp::MIN);
    let mut begin = 0;
    for (place, name) in names.iter().enumerate().skip(1).rev() {
        if header_of(disk, &dir.join(name))?.is_some_and(|header| header.created < horizon) {
            begin = place;
            break;
        }
    }
    let mut tallies = Tallies { from_hour: hour_of(from), rows: Vec::new(), last: 0 };
    for name in names.iter().skip(begin) {
        let bytes = read_segment(disk, &dir.join(name))?;
        tally_segment(name, &bytes, &mut tallies, seen).map_err(JournalError::damaged)?;
    }
    Ok(tallies.rows)
}

struct Tallies {
    from_hour: i64,
    rows: Vec<Tally>,
    /// The row counted last: entries of one lembaga and hour mostly follow each other.
    last: usize,
}

impl Tallies {
    fn count(&mut self, lembaga: &str, hour: i64) -> bool {
        if hour < self.from_hour {
            return true;
        }
        let fits = |row: &Tally| row.hour == hour && row.lembaga.as_str() == lembaga;
        if !self.rows.get(self.last).is_some_and(fits) {
            let Some(place) = self.rows.iter().position(fits) else {
                let Ok(lembaga) = LembagaId::parse(lembaga) else { return false };
                self.last = self.rows.len();
                self.rows.push(Tally { lembaga, hour, count: 1 });
                return true;
            };
            self.last = place;
        }
        if let Some(row) = self.rows.get_mut(self.last) {
            row.count += 1;
        }
        true
    }
}

fn tally_segment(name: &str, bytes: &[u8], tallies: &mut Tallies, seen: &mut dyn FnMut(&Guessed<'_>)) -> Result<(), Damage> {
    let mut at = SEGMENT_HEADER_BYTES;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        if rest.iter().take(GROUP_HEADER_BYTES).all(|byte| *byte == 0) {
            return Ok(());
        }
        let damage = |what| Damage {
            file: name.to_owned(),
            offset: at as u64,
            bytes: GROUP_HEADER_BYTES as u64,
            index: 0,
            what,
            expected: "a group that holds".to_owned(),
            found: "another".to_owned(),
        };
        let header = read_group_header(rest).map_err(|(what, _, _)| damage(what))?;
        let payload = rest.get(GROUP_HEADER_BYTES..).and_then(|rest| rest.get(..header.payload_bytes));
        let payload = payload.filter(|payload| crc32fast::hash(payload) == header.payload_sum);
        let payload = payload.ok_or_else(|| damage(What::Payload))?;
        for entry in split_entries(payload, header.count).ok_or_else(|| damage(What::Entries))? {
            let counts = match counted(entry) {
                Ok(Some((time, lembaga))) => tallies.count(lembaga, hour_of(time)),
                Ok(None) => true,
                Err(_unknown) => false,
            };
            let compared = guessed(entry).map_err(|_unknown| damage(What::Entry))?;
            compared.iter().for_each(&mut *seen);
            if !counts {
                return Err(damage(What::Entry));
            }
        }
        at += GROUP_HEADER_BYTES + header.payload_bytes + GROUP_TRAILER_BYTES;
    }
}

fn hour_of(time: Timestamp) -> i64 {
    time.as_second().div_euclid(3600)
}
