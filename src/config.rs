//! The configuration file: read whole, checked whole, before any port is bound.
//!
//! TOML. Unknown fields are refused; relative paths are relative to the file's own directory; what is left out has a safe default
//! (loopback for the admin listener, limits of `kernel::limits`).

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::kernel::Region;
use crate::kernel::limits::{
    COMMIT_INTERVAL_US, COMMIT_INTERVAL_US_MAX, CONNECTIONS_MAX, DELTAS_MAX, DRAIN_MS_MAX, HANDSHAKE_MS_MAX, IDLE_MS_MAX,
    REQUEST_BODY_MS_MAX, REQUEST_HEAD_MS_MAX,
};

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("cannot read {path}")]
    Read {
        /// Where.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The text is no configuration.
    #[error("{path} is not a configuration of gerbang")]
    Malformed {
        /// Where.
        path: PathBuf,
        /// Line and reason.
        source: Box<toml::de::Error>,
    },
    /// A value is outside what it may be.
    #[error("{field}: {rule}")]
    Value {
        /// The field, as `section.field`.
        field: &'static str,
        /// What it must be.
        rule: String,
    },
}

/// The file as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    /// Addresses.
    pub listen: RawListen,
    /// Certificates and keys.
    pub tls: RawTls,
    /// Where the signed agreements are.
    pub policies: RawDirectory,
    /// Where the accounts are.
    pub accounts: RawFile,
    /// The snapshot served.
    pub warehouse: RawWarehouse,
    /// The audit log.
    pub audit: RawAudit,
    /// The regions whose `{wilayah}` paths this server serves; without the section, every region.
    pub regions: Option<RawRegions>,
    /// NIKs that nobody has: a question about one is an alarm. One a line.
    pub honey: Option<RawFile>,
    /// Bounds an operator may lower.
    #[serde(default)]
    pub limits: RawLimits,
}

/// `[listen]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawListen {
    /// The API, TLS.
    pub api: SocketAddr,
    /// The pages; reserved, not served yet.
    pub portal: Option<SocketAddr>,
    /// Health and metrics, plain HTTP: keep it on loopback.
    #[serde(default = "admin_default")]
    pub admin: SocketAddr,
}

/// `[tls]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTls {
    /// The server's chain.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// Authorities of client certificates.
    pub client_ca: PathBuf,
    /// Their revocation lists.
    pub client_crls: Option<PathBuf>,
}

/// A section that names a directory.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawDirectory {
    /// The directory.
    pub directory: PathBuf,
}

/// A section that names a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawFile {
    /// The file.
    pub file: PathBuf,
}

/// `[warehouse]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawWarehouse {
    /// The directory that snapshots are published to, or that of one snapshot.
    pub directory: PathBuf,
    /// Bytes of rows kept in memory.
    #[serde(default = "cache_bytes_default")]
    pub cache_bytes: u64,
    /// Seconds that a row is kept.
    #[serde(default = "cache_ttl_s_default")]
    pub cache_ttl_s: u64,
    /// Days that the data may be old before the alarm is raised; answers go on.
    #[serde(default = "max_age_days_default")]
    pub max_age_days: u32,
    /// Deltas over the base from which on the server compacts them by itself, which needs the right to write there; 0 is never.
    #[serde(default)]
    pub compact_after_deltas: usize,
    /// Rows a second that it then writes at most.
    #[serde(default = "compact_rows_per_second_default")]
    pub compact_rows_per_second: u32,
}

/// `[audit]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawAudit {
    /// The log's directory.
    pub directory: PathBuf,
    /// The file with the key of NIK pseudonyms: 64 hex digits.
    pub pseudonym_key: PathBuf,
    /// The log's name in receipts (its origin, as a schema-less URL).
    pub log: String,
    /// Seconds between two entries that count strangers.
    #[serde(default = "strangers_s_default")]
    pub strangers_every_s: u64,
    /// Microseconds at least between two commits of the log while many answers wait: fewer and larger commits cost less.
    #[serde(default = "commit_interval_us_default")]
    pub commit_interval_us: u64,
}

/// `[regions]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawRegions {
    /// Provinces (`63`) and kabupaten/kota (`63.05`).
    pub served: Vec<String>,
}

/// `[limits]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawLimits {
    /// Connections at once.
    pub connections_max: usize,
    /// Threads that serve connections; 0 takes one per core.
    pub workers: usize,
    /// Milliseconds for requests in flight after SIGTERM.
    pub drain_ms: u64,
    /// Milliseconds for a TLS handshake.
    pub handshake_ms: u64,
    /// Milliseconds for the head of a request, from its first byte.
    pub head_ms: u64,
    /// Milliseconds for the body of a request.
    pub body_ms: u64,
    /// Milliseconds that a connection may stand without a request.
    pub idle_ms: u64,
}

impl Default for RawLimits {
    fn default() -> Self {
        Self {
            connections_max: CONNECTIONS_MAX,
            workers: 0,
            drain_ms: DRAIN_MS_MAX,
            handshake_ms: HANDSHAKE_MS_MAX,
            head_ms: REQUEST_HEAD_MS_MAX,
            body_ms: REQUEST_BODY_MS_MAX,
            idle_ms: IDLE_MS_MAX,
        }
    }
}

