//! Claim -> Caller: who asks. The only place that makes a [`Caller`].
//!
//! On `/v1` the client certificate is enough. On the DWH route the credentials in the body are always checked, with a certificate or
//! without; without one only where the PKS named by the path allows it. Certificate, account and path must name one lembaga.

use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;

use super::App;
use crate::audit::StrangerKind;
use crate::kernel::{Caller, LembagaId, PeerCertificate, Reason, Refusal, Secret};
use crate::store::{Account, Checked};

/// What the caller shows of itself.
pub struct Claim {
    /// The socket's address.
    pub address: IpAddr,
    /// The client certificate that TLS has verified.
    pub peer: Option<PeerCertificate>,
    /// What a DWH call adds: the lembaga in its path and the credentials in its body.
    pub dwh: Option<DwhClaim>,
}

/// The part of a [`Claim`] that only the DWH route has.
pub struct DwhClaim {
    /// `{lembaga}` of the path: a customer id or a lembaga's id.
    pub path_lembaga: String,
    /// The credentials, or why the body could not be read at all.
    pub credentials: Result<Credentials, Refusal>,
}

/// User, password and address as the body of a DWH call gives them; empty where missing. No `Debug`.
pub struct Credentials {
    /// The account's name.
    pub user: String,
    /// Its password.
    pub password: Secret<String>,
    /// The address the client says it has.
    pub ip_user: String,
}

/// What came of a [`Claim`].
pub(super) enum Identified {
    /// Somebody known.
    Caller(Caller),
    /// A lembaga known by its certificate, with credentials that are refused.
    Refused(Caller, Refusal),
    /// Nobody known, and how it is counted.
    Stranger(StrangerKind, Refusal),
}

impl App {
    pub(super) async fn identify(&self, claim: Claim, now: Timestamp) -> Identified {
        let unknown = if claim.peer.is_some() { StrangerKind::CertificateUnknown } else { StrangerKind::CertificateMissing };
        let peer = claim.peer.filter(|peer| now.as_second() <= peer.not_after_s);
        let certificate = peer.as_ref().map(|peer| peer.fingerprint);
        let by_certificate = peer.and_then(|peer| peer.lembaga);
        let known = |lembaga: &LembagaId, account: Option<&Arc<Account>>| {
            Caller::identified(lembaga.clone(), claim.address, certificate, account.map(|account| account.id.clone()), None)
        };
        let Some(dwh) = claim.dwh else {
            return match by_certificate {
                Some(lembaga) => Identified::Caller(known(&lembaga, None)),
                None => Identified::Stranger(unknown, Refusal::new(Reason::CertificateRequired)),
            };
        };
        let by_path = self.registry.lembaga_of_path(&dwh.path_lembaga);
        if by_certificate.is_none() && !by_path.as_ref().is_some_and(|lembaga| self.registry.takes_password_alone(lembaga, now)) {
            return Identified::Stranger(unknown, Refusal::new(Reason::CertificateRequired));
        }
        let verdict = match &dwh.credentials {
            Ok(credentials) => {
                // Apart, so that questions that need no password don't carry the room for its check.
                Box::pin(self.log_in(credentials, by_path.as_ref(), by_certificate.as_ref(), claim.address)).await
            }
            // The body is refused for what it is, in the name of the certificate alone.
            Err(refusal) => Err(refusal.clone()),
        };
        match (verdict, by_certificate) {
            (Ok(account), _) => Identified::Caller(known(&account.lembaga, Some(&account))),
            (Err(refusal), Some(lembaga)) => Identified::Refused(known(&lembaga, None), refusal),
            (Err(refusal), None) => Identified::Stranger(kind_of(refusal.reason), refusal),
        }
    }

    async fn log_in(
        &self,
        credentials: &Credentials,
        by_path: Option<&LembagaId>,
        by_certificate: Option<&LembagaId>,
        address: IpAddr,
    ) -> Result<Arc<Account>, Refusal> {
        let blank = |text: &str| text.trim().is_empty();
        if blank(&credentials.user) || blank(credentials.password.expose()) || blank(&credentials.ip_user) {
            return Err(Refusal::new(Reason::LoginIncomplete));
        }
        let accounts = self.accounts.load();
        let account = accounts.find(&credentials.user);
        match self.passwords.check(&credentials.user, account, &credentials.password).await {
            Checked::Right => (),
            Checked::Wrong => return Err(Refusal::new(Reason::LoginFailed)),
            Checked::Busy => return Err(Refusal::new(Reason::Overloaded)),
        }
        let Some(account) = account else { return Err(Refusal::new(Reason::LoginFailed)) };
        let same = |other: &LembagaId| *other == account.lembaga;
        // Paths are looked up among the verified agreements: a lembaga that has none can't be told by its path, and is refused for
        // having none.
        let by_own_path = by_path.map_or_else(|| !self.registry.knows(&account.lembaga), same);
        if !by_own_path || !by_certificate.is_none_or(same) {
            return Err(Refusal::new(Reason::LoginFailed));
        }
        if !account.active {
            return Err(Refusal::new(Reason::AccountInactive));
        }
        let said: Option<IpAddr> = credentials.ip_user.trim().parse().ok();
        if said.map(|said| said.to_canonical()) != Some(address.to_canonical()) {
            return Err(Refusal::new(Reason::IpMismatch));
        }
        Ok(Arc::clone(account))
    }
}

/// How a caller without a certificate is counted whose body or password is refused.
const fn kind_of(reason: Reason) -> StrangerKind {
    match reason {
        Reason::RequestTimeout => StrangerKind::RequestTimeout,
        Reason::LoginFailed | Reason::LoginIncomplete | Reason::IpMismatch | Reason::AccountInactive => StrangerKind::LoginFailed,
        _ => StrangerKind::RequestMalformed,
    }
}
