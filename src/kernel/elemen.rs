//! The catalogue of elements: every name a PKS can grant, with its SIAK column, its kind of value and its protection.
//!
//! Sources: UU 24/2013 Pasal 58(2) (the elements), Pasal 84 (the protected ones), the element lists of institutions in the field
//! (the names) and SIAK's code tables. The numbers of `JENIS_PKRJN` are in no source that was found: it is held as text.

use std::fmt;

use super::elemen_set::ElemenSet;

/// One named field of the population record. The number of a variant is its bit in [`ElemenSet`] and in audit entries: it never
/// changes, new elements go to the end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Elemen {
    /// `NIK`: the number itself.
    Nik = 0,
    /// `NO_KK`: number of the family card.
    NoKk = 1,
    /// `NAMA_LGKP`: full name.
    NamaLgkp = 2,
    /// `TMPT_LHR`: place of birth.
    TmptLhr = 3,
    /// `TGL_LHR`: date of birth.
    TglLhr = 4,
    /// `JENIS_KLMIN`: sex.
    JenisKlmin = 5,
    /// `GOL_DARAH`: blood group.
    GolDarah = 6,
    /// `AGAMA`: religion.
    Agama = 7,
    /// `STATUS_KAWIN`: marital status.
    StatusKawin = 8,
    /// `STAT_HBKEL`: relation to the head of the family.
    StatHbkel = 9,
    /// `PDDK_AKH`: last education.
    PddkAkh = 10,
    /// `JENIS_PKRJN`: occupation.
    JenisPkrjn = 11,
    /// `PNYDNG_CCT`: disability.
    PnydngCct = 12,
    /// `NAMA_LGKP_IBU`: mother's full name.
    NamaLgkpIbu = 13,
    /// `NAMA_LGKP_AYAH`: father's full name.
    NamaLgkpAyah = 14,
    /// `NIK_IBU`: mother's NIK.
    NikIbu = 15,
    /// `NIK_AYAH`: father's NIK.
    NikAyah = 16,
    /// `ALAMAT`: street and house.
    Alamat = 17,
    /// `NO_RT`: neighbourhood (rukun tetangga).
    NoRt = 18,
    /// `NO_RW`: group of neighbourhoods (rukun warga).
    NoRw = 19,
    /// `DUSUN`: hamlet.
    Dusun = 20,
    /// `KODE_POS`: postal code.
    KodePos = 21,
    /// `NO_PROP`: province number.
    NoProp = 22,
    /// `PROP_NAME`: province name.
    PropName = 23,
    /// `NO_KAB`: kabupaten/kota number within the province.
    NoKab = 24,
    /// `KAB_NAME`: kabupaten/kota name.
    KabName = 25,
    /// `NO_KEC`: kecamatan number within the kabupaten.
    NoKec = 26,
    /// `KEC_NAME`: kecamatan name.
    KecName = 27,
    /// `NO_KEL`: kelurahan/desa number within the kecamatan.
    NoKel = 28,
    /// `KEL_NAME`: kelurahan/desa name.
    KelName = 29,
    /// `EKTP_STATUS`: whether the KTP-el was recorded.
    EktpStatus = 30,
    /// `EKTP_CREATED`: date the KTP-el was made.
    EktpCreated = 31,
    /// `NO_AKTA_LHR`: number of the birth certificate.
    NoAktaLhr = 32,
    /// `NO_AKTA_KWN`: number of the marriage certificate.
    NoAktaKwn = 33,
    /// `TGL_KWN`: date of marriage.
    TglKwn = 34,
    /// `NO_AKTA_CRAI`: number of the divorce certificate.
    NoAktaCrai = 35,
    /// `TGL_CRAI`: date of divorce.
    TglCrai = 36,
}

