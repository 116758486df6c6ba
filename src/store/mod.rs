//! Floor 2: accounts of lembaga, first form: one file of records with argon2id hashes, loaded whole and swapped whole.
//!
//! Refuses a file with an unknown field, a user twice, or a hash that is not argon2id. Passwords are never stored and never
//! logged; a password that was verified is remembered for a while under a keyed hash, so that the road does not pay argon2id
//! (19 MiB, tens of milliseconds) for every request.

mod accounts;
mod passwords;

pub use accounts::{Account, AccountRecord, Accounts, StoreError, hash_password};
pub use passwords::{Checked, Passwords};
