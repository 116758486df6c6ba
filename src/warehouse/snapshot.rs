//! An open snapshot, and the look-up of one resident in it: directory, NIK page, then one page per needed column.

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::civil::Date;
use zeroize::Zeroize;

use super::directory::{GroupPages, PagePlace, Part};
use super::error::WarehouseError;
use super::families::FamilyIndex;
use super::group::Value;
use super::manifest::Manifest;
use super::page;
use super::schema::{COLUMNS, Column, NIK, Physical, STATUS, column_of, name, physical};
use super::show::show;
use crate::kernel::{Elemen, ElemenSet, KabCode, Nik, NikStatus, Row, RowBuilder};

/// A page is never larger than this: 128 rows of the longest texts that the inputs allow stay far below.
const PAGE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// An open snapshot. Files stay open as long as it lives, so a snapshot that was replaced on disk can still be read.
pub struct Snapshot {
    id: Arc<str>,
    as_of: Date,
    rows: u64,
    /// In ascending order of their NIKs.
    pub(super) parts: Box<[Part]>,
    pub(super) families: Option<FamilyIndex>,
    pages_read: Option<Box<PagesRead>>,
}

/// How many pages of each column were read.
pub struct PagesRead([AtomicU64; COLUMNS]);

/// Pages found damaged or unreadable since the process began, in all its snapshots together: an alarm must not fall back to zero
/// because another snapshot is served.
static DAMAGED_PAGES: AtomicU64 = AtomicU64::new(0);

/// How many pages were found damaged or unreadable since the process began.
#[must_use]
pub fn damaged_pages() -> u64 {
    DAMAGED_PAGES.load(Ordering::Relaxed)
}

/// Where a resident was found: the row of all columns of its row group.
pub(super) struct Place<'s> {
    part: &'s Part,
    group: &'s GroupPages,
    row: u32,
    nik: Nik,
}

/// What a thread keeps from look-up to look-up so that nothing is allocated; wiped after each one.
struct Scratch {
    page: Vec<u8>,
    text: String,
    ends: Vec<usize>,
    pages: Vec<(Column, PagePlace)>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch::new());
}

impl Snapshot {
    /// Opens the snapshot in a directory: checks the manifest and the files' indexes, but reads no resident.
    pub fn open(dir: &Path) -> Result<Self, WarehouseError> {
        let manifest = Manifest::read(dir)?;
        let mut parts: Vec<Part> = Vec::with_capacity(manifest.files().len());
        for entry in manifest.files() {
            parts.push(Part::open(dir, entry)?);
        }
        let apart = |a: &Part, b: &Part| a.nik_max() < b.nik_min();
        if !parts.is_sorted_by(apart) {
            let file = parts.first().map_or_else(String::new, |part| part.name.to_string());
            return Err(WarehouseError::Foreign { file, what: "its NIKs overlap those of another file" });
        }
        let families = manifest.families().map(|file| FamilyIndex::open(dir, file)).transpose()?;
        let (as_of, rows) = (manifest.as_of(), manifest.rows());
        Ok(Self { id: manifest.snapshot().into(), as_of, rows, parts: parts.into(), families, pages_read: None })
    }

    /// The same snapshot, counting from now on which columns' pages are read.
    #[must_use]
    pub fn counting(mut self) -> Self {
        self.pages_read = Some(Box::new(PagesRead(std::array::from_fn(|_| AtomicU64::new(0)))));
        self
    }

    /// How many pages of each column were read, where that is counted.
    #[must_use]
    pub fn pages_read(&self) -> Option<&PagesRead> {
        self.pages_read.as_deref()
    }

    /// The snapshot's id.
    #[must_use]
    pub const fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// The date up to which the data go.
    #[must_use]
    pub const fn as_of(&self) -> Date {
        self.as_of
    }

    /// Residents in it.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes of memory that the directory of pages takes.
    #[must_use]
    pub fn directory_bytes(&self) -> usize {
        self.parts.iter().map(Part::bytes).sum::<usize>() + self.families.as_ref().map_or(0, FamilyIndex::bytes)
    }

