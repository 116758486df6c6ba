//! The warehouse from outside: what is generated fits together and is the same again, what is looked up is right or an error.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a test says by a panic what does not hold, and damages files on purpose"
)]

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use gerbang::kernel::{Elemen, ElemenSet, Nik, NikStatus, Row};
use gerbang::warehouse::{Found, Generate, Generated, Manifest, Persona, Rows, Snapshot, damaged_pages, generate};
use tempfile::TempDir;

fn made(dir: &Path, rows: u64, seed: u64) -> Generated {
    let options = Generate { rows, seed, as_of: jiff::civil::date(2026, 11, 22) };
    generate(dir, &options, &mut |_| ()).unwrap()
}

fn put(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
    std::fs::write(path, bytes).unwrap();
}

fn value(row: &Row, elemen: Elemen) -> &str {
    row.value(elemen).unwrap()
}

fn nik(text: &str) -> Nik {
    Nik::parse(text).unwrap_or_else(|fault| panic!("{fault}"))
}

/// All residents of a small snapshot, in the order of the file.
fn everybody(dir: &Path) -> Vec<Row> {
    let snapshot = Snapshot::open(dir).unwrap();
    let mut rows = Vec::new();
    snapshot
        .each_nik(|nik| {
            rows.push(snapshot.look_up(nik, ElemenSet::ALL).unwrap().unwrap());
            true
        })
        .unwrap();
    rows
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_does_not() {
    let (one, two, three) = (TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap());
    let first = made(one.path(), 40_000, 7).manifest;
    let second = made(two.path(), 40_000, 7).manifest;
    let third = made(three.path(), 40_000, 8).manifest;
    assert_eq!(first.snapshot(), second.snapshot());
    assert_ne!(first.snapshot(), third.snapshot());
    assert_eq!(first.file_names().count(), 2, "residents and families");
    for name in first.file_names() {
        let bytes = |dir: &TempDir| std::fs::read(dir.path().join(name)).unwrap();
        assert!(bytes(&one) == bytes(&two));
    }
    assert!(std::fs::read(one.path().join("manifest.json")).unwrap() == std::fs::read(two.path().join("manifest.json")).unwrap());
}

#[test]
fn progress_rises_to_the_number_of_rows() {
    let dir = TempDir::new().unwrap();
    let mut told = Vec::new();
    let options = Generate { rows: 70_000, seed: 1, as_of: jiff::civil::date(2026, 11, 22) };
    let made = generate(dir.path(), &options, &mut |rows| told.push(rows)).unwrap();
    assert!(told.is_sorted());
    assert_eq!((told.last(), made.manifest.rows()), (Some(&70_000), 70_000));
}

#[test]
fn refuses_fewer_residents_than_the_personas_need() {
    let dir = TempDir::new().unwrap();
    let options = Generate { rows: 999, seed: 1, as_of: jiff::civil::date(2026, 11, 22) };
    assert!(generate(dir.path(), &options, &mut |_| ()).is_err());
    assert!(Snapshot::open(dir.path()).is_err());
}

#[test]
fn families_fit_together() {
    let dir = TempDir::new().unwrap();
    made(dir.path(), 12_000, 3);
    let rows = everybody(dir.path());
    assert_eq!(rows.len(), 12_000);
    let niks: Vec<&str> = rows.iter().map(|row| value(row, Elemen::Nik)).collect();
    assert!(niks.is_sorted_by(|a, b| a < b), "sorted and unique");
    let by_nik: HashMap<&str, &Row> = rows.iter().map(|row| (value(row, Elemen::Nik), row)).collect();
    let mut families: HashMap<&str, Vec<&Row>> = HashMap::new();
    for row in &rows {
        families.entry(value(row, Elemen::NoKk)).or_default().push(row);
        let own = nik(value(row, Elemen::Nik));
        assert_eq!(own.birth_date(2026).unwrap().to_string(), value(row, Elemen::TglLhr));
        assert_eq!(matches!(own.sex(), gerbang::kernel::Sex::Male), value(row, Elemen::JenisKlmin) == "LAKI-LAKI");
        for (name, number) in [(Elemen::NamaLgkpIbu, Elemen::NikIbu), (Elemen::NamaLgkpAyah, Elemen::NikAyah)] {
            assert!(!value(row, name).is_empty());
            if let Some(parent) = by_nik.get(value(row, number)) {
                assert_eq!(value(parent, Elemen::NamaLgkp), value(row, name));
                assert_eq!(value(parent, Elemen::NoKk), value(row, Elemen::NoKk));
                assert!(value(parent, Elemen::TglLhr) < value(row, Elemen::TglLhr));
            } else {
                assert_eq!(value(row, number), "");
            }
        }
    }
    check_families(&families);
}

/// What holds for each family, and for the whole of them.
fn check_families(families: &HashMap<&str, Vec<&Row>>) {
    let (mut moved, mut children) = (0, 0);
    for members in families.values() {
        let of = |relation: &str| members.iter().filter(|row| value(row, Elemen::StatHbkel) == relation).collect::<Vec<_>>();
        let heads = of("KEPALA KELUARGA");
        assert_eq!(heads.len(), 1);
        for elemen in [Elemen::Alamat, Elemen::NoRt, Elemen::NoProp, Elemen::NoKab, Elemen::NoKel, Elemen::KodePos, Elemen::KelName]
        {
            assert!(members.iter().all(|row| value(row, elemen) == value(heads[0], elemen)), "{elemen}");
        }
        for wife in of("ISTRI") {
            assert_eq!(value(wife, Elemen::NoAktaKwn), value(heads[0], Elemen::NoAktaKwn));
            assert_eq!(value(wife, Elemen::TglKwn), value(heads[0], Elemen::TglKwn));
            for child in of("ANAK") {
                assert_eq!(value(child, Elemen::NikIbu), value(wife, Elemen::Nik));
                assert_eq!(value(child, Elemen::NikAyah), value(heads[0], Elemen::Nik));
                assert!(value(child, Elemen::TglLhr) > value(wife, Elemen::TglKwn));
            }
        }
        let first = nik(value(heads[0], Elemen::Nik)).first_region();
        assert!(members.iter().all(|row| nik(value(row, Elemen::Nik)).first_region() == first));
        assert_eq!(value(heads[0], Elemen::NoKk)[..4], heads[0].region().number().to_string());
        moved += usize::from(first != heads[0].region());
        children += of("ANAK").len();
    }
    assert!((10..50).contains(&(moved * 1000 / families.len())), "{moved} of {}", families.len());
    assert!(children > families.len() / 2);
}

#[test]
fn every_status_occurs_as_often_as_it_should() {
    let dir = TempDir::new().unwrap();
    made(dir.path(), 12_000, 4);
    let rows = everybody(dir.path());
    let share = |status| rows.iter().filter(|row| row.status() == status).count();
    assert!((80..400).contains(&share(NikStatus::Deceased)), "{}", share(NikStatus::Deceased));
    assert!((10..120).contains(&share(NikStatus::Duplicate)));
    assert!((20..160).contains(&share(NikStatus::Inactive)));
    for elemen in Elemen::all().filter(|elemen| *elemen != Elemen::PnydngCct) {
        assert!(rows.iter().any(|row| !value(row, elemen).is_empty()), "{elemen} is never filled");
    }
}

#[test]
fn every_persona_is_what_it_says_in_a_small_population_and_in_a_larger_one() {
    for (rows, seed) in [(1_000, 1), (30_000, 99)] {
        let dir = TempDir::new().unwrap();
        let personas = made(dir.path(), rows, seed).personas;
        let snapshot = Snapshot::open(dir.path()).unwrap();
        for persona in &personas {
            check_persona(&snapshot, persona);
        }
        let count = |code| personas.iter().filter(|persona| persona.code == code).count();
        assert!(count("01") >= 20);
        assert!(["11", "12", "13", "14", "15"].into_iter().all(|code| count(code) >= 1));
        let in_tapin =
            personas.iter().filter(|p| p.code == "01" && shown(p, Elemen::NoProp) == "63" && shown(p, Elemen::NoKab) == "05");
        let in_tapin: Vec<_> = in_tapin.collect();
        assert_eq!(in_tapin.len(), 5);
        assert!(in_tapin.iter().all(|persona| persona.nik.starts_with("6305")));
    }
}

fn shown(persona: &Persona, elemen: Elemen) -> &str {
    persona.row.iter().find(|(own, _)| *own == elemen).map_or("", |(_, text)| text)
}

fn check_persona(snapshot: &Snapshot, persona: &Persona) {
    let parsed = Nik::parse(&persona.nik);
    if persona.code == "15" {
        assert!(parsed.is_err() && persona.row.is_empty());
        return;
    }
    let found = snapshot.look_up(parsed.unwrap_or_else(|_| panic!("malformed")), ElemenSet::ALL).unwrap();
    let Some(row) = found else {
        assert!(persona.code == "13" && persona.row.is_empty());
        return;
    };
    let code = match row.status() {
        NikStatus::Active => "01",
        NikStatus::Deceased => "11",
        NikStatus::Duplicate => "12",
        NikStatus::Inactive => "14",
    };
    assert_eq!(persona.code, code);
    assert_eq!(persona.row.len(), Elemen::COUNT);
    for (elemen, text) in &persona.row {
        assert!(row.value(*elemen) == Some(text), "{elemen}");
    }
    let filled =
        [Elemen::NamaLgkp, Elemen::TmptLhr, Elemen::TglLhr, Elemen::JenisKlmin, Elemen::Alamat, Elemen::NamaLgkpIbu, Elemen::NoKk];
    assert!(filled.into_iter().all(|elemen| !shown(persona, elemen).is_empty()));
}

#[test]
fn a_nik_that_nobody_has_is_absent_wherever_it_lies() {
    let dir = TempDir::new().unwrap();
    let manifest = made(dir.path(), 3_000, 5).manifest;
    let snapshot = Snapshot::open(dir.path()).unwrap();
    let mut niks = Vec::new();
    snapshot
        .each_nik(|nik| {
            niks.push(nik);
            true
        })
        .unwrap();
    assert_eq!(niks.len(), 3_000);
    for own in &niks {
        for other in [own.number() - 1, own.number() + 1, own.number() / 10_000 * 10_000 + 9_500] {
            if let Ok(other) = Nik::from_number(other).map_err(drop)
                && niks.binary_search(&other).is_err()
            {
                assert!(snapshot.look_up(other, ElemenSet::ALL).unwrap().is_none());
            }
        }
    }
    for text in ["1101010101010001", "9999990101010001"] {
        assert!(snapshot.look_up(nik(text), ElemenSet::ALL).unwrap().is_none());
    }
    assert!(manifest.files().len() == 1);
}

#[test]
fn only_permitted_columns_are_read() {
    let dir = TempDir::new().unwrap();
    made(dir.path(), 3_000, 5);
    let snapshot = Snapshot::open(dir.path()).unwrap().counting();
    let own = snapshot.sample(1).unwrap()[0];
    let permitted: ElemenSet = [Elemen::NamaLgkp, Elemen::TglLhr, Elemen::Alamat].into_iter().collect();
    let before = snapshot.pages_read().unwrap().of(Elemen::Nik);
    let row = snapshot.look_up(own, permitted).unwrap().unwrap();
    assert_eq!(row.columns(), permitted);
    let pages = snapshot.pages_read().unwrap();
    for elemen in Elemen::all() {
        let expected = match elemen {
            Elemen::Nik => before + 1,
            Elemen::NoProp | Elemen::NoKab => 1,
            _ => u64::from(permitted.contains(elemen)),
        };
        assert_eq!(pages.of(elemen), expected, "{elemen}");
    }
    assert_eq!(pages.of_status(), 1);
}

#[test]
fn no_flipped_byte_gives_a_wrong_value() {
    let dir = TempDir::new().unwrap();
    let manifest = made(dir.path(), 1_000, 6).manifest;
    let path = dir.path().join(&manifest.files()[0].name);
    let snapshot = Snapshot::open(dir.path()).unwrap();
    let own = snapshot.sample(1).unwrap()[0];
    let all = |row: &Row| Elemen::all().map(|elemen| row.value(elemen).map(str::to_owned)).collect::<Vec<_>>();
    let sound = all(&snapshot.look_up(own, ElemenSet::ALL).unwrap().unwrap());
    let bytes = std::fs::read(&path).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    let index_at = usize::try_from(manifest.files()[0].index_at).unwrap();
    let (mut damaged, counted_before) = (0, damaged_pages());
    // Every byte of the first pages of every column would take minutes: a prime step walks through headers and bodies of all.
    for at in (0..6_000.min(index_at)).chain((6_000..index_at).step_by(101)) {
        use std::os::unix::fs::FileExt;
        file.write_all_at(&[bytes[at] ^ 0x20], at as u64).unwrap();
        match snapshot.look_up(own, ElemenSet::ALL) {
            Ok(Some(row)) => assert!(all(&row) == sound, "byte {at}"),
            Ok(None) => panic!("a resident vanished by byte {at}"),
            Err(error) => {
                damaged += 1;
                assert!(matches!(error, gerbang::warehouse::WarehouseError::Damaged { .. }), "{error}");
            }
        }
        file.write_all_at(&bytes[at..=at], at as u64).unwrap();
    }
    assert!(damaged > 200, "{damaged}");
    assert!(damaged_pages() - counted_before >= damaged, "every one is counted for the alarm");
    drop(Manifest::read(dir.path()).unwrap());
}

#[test]
fn a_damaged_index_or_manifest_or_a_truncated_file_is_refused() {
    let dir = TempDir::new().unwrap();
    let manifest = made(dir.path(), 1_000, 6).manifest;
    let entry = &manifest.files()[0];
    let path = dir.path().join(&entry.name);
    let bytes = std::fs::read(&path).unwrap();
    for at in (usize::try_from(entry.index_at).unwrap()..bytes.len()).step_by(37) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        put(&path, &damaged);
        assert!(Snapshot::open(dir.path()).is_err(), "byte {at}");
    }
    for length in [0, 4, bytes.len() / 2, bytes.len() - 1] {
        put(&path, &bytes[..length]);
        assert!(Snapshot::open(dir.path()).is_err(), "{length} bytes");
    }
    put(&path, &bytes);
    assert!(Snapshot::open(dir.path()).is_ok());
    let text = std::fs::read_to_string(dir.path().join("manifest.json")).unwrap();
    put(dir.path().join("manifest.json"), text.replace("\"as_of\": \"2026-11-22\"", "\"as_of\": \"2026-11-23\""));
    assert!(Snapshot::open(dir.path()).is_err());
}

