//! Usual words for the rows of the code tables beside the tables' own.

use crate::kernel::Elemen;

/// The number of the row that this text (capitals, one blank between words, no punctuation) usually stands for.
pub(super) fn synonym(elemen: Elemen, text: &str) -> Option<u8> {
    match elemen {
        Elemen::JenisKlmin => sex(text),
        Elemen::Agama => religion(text),
        Elemen::StatusKawin => marital_status(text),
        Elemen::StatHbkel => relation(text),
        Elemen::PddkAkh => education(text),
        Elemen::EktpStatus => recording(text),
        _ => None,
    }
}

fn sex(text: &str) -> Option<u8> {
    Some(match text {
        "L" | "LK" | "LAKI" | "LAKILAKI" | "LAKI2" | "LAKI 2" | "LELAKI" | "PRIA" => 1,
        "P" | "PR" | "PRP" | "W" | "WANITA" => 2,
        _ => return None,
    })
}

/// KRISTEN and PROTESTAN are one in SIAK's table; row 7 is what the law of 2016 writes as belief in God.
fn religion(text: &str) -> Option<u8> {
    Some(match text {
        "MUSLIM" => 1,
        "PROTESTAN" | "KRISTEN PROTESTAN" | "PROTESTANT" => 2,
        "KATOLIK" | "KHATOLIK" | "KATHOLIC" | "KATOLIC" | "KRISTEN KATOLIK" | "KRISTEN KATHOLIK" | "KATOLIK ROMA" => 3,
        "HINDU" => 4,
        "BUDDHA" | "BUDDA" | "BUDHIS" | "BUDDHIS" => 5,
        "KONGHUCU" | "KONGHUCHU" | "KONG HU CU" | "KONG HU CHU" | "KONG HUCU" | "KHONGHUCU" | "KHONGHUCHU" | "KHONG HU CU" => 6,
        "LAIN LAIN" | "LAIN" | "KEPERCAYAAN" | "PENGHAYAT" | "PENGHAYAT KEPERCAYAAN" | "ALIRAN KEPERCAYAAN" => 7,
        "KEPERCAYAAN TERHADAP TUHAN YME" | "KEPERCAYAAN TERHADAP TUHAN YANG MAHA ESA" => 7,
        _ => return None,
    })
}

/// JANDA and DUDA alone do not tell divorce from death and stand for no row.
fn marital_status(text: &str) -> Option<u8> {
    Some(match text {
        "BELUM MENIKAH" | "BELUM NIKAH" | "BLM KAWIN" | "BLM MENIKAH" | "LAJANG" | "TIDAK KAWIN" => 1,
        "MENIKAH"
        | "NIKAH"
        | "SUDAH KAWIN"
        | "SUDAH MENIKAH"
        | "KAWIN TERCATAT"
        | "KAWIN BELUM TERCATAT"
        | "KAWIN TIDAK TERCATAT" => 2,
        "CERAI HIDUP TERCATAT" | "CERAI HIDUP BELUM TERCATAT" | "CERAI TERCATAT" | "CERAI BELUM TERCATAT" => 3,
        "JANDA MATI" | "DUDA MATI" => 4,
        _ => return None,
    })
}

fn relation(text: &str) -> Option<u8> {
    Some(match text {
        "KEPALA KELUARGA KK" | "KEP KELUARGA" | "KEPALA" => 1,
        "ISTERI" => 3,
        "ORANG TUA" => 7,
        "FAMILI" | "FAMILY LAIN" => 9,
        "PEMBANTU RUMAH TANGGA" | "PRT" => 10,
        "LAIN LAIN" => 11,
        _ => return None,
    })
}

fn education(text: &str) -> Option<u8> {
    Some(match text {
        "TIDAK SEKOLAH" | "BELUM SEKOLAH" | "TIDAK BELUM SEKOLAH" | "TDK BLM SEKOLAH" => 1,
        "BELUM TAMAT SD" | "TIDAK TAMAT SD" | "TDK TAMAT SD" => 2,
        "SD" | "TAMAT SD" | "SD SEDERAJAT" => 3,
        "SMP" | "SLTP" | "SMP SEDERAJAT" | "TAMAT SLTP" | "TAMAT SMP" | "MTS" => 4,
        "SMA" | "SMK" | "SMU" | "SLTA" | "SMA SEDERAJAT" | "SMK SEDERAJAT" | "TAMAT SLTA" | "TAMAT SMA" | "MA" => 5,
        "D1" | "D2" | "DI" | "DII" | "D I" | "D II" | "DIPLOMA I" | "DIPLOMA II" | "DIPLOMA 1" | "DIPLOMA 2" => 6,
        "D3" | "DIII" | "D III" | "DIPLOMA III" | "DIPLOMA 3" | "AKADEMI" | "SARJANA MUDA" | "AKADEMI DIPLOMA III SARJANA MUDA" => {
            7
        }
        "D4" | "DIV" | "D IV" | "S1" | "S 1" | "DIPLOMA IV" | "DIPLOMA 4" | "STRATA I" | "STRATA 1" | "SARJANA" => 8,
        "S2" | "S 2" | "STRATA 2" | "MAGISTER" => 9,
        "S3" | "S 3" | "STRATA 3" | "DOKTOR" => 10,
        _ => return None,
    })
}

fn recording(text: &str) -> Option<u8> {
    Some(match text {
        "SUDAH" | "SUDAH PEREKAMAN" | "SUDAH MEREKAM" => 1,
        "BELUM" | "BELUM PEREKAMAN" | "BELUM MEREKAM" => 2,
        _ => return None,
    })
}
