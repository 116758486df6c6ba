//! Checking passwords without paying argon2id for every request.

use std::sync::Arc;
use std::time::Duration;

use argon2::PasswordVerifier as _;
use argon2::password_hash::phc::PasswordHash;
use aws_lc_rs::hmac;
use tokio::sync::Semaphore;

use super::accounts::{Account, StoreError, hash_password, hasher};
use crate::kernel::Secret;
use crate::kernel::limits::{CREDENTIALS_REMEMBERED_MAX, CREDENTIALS_REMEMBERED_S_MAX, PASSWORD_CHECKS_MAX, SEAL_WAIT_MS_MAX};

/// What came of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It is the account's.
    Right,
    /// It is not, or there is no such account: both take the same time.
    Wrong,
    /// Too many passwords are being checked at once.
    Busy,
}

/// Checks passwords; remembers verdicts under a hash keyed with a key that lives and dies with the process.
///
/// The hash covers the account's name, its stored hash and the password: a changed password is never answered from memory. Whether
/// the account is active and whose it is are not remembered: they are looked up on every request.
pub struct Passwords {
    key: hmac::Key,
    remembered: moka::sync::Cache<[u8; 32], bool>,
    checks: Semaphore,
    /// Compared against where there is no account, so that absence takes as long as a wrong password.
    decoy: String,
}

impl Passwords {
    /// With a random key of 32 bytes and a random salt for the decoy.
    pub fn new(key: &[u8; 32], decoy_salt: &[u8; 16]) -> Result<Self, StoreError> {
        Ok(Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
            remembered: moka::sync::Cache::builder()
                .max_capacity(CREDENTIALS_REMEMBERED_MAX)
                .time_to_live(Duration::from_secs(CREDENTIALS_REMEMBERED_S_MAX))
                .build(),
            checks: Semaphore::new(PASSWORD_CHECKS_MAX),
            decoy: hash_password("decoy", decoy_salt)?,
        })
    }

    /// Checks a password against an account, or against nothing where there is none of that name.
    pub async fn check(&self, user: &str, account: Option<&Arc<Account>>, password: &Secret<String>) -> Checked {
        let hash = account.map_or(self.decoy.as_str(), |account| account.hash.as_str());
        let tag = self.tag(user, hash, password.expose());
        if let Some(right) = self.remembered.get(&tag) {
            return if right { Checked::Right } else { Checked::Wrong };
        }
        let deadline = Duration::from_millis(SEAL_WAIT_MS_MAX);
        let Ok(Ok(_permit)) = tokio::time::timeout(deadline, self.checks.acquire()).await else {
            return Checked::Busy;
        };
        // Another request with the same credentials may have paid while this one waited.
        if let Some(right) = self.remembered.get(&tag) {
            return if right { Checked::Right } else { Checked::Wrong };
        }
        let (hash, password, exists) = (hash.to_owned(), Secret::new(password.expose().clone()), account.is_some());
        let verdict = tokio::task::spawn_blocking(move || exists & is_match(&hash, &password)).await;
        let Ok(right) = verdict else { return Checked::Busy };
        self.remembered.insert(tag, right);
        if right { Checked::Right } else { Checked::Wrong }
    }

    fn tag(&self, user: &str, hash: &str, password: &str) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.key);
        for part in [user, hash, password] {
            // The length before each part: no two triples give the same bytes.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut tag = [0u8; 32];
        tag.copy_from_slice(context.sign().as_ref());
        tag
    }
}

fn is_match(hash: &str, password: &Secret<String>) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| hasher().verify_password(password.expose().as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{AccountId, LembagaId};

    fn account(password: &str) -> Arc<Account> {
        Arc::new(Account {
            id: AccountId::parse("ANTASARI01").unwrap(),
            lembaga: LembagaId::parse("bank-antasari").unwrap(),
            active: true,
            hash: hash_password(password, &[3; 16]).unwrap(),
        })
    }

    #[tokio::test]
    async fn knows_right_from_wrong_and_remembers_both_only_for_the_same_stored_hash() {
        let passwords = Passwords::new(&[1; 32], &[2; 16]).unwrap();
        let right = Secret::new("benar".to_owned());
        let old = account("benar");
        assert_eq!(passwords.check("ANTASARI01", Some(&old), &right).await, Checked::Right);
        assert_eq!(passwords.check("ANTASARI01", Some(&old), &Secret::new("salah".to_owned())).await, Checked::Wrong);
        let changed = account("lain");
        assert_eq!(passwords.check("ANTASARI01", Some(&changed), &right).await, Checked::Wrong);
        assert_eq!(passwords.check("ANTASARI01", Some(&old), &right).await, Checked::Right);
    }

    #[tokio::test]
    async fn nobody_logs_in_as_an_account_that_does_not_exist() {
        let passwords = Passwords::new(&[1; 32], &[2; 16]).unwrap();
        assert_eq!(passwords.check("NOBODY", None, &Secret::new("decoy".to_owned())).await, Checked::Wrong);
    }
}
