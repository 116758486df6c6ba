//! Days of changes over a base, and their compaction.

use std::collections::BTreeMap;
use std::path::PathBuf;

use gerbang::kernel::{Elemen, ElemenSet, Nik};
use gerbang::warehouse::{Lineage, Manifest, Snapshot, WarehouseError};

use crate::support::*;

/// A root with a base and days of changes; the base, and what should be served.
struct Days {
    work: tempfile::TempDir,
    root: tempfile::TempDir,
    expected: BTreeMap<u64, Vec<String>>,
}

impl Days {
    fn new(days: i8) -> Self {
        let (work, root) = (temporary(), temporary());
        let base = work.path().join("base");
        population(&base, 1);
        publish(root.path(), &base).unwrap();
        let mut own = Self { work, root, expected: everybody(&base) };
        for day in 1..=days {
            own.add(22 + day);
        }
        own
    }

    /// One more day.
    fn add(&mut self, day: i8) -> PathBuf {
        let dir = self.make(day);
        publish(self.root.path(), &dir).unwrap();
        self.expected.extend(everybody(&dir));
        dir
    }

    fn make(&self, day: i8) -> PathBuf {
        let dir = self.work.path().join(format!("day{day}"));
        changes(self.root.path(), &dir, 5, day);
        dir
    }
}

#[test]
fn births_deaths_moves_and_corrections_are_seen_and_nobody_else_changes() {
    let (work, root) = (temporary(), temporary());
    let (base, delta) = (work.path().join("base"), work.path().join("delta"));
    population(&base, 1);
    publish(root.path(), &base).unwrap();
    let before = everybody(&base);
    changes(root.path(), &delta, 5, 23);
    let changed = everybody(&delta);
    publish(root.path(), &delta).unwrap();
    let (mut births, mut deaths, mut moves, mut corrections) = (0, 0, 0, 0);
    let place = |elemen: Elemen| 2 + Elemen::all().position(|own| own == elemen).unwrap();
    for (nik, row) in &changed {
        match before.get(nik) {
            None => {
                births += 1;
                assert_eq!(row[place(Elemen::TglLhr)], "2026-11-23");
                assert!(before.contains_key(&row[place(Elemen::NikIbu)].parse::<u64>().unwrap()), "a mother who is known");
            }
            Some(old) if old[0] != row[0] => {
                deaths += 1;
                assert_eq!((old[0].as_str(), row[0].as_str()), ("Active", "Deceased"));
            }
            Some(old) if old[place(Elemen::NoKk)] != row[place(Elemen::NoKk)] => moves += 1,
            Some(old) => {
                corrections += 1;
                assert_ne!(old[place(Elemen::NamaLgkp)], row[place(Elemen::NamaLgkp)]);
            }
        }
    }
    assert_eq!((births, deaths, moves, corrections), (5, 5, 5, 5));
    let mut expected = before;
    expected.extend(changed);
    assert_eq!(expected.len() as u64, ROWS + 5);
    serves(root.path(), &expected);
}

#[test]
fn of_several_deltas_the_newest_row_counts() {
    let days = Days::new(6);
    serves(days.root.path(), &days.expected);
    let info = open(days.root.path()).view().snapshot().clone();
    assert_eq!((info.deltas, info.as_of, info.rows), (6, jiff::civil::date(2026, 11, 28), ROWS));
}

#[test]
fn a_swap_to_a_delta_reads_only_the_delta() {
    let mut days = Days::new(1);
    let warehouse = open(days.root.path());
    days.add(24);
    // What is open already is not looked for again: without names nothing could be opened.
    let layers = names(days.root.path()).0;
    for layer in &layers[..2] {
        std::fs::remove_dir_all(days.root.path().join("snapshots").join(layer)).unwrap();
    }
    assert_eq!(warehouse.refresh().unwrap().unwrap().deltas, 2);
}

#[test]
fn compaction_changes_nothing_that_is_served_and_later_deltas_still_fit() {
    let mut days = Days::new(3);
    let newest = open(days.root.path()).view().snapshot().clone();
    // Made before the compaction, published after it.
    let late = days.make(26);
    let compacted = compact(days.root.path()).unwrap().unwrap();
    assert_eq!((compacted.deltas, compacted.as_of), (0, newest.as_of));
    serves(days.root.path(), &days.expected);
    let (layers, _) = names(days.root.path());
    assert_eq!(layers.len(), 1);
    let dir = days.root.path().join("snapshots").join(&layers[0]);
    assert_eq!(*Manifest::read(&dir).unwrap().lineage(), Lineage::StandsFor(newest.id.to_string()));
    assert_eq!(everybody(&dir), days.expected, "nobody is in it twice, nobody is missing");
    publish(days.root.path(), &late).unwrap();
    days.expected.extend(everybody(&late));
    serves(days.root.path(), &days.expected);
    let made = days.make(27);
    publish(days.root.path(), &made).unwrap();
    days.expected.extend(everybody(&made));
    compact(days.root.path()).unwrap().unwrap();
    assert!(compact(days.root.path()).unwrap().is_none(), "nothing is left to compact");
    serves(days.root.path(), &days.expected);
}