#[test]
fn a_file_cut_short_while_it_is_served_gives_errors_and_what_it_still_holds() {
    let dir = TempDir::new().unwrap();
    let manifest = made(dir.path(), 80_000, 6).manifest;
    let entry = &manifest.files()[0];
    let snapshot = Snapshot::open(dir.path()).unwrap();
    let niks = snapshot.sample(2_000).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(dir.path().join(&entry.name)).unwrap();
    file.set_len(entry.bytes / 2).unwrap();
    let (mut read, mut lost) = (0, 0);
    for own in niks {
        match snapshot.look_up(own, ElemenSet::ALL) {
            Ok(Some(row)) => {
                assert!(row.value(Elemen::Nik) == Some(own.text().as_str()));
                read += 1;
            }
            Ok(None) => panic!("a resident vanished"),
            Err(_) => lost += 1,
        }
    }
    assert!(read > 500 && lost > 500, "{read} read, {lost} lost");
}

#[test]
fn pages_that_were_let_go_of_are_read_again() {
    let dir = TempDir::new().unwrap();
    made(dir.path(), 1_000, 6);
    let snapshot = Snapshot::open(dir.path()).unwrap();
    for own in snapshot.sample(50).unwrap() {
        let row = snapshot.look_up(own, ElemenSet::ALL).unwrap().unwrap();
        snapshot.release();
        let again = snapshot.look_up(own, ElemenSet::ALL).unwrap().unwrap();
        assert!(Elemen::all().all(|elemen| row.value(elemen) == again.value(elemen)));
    }
}

