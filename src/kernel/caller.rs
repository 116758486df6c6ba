//! Who asks, once that is known.

use std::net::IpAddr;

use super::ids::{AccountId, Fingerprint, LembagaId};

/// An identified caller. INVARIANT: only `app::identify` makes one (`tests/architecture.rs` watches the word `Caller::identified`).
#[derive(Clone, Debug)]
pub struct Caller {
    lembaga: LembagaId,
    address: IpAddr,
    certificate: Option<Fingerprint>,
    account: Option<AccountId>,
    officer: Option<Officer>,
}

/// An officer logged in by card, with the terminal at which that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officer {
    /// The officer's own number at the lembaga ("ID petugas").
    pub id: String,
    /// The card's number.
    pub card: String,
    /// The terminal's name.
    pub terminal: String,
}

impl Caller {
    /// The witness of identification: from a certificate, an account, or both that agree.
    #[must_use]
    pub(crate) const fn identified(
        lembaga: LembagaId,
        address: IpAddr,
        certificate: Option<Fingerprint>,
        account: Option<AccountId>,
        officer: Option<Officer>,
    ) -> Self {
        Self { lembaga, address, certificate, account, officer }
    }

    /// The lembaga on whose behalf the question is asked.
    #[must_use]
    pub const fn lembaga(&self) -> &LembagaId {
        &self.lembaga
    }

    /// The socket's address: what networks are judged by.
    #[must_use]
    pub const fn address(&self) -> IpAddr {
        self.address
    }

    /// The client certificate of the connection.
    #[must_use]
    pub const fn certificate(&self) -> Option<Fingerprint> {
        self.certificate
    }

    /// The account that was checked by password.
    #[must_use]
    pub const fn account(&self) -> Option<&AccountId> {
        self.account.as_ref()
    }

    /// The officer logged in by card.
    #[must_use]
    pub const fn officer(&self) -> Option<&Officer> {
        self.officer.as_ref()
    }
}

/// What the client certificate of a connection says, once TLS has verified it against the project's CA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerCertificate {
    /// The lembaga named by its subject alternative name `urn:gerbang:lembaga:<id>`; other holders (auditors) have none.
    pub lembaga: Option<LembagaId>,
    /// Its digest.
    pub fingerprint: Fingerprint,
    /// Seconds since 1970 after which it is no longer valid: resumed sessions are not verified anew by TLS.
    pub not_after_s: i64,
}

impl PeerCertificate {
    /// The same once its authority no longer vouches for it: valid at no moment.
    #[must_use]
    pub fn withdrawn(self) -> Self {
        Self { not_after_s: i64::MIN, ..self }
    }
}
