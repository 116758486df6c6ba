//! A private key on a token, ready to sign.

use aws_lc_rs::digest;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;

use super::uri::TokenUri;
use crate::pks::{Algorithm, PksError, Signs};

/// Bytes of salt of a PS256 signature: as many as of the digest (RFC 7518, 3.5).
const SALT_BYTES: std::ffi::c_ulong = 32;

/// Why a key on a token can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The module or the token said so.
    #[error("the token cannot {what}")]
    Token {
        /// What it was asked.
        what: &'static str,
        /// What it said.
        source: cryptoki::error::Error,
    },
    /// There is no such token or key, or more than one.
    #[error("{0}")]
    Choice(String),
}

/// A private key on a token, logged in to.
pub struct Token {
    session: Session,
    key: ObjectHandle,
    algorithm: Algorithm,
    // Last: the module must outlive its session.
    _module: Pkcs11,
}

impl Token {
    /// Loads the module, logs in and finds the one key that the URI names.
    pub fn open(uri: &TokenUri, pin: &str) -> Result<Self, TokenError> {
        let fail = |what| move |source| TokenError::Token { what, source };
        let module = Pkcs11::new(&uri.module_path).map_err(fail("be reached: its module cannot be loaded"))?;
        module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).map_err(fail("start"))?;
        let slot = slot(&module, uri)?;
        let session = module.open_ro_session(slot).map_err(fail("open a session"))?;
        let pin: AuthPin = pin.to_owned().into();
        session.login(UserType::User, Some(&pin)).map_err(fail("log in"))?;
        let mut wanted = vec![Attribute::Class(ObjectClass::PRIVATE_KEY)];
        wanted.extend(uri.object.as_ref().map(|label| Attribute::Label(label.clone().into_bytes())));
        wanted.extend(uri.id.as_ref().map(|id| Attribute::Id(id.clone())));
        let keys = session.find_objects(&wanted).map_err(fail("look for the key"))?;
        let [key] = keys.as_slice() else {
            return Err(TokenError::Choice(format!("the token has {} private keys of that name; one is needed", keys.len())));
        };
        let attributes = session.get_attributes(*key, &[AttributeType::KeyType]).map_err(fail("tell the kind of key"))?;
        let algorithm = attributes
            .iter()
            .find_map(algorithm)
            .ok_or_else(|| TokenError::Choice("the key on the token must be of P-256, Ed25519 or RSA".to_owned()))?;
        Ok(Self { key: *key, session, algorithm, _module: module })
    }
}

impl Signs for Token {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, PksError> {
        let hashed = digest::digest(&digest::SHA256, message);
        let signed = match self.algorithm {
            Algorithm::Es256 => self.session.sign(&Mechanism::Ecdsa, self.key, hashed.as_ref()),
            Algorithm::Ed25519 => {
                use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
                self.session.sign(&Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure)), self.key, message)
            }
            Algorithm::Ps256 => {
                let pss =
                    PkcsPssParams { hash_alg: MechanismType::SHA256, mgf: PkcsMgfType::MGF1_SHA256, s_len: SALT_BYTES.into() };
                self.session.sign(&Mechanism::Sha256RsaPkcsPss(pss), self.key, message)
            }
        };
        signed.map_err(|error| PksError::SigningKey(format!("the token can't sign: {error}")))
    }
}

/// The slot of the token named; the only one where none is.
fn slot(module: &Pkcs11, uri: &TokenUri) -> Result<Slot, TokenError> {
    let fail = |what| move |source| TokenError::Token { what, source };
    let mut fitting = Vec::new();
    for slot in module.get_slots_with_initialized_token().map_err(fail("list its slots"))? {
        let info = module.get_token_info(slot).map_err(fail("say what it is"))?;
        if uri.token.as_ref().is_none_or(|label| label == info.label()) {
            fitting.push(slot);
        }
    }
    match fitting.as_slice() {
        [slot] => Ok(*slot),
        more => Err(TokenError::Choice(format!("there are {} tokens of that name; one is needed", more.len()))),
    }
}

/// The algorithm for a kind of key. The curve is known by the certificate, which the signature is checked against.
fn algorithm(attribute: &Attribute) -> Option<Algorithm> {
    match attribute {
        Attribute::KeyType(KeyType::EC) => Some(Algorithm::Es256),
        Attribute::KeyType(KeyType::EC_EDWARDS) => Some(Algorithm::Ed25519),
        Attribute::KeyType(KeyType::RSA) => Some(Algorithm::Ps256),
        _ => None,
    }
}
