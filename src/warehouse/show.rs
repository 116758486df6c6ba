//! Stored values as retrieval shows them: texts of codes, dates as yyyy-MM-dd, numbers with their leading zeros, `""` for none.

use std::fmt::Write;

use super::day::to_civil;
use super::group::Value;
use super::schema::{NO_CODE, NO_DATE, NO_ID};
use crate::kernel::elemen::text_of;
use crate::kernel::{Elemen, Kind};

/// Appends the value; `None` for one that the element cannot have, which must be told as damage and not shown.
pub(super) fn show(elemen: Elemen, value: Value<'_>, out: &mut String) -> Option<()> {
    match (elemen.kind(), value) {
        (Kind::Id16, Value::Long(id)) => show_id(id, out),
        (Kind::Number { width }, Value::Int(number)) => show_number(number, width, out),
        (Kind::Code(_), Value::Int(NO_CODE)) | (Kind::Date, Value::Int(NO_DATE)) => Some(()),
        (Kind::Code(table), Value::Int(code)) => {
            out.push_str(text_of(table, u8::try_from(code).ok()?)?);
            Some(())
        }
        (Kind::Date, Value::Int(day)) => {
            let civil = to_civil(day);
            if !(1..=9999).contains(&civil.year) {
                return None;
            }
            padded(civil.year.cast_unsigned(), 4, out);
            out.push('-');
            padded(civil.month.cast_unsigned(), 2, out);
            out.push('-');
            padded(civil.day.cast_unsigned(), 2, out);
            Some(())
        }
        (Kind::Name | Kind::Place | Kind::Address | Kind::Text, Value::Text(text)) => {
            out.push_str(text);
            Some(())
        }
        _ => None,
    }
}

fn show_id(id: i64, out: &mut String) -> Option<()> {
    match id {
        NO_ID => Some(()),
        1..10_000_000_000_000_000 => write!(out, "{id:016}").ok(),
        _ => None,
    }
}

fn show_number(number: i32, width: u8, out: &mut String) -> Option<()> {
    if let Ok(number) = u32::try_from(number) {
        padded(number, width, out);
    }
    Some(())
}

/// Digits with zeros before them: what `{:0width$}` gives, without the machinery of formatting.
fn padded(number: u32, width: u8, out: &mut String) {
    let mut digits = [b'0'; 10];
    let mut rest = number;
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        if rest == 0 {
            break;
        }
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        used += 1;
    }
    let shown = used.max(usize::from(width)).min(digits.len());
    out.push_str(digits.get(digits.len() - shown..).and_then(|tail| std::str::from_utf8(tail).ok()).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::day::from_civil;

    fn shown(elemen: Elemen, value: Value<'_>) -> Option<String> {
        let mut out = String::new();
        show(elemen, value, &mut out).map(|()| out)
    }

    #[test]
    fn shows_values_as_retrieval_gives_them() {
        for (elemen, value, text) in [
            (Elemen::JenisKlmin, Value::Int(1), "LAKI-LAKI"),
            (Elemen::JenisKlmin, Value::Int(0), ""),
            (Elemen::TglLhr, Value::Int(from_civil(1985, 7, 5)), "1985-07-05"),
            (Elemen::TglCrai, Value::Int(NO_DATE), ""),
            (Elemen::NoRt, Value::Int(3), "003"),
            (Elemen::NoRt, Value::Int(0), "000"),
            (Elemen::NoRw, Value::Int(-1), ""),
            (Elemen::NoRw, Value::Int(1234), "1234"),
            (Elemen::KodePos, Value::Int(71_183), "71183"),
            (Elemen::NikIbu, Value::Long(0), ""),
            (Elemen::NikIbu, Value::Long(6_305_014_507_850_001), "6305014507850001"),
            (Elemen::Alamat, Value::Text("JL. VETERAN"), "JL. VETERAN"),
        ] {
            assert_eq!(shown(elemen, value).as_deref(), Some(text), "{elemen}");
        }
    }

    #[test]
    fn shows_nothing_for_what_an_element_cannot_have() {
        assert_eq!(shown(Elemen::JenisKlmin, Value::Int(3)), None);
        assert_eq!(shown(Elemen::JenisKlmin, Value::Int(257)), None);
        assert_eq!(shown(Elemen::NikIbu, Value::Long(-1)), None);
        assert_eq!(shown(Elemen::TglLhr, Value::Int(i32::MAX)), None);
        assert_eq!(shown(Elemen::TglLhr, Value::Text("1985")), None);
    }
}
