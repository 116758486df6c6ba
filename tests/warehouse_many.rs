//! Many look-ups at once: what each of them is alone, each page read once, damage told for the rows it concerns.

#![expect(clippy::unwrap_used, reason = "a test says by a panic what does not hold")]

use std::path::Path;

use gerbang::kernel::{Elemen, ElemenSet, Nik};
use gerbang::warehouse::{Found, Generate, Generated, Snapshot, generate};
use tempfile::TempDir;

fn made(dir: &Path, rows: u64, seed: u64) -> Generated {
    let options = Generate { rows, seed, as_of: jiff::civil::date(2026, 11, 22) };
    generate(dir, &options, &mut |_| ()).unwrap()
}

fn shown_row(found: Option<&Found>) -> Option<Vec<String>> {
    match found {
        Some(Found::Row(row)) => Some(Elemen::all().map(|elemen| row.value(elemen).unwrap_or("-").to_owned()).collect()),
        _ => None,
    }
}

#[test]
fn many_at_once_are_what_each_is_alone() {
    let dir = TempDir::new().unwrap();
    made(dir.path(), 70_000, 5);
    let snapshot = Snapshot::open(dir.path()).unwrap();
    let some: ElemenSet = [Elemen::NamaLgkp, Elemen::NoKab, Elemen::TglLhr].into_iter().collect();
    let mut wanted = Vec::new();
    for (number, own) in snapshot.sample(3_000).unwrap().into_iter().enumerate() {
        let columns = [ElemenSet::ALL, some, ElemenSet::EMPTY, Elemen::Nik.alone(), Elemen::Alamat.alone()][number % 5];
        wanted.push((Some(own), columns));
        if number % 7 == 0 {
            wanted.extend([(Some(own), some), (None, some), (Nik::from_number(own.number() / 10_000 * 10_000 + 9_321).ok(), some)]);
        }
    }
    let (found, error) = snapshot.look_up_many(&wanted);
    assert!(error.is_none());
    assert_eq!(found.len(), wanted.len());
    let mut rows = 0;
    for (found, (own, columns)) in found.iter().zip(&wanted) {
        let alone = own.and_then(|own| snapshot.look_up(own, *columns).unwrap());
        match (found.as_ref().unwrap(), alone) {
            (Found::Row(row), Some(alone)) => {
                rows += 1;
                assert_eq!(row.columns(), *columns);
                assert!(row.status() == alone.status() && row.region() == alone.region());
                assert!(columns.iter().all(|elemen| row.value(elemen) == alone.value(elemen)));
            }
            (Found::Absent, None) => (),
            _ => panic!("one is there, the other is not"),
        }
    }
    assert!(rows >= 3_000 && rows < wanted.len());
}

#[test]
fn many_at_once_read_each_page_once_and_no_column_beyond() {
    let dir = TempDir::new().unwrap();
    made(dir.path(), 3_000, 5);
    let snapshot = Snapshot::open(dir.path()).unwrap().counting();
    let mut everybody = Vec::new();
    snapshot
        .each_nik(|nik| {
            everybody.push(nik);
            true
        })
        .unwrap();
    let pages_of_3000 = snapshot.pages_read().unwrap().of(Elemen::Nik);
    assert!((20..100).contains(&pages_of_3000), "{pages_of_3000}");
    let columns: ElemenSet = [Elemen::NamaLgkp, Elemen::TglLhr].into_iter().collect();
    let wanted: Vec<_> = everybody.iter().rev().map(|nik| (Some(*nik), columns)).collect();
    let (found, _) = snapshot.look_up_many(&wanted);
    assert!(found.iter().all(|found| matches!(found, Some(Found::Row(_)))));
    let pages = snapshot.pages_read().unwrap();
    // Rows are gathered in pieces: at the border of two, a page is read twice.
    let borders = 3_000 / 512;
    for elemen in Elemen::all() {
        let read = pages.of(elemen);
        match elemen {
            Elemen::Nik => assert_eq!(read, 2 * pages_of_3000),
            Elemen::NoProp | Elemen::NoKab | Elemen::NamaLgkp | Elemen::TglLhr => {
                assert!((pages_of_3000..=pages_of_3000 + borders).contains(&read), "{elemen}: {read}");
            }
            _ => assert_eq!(read, 0, "{elemen}"),
        }
    }
}

#[test]
fn of_many_at_once_a_flipped_byte_takes_only_its_page() {
    use std::os::unix::fs::FileExt;
    let dir = TempDir::new().unwrap();
    let manifest = made(dir.path(), 1_000, 6).manifest;
    let path = dir.path().join(&manifest.files()[0].name);
    let snapshot = Snapshot::open(dir.path()).unwrap();
    let wanted: Vec<_> = snapshot.sample(200).unwrap().into_iter().map(|nik| (Some(nik), ElemenSet::ALL)).collect();
    let (sound, error) = snapshot.look_up_many(&wanted);
    assert!(error.is_none());
    let bytes = std::fs::read(&path).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    let index_at = usize::try_from(manifest.files()[0].index_at).unwrap();
    let mut damaged = 0;
    for at in (0..index_at).step_by(1_009) {
        file.write_all_at(&[bytes[at] ^ 0x20], at as u64).unwrap();
        let (found, error) = snapshot.look_up_many(&wanted);
        let missing = found.iter().filter(|found| found.is_none()).count();
        assert_eq!(missing > 0, error.is_some(), "byte {at}");
        assert!(missing < wanted.len(), "byte {at} takes everybody");
        damaged += usize::from(missing > 0);
        for (found, sound) in found.iter().zip(&sound).filter(|(found, _)| found.is_some()) {
            assert!(shown_row(found.as_ref()) == shown_row(sound.as_ref()), "byte {at}");
        }
        file.write_all_at(&bytes[at..=at], at as u64).unwrap();
    }
    assert!(damaged > 100, "{damaged}");
}
