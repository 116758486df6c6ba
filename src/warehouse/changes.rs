//! `warehouse changes`: a made-up day of births, deaths, moves and corrections as a delta, for demos, tests and benches.
//!
//! Who changes is drawn from all residents that are served; all changed rows are held in memory until they are sorted.

use std::path::Path;
use std::sync::Arc;

use jiff::civil::Date;

use super::day::{day_of, to_civil};
use super::error::WarehouseError;
use super::group::{Group, Record, Value};
use super::layers::Layers;
use super::manifest::{Lineage, Manifest};
use super::merge::each_record;
use super::population::Dice;
use super::root::Place;
use super::schema::{COLUMNS, NO_CODE, NO_DATE, NO_ID, STATUS, column_of};
use super::writer::SnapshotWriter;
use crate::disk::RealDisk;
use crate::kernel::limits::CHANGED_MAX;
use crate::kernel::{Elemen, ElemenSet, Nik, NikStatus};

/// Numbers of codes that a change sets: unmarried, child, other relative, no schooling, no card yet.
const UNMARRIED: i32 = 1;
const CHILD: i32 = 4;
const RELATIVE: i32 = 9;
const NO_SCHOOL: i32 = 1;
const NO_CARD: i32 = 2;
const FEMALE: i32 = 2;

/// Names given to the newborn, and second names that were forgotten and are entered by a correction.
const NEWBORN: [&str; 6] = ["AHMAD FAUZAN", "SITI ZAHRA", "BUDI PRATAMA", "NUR AISYAH", "MADE WIRA", "MARIA KRISTINA"];
const FORGOTTEN: [&str; 4] = ["UTAMA", "LESTARI", "HIDAYAT", "SAPUTRA"];

/// What moves with a household: the columns of the address and the family card.
const HOME: [Elemen; 14] = [
    Elemen::NoKk,
    Elemen::Alamat,
    Elemen::NoRt,
    Elemen::NoRw,
    Elemen::Dusun,
    Elemen::KodePos,
    Elemen::NoProp,
    Elemen::PropName,
    Elemen::NoKab,
    Elemen::KabName,
    Elemen::NoKec,
    Elemen::KecName,
    Elemen::NoKel,
    Elemen::KelName,
];

/// How many of each there are.
#[derive(Clone, Copy, Debug)]
pub struct Changes {
    /// Children born to active women.
    pub births: u32,
    /// Active residents who died.
    pub deaths: u32,
    /// Active residents who moved in with others.
    pub moves: u32,
    /// Residents of any status whose name was corrected.
    pub corrections: u32,
    /// The same seed over the same data gives the same bytes.
    pub seed: u64,
    /// The day the data are as of from then on.
    pub as_of: Date,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Birth,
    Death,
    Move,
    Correction,
}

/// A value that outlives what it was read from.
#[derive(Clone)]
enum Own {
    Long(i64),
    Int(i32),
    Text(Box<str>),
}

type OwnRecord = Vec<Own>;

/// Makes a delta over what `over` serves into a directory, which is made if missing.
pub fn changes(over: &Path, dir: &Path, options: &Changes) -> Result<Manifest, WarehouseError> {
    let layers = Layers::open(&Place::of(over)?, None)?;
    let lineage = Lineage::DeltaOver(layers.info().id.to_string());
    if options.as_of < layers.info().as_of {
        return Err(WarehouseError::Options("changes cannot be older than what they change"));
    }
    let mut rows = draw(&layers, options)?;
    rows.sort_unstable_by_key(nik_of);
    let mut writer = SnapshotWriter::create(Arc::new(RealDisk), dir)?;
    let mut group = Group::new();
    for row in &rows {
        if !group.push(&borrowed(row)) {
            return Err(WarehouseError::Bound("a value of another kind than its column"));
        }
        if group.is_full() {
            writer.write(&group)?;
            group.clear();
        }
    }
    if group.rows() > 0 {
        writer.write(&group)?;
    }
    writer.finish_as(options.as_of, Some(options.seed), lineage)
}