    /// Takes the files' pages out of this process's memory (they stay in the page cache), for who reads much at once and has
    /// to stay small: what was mapped counts as the process's own.
    pub fn release(&self) {
        self.parts.iter().for_each(Part::release);
    }

    /// The resident with this NIK and just these columns; `None` where nobody has it. Blocks on the disk.
    pub fn look_up(&self, nik: Nik, columns: ElemenSet) -> Result<Option<Row>, WarehouseError> {
        SCRATCH.with_borrow_mut(|scratch| {
            let found = self.locate(nik, scratch).and_then(|place| match place {
                Some(place) => self.read(&place, columns, scratch).map(Some),
                None => Ok(None),
            });
            scratch.wipe();
            found
        })
    }

    /// Finds the row of a NIK.
    fn locate(&self, nik: Nik, scratch: &mut Scratch) -> Result<Option<Place<'_>>, WarehouseError> {
        let after = self.parts.partition_point(|part| part.nik_min() <= nik.number());
        let Some(part) = after.checked_sub(1).and_then(|place| self.parts.get(place)) else {
            return Ok(None);
        };
        let Some((group, page)) = part.nik_page(nik) else {
            return Ok(None);
        };
        let body = self.fetch(part, NIK, page, &mut scratch.page)?;
        let wanted = nik.number().cast_signed();
        let (mut low, mut high) = (0, page.rows);
        while low < high {
            let middle = low.midpoint(high);
            match page::long_at(body, middle) {
                Some(found) if found < wanted => low = middle + 1,
                Some(found) if found > wanted => high = middle,
                Some(_) => return Ok(Some(Place { part, group, row: page.first_row + middle as u32, nik })),
                None => return Err(damaged(part, NIK, page.number)),
            }
        }
        Ok(None)
    }

    /// Reads columns of a row that was found.
    fn read(&self, place: &Place<'_>, columns: ElemenSet, scratch: &mut Scratch) -> Result<Row, WarehouseError> {
        let Scratch { page, text, ends, pages } = scratch;
        // All pages are named to the processor before the first is read: waiting for memory is most of a look-up.
        for column in JUDGED.into_iter().chain(columns.without(known_otherwise()).iter().map(column_of)) {
            let at = place.group.page_of(column, place.row).ok_or_else(|| damaged(place.part, column, 0))?;
            place.part.expect(&at);
            pages.push((column, at));
        }
        let mut pages = pages.iter();
        let mut number = || match pages.next() {
            Some((column, at)) => self.number(place, *column, *at, page),
            None => Ok(-1),
        };
        let (status, province, kabupaten) = (number()?, number()?, number()?);
        let status = u8::try_from(status).ok().and_then(NikStatus::from_number);
        let two_digits = |number: i32| u8::try_from(number).ok().filter(|number| *number < 100);
        let (Some(status), Some(region)) = (status, two_digits(province).zip(two_digits(kabupaten))) else {
            return Err(damaged(place.part, STATUS, 0));
        };
        for elemen in columns.iter() {
            let shown = match elemen {
                Elemen::Nik => show(elemen, Value::Long(place.nik.number().cast_signed()), text),
                Elemen::NoProp => show(elemen, Value::Int(province), text),
                Elemen::NoKab => show(elemen, Value::Int(kabupaten), text),
                _ => match pages.next() {
                    Some((column, at)) => self.value(place, *column, *at, page, |value| show(elemen, value, text))?,
                    None => None,
                },
            };
            shown.ok_or_else(|| damaged(place.part, column_of(elemen), 0))?;
            ends.push(text.len());
        }
        let mut builder = RowBuilder::new(status, KabCode::new(region.0, region.1), text.len());
        let mut start = 0;
        for (elemen, end) in columns.iter().zip(ends.iter()) {
            let value = text.get(start..*end).unwrap_or_default();
            if !builder.push(elemen, value) {
                return Err(damaged(place.part, column_of(elemen), 0));
            }
            start = *end;
        }
        Ok(builder.finish())
    }

    fn number(&self, place: &Place<'_>, column: Column, at: PagePlace, buffer: &mut Vec<u8>) -> Result<i32, WarehouseError> {
        self.value(place, column, at, buffer, |value| match value {
            Value::Int(number) => number,
            Value::Long(_) | Value::Text(_) => -1,
        })
    }

    /// Reads one value and hands it to `take`.
    fn value<T>(
        &self,
        place: &Place<'_>,
        column: Column,
        at: PagePlace,
        buffer: &mut Vec<u8>,
        take: impl FnOnce(Value<'_>) -> T,
    ) -> Result<T, WarehouseError> {
        let body = self.fetch(place.part, column, at, buffer)?;
        let index = (place.row - at.first_row) as usize;
        let value = match physical(column) {
            Physical::Long => page::long_at(body, index).map(Value::Long),
            Physical::Int | Physical::Date => page::int_at(body, index).map(Value::Int),
            Physical::Text => page::text_at(body, index).map(Value::Text),
        };
        Ok(take(value.ok_or_else(|| damaged(place.part, column, at.number))?))
    }

    /// Notes that a page of a column is read, where that is counted.
    pub(super) fn count_page(&self, column: Column) {
        if let Some(counter) = self.pages_read.as_ref().and_then(|pages| pages.0.get(column)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Reads a page and checks it; the data without the header.
    pub(super) fn fetch<'b>(
        &self,
        part: &Part,
        column: Column,
        at: PagePlace,
        buffer: &'b mut Vec<u8>,
    ) -> Result<&'b [u8], WarehouseError> {
        self.count_page(column);
        if at.bytes > PAGE_BYTES_MAX {
            return Err(damaged(part, column, at.number));
        }
        if buffer.len() < at.bytes {
            buffer.resize(at.bytes, 0);
        }
        let slice = buffer.get_mut(..at.bytes).unwrap_or_default();
        let body = part.read(&at, slice).inspect_err(|_| count_damage())?.and_then(|start| slice.get(start..));
        body.ok_or_else(|| damaged(part, column, at.number))
    }
}

