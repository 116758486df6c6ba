//! The three algorithms, each bound to one kind of key.
//!
//! The primitives are those of `jsonwebtoken`'s aws-lc table, called directly: its default provider is process-wide state that would
//! have to be installed first and panics where it can't be chosen, and its JWS reader knows neither the general serialisation nor
//! detached payloads. It calls Ed25519 "EdDSA"; in documents only the name of RFC 9864 is accepted, for "EdDSA" may mean Ed448 too.

use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use jsonwebtoken::{Algorithm as Jwa, DecodingKey, EncodingKey};
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::fault::PksError;

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// The smallest RSA modulus.
const RSA_BITS_MIN: usize = 2048;

/// How a signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// EdDSA on Curve25519.
    Ed25519,
    /// RSASSA-PSS with SHA-256, 2048 bits at least.
    Ps256,
}

impl Algorithm {
    /// All three.
    const ALL: [Self; 3] = [Self::Es256, Self::Ed25519, Self::Ps256];

    /// The name in protected headers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Ed25519 => "Ed25519",
            Self::Ps256 => "PS256",
        }
    }

    pub(super) fn parse(name: &str) -> Result<Self, &'static str> {
        match Self::ALL.into_iter().find(|algorithm| algorithm.name() == name) {
            Some(algorithm) => Ok(algorithm),
            None if name == "EdDSA" => {
                Err("the algorithm EdDSA may mean two curves; the one accepted is called Ed25519 (RFC 9864)")
            }
            None => Err("the algorithm is not accepted; use ES256, Ed25519 or PS256"),
        }
    }

    const fn jwa(self) -> Jwa {
        match self {
            Self::Es256 => Jwa::ES256,
            Self::Ed25519 => Jwa::EdDSA,
            Self::Ps256 => Jwa::PS256,
        }
    }
}

/// The public key of a certificate, with the one algorithm it may be used with.
pub(super) struct PublicKey {
    pub(super) algorithm: Algorithm,
    key: DecodingKey,
}

impl PublicKey {
    /// Reads the key of a certificate; the sentence says why it can't be used.
    pub(super) fn of(spki: &SubjectPublicKeyInfoOwned) -> Result<Self, &'static str> {
        let bytes = spki.subject_public_key.as_bytes().ok_or("the public key is no whole number of bytes")?;
        let curve = || spki.algorithm.parameters.as_ref().and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
        match spki.algorithm.oid {
            EC_PUBLIC_KEY if curve() == Some(P256) => {
                Ok(Self { algorithm: Algorithm::Es256, key: DecodingKey::from_ec_der(bytes) })
            }
            EC_PUBLIC_KEY => Err("of elliptic curves only P-256 is accepted"),
            ED25519 => Ok(Self { algorithm: Algorithm::Ed25519, key: DecodingKey::from_ed_der(bytes) }),
            RSA => {
                let components = DEFAULT_PROVIDER.key_utils.rsa_pub_components_from_public_key;
                let (modulus, _) = components(bytes).map_err(|_| "the RSA key can't be read")?;
                let bits = modulus.iter().skip_while(|byte| **byte == 0).count() * 8;
                if bits < RSA_BITS_MIN {
                    return Err("RSA keys must have 2048 bits at least");
                }
                Ok(Self { algorithm: Algorithm::Ps256, key: DecodingKey::from_rsa_der(bytes) })
            }
            _ => Err("the kind of public key is not accepted; use P-256, Ed25519 or RSA"),
        }
    }

    /// Whether a signature over a message is by this key.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        (DEFAULT_PROVIDER.verifier_factory)(&self.algorithm.jwa(), &self.key)
            .is_ok_and(|verifier| verifier.verify(message, &signature.to_vec()).is_ok())
    }
}

/// What signs: a key in a file, or one that never leaves its token.
pub trait Signs {
    /// The algorithm that goes with the key.
    fn algorithm(&self) -> Algorithm;

