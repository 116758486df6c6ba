//! The warehouse: a snapshot of the population as standard Parquet files, and the look-up of single residents in them.
//!
//! A snapshot is a directory with `manifest.json` and Parquet files sorted by NIK, with page indexes, small uncompressed PLAIN
//! pages and page checksums. A look-up goes from a compact directory in memory to one page per needed column, and reads no column
//! beyond those asked for, save the three that judge the answer itself (`STATUS`, `NO_PROP`, `NO_KAB`). A further file lists who is
//! on which family card.
//!
//! Refuses: a manifest or an index that differs from its digest, a file of another length, a page whose checksum or header is not
//! what the directory expects. What is damaged is an error, never a wrong value.

mod build;
mod changed;
mod changes;
mod current;
mod data_file;
mod day;
mod directory;
mod error;
mod families;
mod files;
mod filler;
mod generate;
mod group;
mod layers;
mod manifest;
mod many;
mod mapped;
mod merge;
mod page;
mod page_index;
mod population;
mod records;
mod root;
mod row_cache;
mod schema;
mod show;
mod snapshot;
mod thrift;
mod walk;
mod writer;

pub use build::{Build, Built, MEMORY_MIB, Stage, build};
pub use changes::{Changes, changes};
pub use current::{Rows, SwapFigures, View, Warehouse};
pub use error::WarehouseError;
pub use families::CardNumber;
pub use generate::{Generate, Generated, ROWS_MAX, ROWS_MIN, generate};
pub use layers::SnapshotInfo;
pub use manifest::{FamilyFile, FileEntry, Lineage, MANIFEST, Manifest};
pub use many::FoundMany;
pub use population::Persona;
pub use root::{Compact, Published, compact, publish, verify};
pub use row_cache::{CacheFigures, Found};
pub use snapshot::{PagesRead, Snapshot, damaged_pages};