impl PagesRead {
    /// Pages read of an element's column.
    #[must_use]
    pub fn of(&self, elemen: Elemen) -> u64 {
        self.0.get(column_of(elemen)).map_or(0, |counter| counter.load(Ordering::Relaxed))
    }

    /// Pages read of the column `STATUS`.
    #[must_use]
    pub fn of_status(&self) -> u64 {
        self.0.get(STATUS).map_or(0, |counter| counter.load(Ordering::Relaxed))
    }
}

impl Scratch {
    /// With room enough for any row: growing would leave copies of values behind in freed memory.
    fn new() -> Self {
        Self {
            page: Vec::with_capacity(64 * 1024),
            text: String::with_capacity(16 * 1024),
            ends: Vec::with_capacity(COLUMNS),
            pages: Vec::with_capacity(COLUMNS),
        }
    }

    /// The buffers outlive the look-up in the thread's store, so plain writes to them are not optimised away.
    fn wipe(&mut self) {
        self.page.fill(0);
        self.text.zeroize();
        self.ends.clear();
        self.pages.clear();
    }
}

/// What judges the answer itself, whatever was asked.
const JUDGED: [Column; 3] = [STATUS, Elemen::NoProp.bit() as Column, Elemen::NoKab.bit() as Column];

/// The elements that need no page of their own: the NIK is what was looked up, and the region is judged anyway.
fn known_otherwise() -> ElemenSet {
    [Elemen::Nik, Elemen::NoProp, Elemen::NoKab].into_iter().collect()
}

fn damaged(part: &Part, column: Column, page: usize) -> WarehouseError {
    count_damage();
    WarehouseError::Damaged { file: part.name.clone(), column: name(column), page }
}

/// Counts a page that is damaged or cannot be read.
pub(super) fn count_damage() {
    DAMAGED_PAGES.fetch_add(1, Ordering::Relaxed);
}