#[test]
fn who_tries_out_numbers_pushes_no_resident_out_of_the_cache() {
    let dir = TempDir::new().unwrap();
    made(dir.path(), 1_000, 5);
    let snapshot = Snapshot::open(dir.path()).unwrap();
    let hot = snapshot.sample(100).unwrap();
    let warehouse = Rows::over(snapshot, 400_000, Duration::from_secs(600));
    let columns = ElemenSet::ALL;
    for own in &hot {
        warehouse.read(*own, columns).unwrap();
    }
    let first = hot[0].number() / 10_000 * 10_000;
    for number in first + 1..first + 9_999 {
        let Ok(tried) = Nik::from_number(number).map_err(drop) else { continue };
        if warehouse.cached(tried, columns).is_none() {
            warehouse.read(tried, columns).unwrap();
        }
    }
    warehouse.run_pending();
    assert!(hot.iter().all(|own| matches!(warehouse.cached(*own, columns), Some(Found::Row(_)))));
    assert!(warehouse.cache_figures().bytes <= 400_000);
}

#[test]
fn a_new_population_replaces_the_old_one_and_leaves_nothing_else() {
    let dir = TempDir::new().unwrap();
    put(dir.path().join(".unfinished-0000.parquet"), b"left by a crash");
    put(dir.path().join("2025-01-01-0123abcd.0000.parquet"), b"left by a crash before its manifest");
    put(dir.path().join("notes.parquet"), b"somebody else's");
    made(dir.path(), 1_000, 1);
    let open = Snapshot::open(dir.path()).unwrap();
    let second = made(dir.path(), 1_000, 2).manifest;
    let mut names: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    let own: Vec<&str> = second.file_names().chain(["manifest.json", "notes.parquet"]).collect();
    assert_eq!(names, own);
    let own = open.sample(1).unwrap()[0];
    assert!(open.look_up(own, ElemenSet::ALL).unwrap().is_some(), "the old snapshot is still read");
}

