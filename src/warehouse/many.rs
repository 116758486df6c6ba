//! Many look-ups at once: in the order of the file, each page read and checked once, pages that lie close together read in one go.
//!
//! A batch neither asks nor fills the row cache: its residents are asked for once, and would push out those that others ask for
//! again and again. What a page that can't be read holds is missing for the rows that need it, and for no others.

use std::cell::RefCell;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use zeroize::Zeroize as _;

use super::directory::{GroupPages, PagePlace, Part};
use super::error::WarehouseError;
use super::group::Value;
use super::layers::SnapshotInfo;
use super::page;
use super::row_cache::Found;
use super::schema::{Column, NIK, Physical, STATUS, column_of, name, physical};
use super::show::show;
use super::snapshot::{Snapshot, count_damage};
use crate::kernel::{Elemen, ElemenSet, KabCode, Nik, NikStatus, RowBuilder};

/// What many look-ups gave.
pub struct FoundMany {
    /// In the order asked; `None` where what is needed can't be read.
    pub found: Vec<Option<Found>>,
    /// The snapshot that all of them are from.
    pub snapshot: SnapshotInfo,
    /// The first reason why something can't be read.
    pub error: Option<WarehouseError>,
}

/// Pages are read in one go where no more than this lies between them: about what the memory copies in the time of a system call.
const GAP_BYTES_MAX: u64 = 6 * 1024;
/// No more than this is read in one go, unless one page is larger.
const RUN_BYTES_MAX: u64 = 256 * 1024;
/// A page is never larger than this.
const PAGE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Rows whose values are gathered at once.
const SPOTS_MAX: usize = 512;
/// Room for one value of a fixed length as it is shown.
const SHOWN_BYTES_MAX: usize = 64;
/// What a thread keeps from batch to batch.
const KEPT_BYTES_MAX: usize = 1024 * 1024;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch { bytes: Vec::with_capacity(64 * 1024), text: String::with_capacity(64 * 1024) });
}

/// Buffers of a thread, wiped after each batch.
struct Scratch {
    /// What was read.
    bytes: Vec<u8>,
    /// Values as they are shown.
    text: String,
}

/// A resident that was found, on the way to being a row.
struct Spot {
    /// The place of the question.
    ask: usize,
    nik: Nik,
    columns: ElemenSet,
    /// The row within its row group.
    row: u32,
    status: i32,
    province: i32,
    kabupaten: i32,
    unreadable: bool,
}

/// Residents of one row group, in its order.
struct Stretch<'s> {
    part: &'s Part,
    group: &'s GroupPages,
    spots: Vec<Spot>,
}

/// The work on one batch.
struct Sweep<'s> {
    snapshot: &'s Snapshot,
    found: Vec<Option<Found>>,
    error: Option<WarehouseError>,
}

impl Snapshot {
    /// Looks many residents up, in the order asked: see [`FoundMany`].
    pub fn look_up_many(&self, wanted: &[(Option<Nik>, ElemenSet)]) -> (Vec<Option<Found>>, Option<WarehouseError>) {
        let found = wanted.iter().map(|_| Some(Found::Absent)).collect();
        let mut sweep = Sweep { snapshot: self, found, error: None };
        SCRATCH.with_borrow_mut(|scratch| {
            for stretch in sweep.locate(wanted, scratch) {
                let Stretch { part, group, mut spots } = stretch;
                for piece in spots.chunks_mut(SPOTS_MAX) {
                    sweep.read(part, group, piece, scratch);
                }
            }
            scratch.wipe();
        });
        (sweep.found, sweep.error)
    }
}

