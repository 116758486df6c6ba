//! Parquet: any column that can be shown as text is read; results are written as columns of text.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::table::{Raw, Sheet};
use crate::disk::AtomicFile;

/// Rows held at once.
const BATCH_ROWS: usize = 1024;

pub(super) fn open(path: &Path) -> Result<Raw> {
    let context = || format!("cannot read {}", path.display());
    let file = File::open(path).with_context(context)?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).with_context(context)?;
    let schema = Arc::clone(builder.schema());
    if let Some(field) = schema.fields().iter().find(|field| field.data_type().is_nested() || is_bytes(field.data_type())) {
        bail!("{}: the column {} holds no plain values", path.display(), field.name());
    }
    let header: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let batches = builder.with_batch_size(BATCH_ROWS).build().with_context(context)?;
    let rows = batches.flat_map(|batch| match batch.map_err(Into::into).and_then(|batch| rows(&batch)) {
        Ok(rows) => rows.into_iter().map(Ok).collect::<Vec<_>>(),
        Err(error) => vec![Err(error)],
    });
    Ok(Box::new(std::iter::once(Ok(header)).chain(rows)))
}

const fn is_bytes(kind: &DataType) -> bool {
    matches!(kind, DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_))
}

fn rows(batch: &RecordBatch) -> Result<Vec<Vec<String>>> {
    let options = FormatOptions::new()
        .with_date_format(Some("%Y-%m-%d"))
        .with_datetime_format(Some("%Y-%m-%d"))
        .with_timestamp_format(Some("%Y-%m-%d"));
    let columns: Vec<ArrayFormatter<'_>> =
        batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options)).collect::<Result<_, _>>()?;
    let cell = |column: &ArrayFormatter<'_>, row| Ok(column.value(row).try_to_string()?);
    (0..batch.num_rows()).map(|row| columns.iter().map(|column| cell(column, row)).collect()).collect()
}

struct Writer<'a> {
    writer: ArrowWriter<AtomicFile<'a>>,
    schema: SchemaRef,
    rows: Vec<Vec<String>>,
}

pub(super) fn writer<'a>(file: AtomicFile<'a>, header: &[String]) -> Result<Box<dyn Sheet + 'a>> {
    let fields: Vec<Field> = header.iter().map(|name| Field::new(name, DataType::Utf8, false)).collect();
    let schema = Arc::new(Schema::new(fields));
    let writer = ArrowWriter::try_new(file, Arc::clone(&schema), None)?;
    Ok(Box::new(Writer { writer, schema, rows: Vec::with_capacity(BATCH_ROWS) }))
}

impl Writer<'_> {
    fn flush(&mut self) -> Result<()> {
        let column = |place: usize| -> ArrayRef {
            Arc::new(self.rows.iter().map(|row| Some(row.get(place).map_or("", String::as_str))).collect::<StringArray>())
        };
        let columns = (0..self.schema.fields().len()).map(column).collect();
        self.writer.write(&RecordBatch::try_new(Arc::clone(&self.schema), columns)?)?;
        self.rows.clear();
        Ok(())
    }
}

impl Sheet for Writer<'_> {
    fn row(&mut self, cells: &[String]) -> Result<()> {
        self.rows.push(cells.to_vec());
        if self.rows.len() >= BATCH_ROWS { self.flush() } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.flush()?;
        Ok(self.writer.into_inner()?.commit()?)
    }
}
