//! Inputs that are broken as such: an error that names file and row, and the older snapshot stays what it was.

use std::fs::File;
use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray, BooleanArray, Float64Array, RecordBatch, StringArray, StructArray};
use arrow::datatypes::{DataType, Field};
use gerbang::warehouse::{Build, Snapshot, WarehouseError};
use parquet::basic::{Compression, Encoding};
use parquet::file::properties::WriterProperties;
use parquet::file::properties::WriterVersion;

use super::{Place, extract, run, small_csv, told};

const GOOD: &[(&str, &str)] = &[("6305014507850001", "SITI"), ("6305014507850002", "BUDI")];

/// A place with a snapshot in its output.
fn with_older() -> (Place, String) {
    let place = Place::new();
    let older = place.build(place.put("older.csv", small_csv(GOOD))).unwrap();
    let id = older.manifest.snapshot().to_owned();
    (place, id)
}

/// Builds what must fail: the message, once it is seen that the older snapshot is as it was.
fn fails(place: &Place, older: &str, input: &str) -> String {
    let before = place.left();
    let error = place.build(place.path(input)).err().unwrap_or_else(|| panic!("{input} was taken"));
    assert_eq!(&**Snapshot::open(&place.path("out")).unwrap().id(), older, "{input}");
    assert_eq!(place.left(), before, "{input}");
    let message = told(&error);
    assert!(!message.contains("6305014507"), "no NIK in {message}");
    message.replace(&place.dir.path().display().to_string(), "")
}

