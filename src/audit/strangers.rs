//! Those who knock without being anyone: counted per interval, for an entry each would let strangers fill the disk.

use jiff::Timestamp;

/// How a stranger failed. The number goes into audit entries and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum StrangerKind {
    /// The TLS handshake failed: a foreign, expired or wrong certificate, or no TLS at all.
    HandshakeFailed = 1,
    /// The handshake was not finished in time.
    HandshakeTimeout = 2,
    /// No client certificate where one is needed.
    CertificateMissing = 3,
    /// A certificate of our own CA that belongs to no lembaga.
    CertificateUnknown = 4,
    /// A request that is no HTTP, or whose head is over the limits.
    RequestMalformed = 5,
    /// A request that did not arrive in time.
    RequestTimeout = 6,
    /// A path that is none of ours.
    RouteUnknown = 7,
    /// A lembaga in the path, or a user, that is unknown here.
    LembagaUnknown = 8,
    /// User and password that do not fit, where no lembaga is known to blame.
    LoginFailed = 9,
    /// Turned away because too many connections were open.
    ConnectionRefused = 10,
}

impl StrangerKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 10] = [
        Self::HandshakeFailed,
        Self::HandshakeTimeout,
        Self::CertificateMissing,
        Self::CertificateUnknown,
        Self::RequestMalformed,
        Self::RequestTimeout,
        Self::RouteUnknown,
        Self::LembagaUnknown,
        Self::LoginFailed,
        Self::ConnectionRefused,
    ];

    /// The word for it in metrics and `audit show`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::HandshakeFailed => "handshake_failed",
            Self::HandshakeTimeout => "handshake_timeout",
            Self::CertificateMissing => "certificate_missing",
            Self::CertificateUnknown => "certificate_unknown",
            Self::RequestMalformed => "request_malformed",
            Self::RequestTimeout => "request_timeout",
            Self::RouteUnknown => "route_unknown",
            Self::LembagaUnknown => "lembaga_unknown",
            Self::LoginFailed => "login_failed",
            Self::ConnectionRefused => "connection_refused",
        }
    }

    /// From the number in an audit entry.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == number)
    }

    const fn place(self) -> usize {
        self as usize - 1
    }
}

/// The strangers of an interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strangers {
    /// When counting began.
    pub from: Timestamp,
    /// When it ended.
    pub until: Timestamp,
    counts: [u64; StrangerKind::ALL.len()],
}

impl Strangers {
    /// An interval without a stranger so far.
    #[must_use]
    pub const fn new(from: Timestamp, until: Timestamp) -> Self {
        Self { from, until, counts: [0; StrangerKind::ALL.len()] }
    }

    /// Counts some more of a kind.
    pub fn add(&mut self, kind: StrangerKind, count: u64) {
        if let Some(place) = self.counts.get_mut(kind.place()) {
            *place = place.saturating_add(count);
        }
    }

    /// How many of a kind.
    #[must_use]
    pub fn count(&self, kind: StrangerKind) -> u64 {
        self.counts.get(kind.place()).copied().unwrap_or_default()
    }

    /// The kinds that occurred, in the order of their numbers, with how many of each.
    pub fn iter(&self) -> impl Iterator<Item = (StrangerKind, u64)> {
        StrangerKind::ALL.into_iter().map(|kind| (kind, self.count(kind))).filter(|(_, count)| *count > 0)
    }

    /// Whether nobody came.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_stand_in_the_order_of_their_numbers() {
        for (place, kind) in StrangerKind::ALL.into_iter().enumerate() {
            assert_eq!(kind.place(), place);
            assert_eq!(StrangerKind::from_number(kind as u8), Some(kind));
        }
    }

    #[test]
    fn counts_by_kind() {
        let mut strangers = Strangers::new(Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        assert!(strangers.is_empty());
        strangers.add(StrangerKind::RouteUnknown, 2);
        strangers.add(StrangerKind::RouteUnknown, u64::MAX);
        assert_eq!(strangers.iter().collect::<Vec<_>>(), [(StrangerKind::RouteUnknown, u64::MAX)]);
    }
}
