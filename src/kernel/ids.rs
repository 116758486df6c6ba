//! Identifiers, each parsed once at the door; no text stands for one further in.

use std::fmt;
use std::sync::Arc;

/// A text that is no identifier of the kind asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {kind}: {rule}")]
pub struct IdFault {
    kind: &'static str,
    rule: &'static str,
}

/// The short name of a lembaga pengguna, `bank-antasari`: also its folder under `policies/`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LembagaId(Arc<str>);

impl LembagaId {
    /// Reads 1-40 characters of `a-z`, `0-9` and `-`, beginning with a letter.
    pub fn parse(text: &str) -> Result<Self, IdFault> {
        let fits = (1..=40).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        if fits {
            Ok(Self(text.into()))
        } else {
            Err(IdFault { kind: "lembaga id", rule: "1-40 characters of a-z, 0-9 and -, beginning with a letter" })
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LembagaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for LembagaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The fifteen digits by which the DWH service knows a lembaga.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CustomerId(Arc<str>);

impl CustomerId {
    /// Reads exactly fifteen digits.
    pub fn parse(text: &str) -> Result<Self, IdFault> {
        if text.len() == 15 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.into()))
        } else {
            Err(IdFault { kind: "customer id", rule: "fifteen digits" })
        }
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of an account (`user_id` on the DWH route).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct AccountId(Arc<str>);

impl AccountId {
    /// Reads 1-64 printable ASCII characters without blanks.
    pub fn parse(text: &str) -> Result<Self, IdFault> {
        if (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(Self(text.into()))
        } else {
            Err(IdFault { kind: "account id", rule: "1-64 printable characters without blanks" })
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A number of the gateway's own for every request: 128 random bits, 32 lower-case hex digits in headers, answers and audit entries.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RequestId(u128);

impl RequestId {
    /// From random bits.
    #[must_use]
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// The bits, for audit entries.
    #[must_use]
    pub const fn bits(self) -> u128 {
        self.0
    }

    /// The 32 hex digits.
    #[must_use]
    pub fn text(self) -> String {
        to_hex(&self.0.to_be_bytes())
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// SHA-256 of a DER certificate (RFC 8705 `x5t#S256` is its base64url).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// From the digest.
    #[must_use]
    pub const fn from_digest(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// Reads 64 hex digits; colons between bytes are passed over.
    pub fn parse(text: &str) -> Result<Self, IdFault> {
        let fault = IdFault { kind: "certificate fingerprint", rule: "SHA-256 as 64 hex digits" };
        let digits: String = text.chars().filter(|c| *c != ':').collect();
        let mut digest = [0u8; 32];
        if !from_hex(&digits, &mut digest) {
            return Err(fault);
        }
        Ok(Self(digest))
    }

    /// The digest.
    #[must_use]
    pub const fn digest(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

/// Lower-case hex of some bytes.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    let mut digits = vec![0; bytes.len() * 2];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
    String::from_utf8(digits).unwrap_or_default()
}

const fn digit(nibble: u8) -> u8 {
    nibble + if nibble < 10 { b'0' } else { b'a' - 10 }
}

/// Reads hex of either case that fills `into` exactly; false where it does not.
#[must_use]
pub fn from_hex(text: &str, into: &mut [u8]) -> bool {
    let digits = text.as_bytes();
    if digits.len() != into.len() * 2 {
        return false;
    }
    for (byte, pair) in into.iter_mut().zip(digits.chunks_exact(2)) {
        let mut value = 0u32;
        for digit in pair {
            let Some(nibble) = char::from(*digit).to_digit(16) else { return false };
            value = value * 16 + nibble;
        }
        *byte = u8::try_from(value).unwrap_or_default();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lembaga_id_can_stand_as_a_folder_name() {
        assert!(LembagaId::parse("bank-antasari").is_ok());
        for wrong in ["", "Bank", "../etc", "-x", "1a", "a b", "a/b", &"a".repeat(41)] {
            assert!(LembagaId::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn hex_goes_both_ways() {
        let mut bytes = [0u8; 3];
        assert!(from_hex("00aBff", &mut bytes));
        assert_eq!(to_hex(&bytes), "00abff");
        assert!(!from_hex("00abf", &mut bytes));
        assert!(!from_hex("00abfg", &mut bytes));
        assert!(!from_hex("+0abff", &mut bytes));
    }
}