#[test]
fn csv_that_cannot_be_trusted_is_refused_by_file_and_row() {
    let (place, older) = with_older();
    let headings = "NIK,NO_PROP,NO_KAB,STATUS,NAMA_LGKP";
    let good = "6305014507850003,63,5,1,SITI";
    let utf16: Vec<u8> = format!("\u{feff}{headings}\n{good}\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin1 = [format!("{headings}\n{good}\n{good}\n6305014507850004,63,5,1,ANDR").as_bytes(), &[0xe9], b"\n"].concat();
    for (bytes, message) in [
        (
            format!("{headings}\n{good}\n6305014507850004,63,5,1,\"BUDI\n").into_bytes(),
            "row 2: near line 4: a quote that is never closed",
        ),
        (
            format!("{headings}\n{good}\n\n6305014507850004,63,5,1,BUDI \"X\"\n{good}\n").into_bytes(),
            "row 2: near line 4: a quote where none may stand",
        ),
        (format!("{headings}\n{good}\n\"6\"305,63,5,1,BUDI\n").into_bytes(), "row 2: near line 3: a quote where none may stand"),
        (latin1, "row 3: line 4 is not UTF-8; convert Latin-1 or Windows-1252 first"),
        (utf16, "it is UTF-16 or no text; UTF-8 is needed"),
        (b"\xfe\xff\0N\0I\0K".to_vec(), "it is UTF-16 or no text; UTF-8 is needed"),
        (b"NAMA_LGKP,NO_PROP\nSITI,63\n".to_vec(), "its first line has no column NIK between , ; tab or |"),
        (Vec::new(), "its first line has no column NIK between , ; tab or |"),
        (b"NIK,NO_PROP,NAMA_LGKP\n1,2,3\n".to_vec(), "it has no column NO_KAB, STATUS"),
        (b"NIK;GOL_DRH;gol_darah;NO_PROP;NO_KAB;STATUS\n".to_vec(), "two of its columns are GOL_DARAH"),
        (format!("{headings}\n{good}\n{}\n", "x".repeat(70_000)).into_bytes(), "row 2: near line 3: a record of more than 64 KiB"),
    ] {
        place.put("in.csv", bytes);
        let found = fails(&place, &older, "in.csv");
        assert!(found.starts_with("the input /in.csv") && found.contains(message), "{found}, not {message}");
    }
}

/// A batch with the needed columns as text, some of them replaced.
fn batch(replaced: &[(&str, ArrayRef)]) -> RecordBatch {
    let text = |value: &str| Arc::new(StringArray::from(vec![value; 3])) as ArrayRef;
    let mut columns =
        vec![("NIK", text("6305014507850001")), ("NO_PROP", text("63")), ("NO_KAB", text("5")), ("STATUS", text("1"))];
    for (name, column) in replaced {
        columns.retain(|(own, _)| own != name);
        columns.push((name, Arc::clone(column)));
    }
    RecordBatch::try_from_iter(columns).unwrap()
}

#[test]
fn parquet_with_missing_columns_or_wrong_types_is_refused_by_name() {
    let (place, older) = with_older();
    let truths = Arc::new(BooleanArray::from(vec![true; 3])) as ArrayRef;
    let reals = Arc::new(Float64Array::from(vec![6.305_014e15; 3])) as ArrayRef;
    let inner = Arc::new(Field::new("x", DataType::Boolean, false));
    let nested = Arc::new(StructArray::from(vec![(inner, Arc::clone(&truths))])) as ArrayRef;
    for (replaced, message) in [
        (vec![("NIK", Arc::clone(&truths))], "its column NIK cannot be of the type Boolean"),
        (vec![("NIK", Arc::clone(&reals))], "its column NIK cannot be of the type Float64"),
        (vec![("TGL_LHR", Arc::clone(&reals))], "its column TGL_LHR cannot be of the type Float64"),
        (vec![("NAMA_LGKP", nested)], "its column NAMA_LGKP cannot be of the type Struct"),
        (vec![("nik", Arc::clone(&truths))], "two of its columns are NIK"),
    ] {
        extract::write_parquet(&place.path("in.parquet"), &batch(&replaced), WriterProperties::default());
        let found = fails(&place, &older, "in.parquet");
        assert!(found.starts_with("the input /in.parquet: ") && found.contains(message), "{found}");
    }
    extract::write_parquet(&place.path("in.parquet"), &batch(&[]).project(&[0, 1, 2]).unwrap(), WriterProperties::default());
    assert!(fails(&place, &older, "in.parquet").contains("it has no column STATUS (an input of active residents only"));
    let taken = run(&Build { all_active: true, ..place.options(place.path("in.parquet")) }).unwrap();
    assert_eq!(taken.duplicates, 3);
}

#[test]
fn a_wrong_file_among_good_ones_stops_the_build_before_any_row_is_read() {
    let (place, older) = with_older();
    place.put("in/1.csv", small_csv(GOOD));
    place.put("in/2.parquet", "NIK,NO_PROP\n");
    assert_eq!(fails(&place, &older, "in"), "the input /in/2.parquet: it is no Parquet file: it does not begin like one");
    std::fs::create_dir(place.path("empty")).unwrap();
    assert_eq!(fails(&place, &older, "empty"), "the input /empty: there is no Parquet or CSV file in it");
    assert!(fails(&place, &older, "nowhere").starts_with("cannot look at /nowhere"));
    assert!(fails(&place, &older, "out").contains("must lie apart"));
    assert!(fails(&place, &older, "").contains("must lie apart"));
}

#[test]
fn parquet_cut_off_anywhere_is_refused() {
    let (place, older) = with_older();
    extract::write_parquet(&place.path("whole.parquet"), &batch(&[]), WriterProperties::default());
    let whole = std::fs::read(place.path("whole.parquet")).unwrap();
    for length in (4..whole.len()).step_by(13).chain([whole.len() - 1]) {
        place.put("in.parquet", &whole[..length]);
        let found = fails(&place, &older, "in.parquet");
        assert_eq!(found, "the input /in.parquet: it is truncated or no Parquet file: it has no footer", "{length}");
    }
    place.put("in.parquet", [&whole[..whole.len() - 4], b"PARE"].concat());
    assert_eq!(fails(&place, &older, "in.parquet"), "the input /in.parquet: it is encrypted");
}

#[test]
fn no_changed_byte_is_a_panic_and_what_fails_names_the_file() {
    let (place, _) = Place::populated(1000);
    let all = extract::export(&place.path("population")).slice(0, 40);
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).set_max_row_group_row_count(Some(20)).build();
    extract::write_parquet(&place.path("whole.parquet"), &all, properties);
    let whole = std::fs::read(place.path("whole.parquet")).unwrap();
    let (mut refused, mut taken) = (0, 0);
    for at in (4..whole.len()).step_by(whole.len() / 150) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        match place.build(place.put("in.parquet", bytes)) {
            Ok(_) => taken += 1,
            Err(error @ (WarehouseError::Input { .. } | WarehouseError::Nobody(_) | WarehouseError::Memory(_))) => {
                assert!(told(&error).contains("in.parquet"), "{}", told(&error));
                refused += 1;
            }
            Err(error) => panic!("byte {at}: {}", told(&error)),
        }
    }
    assert!(refused > 20 && taken > 0, "{refused} refused, {taken} taken");
}

#[test]
fn encodings_and_codecs_that_are_not_read_are_named() {
    let (place, older) = with_older();
    let delta = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_writer_version(WriterVersion::PARQUET_2_0)
        .set_encoding(Encoding::DELTA_BYTE_ARRAY)
        .build();
    extract::write_parquet(&place.path("in.parquet"), &batch(&[]), delta);
    let found = fails(&place, &older, "in.parquet");
    assert_eq!(
        found,
        "the input /in.parquet: row group 0: column NIK: a column has the encoding DELTA_BYTE_ARRAY, which is not read"
    );
    // The library here writes no zstd: the codec's number in the footer is changed instead, 0 for none to 6 for zstd.
    let plain = WriterProperties::builder().set_dictionary_enabled(false).build();
    extract::write_parquet(&place.path("in.parquet"), &batch(&[]), plain);
    let bytes = std::fs::read(place.path("in.parquet")).unwrap();
    let name = bytes.windows(8).rposition(|window| window == b"\x18\x03NIK\x15\x00\x16").expect("path in schema, then codec");
    let mut changed = bytes;
    changed[name + 6] = 12;
    place.put("in.parquet", changed);
    let found = fails(&place, &older, "in.parquet");
    assert!(found.contains("column NIK: compressed with ZSTD") && found.contains("which is not read; use Snappy"), "{found}");
}

