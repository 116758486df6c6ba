//! What a party signs with: a key file or a token, and the certificates that go with it.

use std::path::PathBuf;

use anyhow::Result;
use rustls::pki_types::CertificateDer;

use super::folder;
use crate::pks::{self, SigningKey, Signs};

/// Arguments of everything that signs.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// The private key: a file (unencrypted PKCS#8, PEM), or with the feature `pkcs11` a key on a token, named by a PKCS#11 URI like
    /// `pkcs11:token=Kantor;object=ttd?module-path=/usr/lib/softhsm/libsofthsm2.so` (PIN in the file of `pin-source`, else in
    /// GERBANG_PKCS11_PIN)
    #[arg(long)]
    key: String,
    /// The certificates, PEM: the signer's own first, then those up to the trust anchor
    #[arg(long)]
    chain: PathBuf,
}

impl Arguments {
    /// The certificates, the signer's own first.
    pub(super) fn chain(&self) -> Result<Vec<CertificateDer<'static>>> {
        Ok(pks::certificates_from_pem(&folder::pem(&self.chain)?)?)
    }

    /// The key, ready to sign.
    pub(super) fn key(&self) -> Result<Box<dyn Signs>> {
        if self.key.starts_with("pkcs11:") {
            return token(&self.key);
        }
        let pem = zeroize::Zeroizing::new(folder::pem(std::path::Path::new(&self.key))?);
        Ok(Box::new(SigningKey::from_pkcs8_pem(&pem)?))
    }
}

#[cfg(feature = "pkcs11")]
fn token(uri: &str) -> Result<Box<dyn Signs>> {
    use anyhow::Context as _;

    /// Bytes of a file with a PIN.
    const PIN_BYTES_MAX: u64 = 1024;
    let uri = crate::keys::TokenUri::parse(uri)?;
    let pin = zeroize::Zeroizing::new(match &uri.pin_source {
        Some(path) => String::from_utf8(folder::read(path, PIN_BYTES_MAX)?).context("a PIN is text")?,
        None => {
            std::env::var("GERBANG_PKCS11_PIN").context("the token's PIN: name its file by pin-source or set GERBANG_PKCS11_PIN")?
        }
    });
    Ok(Box::new(crate::keys::Token::open(&uri, pin.trim_end_matches(['\r', '\n']))?))
}

#[cfg(not(feature = "pkcs11"))]
fn token(_uri: &str) -> Result<Box<dyn Signs>> {
    anyhow::bail!("this program was built without tokens: build it with --features pkcs11")
}
