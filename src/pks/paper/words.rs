//! Indonesian words for what documents name by codes.

use jiff::civil::Date;

use super::super::document::{HoursText, Period, RegionsText};
use super::super::signature::Party;
use crate::kernel::Region;

const MONTHS: [&str; 12] =
    ["Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November", "Desember"];

/// A text without characters that a reader can't see: controls, and those that turn or join the direction of writing.
pub(in crate::pks) fn plain(text: &str) -> String {
    text.chars().map(|c| if hidden(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Whether a character can make a text look like another: C0 and C1 controls, marks of direction, invisible joiners and separators.
pub(in crate::pks) fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// `5 Januari 2026`.
pub(in crate::pks) fn date(date: Date) -> String {
    let month = usize::from(date.month().unsigned_abs()).checked_sub(1).and_then(|m| MONTHS.get(m)).copied().unwrap_or_default();
    format!("{} {month} {}", date.day(), date.year())
}

/// A date of a document; as it stands there where it is none.
pub(in crate::pks) fn date_text(text: &str) -> String {
    text.parse().map_or_else(|_| plain(text), date)
}

/// A number in groups of three: `2.000.000.000`.
pub(in crate::pks) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

/// What a party is called in the clauses.
pub(in crate::pks) const fn party(party: Party) -> &'static str {
    match party {
        Party::Office => "Pihak Kesatu",
        Party::Lembaga => "Pihak Kedua",
    }
}

/// `ya` or `tidak`.
pub(in crate::pks) const fn yes(is: bool) -> &'static str {
    if is { "ya" } else { "tidak" }
}

/// A method of access.
pub(in crate::pks) fn method(word: &str) -> String {
    match word {
        "verify" => "verifikasi (jawaban sesuai atau tidak sesuai)".to_owned(),
        "retrieve" => "pengambilan data".to_owned(),
        "family" => "pengambilan data seluruh anggota Kartu Keluarga".to_owned(),
        other => plain(other),
    }
}

/// A right to an element.
pub(in crate::pks) fn right(word: &str) -> String {
    match word {
        "verify" => "verifikasi".to_owned(),
        "score" => "nilai kemiripan".to_owned(),
        "read" => "isi data".to_owned(),
        other => plain(other),
    }
}

/// How often.
pub(in crate::pks) const fn period(period: Period) -> &'static str {
    match period {
        Period::Quarterly => "setiap triwulan",
        Period::Semester => "setiap semester",
    }
}

/// Working hours.
pub(in crate::pks) fn hours(hours: Option<&HoursText>) -> String {
    match hours {
        None => "setiap saat".to_owned(),
        Some(h) => format!("{} pukul {}-{} {}", plain(&h.days.join(", ")), plain(&h.from), plain(&h.until), h.zone.word()),
    }
}

/// Where the residents live.
pub(in crate::pks) fn regions(regions: &RegionsText) -> String {
    match regions {
        RegionsText::Word(word) if word == "all" => "seluruh Indonesia".to_owned(),
        RegionsText::Word(word) => plain(word),
        RegionsText::List(list) => list.iter().map(|code| region(code)).collect::<Vec<_>>().join(", "),
    }
}

/// A region by its kind and code.
pub(in crate::pks) fn region(code: &str) -> String {
    match Region::parse(code) {
        Some(Region::Province(_)) => format!("provinsi {code}"),
        Some(Region::Kab(_)) => format!("kabupaten/kota {code}"),
        None => plain(code),
    }
}

/// What an element is, in words; the name alone where the catalogue has it not.
pub(in crate::pks) fn element(name: &str) -> &'static str {
    ELEMENTS.iter().find(|(own, _)| *own == name).map_or("tidak ada dalam katalog", |(_, words)| words)
}

/// Every element of the catalogue, as UU 24/2013 Pasal 58(2) and the forms of the field call them.
const ELEMENTS: [(&str, &str); 37] = [
    ("NIK", "Nomor Induk Kependudukan"),
    ("NO_KK", "nomor Kartu Keluarga"),
    ("NAMA_LGKP", "nama lengkap"),
    ("TMPT_LHR", "tempat lahir"),
    ("TGL_LHR", "tanggal lahir"),
    ("JENIS_KLMIN", "jenis kelamin"),
    ("GOL_DARAH", "golongan darah"),
    ("AGAMA", "agama"),
    ("STATUS_KAWIN", "status perkawinan"),
    ("STAT_HBKEL", "hubungan dalam keluarga"),
    ("PDDK_AKH", "pendidikan terakhir"),
    ("JENIS_PKRJN", "jenis pekerjaan"),
    ("PNYDNG_CCT", "penyandang disabilitas"),
    ("NAMA_LGKP_IBU", "nama lengkap ibu"),
    ("NAMA_LGKP_AYAH", "nama lengkap ayah"),
    ("NIK_IBU", "NIK ibu"),
    ("NIK_AYAH", "NIK ayah"),
    ("ALAMAT", "alamat"),
    ("NO_RT", "nomor RT"),
    ("NO_RW", "nomor RW"),
    ("DUSUN", "dusun"),
    ("KODE_POS", "kode pos"),
    ("NO_PROP", "nomor provinsi"),
    ("PROP_NAME", "nama provinsi"),
    ("NO_KAB", "nomor kabupaten/kota"),
    ("KAB_NAME", "nama kabupaten/kota"),
    ("NO_KEC", "nomor kecamatan"),
    ("KEC_NAME", "nama kecamatan"),
    ("NO_KEL", "nomor kelurahan/desa"),
    ("KEL_NAME", "nama kelurahan/desa"),
    ("EKTP_STATUS", "status perekaman KTP-el"),
    ("EKTP_CREATED", "tanggal pembuatan KTP-el"),
    ("NO_AKTA_LHR", "nomor akta kelahiran"),
    ("NO_AKTA_KWN", "nomor akta perkawinan"),
    ("TGL_KWN", "tanggal perkawinan"),
    ("NO_AKTA_CRAI", "nomor akta perceraian"),
    ("TGL_CRAI", "tanggal perceraian"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Elemen;

    #[test]
    fn every_element_of_the_catalogue_has_words() {
        assert!(Elemen::all().map(Elemen::name).eq(ELEMENTS.iter().map(|(name, _)| *name)));
    }

    #[test]
    fn numbers_dates_and_hidden_characters() {
        assert_eq!(
            (number(0), number(999), number(1000), number(2_000_000_000)),
            ("0".into(), "999".into(), "1.000".into(), "2.000.000.000".into())
        );
        assert_eq!(date_text("2026-08-07"), "7 Agustus 2026");
        assert_eq!(date_text("2026-13-07"), "2026-13-07");
        assert_eq!(plain("a\u{202e}b\u{1b}[31mé"), "a\u{fffd}b\u{fffd}[31mé");
    }
}