impl<'s> Sweep<'s> {
    /// Finds the rows, each NIK page once.
    fn locate(&mut self, wanted: &[(Option<Nik>, ElemenSet)], scratch: &mut Scratch) -> Vec<Stretch<'s>> {
        let snapshot = self.snapshot;
        let mut order: Vec<(Nik, usize)> = wanted.iter().enumerate().filter_map(|(ask, (nik, _))| Some(((*nik)?, ask))).collect();
        order.sort_unstable();
        let mut stretches: Vec<Stretch<'s>> = Vec::new();
        let mut at = 0;
        for part in &snapshot.parts {
            let begin = at;
            at += order.get(at..).unwrap_or_default().partition_point(|(nik, _)| nik.number() <= part.nik_max());
            let own = order.get(begin..at).unwrap_or_default();
            let mut places = Vec::with_capacity(own.len());
            let pages: Vec<(PagePlace, usize)> = own
                .iter()
                .filter_map(|(nik, ask)| {
                    let (group, page) = part.nik_page(*nik)?;
                    places.push((group, *nik, *ask));
                    Some((page, places.len() - 1))
                })
                .collect();
            self.sweep(part, NIK, &pages, &mut scratch.bytes, |found, place, body| {
                let Some((group, nik, ask)) = places.get(place).copied() else { return Some(()) };
                // Until the row is made, or it is certain that there is none, nothing can be told.
                let found = found.get_mut(ask)?;
                *found = None;
                let Some((at, body)) = body else { return Some(()) };
                let Some(row) = search(body, at.rows, nik)? else {
                    *found = Some(Found::Absent);
                    return Some(());
                };
                let columns = wanted.get(ask).map_or(ElemenSet::EMPTY, |(_, columns)| *columns);
                let row = at.first_row + row;
                let spot = Spot { ask, nik, columns, row, status: 0, province: -1, kabupaten: -1, unreadable: false };
                match stretches.last_mut() {
                    Some(stretch) if std::ptr::eq(stretch.group, group) => stretch.spots.push(spot),
                    _ => stretches.push(Stretch { part, group, spots: vec![spot] }),
                }
                Some(())
            });
        }
        stretches
    }

    /// Reads the columns of some rows of one row group, column by column, and makes the rows.
    fn read(&mut self, part: &Part, group: &GroupPages, spots: &mut [Spot], scratch: &mut Scratch) {
        let union = spots.iter().fold(ElemenSet::EMPTY, |union, spot| union.union(spot.columns));
        let mut spans = vec![(0usize, 0usize); union.len() as usize * spots.len()];
        scratch.text.zeroize();
        self.judges(part, group, spots, &mut scratch.bytes);
        for elemen in union.iter() {
            let Some(spans) = spans.get_mut(union.rank(elemen) * spots.len()..).and_then(|rest| rest.get_mut(..spots.len())) else {
                return;
            };
            self.column(part, group, elemen, spots, spans, scratch);
        }
        for (place, spot) in spots.iter().enumerate().filter(|(_, spot)| !spot.unreadable) {
            let value = |elemen| {
                let (start, end) = spans.get(union.rank(elemen) * spots.len() + place).copied().unwrap_or_default();
                scratch.text.get(start..end).unwrap_or_default()
            };
            match row(spot, value) {
                Some(row) => {
                    if let Some(found) = self.found.get_mut(spot.ask) {
                        *found = Some(Found::Row(Arc::new(row)));
                    }
                }
                None => self.damaged(part, STATUS, 0),
            }
        }
    }

    /// Reads what judges the answer itself: status, province, kabupaten.
    fn judges(&mut self, part: &Part, group: &GroupPages, spots: &mut [Spot], bytes: &mut Vec<u8>) {
        for column in [STATUS, column_of(Elemen::NoProp), column_of(Elemen::NoKab)] {
            let pages = pages_of(group, column, spots, |_| true);
            self.sweep(part, column, &pages, bytes, |_, place, body| {
                let spot = spots.get_mut(place)?;
                let Some((at, body)) = body else {
                    spot.unreadable = true;
                    return Some(());
                };
                let number = page::int_at(body, (spot.row - at.first_row) as usize)?;
                match column {
                    STATUS => spot.status = number,
                    column if column == column_of(Elemen::NoProp) => spot.province = number,
                    _ => spot.kabupaten = number,
                }
                Some(())
            });
        }
    }

    /// Reads one element of the rows that need it; where each value stands in the text goes into `spans`.
    fn column(
        &mut self,
        part: &Part,
        group: &GroupPages,
        elemen: Elemen,
        spots: &mut [Spot],
        spans: &mut [(usize, usize)],
        scratch: &mut Scratch,
    ) {
        let Scratch { bytes, text } = scratch;
        let column = column_of(elemen);
        if matches!(elemen, Elemen::Nik | Elemen::NoProp | Elemen::NoKab) {
            for (spot, span) in spots.iter_mut().zip(spans).filter(|(spot, _)| spot.columns.contains(elemen)) {
                let value = match elemen {
                    Elemen::Nik => Value::Long(spot.nik.number().cast_signed()),
                    Elemen::NoProp => Value::Int(spot.province),
                    _ => Value::Int(spot.kabupaten),
                };
                match shown(elemen, value, text) {
                    Some(shown) => *span = shown,
                    None => spot.unreadable = true,
                }
            }
            return;
        }
        let pages = pages_of(group, column, spots, |spot| spot.columns.contains(elemen));
        self.sweep(part, column, &pages, bytes, |_, place, body| {
            let (spot, span) = (spots.get_mut(place)?, spans.get_mut(place)?);
            let Some((at, body)) = body else {
                spot.unreadable = true;
                return Some(());
            };
            let index = (spot.row - at.first_row) as usize;
            let value = match physical(column) {
                Physical::Long => page::long_at(body, index).map(Value::Long),
                Physical::Int | Physical::Date => page::int_at(body, index).map(Value::Int),
                Physical::Text => page::text_at(body, index).map(Value::Text),
            };
            let shown = value.and_then(|value| shown(elemen, value, text));
            spot.unreadable |= shown.is_none();
            *span = shown?;
            Some(())
        });
    }

    /// Goes through pages of one column in the order of the file; a page that stands there several times is read once. `each` gets
    /// the number given with the page and the page with its data, or none where it can't be read, and says whether all was sound.
    fn sweep(
        &mut self,
        part: &Part,
        column: Column,
        pages: &[(PagePlace, usize)],
        buffer: &mut Vec<u8>,
        mut each: impl FnMut(&mut [Option<Found>], usize, Option<(&PagePlace, &[u8])>) -> Option<()>,
    ) {
        let mut rest = pages;
        while let Some((first, _)) = rest.first() {
            let mut end = end_of(first);
            let near = |next: &PagePlace, end: u64| {
                next.offset <= end.saturating_add(GAP_BYTES_MAX) && end_of(next).saturating_sub(first.offset) <= RUN_BYTES_MAX
            };
            let mut count = 1;
            while let Some((next, _)) = rest.get(count).filter(|(next, _)| near(next, end)) {
                end = end.max(end_of(next));
                count += 1;
            }
            let (run, after) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            rest = after;
            let bytes = self.fetch(part, column, first.offset, end, buffer);
            let mut open: Option<(u64, Option<&[u8]>)> = None;
            for (page, number) in run {
                let body = match open {
                    Some((offset, body)) if offset == page.offset => body,
                    _ => {
                        self.snapshot.count_page(column);
                        let from = (page.offset - first.offset) as usize;
                        let slice = bytes.and_then(|bytes| bytes.get(from..from + page.bytes));
                        slice.and_then(|slice| page::open(slice, page.rows))
                    }
                };
                open = Some((page.offset, body));
                let sound = each(&mut self.found, *number, body.map(|body| (page, body))).is_some();
                if body.is_none() || !sound {
                    self.damaged(part, column, page.number);
                }
            }
        }
    }

    /// Reads a stretch of a file.
    fn fetch<'b>(&mut self, part: &Part, column: Column, begin: u64, end: u64, buffer: &'b mut Vec<u8>) -> Option<&'b [u8]> {
        let bytes = usize::try_from(end.checked_sub(begin)?).ok().filter(|bytes| *bytes <= PAGE_BYTES_MAX);
        let Some(bytes) = bytes else {
            self.damaged(part, column, 0);
            return None;
        };
        if buffer.len() < bytes {
            // Growing would leave a copy behind.
            buffer.zeroize();
            buffer.resize(bytes, 0);
        }
        let slice = buffer.get_mut(..bytes)?;
        match part.file.read_exact_at(slice, begin) {
            Ok(()) => Some(slice),
            Err(error) => {
                count_damage();
                self.error.get_or_insert_with(|| WarehouseError::io("read", &*part.name)(error));
                None
            }
        }
    }

    fn damaged(&mut self, part: &Part, column: Column, page: usize) {
        count_damage();
        self.error.get_or_insert_with(|| WarehouseError::Damaged { file: part.name.clone(), column: name(column), page });
    }
}

