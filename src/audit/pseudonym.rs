//! The keyed pseudonym that stands for a NIK in the log: the same for the same NIK under one key, and nothing without the key.
//!
//! A NIK has few enough possible values to try them all, so an unkeyed hash would hide nothing. Whoever destroys the key makes the
//! entries anonymous while their hashes stay checkable.

use aws_lc_rs::hmac;
use zeroize::Zeroize;

use crate::kernel::{Nik, Secret, to_hex};

/// Sixteen bytes that stand for a NIK.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pseudonym([u8; 16]);

impl Pseudonym {
    /// From the bytes of an entry.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes, for an entry.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Lower-case hex, as `audit show` gives it.
    #[must_use]
    pub fn hex(&self) -> String {
        to_hex(&self.0)
    }
}

/// The key of a period, prepared. No `Debug`.
pub struct PseudonymKey(hmac::Key);

impl PseudonymKey {
    /// From the key's 32 bytes.
    #[must_use]
    pub fn new(key: &Secret<[u8; 32]>) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.expose()))
    }

    /// The pseudonym of a NIK under this key: HMAC-SHA256 over `gerbang-nik-v1` and the sixteen digits, its first sixteen bytes.
    #[must_use]
    pub fn of(&self, nik: Nik) -> Pseudonym {
        let mut message = [0u8; LABEL.len() + 16];
        let (label, digits) = message.split_at_mut(LABEL.len());
        label.copy_from_slice(LABEL);
        let mut rest = nik.number();
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
        }
        let tag = hmac::sign(&self.0, &message);
        message.zeroize();
        let mut short = [0u8; 16];
        for (into, of) in short.iter_mut().zip(tag.as_ref()) {
            *into = *of;
        }
        Pseudonym(short)
    }
}

/// Keeps pseudonyms apart from anything else made under the same key.
const LABEL: &[u8; 14] = b"gerbang-nik-v1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_hmac_of_label_and_digits_cut_to_sixteen_bytes() {
        let key = PseudonymKey::new(&Secret::new([7; 32]));
        let nik = Nik::parse("6305014507850001").unwrap();
        let whole = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]), b"gerbang-nik-v16305014507850001");
        assert_eq!(key.of(nik).bytes(), &whole.as_ref()[..16]);
        let other = PseudonymKey::new(&Secret::new([8; 32]));
        assert!(other.of(nik) != key.of(nik));
    }
}
