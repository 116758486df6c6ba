//! A column of a Parquet file as cells: texts as they lie in their pages, all whole numbers as one kind, days, and numbers with a
//! fraction. What type a writer chose for a column matters only here.

use arrow::array::{Array as _, ArrayRef, AsArray as _, BinaryViewArray, Float64Array, Int64Array, StringViewArray};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit};
use arrow::error::ArrowError;

use super::decode::Cell;

/// One column of one batch.
pub(super) enum Cells {
    None,
    Text(StringViewArray),
    /// Texts of which no writer said that they are UTF-8.
    Bytes(BinaryViewArray),
    Whole(Int64Array),
    Real(Float64Array),
    /// Counts of `unit`s since 1970, a day having `per_day`; `shift` units are added first.
    Moment {
        values: Int64Array,
        per_day: i64,
        shift: i64,
    },
}

/// How a column is read: texts without copies, so that a page's dictionary is not multiplied by its rows.
pub(super) fn without_copies(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8 => DataType::Utf8View,
        DataType::Binary => DataType::BinaryView,
        other => other.clone(),
    }
}

/// A cell of the kind that a column of this type has; `None` where no column can be read from it.
pub(super) fn kind_of(data_type: &DataType) -> Option<Cell<'static>> {
    use DataType::{
        BinaryView, Date32, Date64, Decimal32, Decimal64, Decimal128, Float32, Float64, Int8, Int16, Int32, Int64, Null, Timestamp,
        UInt8, UInt16, UInt32, UInt64, Utf8View,
    };
    match data_type {
        Null => Some(Cell::Empty),
        Utf8View | BinaryView => Some(Cell::Text("")),
        Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 | UInt64 => Some(Cell::Whole(0)),
        Decimal32(_, 0) | Decimal64(_, 0) | Decimal128(_, 0) => Some(Cell::Whole(0)),
        Float32 | Float64 => Some(Cell::Real(0.0)),
        Date32 | Date64 | Timestamp(_, _) => Some(Cell::Day(0)),
        _ => None,
    }
}

impl Cells {
    /// Takes a column of a type that [`kind_of`] knows.
    pub(super) fn of(array: &ArrayRef) -> Result<Self, ArrowError> {
        let strict = CastOptions { safe: false, ..CastOptions::default() };
        let whole = |array: &ArrayRef| -> Result<Int64Array, ArrowError> {
            Ok(cast_with_options(array, &DataType::Int64, &strict)?.as_primitive::<Int64Type>().clone())
        };
        let moment = |per_day, shift| Ok(Self::Moment { values: whole(array)?, per_day, shift });
        match array.data_type() {
            DataType::Null => Ok(Self::None),
            DataType::Utf8View => Ok(Self::Text(array.as_string_view().clone())),
            DataType::BinaryView => Ok(Self::Bytes(array.as_binary_view().clone())),
            DataType::Float32 | DataType::Float64 => {
                Ok(Self::Real(cast_with_options(array, &DataType::Float64, &strict)?.as_primitive::<Float64Type>().clone()))
            }
            DataType::Date32 => {
                let days = whole(&cast_with_options(array, &DataType::Int32, &strict)?)?;
                Ok(Self::Moment { values: days, per_day: 1, shift: 0 })
            }
            DataType::Date64 => moment(86_400_000, 0),
            DataType::Timestamp(unit, zone) => {
                let second = match unit {
                    TimeUnit::Second => 1,
                    TimeUnit::Millisecond => 1_000,
                    TimeUnit::Microsecond => 1_000_000,
                    TimeUnit::Nanosecond => 1_000_000_000,
                };
                // An instant is a day at UTC+9: there midnight of UTC and of every zone of Indonesia fall on the day that was meant.
                let hours = if zone.is_some() { 9 } else { 0 };
                moment(86_400 * second, hours * 3_600 * second)
            }
            _ => Ok(Self::Whole(whole(array)?)),
        }
    }

    /// The cell of a row.
    pub(super) fn at(&self, row: usize) -> Cell<'_> {
        match self {
            Self::Text(texts) if row < texts.len() && !texts.is_null(row) => Cell::Text(texts.value(row)),
            Self::Bytes(texts) if row < texts.len() && !texts.is_null(row) => {
                std::str::from_utf8(texts.value(row)).map_or(Cell::Foreign, Cell::Text)
            }
            Self::Whole(numbers) if row < numbers.len() && !numbers.is_null(row) => Cell::Whole(numbers.value(row)),
            Self::Real(numbers) if row < numbers.len() && !numbers.is_null(row) => Cell::Real(numbers.value(row)),
            Self::Moment { values, per_day, shift } if row < values.len() && !values.is_null(row) => {
                Cell::Day(values.value(row).saturating_add(*shift).div_euclid(*per_day))
            }
            _ => Cell::Empty,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::day::from_civil;
    use arrow::array::{Date32Array, Decimal128Array, Int8Array, TimestampMicrosecondArray, UInt64Array};
    use std::sync::Arc;

    fn shown(array: ArrayRef) -> Vec<String> {
        let rows = array.len();
        let cells = Cells::of(&array).unwrap();
        (0..=rows).map(|row| format!("{:?}", cells.at(row))).collect()
    }

    #[test]
    fn numbers_of_every_width_are_whole_and_nulls_are_empty() {
        let whole = ["Whole(7)", "Empty", "Empty"];
        assert_eq!(shown(Arc::new(Int8Array::from(vec![Some(7), None]))), whole);
        assert_eq!(shown(Arc::new(UInt64Array::from(vec![Some(7), None]))), whole);
        let decimal = Decimal128Array::from(vec![Some(7), None]).with_precision_and_scale(16, 0).unwrap();
        assert_eq!(shown(Arc::new(decimal)), whole);
        let huge: ArrayRef = Arc::new(UInt64Array::from(vec![u64::MAX]));
        assert!(Cells::of(&huge).is_err());
    }

    #[test]
    fn a_midnight_of_any_zone_of_indonesia_is_its_own_day() {
        let day = from_civil(1985, 7, 5);
        let day_shown = format!("Day({day})");
        assert_eq!(shown(Arc::new(Date32Array::from(vec![day])))[0], day_shown);
        let midnight = i64::from(day) * 86_400_000_000;
        assert_eq!(shown(Arc::new(TimestampMicrosecondArray::from(vec![midnight])))[0], day_shown);
        for hours in [0, 7, 8, 9] {
            let instant = TimestampMicrosecondArray::from(vec![midnight - hours * 3_600_000_000]).with_timezone("UTC");
            assert_eq!(shown(Arc::new(instant))[0], day_shown, "UTC+{hours}");
        }
    }
}
