//! The personas: residents that demo, tests and clients can name, planted in every population of whatever size and seed.
//!
//! Those of codes 01, 11, 12 and 14 are members of ordinary families, for 13 there is a NIK that nobody bears, for 15 there are
//! texts that are no NIK.

use crate::kernel::NikStatus::{self, Active, Deceased, Duplicate, Inactive};
use crate::kernel::{Elemen, Nik};

/// Somebody to name in examples and tests. Made-up personal data all the same: no `Debug`.
pub struct Persona {
    /// The NIK, or the text that is none.
    pub nik: String,
    /// The answer code to expect: `01`, `11`, `12`, `13`, `14` or `15`.
    pub code: &'static str,
    /// What makes this one worth asking for, in Indonesian.
    pub note: String,
    /// All elements as retrieval gives them; empty for codes 13 and 15.
    pub row: Vec<(Elemen, String)>,
}

/// Which member of the family it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    Head,
    Wife,
    Child,
}

/// A persona to plant.
pub(super) struct Spec {
    /// The kabupaten of first registration, 6305 for 63.05.
    pub(super) kab: u16,
    pub(super) role: Role,
    pub(super) status: NikStatus,
    /// A name to bear instead of a random one.
    pub(super) name: Option<&'static str>,
    /// Where the family lives now, if it has moved.
    pub(super) moved_to: Option<u16>,
    pub(super) note: &'static str,
}

/// Members of a persona's family: what a kabupaten must have room for.
pub(super) const FAMILY_MEMBERS: u64 = 4;

const fn at(kab: u16, role: Role, note: &'static str) -> Spec {
    Spec { kab, role, status: Active, name: None, moved_to: None, note }
}

const fn named(kab: u16, role: Role, name: &'static str, note: &'static str) -> Spec {
    Spec { kab, role, status: Active, name: Some(name), moved_to: None, note }
}

const fn with(status: NikStatus, kab: u16, role: Role, note: &'static str) -> Spec {
    Spec { kab, role, status, name: None, moved_to: None, note }
}

const fn moved(kab: u16, moved_to: u16, role: Role, note: &'static str) -> Spec {
    Spec { kab, role, status: Active, name: None, moved_to: Some(moved_to), note }
}

pub(super) static SPECS: &[Spec] = &[
    named(6305, Role::Head, "NOOR HIDAYAH RAHMAN", "kepala keluarga di Tapin"),
    named(6305, Role::Wife, "HJ. NORHAYATI", "istri di Tapin, nama dengan gelar"),
    at(6305, Role::Child, "anak di Tapin"),
    named(6305, Role::Head, "MUH. YUSUF ANSYARI", "kepala keluarga di Tapin, MUHAMMAD disingkat"),
    named(6305, Role::Wife, "ASNAH", "istri di Tapin, nama satu kata"),
    at(6371, Role::Head, "kepala keluarga di Banjarmasin"),
    at(3171, Role::Wife, "istri di Jakarta Pusat"),
    named(3174, Role::Head, "DRS. BAMBANG SUTRISNO, M.M", "nama dengan gelar di depan dan di belakang"),
    at(3273, Role::Wife, "istri di Bandung"),
    named(3374, Role::Head, "SUPARMAN", "nama satu kata"),
    at(3471, Role::Child, "anak di Yogyakarta"),
    named(3578, Role::Head, "SOEDARMO WIBOWO", "ejaan lama"),
    at(3671, Role::Wife, "istri di Kota Tangerang"),
    at(1171, Role::Head, "kepala keluarga di Banda Aceh"),
    at(1271, Role::Head, "kepala keluarga di Medan"),
    at(1371, Role::Wife, "istri di Padang"),
    at(1671, Role::Child, "anak di Palembang"),
    at(5171, Role::Head, "kepala keluarga di Denpasar"),
    at(5271, Role::Wife, "istri di Mataram"),
    at(5371, Role::Head, "kepala keluarga di Kupang"),
    at(6171, Role::Wife, "istri di Pontianak"),
    at(7171, Role::Head, "kepala keluarga di Manado"),
    at(7371, Role::Child, "anak di Makassar"),
    at(8171, Role::Head, "kepala keluarga di Ambon"),
    at(9171, Role::Wife, "istri di Jayapura, NIK di atas 2^53"),
    moved(3374, 6472, Role::Head, "pindah dari Semarang ke Samarinda, NIK tetap"),
    moved(7371, 3175, Role::Wife, "pindah dari Makassar ke Jakarta Timur, NIK tetap"),
    with(Deceased, 6371, Role::Head, "sudah meninggal dunia"),
    with(Deceased, 3273, Role::Wife, "sudah meninggal dunia"),
    with(Duplicate, 3578, Role::Head, "data ganda"),
    with(Duplicate, 6371, Role::Wife, "data ganda"),
    with(Inactive, 3374, Role::Head, "non aktif, hubungi Dinas Dukcapil"),
    with(Inactive, 1271, Role::Wife, "non aktif, hubungi Dinas Dukcapil"),
];

/// The highest serial that the generator issues: above it lie NIKs that nobody bears.
pub(super) const SERIAL_MAX: u16 = 8_999;

/// The personas that are not in the population.
pub(super) fn strangers() -> Vec<Persona> {
    let absent = ["6305014507859998", "3273010101909999", "6369990101850001"].map(|nik| {
        debug_assert!(Nik::parse(nik).is_ok());
        Persona { nik: nik.to_owned(), code: "13", note: "tidak ada di data".to_owned(), row: Vec::new() }
    });
    let malformed = [
        ("630501450785001", "15 angka"),
        ("63050145078500011", "17 angka"),
        ("63050145O7850001", "huruf O di antara angka"),
        ("6305013102850001", "tanggal 31 Februari"),
        ("6305014507850000", "nomor urut 0000"),
    ];
    let malformed =
        malformed.map(|(nik, note)| Persona { nik: nik.to_owned(), code: "15", note: note.to_owned(), row: Vec::new() });
    absent.into_iter().chain(malformed).collect()
}

/// The answer code of a status.
pub(super) const fn code(status: NikStatus) -> &'static str {
    match status {
        Active => "01",
        Deceased => "11",
        Duplicate => "12",
        Inactive => "14",
    }
}
