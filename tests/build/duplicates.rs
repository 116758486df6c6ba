//! NIKs that stand for more than one record.

use gerbang::kernel::{ElemenSet, Nik, NikStatus};
use gerbang::warehouse::Snapshot;

use super::{Place, small_csv};

#[test]
fn all_rows_of_a_nik_are_kept_as_duplicates_and_its_neighbours_are_not_touched() {
    let place = Place::new();
    let mut rows: Vec<String> = (1..400).map(|serial| format!("630501450785{serial:04}")).collect();
    rows.extend(std::iter::repeat_n("6305014507850200".to_owned(), 1000));
    rows.extend(["6305014507850300".to_owned(), "6305014507850399".to_owned()]);
    let rows: Vec<(&str, &str)> = rows.iter().map(|nik| (nik.as_str(), "SITI")).collect();
    let built = place.build(place.put("in.csv", small_csv(&rows))).unwrap();
    assert_eq!((built.manifest.rows(), built.duplicates, built.rejected), (1401, 1001 + 2 + 2, 0));
    let snapshot = Snapshot::open(&place.path("out")).unwrap();
    for serial in 1..400 {
        let nik = Nik::parse(&format!("630501450785{serial:04}")).unwrap_or_else(|fault| panic!("{fault}"));
        let status = snapshot.look_up(nik, ElemenSet::ALL).unwrap().unwrap().status();
        let expected = if [200, 300, 399].contains(&serial) { NikStatus::Duplicate } else { NikStatus::Active };
        assert_eq!(status, expected, "{serial}");
    }
    let mut niks = Vec::new();
    snapshot
        .each_nik(|nik| {
            niks.push(nik.number());
            true
        })
        .unwrap();
    assert!(niks.len() == 1401 && niks.is_sorted());
}
