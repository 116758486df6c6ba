//! Places in a document in words: `/elements/3/rights` is the fourth element's rights to whoever wrote it.

/// What a member is called by officials.
const NAMES: [(&str, &str); 54] = [
    ("format", "bentuk naskah"),
    ("number", "nomor"),
    ("version", "versi"),
    ("supersedes", "versi yang digantikan"),
    ("digest", "sidik naskah"),
    ("office", "Pihak Kesatu"),
    ("lembaga", "Pihak Kedua"),
    ("signatory", "penanda tangan"),
    ("name", "nama"),
    ("title", "jabatan"),
    ("id", "kode lembaga"),
    ("kind", "jenis lembaga"),
    ("customer_id", "customer id DWH"),
    ("purposes", "tujuan"),
    ("code", "kode"),
    ("text", "bunyi"),
    ("purpose_required", "tujuan wajib disebut"),
    ("term", "jangka waktu"),
    ("from", "mulai"),
    ("until", "sampai"),
    ("zone", "zona waktu"),
    ("suspended", "ditangguhkan"),
    ("methods", "metode akses"),
    ("dwh_methods", "nama metode DWH"),
    ("verify", "verifikasi"),
    ("retrieve", "pengambilan"),
    ("elements", "elemen"),
    ("rights", "hak"),
    ("threshold_min", "ambang"),
    ("legal_ground", "dasar hukum"),
    ("quota", "kuota"),
    ("per_second", "per detik"),
    ("burst", "sekaligus"),
    ("per_day", "per hari"),
    ("guessing", "batas tebakan"),
    ("wrong_per_day", "salah per hari"),
    ("consecutive", "NIK berurutan per hari"),
    ("same_value_per_hour", "nilai sama per jam"),
    ("score_changes", "perubahan nilai kemiripan per hari"),
    ("brake_minutes", "menit penghentian"),
    ("hours", "jam akses"),
    ("days", "hari"),
    ("networks", "jaringan"),
    ("certificates", "sertifikat klien"),
    ("password_without_certificate", "kata sandi tanpa sertifikat"),
    ("regions", "wilayah"),
    ("operator_card", "kartu petugas"),
    ("tell_status", "status NIK diberitahukan"),
    ("balikan", "data balikan"),
    ("fields", "isian"),
    ("period", "waktu"),
    ("paper_sha256", "sidik naskah kertas"),
    ("by", "pencabut"),
    ("reason", "alasan"),
];

/// A JSON pointer in words, from the whole to the part: `elemen ke-4, hak`.
pub(super) fn words(pointer: &str) -> String {
    let parts: Vec<String> = pointer
        .split('/')
        .skip(1)
        .map(|part| match part.parse::<usize>() {
            Ok(index) => format!("ke-{}", index.saturating_add(1)),
            Err(_) => {
                NAMES.iter().find(|(name, _)| *name == part).map_or_else(|| format!("{part:?}"), |(_, own)| (*own).to_owned())
            }
        })
        .collect();
    parts.join(", ").replace(", ke-", " ke-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_from_the_whole_to_the_part() {
        assert_eq!(words("/elements/3/rights/0"), "elemen ke-4, hak ke-1");
        assert_eq!(words("/term/until"), "jangka waktu, sampai");
        assert_eq!(words("/colour"), "\"colour\"");
    }
}
