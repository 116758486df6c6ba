//! Why something was refused or failed: one vocabulary between the floors.
//!
//! A [`Reason`] is the public code of interfaces.md; only `gateway/respond.rs` knows which status or DWH code it becomes.

use super::elemen_set::ElemenSet;

/// Why a known caller gets no answer. The number goes into audit entries and never changes; the word is the public `code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Reason {
    /// No agreement of this lembaga has verified.
    PksMissing = 1,
    /// The term has not begun or is over.
    PksNotInForce = 2,
    /// Suspended or withdrawn by the office.
    PksSuspended = 3,
    /// Outside the agreed hours.
    OutsideHours = 4,
    /// The caller's address is in none of the agreed networks.
    NetworkNotAllowed = 5,
    /// The client certificate is not among those named, or none was shown where one is needed.
    CertificateNotAllowed = 6,
    /// The resident lives outside the agreed regions.
    RegionOutside = 7,
    /// The PKS asks for a purpose and none of its list was named.
    PurposeMissing = 8,
    /// The PKS does not grant this method.
    MethodNotGranted = 9,
    /// An element that the PKS does not grant for this method.
    ElementNotGranted = 10,
    /// The threshold lies below the PKS's floor.
    ThresholdBelowFloor = 11,
    /// The quota of the day is used up.
    QuotaExhausted = 12,
    /// More requests a second than agreed.
    RateLimited = 13,
    /// The PKS demands an officer's card.
    OperatorRequired = 14,
    /// Data balikan are overdue.
    BalikanOverdue = 15,
    /// The body is not what the route takes.
    BodyMalformed = 16,
    /// The body is larger than the limit.
    BodyTooLarge = 17,
    /// The audit log can't be written: nothing is answered.
    AuditUnavailable = 18,
    /// Account unknown, password wrong, or of another lembaga than certificate or path.
    LoginFailed = 19,
    /// User, password or IP left empty on the DWH route.
    LoginIncomplete = 20,
    /// `ip_user` differs from the address of the connection.
    IpMismatch = 21,
    /// The account is switched off.
    AccountInactive = 22,
    /// No such resource.
    NotFound = 23,
    /// The resource does not take this HTTP method.
    HttpMethodNotAllowed = 24,
    /// The body is not JSON by its `Content-Type`.
    MediaTypeNotSupported = 25,
    /// The warehouse can't be read.
    WarehouseUnavailable = 26,
    /// No client certificate where one is needed.
    CertificateRequired = 27,
    /// Too much work at once.
    Overloaded = 28,
    /// The request did not arrive in time.
    RequestTimeout = 29,
    /// A party has withdrawn the PKS.
    PksRevoked = 30,
}

impl Reason {
    /// All reasons.
    #[rustfmt::skip]
    pub const ALL: [Self; 30] = [
        Self::PksMissing, Self::PksNotInForce, Self::PksSuspended, Self::OutsideHours, Self::NetworkNotAllowed,
        Self::CertificateNotAllowed, Self::RegionOutside, Self::PurposeMissing, Self::MethodNotGranted, Self::ElementNotGranted,
        Self::ThresholdBelowFloor, Self::QuotaExhausted, Self::RateLimited, Self::OperatorRequired, Self::BalikanOverdue,
        Self::BodyMalformed, Self::BodyTooLarge, Self::AuditUnavailable, Self::LoginFailed, Self::LoginIncomplete,
        Self::IpMismatch, Self::AccountInactive, Self::NotFound, Self::HttpMethodNotAllowed, Self::MediaTypeNotSupported,
        Self::WarehouseUnavailable, Self::CertificateRequired, Self::Overloaded, Self::RequestTimeout,
        Self::PksRevoked,
    ];

