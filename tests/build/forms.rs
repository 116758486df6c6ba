//! The same population in many forms.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use gerbang::kernel::{Elemen, Kind, NikStatus};
use parquet::basic::{Compression, GzipLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};

use super::{Place, Resident, extract, residents};

const ROWS: u64 = 3000;

#[test]
fn every_writers_parquet_gives_the_snapshot_that_it_was_exported_from() {
    let (place, id) = Place::populated(ROWS);
    let all = extract::export(&place.path("population"));
    let properties = WriterProperties::builder;
    let writers = [
        properties().set_compression(Compression::SNAPPY),
        properties().set_dictionary_enabled(false).set_statistics_enabled(EnabledStatistics::None),
        properties().set_compression(Compression::GZIP(GzipLevel::default())).set_data_page_row_count_limit(100),
        properties().set_compression(Compression::LZ4_RAW).set_max_row_group_row_count(Some(70)),
        properties().set_compression(Compression::LZ4).set_dictionary_page_size_limit(300),
        properties().set_writer_version(WriterVersion::PARQUET_2_0).set_compression(Compression::SNAPPY),
    ];
    for (number, writer) in writers.into_iter().enumerate() {
        let input = place.path(&format!("{number}.parquet"));
        extract::write_parquet(&input, &all, writer.build());
        let built = place.build(&input).unwrap();
        assert_eq!((built.manifest.snapshot(), built.rejected, built.duplicates), (id.as_str(), 0, 0), "writer {number}");
        assert_eq!(place.rejects(), "file,row,line,column,reason\n");
    }
    assert_eq!(residents(&place.path("out")), residents(&place.path("population")));
    assert_eq!(place.left().len(), 3, "one data file, the index of families and the manifest: {:?}", place.left());
}

#[test]
fn a_directory_of_files_in_either_format_is_one_input_and_the_snapshot_itself_is_one() {
    let (place, id) = Place::populated(ROWS);
    let all = extract::export(&place.path("population"));
    std::fs::create_dir_all(place.path("in/part=2")).unwrap();
    extract::write_parquet(&place.path("in/a.parquet"), &all.slice(0, 1200), WriterProperties::default());
    extract::write_parquet(&place.path("in/part=2/b.PQ"), &all.slice(1200, 800), WriterProperties::default());
    let rest: Vec<String> = cast(all.slice(2000, 1000).column(0), &DataType::Utf8)
        .unwrap()
        .as_string::<i32>()
        .iter()
        .map(|nik| nik.unwrap().to_owned())
        .collect();
    let known = residents(&place.path("population"));
    let some: Vec<&Resident> = rest.iter().map(|nik| &known[nik]).collect();
    place.put("in/part=2/c.csv", csv(&some, &Csv::default()));
    place.put("in/_SUCCESS", "");
    place.put("in/.hidden.csv", "x");
    place.put("in/README.md", "x");
    let built = place.build(place.path("in")).unwrap();
    assert_eq!((built.manifest.snapshot(), built.ignored, built.rows_read), (id.as_str(), 1, ROWS));
    let built = place.build(place.path("population")).unwrap();
    assert_eq!(built.manifest.snapshot(), id, "what a snapshot stores for no value is read as none");
}

/// How a CSV file is written.
struct Csv {
    delimiter: char,
    line_end: &'static str,
    bom: &'static str,
    quoted: bool,
    siak: bool,
    day_first: bool,
}

impl Default for Csv {
    fn default() -> Self {
        Self { delimiter: ',', line_end: "\n", bom: "", quoted: true, siak: true, day_first: false }
    }
}

/// A CSV file with the texts that retrieval shows.
fn csv(rows: &[&Resident], form: &Csv) -> String {
    let field = |text: &str| {
        if form.quoted || text.contains([form.delimiter, '"']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.to_owned()
        }
    };
    let separator = form.delimiter.to_string();
    let name = |elemen: Elemen| if form.siak { elemen.entry().siak.to_owned() } else { elemen.name().to_lowercase() };
    let headings: Vec<String> = Elemen::all().map(name).chain(["STATUS".to_owned(), "KETERANGAN".to_owned()]).collect();
    let mut text = format!("{}{}{}", form.bom, headings.join(&separator), form.line_end);
    for (status, values) in rows {
        let value = |(elemen, value): (Elemen, &String)| match (elemen.kind(), &value.split('-').collect::<Vec<_>>()[..]) {
            (Kind::Date, [year, month, day]) if form.day_first => field(&format!("{day}-{month}-{year}")),
            _ => field(value),
        };
        let mut fields: Vec<String> = Elemen::all().zip(values).map(value).collect();
        fields.push(
            match status {
                NikStatus::Active => "AKTIF",
                NikStatus::Deceased => "11",
                NikStatus::Duplicate => "Data Ganda",
                NikStatus::Inactive => "4",
            }
            .to_owned(),
        );
        fields.push(field("x, y; z | w"));
        write!(text, "{}{}", fields.join(&separator), form.line_end).unwrap();
    }
    text
}

