//! Rows that no snapshot can take, and the file that lists them: `file,row,line,column,reason`, in the order of the input.
//!
//! The list holds no value of a row, so neither NIK nor name: file and row lead the operator to it in his own input.

use std::io::Write as _;
use std::path::Path;

use super::super::error::WarehouseError;
use super::super::schema::{Column, name};
use super::decode::{Flaw, is_nik};
use super::work::{file_of, row_of};
use crate::disk::{AtomicFile, Disk};

/// One rejected row.
#[derive(Clone, Copy)]
pub(super) struct Reject {
    pub(super) place: u64,
    /// The line at which the row begins in a CSV file; 0 elsewhere.
    pub(super) line: u64,
    pub(super) column: Column,
    pub(super) flaw: Flaw,
}

/// Puts the list in the place of an older one; also where no row was rejected, so that the list is always that of the last build.
pub(super) fn write(disk: &dyn Disk, path: &Path, files: &[&str], rejects: &mut [Reject]) -> Result<(), WarehouseError> {
    rejects.sort_unstable_by_key(|reject| reject.place);
    let text = |file: &mut AtomicFile<'_>| {
        file.write_all(b"file,row,line,column,reason\n")?;
        for reject in rejects.iter() {
            let line = if reject.line == 0 { String::new() } else { reject.line.to_string() };
            let whole_row = matches!(reject.flaw, Flaw::Fields) || (is_nik(reject.column) && reject.flaw == Flaw::NoNik);
            let column = if whole_row { "" } else { name(reject.column) };
            let input = files.get(file_of(reject.place)).copied().unwrap_or_default();
            writeln!(file, "{},{},{line},{column},{}", quoted(input), row_of(reject.place), reject.flaw)?;
        }
        Ok(())
    };
    let mut file = AtomicFile::create(disk, path).map_err(WarehouseError::io("create", path))?;
    text(&mut file).and_then(|()| file.commit()).map_err(WarehouseError::io("write", path))
}

/// A path as a field: quoted where needed, and never a formula for a spreadsheet.
fn quoted(path: &str) -> String {
    let shield = if path.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    if path.contains([',', '"', '\n', '\r']) {
        format!("\"{shield}{}\"", path.replace('"', "\"\""))
    } else {
        format!("{shield}{path}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_field_and_no_formula() {
        assert_eq!(quoted("a/b.csv"), "a/b.csv");
        assert_eq!(quoted("a,\"b.csv"), "\"a,\"\"b.csv\"");
        assert_eq!(quoted("=1+1.csv"), "'=1+1.csv");
    }
}