/// Goes through all residents once and takes as many as asked, each with the same chance.
fn draw(layers: &Layers, options: &Changes) -> Result<Vec<OwnRecord>, WarehouseError> {
    let mut left = [options.births, options.deaths, options.moves, options.corrections];
    let wanted: u64 = left.iter().map(|count| u64::from(*count)).sum();
    if wanted > CHANGED_MAX as u64 {
        return Err(WarehouseError::Options("more changes than a delta may hold"));
    }
    let mut dice = Dice::new(options.seed, wanted);
    let mut rows = Vec::with_capacity(wanted as usize);
    let (mut rest, mut waiting) = (0u64, None);
    each_record(layers, &mut |_| {
        rest += 1;
        Ok(())
    })?;
    let mut neighbour: Option<OwnRecord> = None;
    each_record(layers, &mut |record| {
        let undrawn: u64 = left.iter().map(|count| u64::from(*count)).sum();
        if waiting.is_none() && dice.one_of(undrawn, rest) {
            waiting = pick(&mut dice, &mut left);
        }
        rest -= 1;
        if waiting.is_some_and(|change| fits(change, record, neighbour.as_ref())) {
            if let Some(row) = waiting.take().and_then(|change| changed(change, record, neighbour.as_ref(), &mut dice, options)) {
                rows.push(row);
            }
            neighbour = Some(owned(record));
        } else if neighbour.is_none() {
            neighbour = Some(owned(record));
        }
        Ok(())
    })?;
    issue_niks(layers, &mut rows, options)?;
    if rows.len() as u64 == wanted { Ok(rows) } else { Err(WarehouseError::Options("fewer residents than changes of these kinds")) }
}

/// One of the changes left, which is then one fewer.
fn pick(dice: &mut Dice, left: &mut [u32; 4]) -> Option<Change> {
    let mut place = dice.below(left.iter().sum());
    let kinds = [Change::Birth, Change::Death, Change::Move, Change::Correction];
    for (count, change) in left.iter_mut().zip(kinds) {
        if place < *count {
            *count -= 1;
            return Some(change);
        }
        place -= *count;
    }
    None
}

fn fits(change: Change, record: &Record<'_>, neighbour: Option<&OwnRecord>) -> bool {
    let active = int(record, STATUS) == Some(NikStatus::Active as i32);
    match change {
        Change::Birth => active && int(record, column_of(Elemen::JenisKlmin)) == Some(FEMALE),
        Change::Death => active,
        // Where somebody else lives.
        Change::Move => active && neighbour.is_some_and(|other| !same_home(&owned(record), other)),
        Change::Correction => true,
    }
}

fn changed(
    change: Change,
    record: &Record<'_>,
    neighbour: Option<&OwnRecord>,
    dice: &mut Dice,
    options: &Changes,
) -> Option<OwnRecord> {
    let mut row = owned(record);
    match change {
        Change::Birth => newborn(&mut row, dice, options),
        Change::Death => put(&mut row, STATUS, Own::Int(NikStatus::Deceased as i32)),
        Change::Move => {
            for elemen in HOME {
                put(&mut row, column_of(elemen), neighbour?.get(column_of(elemen))?.clone());
            }
            put(&mut row, column_of(Elemen::StatHbkel), Own::Int(RELATIVE));
        }
        Change::Correction => {
            let Own::Text(name) = row.get(column_of(Elemen::NamaLgkp))? else { return None };
            let name = format!("{name} {}", dice.pick(&FORGOTTEN));
            put(&mut row, column_of(Elemen::NamaLgkp), Own::Text(name.into()));
        }
    }
    Some(row)
}

