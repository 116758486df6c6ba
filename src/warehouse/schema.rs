//! The columns of a snapshot: every element of the catalogue under its own name and in the order of its bit, then `STATUS`.
//!
//! All columns are REQUIRED; what has no value is stored as a value that cannot occur:
//!
//! | kind of element | Parquet type | no value |
//! |---|---|---|
//! | `Id16` (NIK, NO_KK ..) | INT64 | 0 |
//! | `Number` (NO_RT, KODE_POS ..) | INT32 | -1, for RT 000 exists |
//! | `Code` (SIAK's code numbers) | INT32 | 0 |
//! | `Date` | INT32, DATE | 0001-01-01 |
//! | names, places, addresses, texts | BYTE_ARRAY, STRING | the empty text |
//! | `STATUS` (1 active, 2 deceased, 3 duplicate, 4 inactive) | INT32 | never without |

use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Basic};
use parquet::errors::ParquetError;
use parquet::schema::types::{SchemaDescPtr, SchemaDescriptor, Type};

use super::day::{Day, from_civil};
use crate::kernel::elemen::CATALOGUE;
use crate::kernel::{Elemen, Kind};

/// The number of a column: the element's bit, or [`STATUS`].
pub(super) type Column = usize;

/// The column that the files are sorted by.
pub(super) const NIK: Column = 0;
/// The column that tells what the record says of the NIK.
pub(super) const STATUS: Column = Elemen::COUNT;
/// How many columns there are.
pub(super) const COLUMNS: usize = Elemen::COUNT + 1;

pub(super) const NO_ID: i64 = 0;
pub(super) const NO_NUMBER: i32 = -1;
pub(super) const NO_CODE: i32 = 0;
pub(super) const NO_DATE: Day = from_civil(1, 1, 1);

/// Rows of a page. Small pages are what makes the look-up fast: it reads and checks one page per column.
pub(super) const PAGE_ROWS: usize = 64;
/// Rows of a row group: what the writer holds in memory (about 12 MB), and a stretch of the file that holds a row's columns.
pub(super) const GROUP_ROWS: usize = 32 * 1024;
/// Rows of a file.
pub(super) const FILE_ROWS: u64 = 1024 * 1024;

/// How a column is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Physical {
    Long,
    Int,
    Date,
    Text,
}

/// How this column is stored.
pub(super) fn physical(column: Column) -> Physical {
    match CATALOGUE.get(column).map(|entry| entry.kind) {
        Some(Kind::Id16) => Physical::Long,
        Some(Kind::Date) => Physical::Date,
        Some(Kind::Number { .. } | Kind::Code(_)) | None => Physical::Int,
        Some(Kind::Name | Kind::Place | Kind::Address | Kind::Text) => Physical::Text,
    }
}

/// The column's name in the files.
pub(super) fn name(column: Column) -> &'static str {
    CATALOGUE.get(column).map_or("STATUS", |entry| entry.name)
}

/// The number of an element's column.
pub(super) fn column_of(elemen: Elemen) -> Column {
    usize::from(elemen.bit())
}

/// The schema as Parquet writes it.
pub(super) fn parquet_schema() -> Result<SchemaDescPtr, ParquetError> {
    let mut fields = Vec::with_capacity(COLUMNS);
    for column in 0..COLUMNS {
        let (basic, logical) = match physical(column) {
            Physical::Long => (Basic::INT64, None),
            Physical::Int => (Basic::INT32, None),
            Physical::Date => (Basic::INT32, Some(LogicalType::Date)),
            Physical::Text => (Basic::BYTE_ARRAY, Some(LogicalType::String)),
        };
        let field = Type::primitive_type_builder(name(column), basic)
            .with_repetition(Repetition::REQUIRED)
            .with_logical_type(logical)
            .build()?;
        fields.push(Arc::new(field));
    }
    let root = Type::group_type_builder("penduduk").with_fields(fields).build()?;
    Ok(Arc::new(SchemaDescriptor::new(Arc::new(root))))
}
