//! Family cards from outside the warehouse: the index lists exactly who the rows say, and damage is an error, never another family.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says by a panic what does not hold")]

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::time::Duration;

use gerbang::kernel::{Elemen, ElemenSet, Nik};
use gerbang::warehouse::{CardNumber, Generate, Manifest, Rows, Snapshot, WarehouseError, generate};
use parquet::basic::Type as Basic;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaDataReader};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::RowAccessor as _;
use tempfile::TempDir;

fn made(dir: &Path, rows: u64) -> Manifest {
    let options = Generate { rows, seed: 3, as_of: jiff::civil::date(2026, 11, 22) };
    generate(dir, &options, &mut |_| ()).unwrap().manifest
}

fn opened(dir: &Path) -> Rows {
    Rows::open(dir, 1 << 20, Duration::from_secs(60)).unwrap()
}

/// The NIKs on each card, ascending, by the rows themselves.
fn cards(dir: &Path) -> BTreeMap<String, Vec<Nik>> {
    let snapshot = Snapshot::open(dir).unwrap();
    let mut cards: BTreeMap<String, Vec<Nik>> = BTreeMap::new();
    snapshot
        .each_nik(|nik| {
            let row = snapshot.look_up(nik, Elemen::NoKk.alone()).unwrap().unwrap();
            cards.entry(row.value(Elemen::NoKk).unwrap().to_owned()).or_default().push(nik);
            true
        })
        .unwrap();
    cards
}

fn index_file(dir: &Path, manifest: &Manifest) -> std::path::PathBuf {
    dir.join(&manifest.families().unwrap_or_else(|| panic!("no index")).name)
}

#[test]
fn everybody_finds_the_others_on_the_card_and_nobody_else() {
    let dir = TempDir::new().unwrap();
    made(dir.path(), 12_000);
    let (rows, cards) = (opened(dir.path()), cards(dir.path()));
    assert!(cards.len() > 2_000 && cards.values().any(|family| family.len() > 4));
    for family in cards.values() {
        for own in family {
            let others: Vec<Nik> = family.iter().copied().filter(|nik| nik != own).collect();
            assert!(rows.family(*own, Elemen::NoKk.alone()).unwrap() == others);
        }
    }
}

#[test]
fn without_the_column_no_kk_nobody_has_a_family() {
    let dir = TempDir::new().unwrap();
    made(dir.path(), 1_000);
    let rows = opened(dir.path());
    let own = *cards(dir.path()).values().find(|family| family.len() > 2).unwrap().first().unwrap();
    let without = ElemenSet::ALL.without(Elemen::NoKk.alone());
    assert!(rows.family(own, without).unwrap().is_empty());
    assert!(!rows.family(own, ElemenSet::ALL).unwrap().is_empty());
    let absent = Nik::parse("6305014507859998").unwrap_or_else(|_| panic!("a NIK"));
    assert!(rows.family(absent, ElemenSet::ALL).unwrap().is_empty());
}

#[test]
fn what_is_no_number_of_a_card_is_none() {
    for text in ["", "0000000000000000", "630501010110000", "63050101011000012", "6305 10101100001", "+305010101100001"] {
        assert!(CardNumber::parse(text).is_none(), "{text}");
    }
    assert!(CardNumber::parse("6305010101100001").is_some());
}

#[test]
fn the_index_is_standard_parquet_sorted_and_indexed_with_every_resident_in_it() {
    let dir = TempDir::new().unwrap();
    let manifest = made(dir.path(), 40_000);
    let path = index_file(dir.path(), &manifest);
    let reader = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
    let schema = reader.metadata().file_metadata().schema_descr();
    let columns: Vec<_> = schema.columns().iter().map(|column| (column.name(), column.physical_type())).collect();
    assert_eq!(columns, [("NO_KK", Basic::INT64), ("NIK", Basic::INT64)]);
    let mut pairs = Vec::new();
    for row in reader.get_row_iter(None).unwrap() {
        let row = row.unwrap();
        pairs.push((row.get_long(0).unwrap(), row.get_long(1).unwrap()));
    }
    assert!(pairs.is_sorted_by(|a, b| a < b), "sorted, each pair once");
    let told: usize = cards(dir.path()).values().map(Vec::len).sum();
    assert_eq!((pairs.len(), manifest.families().unwrap().rows), (told, 40_000));
    let metadata = ParquetMetaDataReader::new()
        .with_page_index_policy(PageIndexPolicy::Required)
        .parse_and_finish(&File::open(&path).unwrap());
    let metadata = metadata.unwrap();
    assert_eq!(metadata.num_row_groups(), 2);
    assert_eq!(metadata.row_group(0).sorting_columns().unwrap()[0].column_idx, 0);
    assert!(metadata.offset_index().unwrap().iter().flatten().all(|column| column.page_locations().len() > 1));
}

#[test]
fn no_flipped_byte_of_the_index_gives_another_family() {
    let dir = TempDir::new().unwrap();
    let manifest = made(dir.path(), 1_000);
    let file = manifest.families().unwrap();
    let path = index_file(dir.path(), &manifest);
    let snapshot = Snapshot::open(dir.path()).unwrap();
    let (card, family) = cards(dir.path()).into_iter().max_by_key(|(_, family)| family.len()).unwrap();
    let card = CardNumber::parse(&card).unwrap();
    assert!(snapshot.listed(card).unwrap() == family);
    let bytes = std::fs::read(&path).unwrap();
    let writable = File::options().write(true).open(&path).unwrap();
    let (mut damaged, counted_before) = (0, gerbang::warehouse::damaged_pages());
    for at in 0..usize::try_from(file.index_at).unwrap() {
        use std::os::unix::fs::FileExt as _;
        writable.write_all_at(&[bytes[at] ^ 0x11], at as u64).unwrap();
        match snapshot.listed(card) {
            Ok(listed) => assert!(listed == family, "byte {at}"),
            Err(error) => {
                damaged += 1;
                assert!(matches!(error, WarehouseError::Damaged { .. }), "{error}");
            }
        }
        writable.write_all_at(&bytes[at..=at], at as u64).unwrap();
    }
    assert!(damaged > 1_000, "{damaged}");
    assert!(gerbang::warehouse::damaged_pages() - counted_before >= damaged, "every one is counted for the alarm");
}

#[test]
fn a_snapshot_whose_index_is_not_that_of_the_manifest_is_refused() {
    let dir = TempDir::new().unwrap();
    let manifest = made(dir.path(), 1_000);
    let path = index_file(dir.path(), &manifest);
    let bytes = std::fs::read(&path).unwrap();
    let put = |bytes: &[u8]| gerbang::disk::replace(&gerbang::disk::RealDisk, &path, bytes).unwrap();
    let tail = usize::try_from(manifest.families().unwrap().index_at).unwrap();
    for at in (tail..bytes.len()).step_by(7) {
        let mut other = bytes.clone();
        other[at] ^= 1;
        put(&other);
        assert!(Snapshot::open(dir.path()).is_err(), "byte {at}");
    }
    for length in [0, tail, bytes.len() - 1] {
        put(&bytes[..length]);
        assert!(Snapshot::open(dir.path()).is_err(), "{length} bytes");
    }
    gerbang::disk::Disk::remove(&gerbang::disk::RealDisk, &path).unwrap();
    assert!(Snapshot::open(dir.path()).is_err(), "no index at all");
    put(&bytes);
    assert!(Snapshot::open(dir.path()).is_ok());
}