fn admin_default() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 9100))
}

const fn cache_bytes_default() -> u64 {
    64 * 1024 * 1024
}

const fn cache_ttl_s_default() -> u64 {
    300
}

const fn max_age_days_default() -> u32 {
    7
}

const fn compact_rows_per_second_default() -> u32 {
    100_000
}

const fn strangers_s_default() -> u64 {
    60
}

const fn commit_interval_us_default() -> u64 {
    COMMIT_INTERVAL_US
}

/// The configuration, checked, with absolute meanings.
#[derive(Clone, Debug)]
pub struct Config {
    /// The API, TLS.
    pub api: SocketAddr,
    /// Health and metrics.
    pub admin: SocketAddr,
    /// Certificates and keys.
    pub tls: RawTls,
    /// The signed agreements.
    pub policies: PathBuf,
    /// The accounts.
    pub accounts: PathBuf,
    /// The snapshot served.
    pub warehouse: PathBuf,
    /// Bytes of rows kept in memory.
    pub cache_bytes: u64,
    /// How long a row is kept.
    pub cache_ttl: Duration,
    /// Days that the data may be old before the alarm is raised.
    pub data_age_days_max: u32,
    /// Deltas from which on the server compacts them; 0 is never.
    pub compact_after_deltas: usize,
    /// Rows a second that it then writes at most.
    pub compact_rows_per_second: u32,
    /// The audit log.
    pub audit: PathBuf,
    /// The key of NIK pseudonyms.
    pub pseudonym_key: PathBuf,
    /// The log's name.
    pub log: String,
    /// Time between two entries that count strangers.
    pub strangers_every: Duration,
    /// Time at least between two commits of the log while many answers wait.
    pub commit_interval: Duration,
    /// Regions served under `{wilayah}`; `None` is all.
    pub regions: Option<Vec<Region>>,
    /// The list of honey NIKs.
    pub honey: Option<PathBuf>,
    /// Connections at once.
    pub connections_max: usize,
    /// Threads that serve connections.
    pub workers: usize,
    /// Time for requests in flight after SIGTERM.
    pub drain: Duration,
    /// Time for a TLS handshake.
    pub handshake: Duration,
    /// Time for the head of a request.
    pub head: Duration,
    /// Time for the body of a request.
    pub body: Duration,
    /// Time that a connection may stand without a request.
    pub idle: Duration,
}

impl Config {
    /// Reads and checks a file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let raw: Raw =
            toml::from_str(&text).map_err(|source| ConfigError::Malformed { path: path.to_owned(), source: Box::new(source) })?;
        Self::check(raw, path.parent().unwrap_or(Path::new(".")))
    }

    /// Checks a file's content; relative paths are taken from `base`.
    pub fn check(raw: Raw, base: &Path) -> Result<Self, ConfigError> {
        if raw.audit.log.is_empty() || raw.audit.log.contains(|c: char| c.is_whitespace() || c == '+') {
            return Err(value("audit.log", "must be a name without blanks and without +"));
        }
        let regions = raw.regions.map(|regions| regions.served.iter().map(|text| region(text)).collect()).transpose()?;
        let connections = u64::try_from(raw.limits.connections_max).unwrap_or(u64::MAX);
        at_most("limits.connections_max", connections, CONNECTIONS_MAX as u64)?;
        Ok(Self {
            api: raw.listen.api,
            admin: raw.listen.admin,
            tls: RawTls {
                certificate: base.join(raw.tls.certificate),
                key: base.join(raw.tls.key),
                client_ca: base.join(raw.tls.client_ca),
                client_crls: raw.tls.client_crls.map(|path| base.join(path)),
            },
            policies: base.join(raw.policies.directory),
            accounts: base.join(raw.accounts.file),
            warehouse: base.join(raw.warehouse.directory),
            cache_bytes: at_most("warehouse.cache_bytes", raw.warehouse.cache_bytes, 1 << 40)?,
            cache_ttl: Duration::from_secs(at_most("warehouse.cache_ttl_s", raw.warehouse.cache_ttl_s, 86_400)?),
            data_age_days_max: age(raw.warehouse.max_age_days)?,
            compact_after_deltas: compact_after(raw.warehouse.compact_after_deltas)?,
            compact_rows_per_second: compact_pace(raw.warehouse.compact_rows_per_second)?,
            audit: base.join(raw.audit.directory),
            pseudonym_key: base.join(raw.audit.pseudonym_key),
            log: raw.audit.log,
            strangers_every: Duration::from_secs(at_most("audit.strangers_every_s", raw.audit.strangers_every_s, 86_400)?),
            commit_interval: Duration::from_micros(raw.audit.commit_interval_us.min(COMMIT_INTERVAL_US_MAX)),
            regions,
            honey: raw.honey.map(|honey| base.join(honey.file)),
            connections_max: raw.limits.connections_max,
            workers: worker_count(raw.limits.workers)?,
            drain: within("limits.drain_ms", raw.limits.drain_ms, 600_000)?,
            handshake: within("limits.handshake_ms", raw.limits.handshake_ms, HANDSHAKE_MS_MAX)?,
            head: within("limits.head_ms", raw.limits.head_ms, REQUEST_HEAD_MS_MAX)?,
            body: within("limits.body_ms", raw.limits.body_ms, REQUEST_BODY_MS_MAX)?,
            idle: within("limits.idle_ms", raw.limits.idle_ms, IDLE_MS_MAX)?,
        })
    }
}