#[test]
fn the_rows_that_a_compaction_writes_are_those_of_a_generated_snapshot() {
    let days = Days::new(0);
    let empty = days.work.path().join("empty");
    let nothing = gerbang::warehouse::Changes {
        births: 0,
        deaths: 0,
        moves: 0,
        corrections: 0,
        seed: 1,
        as_of: jiff::civil::date(2026, 11, 22),
    };
    gerbang::warehouse::changes(days.root.path(), &empty, &nothing).unwrap();
    assert_eq!(publish(days.root.path(), &empty).unwrap().deltas, 1, "a day without changes is a day");
    compact(days.root.path()).unwrap().unwrap();
    let (layers, _) = names(days.root.path());
    let own = days.root.path().join("snapshots").join(&layers[0]);
    let bytes = |dir: &std::path::Path| std::fs::read(data_file(dir)).unwrap();
    assert!(bytes(&own) == bytes(&days.work.path().join("base")), "byte by byte");
}

#[test]
fn a_delta_over_something_else_or_from_before_is_refused() {
    let mut days = Days::new(1);
    let misfit = |error: WarehouseError| assert!(matches!(error, WarehouseError::Misfit { .. }), "{error}");
    let next = days.make(25);
    let over_the_same = days.work.path().join("other");
    changes(days.root.path(), &over_the_same, 6, 26);
    publish(days.root.path(), &next).unwrap();
    days.expected.extend(everybody(&next));
    misfit(publish(days.root.path(), &over_the_same).unwrap_err());
    misfit(publish(temporary().path(), &next).unwrap_err());
    let plain = temporary();
    population(plain.path(), 2);
    misfit(publish(plain.path(), &next).unwrap_err());
    assert_eq!(names(plain.path()).1.len(), 3, "the plain snapshot is what it was");
    // Over the base itself, which a delta covers by now.
    let over_base = days.work.path().join("over-base");
    changes(&days.work.path().join("base"), &over_base, 1, 30);
    misfit(publish(days.root.path(), &over_base).unwrap_err());
    assert!(publish(days.root.path(), &next).unwrap().already);
    serves(days.root.path(), &days.expected);
}

#[test]
fn a_chain_that_is_long_enough_takes_no_more_until_it_is_compacted() {
    let mut days = Days::new(0);
    for number in 0..32u64 {
        let dir = days.work.path().join(format!("delta{number}"));
        changes(days.root.path(), &dir, 1, 23);
        publish(days.root.path(), &dir).unwrap();
        days.expected.extend(everybody(&dir));
    }
    serves(days.root.path(), &days.expected);
    let more = days.work.path().join("more");
    changes(days.root.path(), &more, 1, 23);
    let error = publish(days.root.path(), &more).unwrap_err();
    assert!(error.to_string().contains("compacted first"), "{error}");
    compact(days.root.path()).unwrap().unwrap();
    publish(days.root.path(), &more).unwrap();
    days.expected.extend(everybody(&more));
    serves(days.root.path(), &days.expected);
}

#[test]
fn a_nik_that_no_delta_holds_costs_the_deltas_no_page() {
    let days = Days::new(2);
    let (layers, _) = names(days.root.path());
    let delta = days.root.path().join("snapshots").join(&layers[2]);
    let held = everybody(&delta);
    // What a delta does not hold is not looked for in its files: they may be as damaged as they like.
    let file = data_file(&delta);
    let warehouse = gerbang::warehouse::Rows::open(days.root.path(), 1, std::time::Duration::from_secs(1)).unwrap();
    let sound = std::fs::read(&file).unwrap();
    std::fs::write(&file, vec![0; sound.len()]).unwrap();
    for (nik, row) in &days.expected {
        let nik = Nik::from_number(*nik).unwrap_or_else(|_| panic!("no NIK"));
        let found = warehouse.read(nik, ElemenSet::ALL);
        match found {
            Ok(gerbang::warehouse::Found::Row(found)) => {
                assert!(!held.contains_key(&nik.number()) && shown(&found) == *row);
            }
            Ok(gerbang::warehouse::Found::Absent) => panic!("a resident is missing"),
            Err(WarehouseError::Damaged { .. }) => assert!(held.contains_key(&nik.number())),
            Err(error) => panic!("{error}"),
        }
    }
    assert!(Snapshot::open(&delta).is_err());
}
