//! The index of family cards: from a NO_KK to the NIKs on it, as a standard Parquet file beside the data files of a snapshot.
//!
//! Columns `NO_KK` and `NIK`, sorted by both, with the pages, page indexes and checksums of every other file; the manifest names it
//! with its digest. Residents without a NO_KK are not in it. It is made while the snapshot is written, within a bound of memory, and
//! gives candidates only: that somebody is on a card is for the current row to say.

mod index;
mod look_up;
mod runs;
mod writer;

pub(super) use index::FamilyIndex;
pub use look_up::CardNumber;
pub(super) use writer::FamilyWriter;

use std::sync::Arc;

use parquet::basic::{Repetition, Type as Basic};
use parquet::errors::ParquetError;
use parquet::schema::types::{SchemaDescPtr, SchemaDescriptor, Type};

/// The number of a family card and of a resident on it.
type Pair = (u64, u64);

/// The index's schema.
fn index_schema() -> Result<SchemaDescPtr, ParquetError> {
    let mut fields = Vec::with_capacity(2);
    for name in ["NO_KK", "NIK"] {
        let field = Type::primitive_type_builder(name, Basic::INT64).with_repetition(Repetition::REQUIRED).build()?;
        fields.push(Arc::new(field));
    }
    let root = Type::group_type_builder("keluarga").with_fields(fields).build()?;
    Ok(Arc::new(SchemaDescriptor::new(Arc::new(root))))
}
