//! The file of accounts.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use argon2::password_hash::PasswordHasher as _;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};

use crate::kernel::{AccountId, LembagaId};

/// Why the accounts can't be loaded.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file can't be read.
    #[error("cannot read the accounts from {path}")]
    Read {
        /// Where.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is not what accounts look like.
    #[error("the accounts in {path} cannot be understood: {what}")]
    Malformed {
        /// Where.
        path: PathBuf,
        /// What is wrong, without any hash.
        what: String,
    },
    /// A password can't be hashed.
    #[error("the password cannot be hashed")]
    Hash,
}

/// One account as it stands in the file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountRecord {
    /// The name, `user_id` on the DWH route.
    pub user: String,
    /// Whose account it is.
    pub lembaga: String,
    /// The argon2id hash in PHC form.
    pub password_hash: String,
    /// Whether it may be used.
    pub active: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    account: Vec<AccountRecord>,
}

/// One account, parsed.
pub struct Account {
    /// Its name.
    pub id: AccountId,
    /// Whose it is.
    pub lembaga: LembagaId,
    /// Whether it may be used.
    pub active: bool,
    pub(super) hash: String,
}

/// All accounts by name.
pub struct Accounts {
    by_user: HashMap<String, Arc<Account>>,
}

impl Accounts {
    /// Reads the file.
    pub fn load(path: &Path) -> Result<Self, StoreError> {
        let text = std::fs::read_to_string(path).map_err(|source| StoreError::Read { path: path.to_owned(), source })?;
        Self::parse(&text).map_err(|what| StoreError::Malformed { path: path.to_owned(), what })
    }

    /// The account of this name.
    #[must_use]
    pub fn find(&self, user: &str) -> Option<&Arc<Account>> {
        self.by_user.get(user)
    }

    /// The text of a file that holds these records.
    pub fn render(records: Vec<AccountRecord>) -> Result<String, StoreError> {
        toml::to_string(&File { account: records }).map_err(|_| StoreError::Hash)
    }

    fn parse(text: &str) -> Result<Self, String> {
        // The parser's message quotes the line: said by place alone.
        let file: File = toml::from_str(text).map_err(|error| match error.span() {
            Some(span) => format!("not an account list at byte {}", span.start),
            None => "not an account list".to_owned(),
        })?;
        let mut by_user = HashMap::with_capacity(file.account.len());
        for record in file.account {
            let id = AccountId::parse(&record.user).map_err(|fault| fault.to_string())?;
            let lembaga = LembagaId::parse(&record.lembaga).map_err(|fault| format!("account {}: {fault}", record.user))?;
            let is_argon2id = PasswordHash::new(&record.password_hash).is_ok_and(|hash| hash.algorithm.as_str() == "argon2id");
            if !is_argon2id {
                return Err(format!("account {}: the password hash is not argon2id in PHC form", record.user));
            }
            let account = Account { id, lembaga, active: record.active, hash: record.password_hash };
            if by_user.insert(record.user.clone(), Arc::new(account)).is_some() {
                return Err(format!("account {} stands there twice", record.user));
            }
        }
        Ok(Self { by_user })
    }
}

/// argon2id with OWASP's first choice of parameters: 19 MiB, two passes, one lane.
pub(super) fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

/// Hashes a password with a salt of at least eight random bytes; gives the PHC form.
pub fn hash_password(password: &str, salt: &[u8]) -> Result<String, StoreError> {
    let hash: argon2::password_hash::phc::PasswordHash =
        hasher().hash_password_with_salt(password.as_bytes(), salt).map_err(|_| StoreError::Hash)?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(user: &str, hash: &str) -> AccountRecord {
        AccountRecord { user: user.to_owned(), lembaga: "bank-antasari".to_owned(), password_hash: hash.to_owned(), active: true }
    }

    #[test]
    fn reads_back_what_it_renders() {
        let hash = hash_password("rahasia", &[7; 16]).unwrap();
        let text = Accounts::render(vec![record("ANTASARI01", &hash)]).unwrap();
        let accounts = Accounts::parse(&text).map_err(|what| panic!("{what}")).unwrap();
        assert_eq!(accounts.find("ANTASARI01").unwrap().lembaga.as_str(), "bank-antasari");
        assert!(accounts.find("antasari01").is_none());
    }

    #[test]
    fn refuses_weak_hashes_doubles_and_unknown_fields_without_quoting_a_hash() {
        let hash = hash_password("rahasia", &[7; 16]).unwrap();
        let weak = Accounts::render(vec![record("A", "$pbkdf2-sha256$i=1$c2FsdA$aGFzaA")]).unwrap();
        let double = Accounts::render(vec![record("A", &hash), record("A", &hash)]).unwrap();
        let unknown = format!("{}colour = \"red\"\n", Accounts::render(vec![record("A", &hash)]).unwrap());
        for text in [weak, double, unknown, "account = 3".to_owned()] {
            let what = Accounts::parse(&text).err().unwrap();
            assert!(!what.contains("$argon2id") && !what.contains("c2FsdA"), "{what}");
        }
    }
}