#[test]
fn text_that_is_not_utf8_is_refused_with_its_rows() {
    let (place, older) = with_older();
    let names = Arc::new(BinaryArray::from(vec![b"SITI".as_slice(), b"ANDR\xe9", b"BUDI"])) as ArrayRef;
    let plain = WriterProperties::builder().set_dictionary_enabled(false).build();
    extract::write_parquet(&place.path("in.parquet"), &batch(&[("NAMA_LGKP", names)]), plain.clone());
    assert_eq!(place.build(place.path("in.parquet")).unwrap().rejected, 1);
    assert!(place.rejects().ends_with("in.parquet,2,,NAMA_LGKP,not UTF-8\n"), "{}", place.rejects());
    // Where the file itself says that a column is UTF-8, it is the file that is broken.
    place.build(place.path("older.csv")).unwrap();
    let names = Arc::new(StringArray::from(vec!["SITI", "ANDRO", "BUDI"])) as ArrayRef;
    extract::write_parquet(&place.path("in.parquet"), &batch(&[("NAMA_LGKP", names)]), plain);
    let mut bytes = std::fs::read(place.path("in.parquet")).unwrap();
    let at = bytes.windows(5).position(|window| window == b"ANDRO").unwrap();
    bytes[at + 4] = 0xe9;
    place.put("in.parquet", bytes);
    let found = fails(&place, &older, "in.parquet");
    assert!(found.starts_with("the input /in.parquet, row 1: or one of the 4096 after it cannot be decoded"), "{found}");
}

#[test]
fn pages_that_do_not_fit_into_the_memory_are_refused_before_they_are_read() {
    let (place, older) = with_older();
    let long = "X".repeat(500);
    let names: Vec<String> = (0..200_000).map(|number| format!("{number:06}{long}")).collect();
    let text = |value: &str| Arc::new(StringArray::from(vec![value; 200_000])) as ArrayRef;
    let columns = [
        ("NIK", text("6305014507850001")),
        ("NO_PROP", text("63")),
        ("NO_KAB", text("5")),
        ("STATUS", text("1")),
        ("ALAMAT", Arc::new(StringArray::from(names)) as ArrayRef),
    ];
    let one_page = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_data_page_size_limit(1 << 30)
        .set_data_page_row_count_limit(usize::MAX)
        .set_write_batch_size(1 << 20)
        .set_compression(Compression::SNAPPY)
        .build();
    extract::write_parquet(&place.path("in.parquet"), &RecordBatch::try_from_iter(columns).unwrap(), one_page);
    let found = fails(&place, &older, "in.parquet");
    assert!(found.contains("at least") && found.contains("MiB of memory are needed"), "{found}");
    assert!(run(&Build { memory_mib: 1024, ..place.options(place.path("in.parquet")) }).is_ok());
}

#[test]
fn a_manifest_that_does_not_match_its_files_is_refused() {
    let (place, id) = Place::populated(2000);
    extract::write_parquet(&place.path("in.parquet"), &extract::export(&place.path("population")), WriterProperties::default());
    place.build(place.path("in.parquet")).unwrap();
    let out = place.path("out");
    let data = out.join(format!("{id}.0000.parquet"));
    let bytes = std::fs::read(&data).unwrap();
    let message = || told(&Snapshot::open(&out).err().unwrap());
    File::options().write(true).open(&data).unwrap().set_len(bytes.len() as u64 - 1).unwrap();
    assert!(message().contains("does not fit its manifest: its length differs"), "{}", message());
    let mut changed = bytes.clone();
    *changed.last_mut().unwrap() ^= 1;
    std::fs::write(&data, changed).unwrap();
    assert!(message().contains("the digest of its index differs"), "{}", message());
    std::fs::write(&data, bytes).unwrap();
    let manifest = std::fs::read_to_string(out.join("manifest.json")).unwrap();
    std::fs::write(out.join("manifest.json"), manifest.replace("\"rows\": 2000", "\"rows\": 2001")).unwrap();
    assert!(message().contains("its digest differs from its content"), "{}", message());
    assert!(place.build(place.path("in.parquet")).is_ok(), "a new build mends it");
    assert_eq!(&**Snapshot::open(&out).unwrap().id(), id);
}
