//! What each reason is called outside: HTTP status, code and text of the DWH service, title in two languages.

use hyper::StatusCode;

use crate::kernel::Reason;

/// How a reason looks from outside.
pub(super) struct Face {
    /// Status on `/v1`, and on the DWH route where `dwh` is empty.
    pub(super) status: StatusCode,
    /// `RESPONSE_CODE` of the DWH service; empty where the answer is a bare HTTP error there too.
    pub(super) dwh: &'static str,
    /// For people.
    pub(super) indonesian: &'static str,
    /// For developers.
    pub(super) english: &'static str,
}

const fn face(status: StatusCode, dwh: &'static str, indonesian: &'static str, english: &'static str) -> Face {
    Face { status, dwh, indonesian, english }
}

/// The face of a reason.
#[rustfmt::skip]
pub(super) const fn of(reason: Reason) -> Face {
    use StatusCode as S;
    match reason {
        Reason::PksMissing => face(S::FORBIDDEN, "16", "Belum ada PKS yang sah untuk lembaga ini", "No verified agreement of this institution"),
        Reason::PksNotInForce => face(S::FORBIDDEN, "16", "PKS belum atau tidak lagi berlaku", "The agreement is not in force"),
        Reason::PksSuspended => face(S::FORBIDDEN, "16", "PKS sedang ditangguhkan", "The agreement is suspended"),
        Reason::OutsideHours => face(S::FORBIDDEN, "06", "Di luar jam akses yang disepakati", "Outside the agreed hours"),
        Reason::NetworkNotAllowed => face(S::FORBIDDEN, "10", "IP Client Tidak terdaftar", "The address is in none of the agreed networks"),
        Reason::CertificateNotAllowed => face(S::FORBIDDEN, "03", "Sertifikat klien tidak terdaftar dalam PKS", "The client certificate is not named in the agreement"),
        Reason::RegionOutside => face(S::FORBIDDEN, "08", "Penduduk di luar wilayah PKS", "The resident lives outside the agreed regions"),
        Reason::PurposeMissing => face(S::FORBIDDEN, "07", "Tujuan pemanfaatan tidak disebutkan atau tidak tercantum dalam PKS", "No purpose of the agreement was named"),
        Reason::MethodNotGranted => face(S::FORBIDDEN, "08", "Metode akses tidak diberikan dalam PKS", "The agreement does not grant this method"),
        Reason::ElementNotGranted => face(S::FORBIDDEN, "08", "Elemen data tidak diberikan dalam PKS", "The agreement does not grant these elements"),
        Reason::ThresholdBelowFloor => face(S::FORBIDDEN, "07", "Ambang batas di bawah yang disepakati", "The threshold is below the agreed floor"),
        Reason::QuotaExhausted => face(S::TOO_MANY_REQUESTS, "05", "Kuota Akses Hari Ini Telah Habis", "The quota of the day is used up"),
        Reason::RateLimited => face(S::TOO_MANY_REQUESTS, "05", "Terlalu banyak permintaan per detik", "More requests a second than agreed"),
        Reason::OperatorRequired => face(S::FORBIDDEN, "08", "Diperlukan kartu petugas", "The agreement demands an officer's card"),
        Reason::BalikanOverdue => face(S::FORBIDDEN, "16", "Data balikan terlambat", "Data balikan are overdue"),
        Reason::BodyMalformed => face(S::BAD_REQUEST, "07", "Parameter Tidak Lengkap / Tidak Valid", "The body is not what this route takes"),
        Reason::BodyTooLarge => face(S::PAYLOAD_TOO_LARGE, "07", "Isi permintaan terlalu besar", "The body is larger than the limit"),
        Reason::AuditUnavailable => face(S::SERVICE_UNAVAILABLE, "", "Catatan audit tidak dapat ditulis", "The audit log cannot be written"),
        Reason::LoginFailed => face(S::UNAUTHORIZED, "03", "Login Gagal", "User, password or institution do not fit together"),
        Reason::LoginIncomplete => face(S::UNAUTHORIZED, "09", "User, password dan IP tidak boleh kosong", "User, password and IP must not be empty"),
        Reason::IpMismatch => face(S::FORBIDDEN, "04", "IP Tidak Sesuai", "ip_user is not the address of the connection"),
        Reason::AccountInactive => face(S::FORBIDDEN, "17", "User ID Tidak Aktif", "The account is switched off"),
        Reason::NotFound => face(S::NOT_FOUND, "", "Tidak ditemukan", "No such resource"),
        Reason::HttpMethodNotAllowed => face(S::METHOD_NOT_ALLOWED, "", "Metode HTTP tidak didukung", "This resource does not take this HTTP method"),
        Reason::MediaTypeNotSupported => face(S::UNSUPPORTED_MEDIA_TYPE, "07", "Isi permintaan harus berupa JSON", "The body must be JSON"),
        Reason::WarehouseUnavailable => face(S::SERVICE_UNAVAILABLE, "", "Data kependudukan tidak dapat dibaca", "The warehouse cannot be read"),
        Reason::CertificateRequired => face(S::UNAUTHORIZED, "", "Diperlukan sertifikat klien", "A client certificate is needed"),
        Reason::Overloaded => face(S::SERVICE_UNAVAILABLE, "", "Layanan sedang sibuk", "Too much work at once"),
        Reason::PksRevoked => face(S::FORBIDDEN, "16", "PKS telah dicabut", "The agreement has been withdrawn"),
        Reason::RequestTimeout => face(S::REQUEST_TIMEOUT, "", "Permintaan tidak selesai diterima", "The request did not arrive in time"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_an_error_with_words_in_both_languages() {
        for reason in Reason::ALL {
            let face = of(reason);
            assert!(face.status.is_client_error() || face.status.is_server_error(), "{}", reason.code());
            assert!(!face.indonesian.is_empty() && !face.english.is_empty());
            assert!(face.dwh.is_empty() || face.dwh.len() == 2);
        }
    }

    #[test]
    fn failures_of_the_house_never_look_like_an_answer_of_the_dwh_service() {
        for reason in [Reason::AuditUnavailable, Reason::WarehouseUnavailable, Reason::Overloaded] {
            assert!(of(reason).dwh.is_empty() && of(reason).status == StatusCode::SERVICE_UNAVAILABLE);
        }
    }
}