    /// The public code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::PksMissing => "PKS_MISSING",
            Self::PksNotInForce => "PKS_NOT_IN_FORCE",
            Self::PksSuspended => "PKS_SUSPENDED",
            Self::OutsideHours => "OUTSIDE_HOURS",
            Self::NetworkNotAllowed => "NETWORK_NOT_ALLOWED",
            Self::CertificateNotAllowed => "CERTIFICATE_NOT_ALLOWED",
            Self::RegionOutside => "REGION_OUTSIDE",
            Self::PurposeMissing => "PURPOSE_MISSING",
            Self::MethodNotGranted => "METHOD_NOT_GRANTED",
            Self::ElementNotGranted => "ELEMENT_NOT_GRANTED",
            Self::ThresholdBelowFloor => "THRESHOLD_BELOW_FLOOR",
            Self::QuotaExhausted => "QUOTA_EXHAUSTED",
            Self::RateLimited => "RATE_LIMITED",
            Self::OperatorRequired => "OPERATOR_REQUIRED",
            Self::BalikanOverdue => "BALIKAN_OVERDUE",
            Self::BodyMalformed => "BODY_MALFORMED",
            Self::BodyTooLarge => "BODY_TOO_LARGE",
            Self::AuditUnavailable => "AUDIT_UNAVAILABLE",
            Self::LoginFailed => "LOGIN_FAILED",
            Self::LoginIncomplete => "LOGIN_INCOMPLETE",
            Self::IpMismatch => "IP_MISMATCH",
            Self::AccountInactive => "ACCOUNT_INACTIVE",
            Self::NotFound => "NOT_FOUND",
            Self::HttpMethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::MediaTypeNotSupported => "MEDIA_TYPE_NOT_SUPPORTED",
            Self::WarehouseUnavailable => "WAREHOUSE_UNAVAILABLE",
            Self::CertificateRequired => "CERTIFICATE_REQUIRED",
            Self::Overloaded => "OVERLOADED",
            Self::RequestTimeout => "REQUEST_TIMEOUT",
            Self::PksRevoked => "PKS_REVOKED",
        }
    }

    /// From the number in an audit entry.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| *reason as u8 == number)
    }
}

/// A refusal on its way out: the reason, and what may be said about it. Never holds a value of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// The elements it is about (those not granted, those with a threshold below the floor); empty where it is not about elements.
    pub elements: ElemenSet,
    /// One more fact for developers, in English, without personal data: which field, which term.
    pub detail: Option<String>,
}

impl Refusal {
    /// A refusal about nothing in particular.
    #[must_use]
    pub const fn new(reason: Reason) -> Self {
        Self { reason, elements: ElemenSet::EMPTY, detail: None }
    }

    /// A refusal because of some elements.
    #[must_use]
    pub const fn about(reason: Reason, elements: ElemenSet) -> Self {
        Self { reason, elements, detail: None }
    }

    /// The same with a fact for developers.
    #[must_use]
    pub fn with(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

/// Who has to act on a [`Fault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The caller: the same request will fail again.
    Caller,
    /// A service behind the gateway.
    Upstream,
    /// The gateway itself.
    House,
}

/// A failure between floors: what callers may know, and what only the log may.
#[derive(Debug, thiserror::Error)]
#[error("{internal}")]
pub struct Fault {
    /// Who has to act.
    pub blame: Blame,
    /// What callers are told.
    pub public: Refusal,
    /// What the log is told; without personal data all the same.
    pub internal: String,
    /// What lies beneath.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Fault {
    /// A failure of the house.
    #[must_use]
    pub fn house(reason: Reason, internal: &str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { blame: Blame::House, public: Refusal::new(reason), internal: internal.to_owned(), source: Some(source.into()) }
    }
}

impl From<Refusal> for Fault {
    fn from(public: Refusal) -> Self {
        Self { blame: Blame::Caller, internal: public.reason.code().to_owned(), public, source: None }
    }
}

/// An error with all that lies beneath it, on one line.
#[must_use]
pub fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_codes_are_unique_and_read_back() {
        for (index, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(Reason::from_number(reason as u8), Some(reason));
            assert!(Reason::ALL.iter().skip(index + 1).all(|other| other.code() != reason.code()));
        }
        assert_eq!(Reason::from_number(0), None);
    }
}
