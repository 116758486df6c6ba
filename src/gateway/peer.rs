//! Who stands at the other end of a connection, as it is now: a certificate that was verified in the handshake is verified again when
//! the client authorities or their revocation lists have changed since. Without a change that costs a request one comparison.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::ArcSwap;
use rustls::pki_types::CertificateDer;

use crate::app::Claim;
use crate::kernel::{LembagaId, PeerCertificate};
use crate::tls::{self, Entrance};

/// The other end of a connection.
pub(super) struct Peer {
    address: IpAddr,
    certificate: Option<PeerCertificate>,
    chain: Vec<CertificateDer<'static>>,
    entrance: Arc<ArcSwap<Entrance>>,
    /// The number of the entrance by which the chain was verified last.
    verified_by: AtomicU64,
    vouched: AtomicBool,
}

impl Peer {
    /// Who has shown `chain` (leaf first, empty for none) in a handshake by `by`; `entrance` is where to look for a newer one.
    pub(super) fn new(address: IpAddr, chain: &[CertificateDer<'static>], by: &Entrance, entrance: Arc<ArcSwap<Entrance>>) -> Self {
        Self {
            address: address.to_canonical(),
            certificate: chain.first().and_then(tls::peer_certificate),
            chain: chain.to_vec(),
            entrance,
            verified_by: AtomicU64::new(by.number()),
            vouched: AtomicBool::new(true),
        }
    }

    /// The socket's address.
    pub(super) const fn address(&self) -> IpAddr {
        self.address
    }

    /// The lembaga that the certificate names, for figures: whether it may still be believed is not asked.
    pub(super) fn lembaga(&self) -> Option<&LembagaId> {
        self.certificate.as_ref().and_then(|certificate| certificate.lembaga.as_ref())
    }

    /// The certificate as it stands now.
    pub(super) fn certificate(&self) -> Option<PeerCertificate> {
        let certificate = self.certificate.clone()?;
        Some(if self.is_vouched() { certificate } else { certificate.withdrawn() })
    }

    /// Whether the present authorities and lists vouch for the chain.
    pub(super) fn is_vouched(&self) -> bool {
        let entrance = self.entrance.load();
        // A connection is one thread's: nobody else writes these two.
        if self.verified_by.load(Ordering::Relaxed) != entrance.number() {
            self.vouched.store(entrance.vouches_for(&self.chain), Ordering::Relaxed);
            self.verified_by.store(entrance.number(), Ordering::Relaxed);
        }
        self.vouched.load(Ordering::Relaxed)
    }

    pub(super) fn claim(&self) -> Claim {
        Claim { address: self.address, peer: self.certificate(), dwh: None }
    }
}