    /// The signature over a message, in the form of JWS: for ES256 both numbers as 32 bytes each.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, PksError>;
}

/// A private key for signing agreements, from a file. No `Debug`.
pub struct SigningKey {
    algorithm: Algorithm,
    key: EncodingKey,
}

impl SigningKey {
    /// Reads an unencrypted PKCS#8 key (`BEGIN PRIVATE KEY`) of P-256, Ed25519 or RSA.
    pub fn from_pkcs8_pem(pem: &[u8]) -> Result<Self, PksError> {
        if !pem.windows(27).any(|line| line == b"-----BEGIN PRIVATE KEY-----") {
            return Err(PksError::SigningKey("the key must be unencrypted PKCS#8 in PEM (BEGIN PRIVATE KEY)".into()));
        }
        let read = [
            (Algorithm::Es256, EncodingKey::from_ec_pem(pem)),
            (Algorithm::Ed25519, EncodingKey::from_ed_pem(pem)),
            (Algorithm::Ps256, EncodingKey::from_rsa_pem(pem)),
        ];
        read.into_iter()
            .find_map(|(algorithm, key)| key.ok().map(|key| Self { algorithm, key }))
            .filter(|key| (DEFAULT_PROVIDER.signer_factory)(&key.algorithm.jwa(), &key.key).is_ok())
            .ok_or_else(|| PksError::SigningKey("the key must be of P-256, Ed25519 or RSA".into()))
    }
}

impl Signs for SigningKey {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, PksError> {
        let failed = || PksError::SigningKey("the key can't sign".into());
        let signer = (DEFAULT_PROVIDER.signer_factory)(&self.algorithm.jwa(), &self.key).map_err(|_| failed())?;
        signer.try_sign(message).map_err(|_| failed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use x509_cert::der::Decode;

    /// SubjectPublicKeyInfo of throw-away RSA keys.
    const RSA_1024: &str = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCxEM3mY2Eomfa+fpPr7UcKtzrnYyYsGC31v1A+xt729MnXDtnjJkusjq/FMbQ9jNjkh\
        E48yQzHXP/fnCpjfsCQjdlr0JuGiI/Bjc3F7X39Q4jFovc3CT5noVdTZqaJ+Q4SSoc5vnTBNaFSQHJuW49FSWbUcj85+Vi/DP4ZFv+8wQIDAQAB";
    const RSA_2048: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAyfqqTN11DXdF7cL3nL+uO6UMmuvYLPr2zABw/ecSdVxVbTdyfEpKuVhcy\
        iLXQV7Ji119IcyG2doWqSkbHok4gyNhASozvD1HZP4xfJ1dsEyKrznhXH2X4KDllERiXzi+ptq8YuQeY6ahFSD3602tnwDPsFzcAgrZoDZeOhZNybSNh/3vKMMQyq\
        MdyIbG5KBsWhCc96Eas7GLxdiayVjUeJwIeG/D2sDwwrxd48I5ReTbUo6sHqf8kn1h+RQaZUCu4k174OlbDOm6AE/2VuobYXKfaTBQAUtXd2autVpcNduUhhbvb1nM\
        LwTKaAVWEBnzZlQVgKENZrgnHYireP7TCQIDAQAB";

    fn key(base64: &str) -> Result<Algorithm, &'static str> {
        let der = base64::engine::general_purpose::STANDARD.decode(base64).unwrap();
        PublicKey::of(&SubjectPublicKeyInfoOwned::from_der(&der).unwrap()).map(|key| key.algorithm)
    }

    #[test]
    fn refuses_rsa_keys_that_are_too_short() {
        assert_eq!(key(RSA_2048), Ok(Algorithm::Ps256));
        assert_eq!(key(RSA_1024), Err("RSA keys must have 2048 bits at least"));
    }

    #[test]
    fn refuses_private_keys_of_another_form() {
        for wrong in ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----"] {
            assert!(SigningKey::from_pkcs8_pem(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
