//! Which column of an input is which of ours: names as in SIAK or in the DWH, upper or lower case.

use super::super::error::WarehouseError;
use super::super::schema::{COLUMNS, Column, STATUS, column_of, name};
use crate::kernel::Elemen;
use crate::kernel::elemen::CATALOGUE;

/// Names of the column that tells what the record says of the NIK.
const STATUS_NAMES: [&str; 3] = ["STATUS", "NIK_STATUS", "STATUS_NIK"];

/// For each of our columns the number of the input's, where it has one.
#[derive(Clone)]
pub(super) struct Headings {
    places: [Option<usize>; COLUMNS],
}

/// The column that a heading names.
pub(super) fn column_named(heading: &str) -> Option<Column> {
    let heading = heading.trim_ascii();
    let is = |own: &str| own.eq_ignore_ascii_case(heading);
    let element = CATALOGUE.iter().find(|entry| is(entry.name) || is(entry.siak));
    element.map(|entry| column_of(entry.elemen)).or_else(|| STATUS_NAMES.iter().any(|own| is(own)).then_some(STATUS))
}

impl Headings {
    /// Reads the headings of a file. Refuses two columns for one of ours, and a file without a column that every row needs:
    /// NIK, NO_PROP, NO_KAB, and the status where `status_needed`.
    pub(super) fn read<'a>(
        file: &str,
        headings: impl Iterator<Item = &'a str>,
        status_needed: bool,
    ) -> Result<Self, WarehouseError> {
        let refused = |what| WarehouseError::Input { file: file.to_owned(), row: None, what };
        let mut places = [None; COLUMNS];
        for (number, heading) in headings.enumerate() {
            let Some(column) = column_named(heading) else { continue };
            let slot = places.get_mut(column).filter(|slot| slot.is_none());
            *slot.ok_or_else(|| refused(format!("two of its columns are {}", name(column))))? = Some(number);
        }
        let headings = Self { places };
        let mut needed = vec![column_of(Elemen::Nik), column_of(Elemen::NoProp), column_of(Elemen::NoKab)];
        needed.extend(status_needed.then_some(STATUS));
        let missing: Vec<&str> = needed.into_iter().filter(|column| headings.place(*column).is_none()).map(name).collect();
        if missing.is_empty() {
            return Ok(headings);
        }
        let hint =
            if missing.contains(&name(STATUS)) { " (an input of active residents only is taken with --all-active)" } else { "" };
        Err(refused(format!("it has no column {}{hint}", missing.join(", "))))
    }

    /// Where one of our columns is in the input.
    pub(super) fn place(&self, column: Column) -> Option<usize> {
        self.places.get(column).copied().flatten()
    }

    /// The columns that the input has, each with its place there.
    pub(super) fn present(&self) -> impl Iterator<Item = (Column, usize)> {
        self.places.iter().enumerate().filter_map(|(column, place)| Some((column, (*place)?)))
    }

    /// The names of the columns that it has not.
    pub(super) fn missing(&self) -> impl Iterator<Item = &'static str> {
        self.places.iter().enumerate().filter(|(_, place)| place.is_none()).map(|(column, _)| name(column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headings: &[&str]) -> Result<Headings, String> {
        Headings::read("f", headings.iter().copied(), true).map_err(|error| error.to_string())
    }

    #[test]
    fn knows_the_names_of_siak_and_of_the_dwh_in_any_case_and_order() {
        let headings = read(&["stat_kwn", "FOTO", " Nik ", "GOL_DARAH", "no_kab", "NO_PROP", "nik_status"]).unwrap();
        assert_eq!(headings.place(column_of(Elemen::Nik)), Some(2));
        assert_eq!(headings.place(column_of(Elemen::StatusKawin)), Some(0));
        assert_eq!(headings.place(column_of(Elemen::GolDarah)), Some(3));
        assert_eq!(headings.place(STATUS), Some(6));
        assert_eq!(headings.present().count(), 6);
        assert_eq!(headings.missing().count(), COLUMNS - 6);
    }

    #[test]
    fn refuses_a_missing_or_a_doubled_column_by_name() {
        let error = read(&["NO_KAB", "NAMA_LGKP"]).err().unwrap();
        assert!(error.contains("NIK, NO_PROP, STATUS"), "{error}");
        let error = read(&["NIK", "NO_PROP", "NO_KAB", "STATUS", "GOL_DRH", "GOL_DARAH"]).err().unwrap();
        assert_eq!(error, "the input f: two of its columns are GOL_DARAH");
        assert!(Headings::read("f", ["NIK", "NO_PROP", "NO_KAB"].into_iter(), false).is_ok());
    }
}
