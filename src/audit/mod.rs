//! What the audit log says and how it is checked: entries, their bytes, the pseudonyms in them, and the check of raw segments.
//!
//! Pure: bytes come in and go out, files are read and written elsewhere. The log is a row of segments, each a header and groups of
//! entries ([`mod@format`]); every entry is a leaf whose hash is that of RFC 6962, so that the log can become a Merkle log without
//! touching an entry. [`fsck`] derives everything anew from the raw bytes and trusts nothing that the writer remembers.
//!
//! Refuses entries that are not written in the one canonical way, and anything personal: a NIK is in an entry only as a pseudonym.

mod codec;
mod decode;
mod encode;
mod entry;
pub mod format;
pub mod fsck;
mod json;
mod leaf;
mod pseudonym;
mod strangers;

pub use codec::CodecFault;
pub use entry::{Entry, Guessed, PksRef, Question, Verdict};
pub use fsck::{Damage, Found, Fsck, Progress, TornTail, What};
pub use leaf::{Leaf, leaf_hash};
pub use pseudonym::{Pseudonym, PseudonymKey};
pub use strangers::{StrangerKind, Strangers};

/// Of an entry's bytes, if it counts against a quota: when it was asked, and by which lembaga. Quicker than [`Entry::decode`], and
/// only for counting: the rest of the entry is not looked at.
pub fn counted(bytes: &[u8]) -> Result<Option<(jiff::Timestamp, &str)>, CodecFault> {
    decode::counted(bytes)
}

/// Of an entry's bytes, if it answered a verification: what it compared. Quick and partial like [`counted`].
pub fn guessed(bytes: &[u8]) -> Result<Option<Guessed<'_>>, CodecFault> {
    decode::guessed(bytes)
}