#[test]
fn the_cache_reads_once_remembers_the_absent_and_merges_columns() {
    let dir = TempDir::new().unwrap();
    made(dir.path(), 1_000, 5);
    let warehouse = Rows::open(dir.path(), 1 << 20, Duration::from_secs(60)).unwrap();
    let own = Snapshot::open(dir.path()).unwrap().sample(1).unwrap()[0];
    let (name, all) = (Elemen::NamaLgkp.alone(), ElemenSet::ALL);
    assert!(warehouse.cached(own, name).is_none());
    assert!(matches!(warehouse.read(own, name).unwrap(), Found::Row(row) if row.columns() == name));
    assert!(warehouse.cached(own, name).is_some());
    assert!(warehouse.cached(own, all).is_none(), "a column that was not read is not known");
    let Found::Row(row) = warehouse.read(own, all).unwrap() else { panic!("absent") };
    let direct = Snapshot::open(dir.path()).unwrap().look_up(own, all).unwrap().unwrap();
    assert!(Elemen::all().all(|elemen| row.value(elemen) == direct.value(elemen)));
    assert_eq!((row.status(), row.region()), (direct.status(), direct.region()));
    let absent = nik("6305014507859998");
    assert!(warehouse.cached(absent, all).is_none());
    assert!(matches!(warehouse.read(absent, all).unwrap(), Found::Absent));
    assert!(matches!(warehouse.cached(absent, all), Some(Found::Absent)));
    let figures = warehouse.cache_figures();
    assert_eq!((figures.hits, figures.misses), (2, 3));
    assert_eq!(warehouse.snapshot().rows, 1_000);
}

#[test]
fn look_ups_from_many_threads_agree() {
    let dir = TempDir::new().unwrap();
    made(dir.path(), 1_000, 5);
    let warehouse = Rows::open(dir.path(), 1 << 16, Duration::from_secs(60)).unwrap();
    let snapshot = Snapshot::open(dir.path()).unwrap();
    let niks = snapshot.sample(200).unwrap();
    std::thread::scope(|scope| {
        for shift in 0..4 {
            let (warehouse, niks) = (&warehouse, &niks);
            scope.spawn(move || {
                for number in 0..niks.len() {
                    let own = niks[(number + shift * 7) % niks.len()];
                    let Found::Row(row) = warehouse.read(own, Elemen::Nik.alone()).unwrap() else { panic!("absent") };
                    assert!(row.value(Elemen::Nik) == Some(own.text().as_str()));
                }
            });
        }
    });
    warehouse.run_pending();
    assert!(warehouse.cache_figures().bytes <= 1 << 16);
}
