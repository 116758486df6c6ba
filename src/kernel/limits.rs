//! Every bound of the house, with its unit in the name. A bound that operators may set has its default and its ceiling here.

/// Bytes of a request body on routes that take one question.
pub const REQUEST_BODY_BYTES_MAX: usize = 16 * 1024;
/// Bytes of one asked value: longer ones are refused (`/v1`) or make the body malformed (DWH).
pub const ASKED_VALUE_BYTES_MAX: usize = 512;
/// Keys in the body of one question; the catalogue and the spellings of credentials together are fewer.
pub const BODY_KEYS_MAX: usize = 96;
/// Residents on one family card: with more, the record is wrong or the number stands for something else than a family.
pub const FAMILY_MEMBERS_MAX: usize = 128;
/// Bytes of a `pks.json`.
pub const PKS_DOCUMENT_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of a `pks.sig`.
pub const PKS_SIGNATURE_BYTES_MAX: usize = 256 * 1024;
/// Bytes of a TLS certificate, key or trust anchor file.
pub const PEM_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Bytes of one audit entry; a leaf of tlog-tiles is at most 65,535.
pub const AUDIT_ENTRY_BYTES_MAX: usize = 16 * 1024;
/// Bytes of any one text in an audit entry; what callers may choose freely is cut before.
pub const AUDIT_TEXT_BYTES_MAX: usize = 1024;
/// Bytes of payload that are committed at once.
pub const AUDIT_GROUP_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of a segment of the audit log: what a check reads at once.
pub const AUDIT_SEGMENT_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Entries waiting for the disk before new requests are turned away.
pub const AUDIT_QUEUE_ENTRIES_MAX: usize = 65_536;
/// Bytes of entries waiting for the disk.
pub const AUDIT_QUEUE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How long an answer may wait for its audit entry to become durable.
pub const SEAL_WAIT_MS_MAX: u64 = 10_000;
/// Bytes of a request's head (request line and header fields).
pub const REQUEST_HEAD_BYTES_MAX: usize = 16 * 1024;
/// How long a TLS handshake may take.
pub const HANDSHAKE_MS_MAX: u64 = 10_000;
/// How long a request's head may take to arrive.
pub const REQUEST_HEAD_MS_MAX: u64 = 10_000;
/// How long a request's body may take to arrive.
pub const REQUEST_BODY_MS_MAX: u64 = 10_000;
/// How long a connection may stand without a request.
pub const IDLE_MS_MAX: u64 = 60_000;
/// Connections at once, all together.
pub const CONNECTIONS_MAX: usize = 16_384;
/// Streams at once on one HTTP/2 connection.
pub const HTTP2_STREAMS_MAX: u32 = 128;
/// How long requests in flight may take after SIGTERM.
pub const DRAIN_MS_MAX: u64 = 10_000;
/// Passwords that are being checked at once: argon2id takes 19 MiB for each.
pub const PASSWORD_CHECKS_MAX: usize = 2;
/// Verified credentials remembered under a keyed hash.
pub const CREDENTIALS_REMEMBERED_MAX: u64 = 65_536;
/// How long a verified credential is remembered.
pub const CREDENTIALS_REMEMBERED_S_MAX: u64 = 300;
/// Microseconds at least between two commits of the audit log while many answers wait.
pub const COMMIT_INTERVAL_US: u64 = 2_000;
/// The most that interval may be set to: every answer under load waits for it.
pub const COMMIT_INTERVAL_US_MAX: u64 = 20_000;
/// Entries of a commit from which on the next one is paced: a few answers at a time are never kept waiting.
pub const COMMIT_PACED_ENTRIES_MIN: usize = 8;
/// Bytes of one text on record: with a longer one the row is rejected when a snapshot is built. No longer value can be asked.
pub const STORED_VALUE_BYTES_MAX: usize = 512;
/// Deltas that may lie over a base of the warehouse: more are refused until they are compacted.
pub const DELTAS_MAX: usize = 32;
/// Residents that all deltas over a base may hold together: 46 MB of memory.
pub const CHANGED_MAX: usize = 4 * 1024 * 1024;
/// Lines of a batch that are judged and answered together. The more there are, the more of them lie on the same pages.
pub const BATCH_WINDOW_LINES_MAX: usize = 16_384;
/// Bytes of the lines of one window.
pub const BATCH_WINDOW_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes of one line of a batch.
pub const BATCH_LINE_BYTES_MAX: usize = REQUEST_BODY_BYTES_MAX;
/// Bytes of answers handed to the connection at once.
pub const BATCH_ANSWER_BYTES: usize = 64 * 1024;
/// Entries of a window that wait for the disk at once: the audit log's queue is for everyone.
pub const BATCH_SEALED_LINES: usize = 4_096;
/// Blocks of 64 bytes that count wrong guesses, for all running days together: 56 MiB.
pub const GUESS_BLOCKS: usize = 917_504;
/// Places of 16 bytes for scores told today of one NIK and element: 2 MiB.
pub const GUESS_SCORES: usize = 131_072;
/// Places of 272 bytes for families of NIKs, and as many for values, that could be a sweep: 2 MiB each.
pub const GUESS_SUSPECTS: usize = 8_192;
/// Honey NIKs that can be named.
pub const HONEY_NIKS_MAX: usize = 65_536;
/// Bytes of the file that names them.
pub const HONEY_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Batches under way at once, all together: each holds a window of answers and one of lines in memory.
pub const BATCHES_MAX: usize = 8;