impl Scratch {
    fn wipe(&mut self) {
        self.bytes.fill(0);
        self.text.zeroize();
        if self.bytes.capacity() > KEPT_BYTES_MAX {
            self.bytes = Vec::new();
        }
        if self.text.capacity() > KEPT_BYTES_MAX {
            self.text = String::new();
        }
    }
}

/// The pages of a column that hold these rows, those that matter, in the order of the rows.
fn pages_of(group: &GroupPages, column: Column, spots: &mut [Spot], matters: impl Fn(&Spot) -> bool) -> Vec<(PagePlace, usize)> {
    let mut pages = Vec::with_capacity(spots.len());
    for (place, spot) in spots.iter_mut().enumerate().filter(|(_, spot)| matters(spot)) {
        match group.page_of(column, spot.row) {
            Some(page) => pages.push((page, place)),
            None => spot.unreadable = true,
        }
    }
    pages
}

/// The place of a NIK in a NIK page: `Some(None)` where nobody has it, `None` where the page is too short.
fn search(body: &[u8], rows: usize, nik: Nik) -> Option<Option<u32>> {
    let wanted = nik.number().cast_signed();
    let (mut low, mut high) = (0, rows);
    while low < high {
        let middle = low.midpoint(high);
        match page::long_at(body, middle)? {
            found if found < wanted => low = middle + 1,
            found if found > wanted => high = middle,
            _ => return Some(u32::try_from(middle).ok()),
        }
    }
    Some(None)
}