#[test]
fn csv_in_its_dialects_gives_the_same_snapshot() {
    let (place, id) = Place::populated(ROWS);
    let known = residents(&place.path("population"));
    let rows: Vec<&Resident> = known.values().rev().collect();
    let dialects = [
        Csv { quoted: false, ..Csv::default() },
        Csv { delimiter: ';', line_end: "\r\n", bom: "\u{feff}", day_first: true, ..Csv::default() },
        Csv { delimiter: '\t', quoted: false, siak: false, ..Csv::default() },
        Csv { delimiter: '|', line_end: "\n\n", ..Csv::default() },
    ];
    for (number, dialect) in dialects.iter().enumerate() {
        let input = place.put("in.csv", csv(&rows, dialect));
        let built = place.build(&input).unwrap();
        assert_eq!((built.manifest.snapshot(), built.rows_read), (id.as_str(), ROWS), "dialect {number}: {}", place.rejects());
    }
}

/// What a column becomes.
type Retype<'r> = dyn Fn(&str, &ArrayRef) -> ArrayRef + 'r;

/// The batch with some columns of other types.
fn retyped(all: &RecordBatch, retype: &Retype<'_>) -> RecordBatch {
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for (field, column) in all.schema().fields().iter().zip(all.columns()) {
        let column = retype(field.name(), column);
        fields.push(Field::new(field.name(), column.data_type().clone(), true));
        columns.push(column);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

#[test]
fn columns_of_any_type_that_fits_give_the_same_snapshot() {
    let (place, id) = Place::populated(ROWS);
    let all = extract::export(&place.path("population"));
    let to = |column: &ArrayRef, data_type: DataType| cast(column, &data_type).unwrap();
    let binary = |_: &str, column: &ArrayRef| match column.data_type() {
        DataType::Utf8 => to(column, DataType::Binary),
        _ => Arc::clone(column),
    };
    let wide = |name: &str, column: &ArrayRef| match (name, column.data_type()) {
        ("NIK", _) => to(&to(column, DataType::Int64), DataType::Decimal128(16, 0)),
        (_, DataType::Int64) => to(column, DataType::UInt64),
        ("NO_RT" | "NO_RW" | "AGAMA", _) => to(column, DataType::Float64),
        (_, DataType::Int32) => to(column, DataType::Decimal128(10, 0)),
        (_, DataType::Date32) => to(column, DataType::Timestamp(TimeUnit::Microsecond, Some("+00:00".into()))),
        (_, DataType::Utf8) => to(column, DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))),
        _ => Arc::clone(column),
    };
    let narrow = |name: &str, column: &ArrayRef| match (name, column.data_type()) {
        ("NIK", _) => to(column, DataType::Int64),
        ("NO_PROP" | "NO_KAB" | "STATUS", _) => to(column, DataType::UInt8),
        ("AGAMA" | "JENIS_KLMIN", _) => to(column, DataType::Int16),
        (_, DataType::Date32) => to(column, DataType::Utf8),
        (_, DataType::Utf8) => to(column, DataType::LargeUtf8),
        _ => Arc::clone(column),
    };
    let texts = |_: &str, column: &ArrayRef| to(column, DataType::Utf8);
    let forms: [(&str, &Retype<'_>); 4] = [("binary", &binary), ("wide", &wide), ("narrow", &narrow), ("texts", &texts)];
    for (form, retype) in forms {
        let input = place.path("in.parquet");
        extract::write_parquet(&input, &retyped(&all, retype), WriterProperties::default());
        let built = place.build(&input).unwrap();
        assert_eq!((built.manifest.snapshot(), built.rejected), (id.as_str(), 0), "{form}: {}", place.rejects());
    }
}

#[test]
fn little_memory_many_workers_or_one_make_no_difference() {
    let (place, id) = Place::populated(ROWS);
    let input = place.path("in.parquet");
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(100)).build();
    extract::write_parquet(&input, &extract::export(&place.path("population")), properties);
    for (memory_mib, workers) in [(160, 1), (160, 2), (512, 7)] {
        let mut reading = 0;
        let options = gerbang::warehouse::Build { memory_mib, workers, ..place.options(&input) };
        let disk: Arc<dyn gerbang::disk::Disk> = Arc::new(gerbang::disk::RealDisk);
        let built = gerbang::warehouse::build(&disk, &options, &mut |stage, done, total| {
            assert!(done <= total, "{stage:?} {done} of {total}");
            reading = reading.max(done);
        });
        assert_eq!(built.unwrap().manifest.snapshot(), id);
        assert!(reading > 0, "progress is told");
    }
}
