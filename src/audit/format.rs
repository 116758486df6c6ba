//! The layout of the log on disk. Constants only: who writes and who checks each has code of its own.
//!
//! A log is a directory of segments named by the index of their first entry, twenty digits and `.log`. Numbers are big-endian.
//!
//! | segment header | bytes |
//! |---|---|
//! | [`SEGMENT_MAGIC`] | 8 |
//! | version, 1 | 2 |
//! | zero | 2 |
//! | index of the first entry | 8 |
//! | time of creation, microseconds since 1970 | 8 |
//! | chain hash before the first entry | 32 |
//! | CRC-32 of all this | 4 |
//!
//! Then groups, one for every commit, one behind the other:
//!
//! | group | bytes |
//! |---|---|
//! | [`GROUP_MAGIC`] | 4 |
//! | index of its first entry | 8 |
//! | entries, at least 1 | 4 |
//! | bytes of payload | 4 |
//! | CRC-32 of the payload | 4 |
//! | CRC-32 of the header so far | 4 |
//! | [`GROUP_MARK`] | 4 |
//! | payload: each entry with its length (2 bytes) before it, as in the entry bundles of tlog-tiles | |
//! | chain hash: SHA-256 of the chain hash before and the leaf hash of every entry | 32 |
//! | [`TRAILER_MARK`] | 4 |
//!
//! Then nothing, or zeros to the end of the file: room written ahead. The first chain hash of a log is 32 zero bytes.
//!
//! The last byte of header and trailer is never zero: a group of which only a first part reached the file is known by it.

/// First bytes of a segment.
pub const SEGMENT_MAGIC: [u8; 8] = *b"GERBLOG\n";
/// Version of the layout.
pub const SEGMENT_VERSION: u16 = 1;
/// Bytes of a segment's header.
pub const SEGMENT_HEADER_BYTES: usize = 64;
/// First bytes of a group.
pub const GROUP_MAGIC: [u8; 4] = *b"GRP{";
/// Last bytes of a group's header.
pub const GROUP_MARK: [u8; 4] = *b"::::";
/// Bytes of a group's header.
pub const GROUP_HEADER_BYTES: usize = 32;
/// Last bytes of a group.
pub const TRAILER_MARK: [u8; 4] = *b"}END";
/// Bytes of a group's trailer.
pub const GROUP_TRAILER_BYTES: usize = 36;
/// Bytes before each entry of a payload.
pub const ENTRY_LENGTH_BYTES: usize = 2;
/// Bytes that a disk writes whole or not at all.
pub const SECTOR_BYTES: usize = 512;
/// End of a segment's name.
pub const SEGMENT_SUFFIX: &str = ".log";

/// The name of the segment whose first entry has this index.
#[must_use]
pub fn segment_name(first: u64) -> String {
    format!("{first:020}{SEGMENT_SUFFIX}")
}

/// The index in a segment's name; `None` where it is no segment's name.
#[must_use]
pub fn segment_first(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(SEGMENT_SUFFIX)?;
    (digits.len() == 20 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok())?
}
