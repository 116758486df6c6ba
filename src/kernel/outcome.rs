//! What came out of a question that was answered.

/// What an answer tells about the NIK. The number goes into audit entries and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Outcome {
    /// Found and in use (code 01): the only outcome with elements.
    Active = 1,
    /// Found, the resident has died (code 11).
    Deceased = 2,
    /// Found more than once (code 12).
    Duplicate = 3,
    /// Found, blocked (code 14).
    Inactive = 4,
    /// Well-formed, but nobody's (code 13).
    NotFound = 5,
    /// No NIK at all (code 15).
    Malformed = 6,
    /// The PKS gives no right to know: said for everyone alike.
    Unconfirmed = 7,
    /// A deed about no resident was done.
    Done = 8,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 8] = [
        Self::Active,
        Self::Deceased,
        Self::Duplicate,
        Self::Inactive,
        Self::NotFound,
        Self::Malformed,
        Self::Unconfirmed,
        Self::Done,
    ];

    /// The word for it in `nik_status`, metrics and `audit show`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deceased => "deceased",
            Self::Duplicate => "duplicate",
            Self::Inactive => "inactive",
            Self::NotFound => "not_found",
            Self::Malformed => "malformed",
            Self::Unconfirmed => "unconfirmed",
            Self::Done => "done",
        }
    }

    /// From the number in an audit entry.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| *outcome as u8 == number)
    }
}
