//! A generated population as a registration system would export it: shuffled, with SIAK's column names, nulls where there is no
//! value, NIKs as text.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Date32Array, Int32Array, Int64Array, RecordBatch, StringArray, UInt32Array};
use arrow::compute::kernels::cmp::eq;
use arrow::compute::{cast, concat_batches, nullif, take_record_batch};
use arrow::datatypes::{DataType, Field, Schema};
use gerbang::warehouse::Manifest;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::properties::WriterProperties;

/// All residents of a snapshot, in one batch and in an order without locality.
pub(crate) fn export(snapshot: &Path) -> RecordBatch {
    let mut batches = Vec::new();
    for entry in Manifest::read(snapshot).unwrap().files() {
        let file = File::open(snapshot.join(&entry.name)).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().with_batch_size(65_536).build().unwrap();
        batches.extend(reader.map(|batch| as_siak(&batch.unwrap())));
    }
    let all = concat_batches(&batches[0].schema(), &batches).unwrap();
    shuffled(&all)
}

/// The rows of a batch in another order, always the same one.
pub(crate) fn shuffled(batch: &RecordBatch) -> RecordBatch {
    let mut order: Vec<u32> = (0..batch.num_rows() as u32).collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for place in (1..order.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(place, (state >> 33) as usize % (place + 1));
    }
    take_record_batch(batch, &UInt32Array::from(order)).unwrap()
}

fn as_siak(batch: &RecordBatch) -> RecordBatch {
    let mut fields = Vec::new();
    let mut columns = Vec::new();
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        let name = match field.name().as_str() {
            "GOL_DARAH" => "GOL_DRH",
            "STATUS_KAWIN" => "STAT_KWN",
            other => other,
        };
        let nulled = without_sentinels(name, column);
        let column = if name == "NIK" { cast(&nulled, &DataType::Utf8).unwrap() } else { nulled };
        fields.push(Field::new(name, column.data_type().clone(), true));
        columns.push(column);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

/// Nulls where the snapshot stores a value that stands for none.
fn without_sentinels(name: &str, column: &ArrayRef) -> ArrayRef {
    let numbers = ["NO_RT", "NO_RW", "KODE_POS", "NO_PROP", "NO_KAB", "NO_KEC", "NO_KEL"];
    let none = match column.data_type() {
        DataType::Int64 => eq(column, &Int64Array::new_scalar(0)),
        DataType::Int32 => eq(column, &Int32Array::new_scalar(if numbers.contains(&name) { -1 } else { 0 })),
        DataType::Date32 => eq(column, &Date32Array::new_scalar(-719_162)),
        _ => eq(column, &StringArray::new_scalar("")),
    };
    nullif(column, &none.unwrap()).unwrap()
}

/// Writes a Parquet file.
pub(crate) fn write_parquet(path: &Path, batch: &RecordBatch, properties: WriterProperties) {
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}