/// Appends a value as it is shown; where it stands.
fn shown(elemen: Elemen, value: Value<'_>, text: &mut String) -> Option<(usize, usize)> {
    let needed = match value {
        Value::Text(value) => value.len(),
        Value::Long(_) | Value::Int(_) => SHOWN_BYTES_MAX,
    };
    if text.capacity() - text.len() < needed {
        // Growing in place would leave a copy behind in freed memory.
        let mut larger = String::with_capacity(text.capacity().saturating_mul(2) + needed);
        larger.push_str(text);
        text.zeroize();
        *text = larger;
    }
    let start = text.len();
    show(elemen, value, text)?;
    Some((start, text.len()))
}

fn row<'t>(spot: &Spot, value: impl Fn(Elemen) -> &'t str) -> Option<crate::kernel::Row> {
    let two_digits = |number: i32| u8::try_from(number).ok().filter(|number| *number < 100);
    let status = u8::try_from(spot.status).ok().and_then(NikStatus::from_number)?;
    let region = KabCode::new(two_digits(spot.province)?, two_digits(spot.kabupaten)?);
    let mut builder = RowBuilder::new(status, region, spot.columns.iter().map(|elemen| value(elemen).len()).sum());
    for elemen in spot.columns.iter() {
        if !builder.push(elemen, value(elemen)) {
            return None;
        }
    }
    Some(builder.finish())
}

const fn end_of(page: &PagePlace) -> u64 {
    page.offset + page.bytes as u64
}
