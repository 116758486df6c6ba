//! Rows that no snapshot can take.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use gerbang::warehouse::{Build, WarehouseError};
use parquet::file::properties::WriterProperties;

use super::{Place, extract, residents, run};

const ROWS: &str = "NIK,NO_PROP,NO_KAB,STATUS,NAMA_LGKP,TGL_LHR,AGAMA,ALAMAT\n\
    6305014507850001,63,05,1,SITI,1985-07-05,1,JL. A\n\
    630501450785000,63,05,1,BUDI,1985-07-05,1,JL. A\n\
    6305013202850001,63,05,1,BUDI,1985-07-05,1,JL. A\n\
    6305014507850002,63,05,1,BUDI,1985-02-30,1,JL. A\n\
    \"6305014507850003\",63,05,1,\"SITI\nAMINAH\",05-07-1985,ISLAM,JL. A\n\
    6305014507850004,63,05,1,BUDI,1985-07-05,9,JL. A\n\
    6305014507850005,,05,1,BUDI,1985-07-05,1,JL. A\n\
    6305014507850006,63,05,7,BUDI,1985-07-05,1,JL. A\n\
    6305014507850007,63,05,1,BUDI,1985-07-05,1\n\
    ,63,05,1,BUDI,1985-07-05,1,JL. A\n\
    6305014507850008,63,05,1,B\x00UDI,1985-07-05,1,JL. A\n";

#[test]
fn each_is_listed_with_file_row_line_column_and_reason_and_without_its_values() {
    let place = Place::new();
    // The NUL would make the file no text: it goes beyond the part by which the encoding is told.
    let filler: String = (1..2000).map(|serial| format!("640501450785{serial:04},64,05,1,SITI,1985-07-05,1,JL. A\n")).collect();
    let (headings, rows) = ROWS.split_once('\n').unwrap();
    let input = place.put("in,put.csv", format!("{headings}\n{filler}{rows}"));
    let built = place.build(&input).unwrap();
    assert_eq!((built.rows_read, built.rejected, built.manifest.rows()), (2010, 9, 2001));
    let listed = place.rejects();
    let name = input.display().to_string();
    let expected = [
        "2001,2002,NIK,a NIK has sixteen digits",
        "2002,2003,NIK,the birth date in the NIK cannot exist",
        "2003,2004,TGL_LHR,not a date",
        "2005,2007,AGAMA,not in the code table",
        "2006,2008,NO_PROP,the row has no value where every row needs one",
        "2007,2009,STATUS,not in the code table",
        "2008,2010,,the row has more or fewer fields than the heading",
        "2009,2011,,the row has no NIK",
        "2010,2012,NAMA_LGKP,holds a control character",
    ];
    let lines: Vec<String> = expected.iter().map(|line| format!("\"{name}\",{line}\n")).collect();
    assert_eq!(listed, format!("file,row,line,column,reason\n{}", lines.concat()));
    assert!(!listed.contains("63050") && !listed.contains("BUDI"));
    let found = residents(&place.path("out"));
    assert!(found["6305014507850003"].1.contains(&"SITI AMINAH".to_owned()), "ends of lines become blanks");
}

#[test]
fn rows_of_parquet_are_numbered_through_all_row_groups() {
    let place = Place::new();
    let niks: Vec<Option<i64>> = (0..500)
        .map(|row| match row {
            123 => None,
            321 => Some(1),
            _ => Some(6_305_014_507_850_001 + row),
        })
        .collect();
    let text = |value: &str| Arc::new(StringArray::from(vec![value; 500])) as ArrayRef;
    let columns = [
        ("NIK", Arc::new(Int64Array::from(niks)) as ArrayRef),
        ("NO_PROP", text("63")),
        ("NO_KAB", text("5")),
        ("status", text("1")),
    ];
    let batch = RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap();
    let input = place.path("in.parquet");
    extract::write_parquet(&input, &batch, WriterProperties::builder().set_max_row_group_row_count(Some(50)).build());
    let built = place.build(&input).unwrap();
    assert_eq!((built.rows_read, built.rejected), (500, 2));
    let name = input.display();
    let expected = format!(
        "file,row,line,column,reason\n{name},124,,,the row has no NIK\n{name},322,,NIK,the region code in the NIK cannot exist\n"
    );
    assert_eq!(place.rejects(), expected);
    assert!(built.missing.contains(&"NAMA_LGKP") && !built.missing.contains(&"NIK"));
}

#[test]
fn too_many_of_them_or_nothing_else_is_an_error_and_the_list_tells_why() {
    let place = Place::new();
    let input = place.put("in.csv", ROWS.replace('\x00', "\x01"));
    let error = run(&Build { rejects_max: 8, ..place.options(&input) }).err().unwrap();
    assert!(matches!(error, WarehouseError::TooManyRejects(8)));
    assert_eq!(place.rejects().lines().count(), 9);
    assert!(place.left().is_empty(), "{:?}", place.left());
    assert!(run(&Build { rejects_max: 9, ..place.options(&input) }).is_ok());
    let before = place.left();
    let input = place.put("in.csv", "NIK,NO_PROP,NO_KAB,STATUS\n1,1,1,1\n");
    let error = place.build(&input).err().unwrap();
    assert!(matches!(error, WarehouseError::Nobody(_)));
    assert_eq!(place.rejects().lines().count(), 2);
    assert_eq!(place.left(), before, "the older snapshot stays");
}