/// What kind of value an element holds; decides how it is stored, shown and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Sixteen digits: a NIK or the number of a family card.
    Id16,
    /// A number shown with leading zeros to this many digits.
    Number {
        /// Digits shown.
        width: u8,
    },
    /// A calendar date, shown `yyyy-MM-dd`.
    Date,
    /// One of a code table's texts.
    Code(&'static [CodeText]),
    /// A person's name.
    Name,
    /// The name of a place or region.
    Place,
    /// Street, house and neighbourhood.
    Address,
    /// Anything else, compared as a whole.
    Text,
}

/// A row of a code table: SIAK's number and the text that is shown.
pub type CodeText = (u8, &'static str);

/// What is fixed about an element.
#[derive(Debug)]
pub struct Entry {
    /// The element.
    pub elemen: Elemen,
    /// Its name in PKS, requests and answers.
    pub name: &'static str,
    /// Its column in SIAK; differs from the name for two elements.
    pub siak: &'static str,
    /// Its kind of value.
    pub kind: Kind,
    /// Whether verification gives a score (0-100) rather than match or no match.
    pub scored: bool,
    /// Whether UU 24/2013 Pasal 84 protects it: grantable only where the PKS cites its legal ground.
    pub protected: bool,
}

impl Elemen {
    /// How many elements there are.
    pub const COUNT: usize = CATALOGUE.len();

    /// The element of this exact name (upper case, as in PKS and requests).
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        CATALOGUE.iter().find(|entry| entry.name == name).map(|entry| entry.elemen)
    }

    /// The element of this bit number.
    #[must_use]
    pub fn from_bit(bit: u8) -> Option<Self> {
        CATALOGUE.get(usize::from(bit)).map(|entry| entry.elemen)
    }

    /// Its number: the bit in an [`ElemenSet`].
    #[must_use]
    pub const fn bit(self) -> u8 {
        self as u8
    }

    /// All elements in the order of their bits.
    pub fn all() -> impl Iterator<Item = Self> {
        CATALOGUE.iter().map(|entry| entry.elemen)
    }

    /// What is fixed about it.
    #[must_use]
    #[expect(
        clippy::indexing_slicing,
        reason = "the catalogue has one row per variant in the order of the bits, which a test walks"
    )]
    pub fn entry(self) -> &'static Entry {
        &CATALOGUE[usize::from(self.bit())]
    }

    /// Its name in PKS, requests and answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// Its kind of value.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.entry().kind
    }

    /// Whether verification gives a score.
    #[must_use]
    pub fn scored(self) -> bool {
        self.entry().scored
    }

    /// Whether it is protected by UU 24/2013 Pasal 84.
    #[must_use]
    pub fn protected(self) -> bool {
        self.entry().protected
    }

    /// The set of this element alone.
    #[must_use]
    pub const fn alone(self) -> ElemenSet {
        ElemenSet::from_bits_truncated(1 << self.bit())
    }
}

