//! Floor 2: keys that never leave their token (PKCS#11): a smart card, a USB token, an HSM. Needs the feature `pkcs11`.
//!
//! A key is named by a PKCS#11 URI (RFC 7512). The token's module is loaded when a key is asked for, and does the signing itself;
//! what it signed is checked against the certificate by `pks::sign`, so that a wrong key or a lying module makes no signature.

mod token;
mod uri;

pub use token::{Token, TokenError};
pub use uri::{TokenUri, UriFault};
