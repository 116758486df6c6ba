//! What age, sex and place make likely: schooling, work, papers.

use super::super::day::{Day, add_years, from_civil, to_civil};
use super::dice::Dice;
use super::names::ISLAM;
use crate::kernel::Sex;

const NOT_WORKING: &str = "BELUM/TIDAK BEKERJA";
const STUDENT: &str = "PELAJAR/MAHASISWA";
const HOUSEHOLD: &str = "MENGURUS RUMAH TANGGA";

/// PDDK_AKH.
pub(super) fn education(dice: &mut Dice, age: i32) -> i32 {
    let weights: &[(u32, i32)] = match age {
        ..=5 => return 1,
        6..=12 => return 2,
        13..=15 => return 3,
        16..=18 => return 4,
        19..=22 => &[(3, 3), (12, 4), (84, 5), (1, 6)],
        23..=39 => &[(10, 1), (20, 2), (130, 3), (170, 4), (460, 5), (10, 6), (45, 7), (135, 8), (18, 9), (2, 10)],
        40..=59 => &[(30, 1), (70, 2), (280, 3), (170, 4), (300, 5), (15, 6), (30, 7), (88, 8), (15, 9), (2, 10)],
        _ => &[(120, 1), (180, 2), (360, 3), (130, 4), (140, 5), (10, 6), (15, 7), (38, 8), (6, 9), (1, 10)],
    };
    dice.weighted(weights)
}

/// JENIS_PKRJN.
pub(super) fn work(dice: &mut Dice, age: i32, sex: Sex, education: i32, in_town: bool) -> &'static str {
    match age {
        ..=5 => return NOT_WORKING,
        6..=17 => return STUDENT,
        18..=22 if dice.permille(600) => return STUDENT,
        60.. if education >= 7 && dice.permille(600) => return "PENSIUNAN",
        75.. if dice.permille(500) => return NOT_WORKING,
        _ => {}
    }
    if sex == Sex::Female && dice.permille(if education >= 7 { 250 } else { 640 }) {
        return HOUSEHOLD;
    }
    let weights: &[(u32, &'static str)] = if education >= 7 {
        &[
            (22, "PEGAWAI NEGERI SIPIL"),
            (26, "KARYAWAN SWASTA"),
            (14, "GURU"),
            (14, "WIRASWASTA"),
            (6, "KARYAWAN HONORER"),
            (5, "KARYAWAN BUMN"),
            (4, "PERAWAT"),
            (3, "BIDAN"),
            (2, "DOSEN"),
            (1, "DOKTER"),
            (2, "TENTARA NASIONAL INDONESIA"),
            (2, "KEPOLISIAN RI"),
        ]
    } else if in_town {
        &[
            (30, "KARYAWAN SWASTA"),
            (28, "WIRASWASTA"),
            (16, "BURUH HARIAN LEPAS"),
            (10, "PEDAGANG"),
            (6, "SOPIR"),
            (3, "TUKANG BATU"),
            (2, "TUKANG JAHIT"),
            (2, "KARYAWAN HONORER"),
            (3, NOT_WORKING),
        ]
    } else {
        &[
            (42, "PETANI/PEKEBUN"),
            (16, "WIRASWASTA"),
            (12, "BURUH TANI/PERKEBUNAN"),
            (10, "KARYAWAN SWASTA"),
            (7, "BURUH HARIAN LEPAS"),
            (4, "PEDAGANG"),
            (4, "NELAYAN/PERIKANAN"),
            (2, "PERANGKAT DESA"),
            (1, "PETERNAK"),
            (2, NOT_WORKING),
        ]
    };
    dice.weighted(weights)
}

/// GOL_DARAH: unknown for most.
pub(super) fn blood(dice: &mut Dice) -> i32 {
    dice.weighted(&[(620, 13), (85, 1), (95, 2), (35, 3), (135, 4), (8, 5), (9, 7), (3, 9), (9, 11), (1, 12)])
}

/// NO_AKTA_LHR; older people often have none.
pub(super) fn birth_certificate(dice: &mut Dice, born: Day, as_of: Day, region: u16) -> Box<str> {
    let date = to_civil(born);
    let with = match date.year {
        2010.. => 960,
        1990.. => 780,
        1970.. => 380,
        _ => 120,
    };
    if !dice.permille(with) {
        return Box::default();
    }
    let number = dice.between(1, 9_999);
    if date.year < 2010 && dice.permille(600) {
        return format!("{number:04}/{}/{}", dice.pick(&["IST", "UM", "DIS"]), date.year + dice.between(0, 3)).into();
    }
    let late = date.year < 2010 || dice.permille(250);
    let entered = if late { dice.between(born + 61, as_of) } else { dice.between(born + 3, born + 60).min(as_of) };
    let entered = to_civil(entered.max(from_civil(2008, 1, 1)).min(as_of));
    let kind = if late { "LT" } else { "LU" };
    format!("{region}-{kind}-{:02}{:02}{:04}-{number:04}", entered.day, entered.month, entered.year).into()
}

/// NO_AKTA_KWN: the religious office's for Muslims, the civil registry's for others.
pub(super) fn marriage_certificate(dice: &mut Dice, date: Day, religion: i32, region: u16) -> Box<str> {
    let civil = to_civil(date);
    if religion == ISLAM {
        let months = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];
        let month = usize::try_from(civil.month - 1).ok().and_then(|place| months.get(place)).copied().unwrap_or_default();
        let (number, page) = (dice.between(1, 999), dice.between(1, 99));
        format!("{number:04}/{page:03}/{month}/{}", civil.year).into()
    } else {
        format!("{region}-KW-{:02}{:02}{:04}-{:04}", civil.day, civil.month, civil.year, dice.between(1, 400)).into()
    }
}

/// NO_AKTA_CRAI.
pub(super) fn divorce_certificate(dice: &mut Dice, date: Day, religion: i32, region: u16) -> Box<str> {
    let civil = to_civil(date);
    if religion == ISLAM {
        format!("{:04}/AC/{}/PA", dice.between(1, 2_500), civil.year).into()
    } else {
        format!("{region}-CR-{:02}{:02}{:04}-{:04}", civil.day, civil.month, civil.year, dice.between(1, 90)).into()
    }
}

/// EKTP_CREATED: recorded at seventeen, at the earliest when the KTP-el came; `None` where not yet recorded.
pub(super) fn ektp_created(dice: &mut Dice, born: Day, as_of: Day, surely: bool) -> Option<Day> {
    let from = add_years(born, 17).max(from_civil(2011, 2, 1));
    let recorded = from <= as_of && (surely || dice.permille(972));
    recorded.then(|| dice.between(from, (from + 900).min(as_of)))
}