impl fmt::Debug for Elemen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Elemen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text of a code; `None` for a number that the table does not have.
#[must_use]
pub fn text_of(table: &'static [CodeText], code: u8) -> Option<&'static str> {
    table.iter().find(|(number, _)| *number == code).map(|(_, text)| *text)
}

/// The code of a text exactly as the table spells it.
#[must_use]
pub fn code_of(table: &'static [CodeText], text: &str) -> Option<u8> {
    table.iter().find(|(_, own)| *own == text).map(|(number, _)| *number)
}

const JENIS_KLMIN: &[CodeText] = &[(1, "LAKI-LAKI"), (2, "PEREMPUAN")];

const GOL_DARAH: &[CodeText] = &[
    (1, "A"),
    (2, "B"),
    (3, "AB"),
    (4, "O"),
    (5, "A+"),
    (6, "A-"),
    (7, "B+"),
    (8, "B-"),
    (9, "AB+"),
    (10, "AB-"),
    (11, "O+"),
    (12, "O-"),
    (13, "-"),
];

const AGAMA: &[CodeText] =
    &[(1, "ISLAM"), (2, "KRISTEN"), (3, "KATHOLIK"), (4, "HINDHU"), (5, "BUDHA"), (6, "KONG HUCHU"), (7, "LAINNYA")];

const PDDK_AKH: &[CodeText] = &[
    (1, "TIDAK/BELUM SEKOLAH"),
    (2, "BELUM TAMAT SD/SEDERAJAT"),
    (3, "TAMAT SD/SEDERAJAT"),
    (4, "SLTP/SEDERAJAT"),
    (5, "SLTA/SEDERAJAT"),
    (6, "DIPLOMA I/II"),
    (7, "AKADEMI/DIPLOMA III/S. MUDA"),
    (8, "DIPLOMA IV/STRATA I"),
    (9, "STRATA II"),
    (10, "STRATA III"),
];

const PNYDNG_CCT: &[CodeText] = &[
    (1, "CACAT FISIK"),
    (2, "CACAT NETRA"),
    (3, "CACAT RUNGU/WICARA"),
    (4, "CACAT MENTAL/JIWA"),
    (5, "CACAT FISIK DAN MENTAL"),
    (6, "CACAT LAINNYA"),
];

const STATUS_KAWIN: &[CodeText] = &[(1, "BELUM KAWIN"), (2, "KAWIN"), (3, "CERAI HIDUP"), (4, "CERAI MATI")];

const STAT_HBKEL: &[CodeText] = &[
    (1, "KEPALA KELUARGA"),
    (2, "SUAMI"),
    (3, "ISTRI"),
    (4, "ANAK"),
    (5, "MENANTU"),
    (6, "CUCU"),
    (7, "ORANGTUA"),
    (8, "MERTUA"),
    (9, "FAMILI LAIN"),
    (10, "PEMBANTU"),
    (11, "LAINNYA"),
];

const EKTP_STATUS: &[CodeText] = &[(1, "SUDAH REKAM"), (2, "BELUM REKAM")];

const fn row(elemen: Elemen, name: &'static str, siak: &'static str, kind: Kind) -> Entry {
    Entry { elemen, name, siak, kind, scored: false, protected: false }
}

const fn scored(elemen: Elemen, name: &'static str, kind: Kind) -> Entry {
    Entry { elemen, name, siak: name, kind, scored: true, protected: false }
}

const fn protected(elemen: Elemen, name: &'static str, kind: Kind) -> Entry {
    Entry { elemen, name, siak: name, kind, scored: false, protected: true }
}

/// One row per element, in the order of the bits.
#[rustfmt::skip]
pub static CATALOGUE: [Entry; 37] = [
    row(Elemen::Nik, "NIK", "NIK", Kind::Id16),
    row(Elemen::NoKk, "NO_KK", "NO_KK", Kind::Id16),
    scored(Elemen::NamaLgkp, "NAMA_LGKP", Kind::Name),
    scored(Elemen::TmptLhr, "TMPT_LHR", Kind::Place),
    row(Elemen::TglLhr, "TGL_LHR", "TGL_LHR", Kind::Date),
    row(Elemen::JenisKlmin, "JENIS_KLMIN", "JENIS_KLMIN", Kind::Code(JENIS_KLMIN)),
    row(Elemen::GolDarah, "GOL_DARAH", "GOL_DRH", Kind::Code(GOL_DARAH)),
    row(Elemen::Agama, "AGAMA", "AGAMA", Kind::Code(AGAMA)),
    row(Elemen::StatusKawin, "STATUS_KAWIN", "STAT_KWN", Kind::Code(STATUS_KAWIN)),
    row(Elemen::StatHbkel, "STAT_HBKEL", "STAT_HBKEL", Kind::Code(STAT_HBKEL)),
    row(Elemen::PddkAkh, "PDDK_AKH", "PDDK_AKH", Kind::Code(PDDK_AKH)),
    row(Elemen::JenisPkrjn, "JENIS_PKRJN", "JENIS_PKRJN", Kind::Text),
    protected(Elemen::PnydngCct, "PNYDNG_CCT", Kind::Code(PNYDNG_CCT)),
    scored(Elemen::NamaLgkpIbu, "NAMA_LGKP_IBU", Kind::Name),
    row(Elemen::NamaLgkpAyah, "NAMA_LGKP_AYAH", "NAMA_LGKP_AYAH", Kind::Name),
    row(Elemen::NikIbu, "NIK_IBU", "NIK_IBU", Kind::Id16),
    row(Elemen::NikAyah, "NIK_AYAH", "NIK_AYAH", Kind::Id16),
    scored(Elemen::Alamat, "ALAMAT", Kind::Address),
    row(Elemen::NoRt, "NO_RT", "NO_RT", Kind::Number { width: 3 }),
    row(Elemen::NoRw, "NO_RW", "NO_RW", Kind::Number { width: 3 }),
    row(Elemen::Dusun, "DUSUN", "DUSUN", Kind::Place),
    row(Elemen::KodePos, "KODE_POS", "KODE_POS", Kind::Number { width: 5 }),
    row(Elemen::NoProp, "NO_PROP", "NO_PROP", Kind::Number { width: 2 }),
    row(Elemen::PropName, "PROP_NAME", "PROP_NAME", Kind::Place),
    row(Elemen::NoKab, "NO_KAB", "NO_KAB", Kind::Number { width: 2 }),
    row(Elemen::KabName, "KAB_NAME", "KAB_NAME", Kind::Place),
    row(Elemen::NoKec, "NO_KEC", "NO_KEC", Kind::Number { width: 2 }),
    row(Elemen::KecName, "KEC_NAME", "KEC_NAME", Kind::Place),
    row(Elemen::NoKel, "NO_KEL", "NO_KEL", Kind::Number { width: 4 }),
    row(Elemen::KelName, "KEL_NAME", "KEL_NAME", Kind::Place),
    row(Elemen::EktpStatus, "EKTP_STATUS", "EKTP_STATUS", Kind::Code(EKTP_STATUS)),
    row(Elemen::EktpCreated, "EKTP_CREATED", "EKTP_CREATED", Kind::Date),
    row(Elemen::NoAktaLhr, "NO_AKTA_LHR", "NO_AKTA_LHR", Kind::Text),
    row(Elemen::NoAktaKwn, "NO_AKTA_KWN", "NO_AKTA_KWN", Kind::Text),
    row(Elemen::TglKwn, "TGL_KWN", "TGL_KWN", Kind::Date),
    row(Elemen::NoAktaCrai, "NO_AKTA_CRAI", "NO_AKTA_CRAI", Kind::Text),
    row(Elemen::TglCrai, "TGL_CRAI", "TGL_CRAI", Kind::Date),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_stands_in_the_order_of_the_bits() {
        for (index, entry) in CATALOGUE.iter().enumerate() {
            assert_eq!(usize::from(entry.elemen.bit()), index, "{}", entry.name);
            assert_eq!(Elemen::parse(entry.name), Some(entry.elemen));
            assert_eq!(Elemen::from_bit(entry.elemen.bit()), Some(entry.elemen));
        }
        assert_eq!(Elemen::from_bit(37), None);
        assert_eq!(Elemen::parse("nik"), None);
    }

    #[test]
    fn names_and_columns_are_unique() {
        for (index, entry) in CATALOGUE.iter().enumerate() {
            for other in CATALOGUE.iter().skip(index + 1) {
                assert_ne!(entry.name, other.name);
                assert_ne!(entry.siak, other.siak);
            }
        }
    }

    #[test]
    fn exactly_four_elements_are_scored_and_disability_is_protected() {
        let scored: Vec<_> = CATALOGUE.iter().filter(|e| e.scored).map(|e| e.name).collect();
        assert_eq!(scored, ["NAMA_LGKP", "TMPT_LHR", "NAMA_LGKP_IBU", "ALAMAT"]);
        let protected: Vec<_> = CATALOGUE.iter().filter(|e| e.protected).map(|e| e.name).collect();
        assert_eq!(protected, ["PNYDNG_CCT"]);
    }
}