fn region(text: &str) -> Result<Region, ConfigError> {
    Region::parse(text).ok_or_else(|| value("regions.served", "must list provinces (63) and kabupaten or kota (63.05)"))
}

fn at_most(field: &'static str, given: u64, max: u64) -> Result<u64, ConfigError> {
    if (1..=max).contains(&given) { Ok(given) } else { Err(value(field, &format!("must lie between 1 and {max}"))) }
}

fn within(field: &'static str, given_ms: u64, max_ms: u64) -> Result<Duration, ConfigError> {
    at_most(field, given_ms, max_ms).map(Duration::from_millis)
}

fn worker_count(asked: usize) -> Result<usize, ConfigError> {
    match asked {
        0 => Ok(std::thread::available_parallelism().map_or(1, usize::from)),
        1..=256 => Ok(asked),
        _ => Err(value("limits.workers", "must lie between 0 and 256")),
    }
}

fn age(days: u32) -> Result<u32, ConfigError> {
    at_most("warehouse.max_age_days", days.into(), 3650).map(|_in_range| days)
}

fn compact_after(deltas: usize) -> Result<usize, ConfigError> {
    if deltas <= DELTAS_MAX {
        Ok(deltas)
    } else {
        Err(value("warehouse.compact_after_deltas", &format!("must lie between 0 and {DELTAS_MAX}")))
    }
}

fn compact_pace(rows_per_second: u32) -> Result<u32, ConfigError> {
    at_most("warehouse.compact_rows_per_second", rows_per_second.into(), u32::MAX.into()).map(|_in_range| rows_per_second)
}

fn value(field: &'static str, rule: &str) -> ConfigError {
    ConfigError::Value { field, rule: rule.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALLEST: &str = r#"
        [listen]
        api = "127.0.0.1:8443"
        [tls]
        certificate = "server.pem"
        key = "server.key"
        client_ca = "/etc/ca.pem"
        [policies]
        directory = "policies"
        [accounts]
        file = "accounts.toml"
        [warehouse]
        directory = "warehouse"
        [audit]
        directory = "audit"
        pseudonym_key = "pseudonym.key"
        log = "example.test/audit"
    "#;

    fn check(text: &str) -> Result<Config, String> {
        let raw: Raw = toml::from_str(text).map_err(|error| error.to_string())?;
        Config::check(raw, Path::new("/srv/gerbang")).map_err(|error| error.to_string())
    }

    #[test]
    fn the_smallest_file_has_safe_defaults_and_paths_beside_itself() {
        let config = check(SMALLEST).unwrap();
        assert!(config.admin.ip().is_loopback());
        assert_eq!(config.policies, Path::new("/srv/gerbang/policies"));
        assert_eq!(config.tls.client_ca, Path::new("/etc/ca.pem"));
        assert!(config.workers >= 1 && config.regions.is_none());
    }

    #[test]
    fn refuses_unknown_fields_and_values_outside_their_bounds() {
        let with = |more: &str| check(&format!("{SMALLEST}\n{more}"));
        assert!(with("[limits]\ncolour = 1").is_err());
        assert!(with("[limits]\nworkers = 257").is_err());
        assert!(with("[limits]\ndrain_ms = 0").is_err());
        for (field, ceiling) in [("handshake_ms", 10_000), ("head_ms", 10_000), ("body_ms", 10_000), ("idle_ms", 60_000)] {
            assert!(with(&format!("[limits]\n{field} = 0")).is_err(), "{field}");
            assert!(with(&format!("[limits]\n{field} = {ceiling}")).is_ok(), "{field}");
            assert!(with(&format!("[limits]\n{field} = {}", ceiling + 1)).is_err(), "{field}");
        }
        assert!(with("[limits]\nconnections_max = 0").is_err());
        for (field, good, bad) in [
            ("max_age_days", [1, 3650], [0, 3651]),
            ("compact_after_deltas", [0, 32], [33, 1000]),
            ("compact_rows_per_second", [1, 1_000_000], [0, -1]),
        ] {
            let set = |value: i64| check(&SMALLEST.replace("\"warehouse\"", &format!("\"warehouse\"\n{field} = {value}")));
            assert!(good.into_iter().all(|value| set(value).is_ok()), "{field}");
            assert!(bad.into_iter().all(|value| set(value).is_err()), "{field}");
        }
        assert!(with("[regions]\nserved = [\"6305\"]").is_err());
        assert!(with("[regions]\nserved = [\"63.05\", \"31\"]").is_ok());
        assert!(check(&SMALLEST.replace("example.test/audit", "two words")).is_err());
        assert!(check(&SMALLEST.replace("[accounts]", "[acounts]")).is_err());
    }
}