/// Turns the row of a mother into that of her child, whose NIK is issued later.
fn newborn(row: &mut OwnRecord, dice: &mut Dice, options: &Changes) {
    let of = |row: &OwnRecord, elemen| row.get(column_of(elemen)).cloned();
    let sex = dice.between(1, 2);
    let (mother, nik) = (of(row, Elemen::NamaLgkp), of(row, Elemen::Nik));
    for (elemen, value) in [(Elemen::NamaLgkpIbu, mother), (Elemen::NikIbu, nik), (Elemen::TmptLhr, of(row, Elemen::KabName))] {
        if let Some(value) = value {
            put(row, column_of(elemen), value);
        }
    }
    for (elemen, value) in [
        (Elemen::NamaLgkp, Own::Text(dice.pick(&NEWBORN).into())),
        (Elemen::TglLhr, Own::Int(day_of(options.as_of))),
        (Elemen::JenisKlmin, Own::Int(sex)),
        (Elemen::StatusKawin, Own::Int(UNMARRIED)),
        (Elemen::StatHbkel, Own::Int(CHILD)),
        (Elemen::PddkAkh, Own::Int(NO_SCHOOL)),
        (Elemen::JenisPkrjn, Own::Text("BELUM/TIDAK BEKERJA".into())),
        (Elemen::PnydngCct, Own::Int(NO_CODE)),
        (Elemen::NamaLgkpAyah, Own::Text("".into())),
        (Elemen::NikAyah, Own::Long(NO_ID)),
        (Elemen::EktpStatus, Own::Int(NO_CARD)),
        (Elemen::EktpCreated, Own::Int(NO_DATE)),
        (Elemen::NoAktaLhr, Own::Text("".into())),
        (Elemen::NoAktaKwn, Own::Text("".into())),
        (Elemen::TglKwn, Own::Int(NO_DATE)),
        (Elemen::NoAktaCrai, Own::Text("".into())),
        (Elemen::TglCrai, Own::Int(NO_DATE)),
        (Elemen::Nik, Own::Long(NO_ID)),
    ] {
        put(row, column_of(elemen), value);
    }
}

/// Gives every newborn the next serial that is free where it is registered.
fn issue_niks(layers: &Layers, rows: &mut [OwnRecord], options: &Changes) -> Result<(), WarehouseError> {
    let civil = to_civil(day_of(options.as_of));
    let mut issued = std::collections::BTreeSet::new();
    for row in rows.iter_mut().filter(|row| nik_of(row) == NO_ID) {
        let number = |elemen| match row.get(column_of(elemen)) {
            Some(Own::Int(number)) => i64::from(*number),
            _ => 0,
        };
        let region = number(Elemen::NoProp) * 10_000 + number(Elemen::NoKab) * 100 + number(Elemen::NoKec);
        let day = i64::from(civil.day) + if number(Elemen::JenisKlmin) == i64::from(FEMALE) { 40 } else { 0 };
        let born = day * 10_000 + i64::from(civil.month) * 100 + i64::from(civil.year % 100);
        let first = (region * 1_000_000 + born) * 10_000;
        let mut free = None;
        for serial in 1..10_000 {
            let number = first + serial;
            let Ok(nik) = Nik::from_number(number.cast_unsigned()) else { break };
            if !issued.contains(&number) && layers.look_up(nik, ElemenSet::EMPTY)?.is_none() {
                free = Some(number);
                break;
            }
        }
        let nik = free.ok_or(WarehouseError::Options("no serial is left where a child was born"))?;
        issued.insert(nik);
        put(row, column_of(Elemen::Nik), Own::Long(nik));
    }
    Ok(())
}

fn same_home(row: &OwnRecord, other: &OwnRecord) -> bool {
    let card = |row: &OwnRecord| match row.get(column_of(Elemen::NoKk)) {
        Some(Own::Long(number)) => *number,
        _ => NO_ID,
    };
    card(row) == card(other)
}

fn put(row: &mut OwnRecord, column: usize, value: Own) {
    if let Some(slot) = row.get_mut(column) {
        *slot = value;
    }
}

fn int(record: &Record<'_>, column: usize) -> Option<i32> {
    match record.get(column) {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    }
}

fn nik_of(row: &OwnRecord) -> i64 {
    match row.get(column_of(Elemen::Nik)) {
        Some(Own::Long(nik)) => *nik,
        _ => NO_ID,
    }
}

fn owned(record: &Record<'_>) -> OwnRecord {
    let own = |value: &Value<'_>| match value {
        Value::Long(number) => Own::Long(*number),
        Value::Int(number) => Own::Int(*number),
        Value::Text(text) => Own::Text((*text).into()),
    };
    record.iter().map(own).collect()
}

fn borrowed(row: &OwnRecord) -> Record<'_> {
    let mut record = [Value::Int(0); COLUMNS];
    for (slot, own) in record.iter_mut().zip(row) {
        *slot = match own {
            Own::Long(number) => Value::Long(*number),
            Own::Int(number) => Value::Int(*number),
            Own::Text(text) => Value::Text(text),
        };
    }
    record
}
