//! The roof: names every concrete part and puts the house together, from a checked configuration to bound listeners.

mod freshness;
mod honey;
mod in_force;
mod seen;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use aws_lc_rs::rand;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::app::{self, App, Parts};
use crate::audit::{Guessed, PseudonymKey};
use crate::config::{Config, ConfigError};
use crate::disk::{self, Disk};
use crate::gateway::{self, Bound, Deadlines, Door, Listening};
use crate::journal::{self, Journal, JournalError, Options, Recovered};
use crate::kernel::{Clock, Secret, causes, from_hex};
use crate::quota::Quotas;
use crate::quota::guess::Guesses;
use crate::registry::{Loaded, Registry, RegistryError, Told};
use crate::store::{Accounts, Passwords, StoreError};
use crate::tls::{Entrance, ServerFiles, TlsError};
use crate::warehouse::{Warehouse, WarehouseError};
use freshness::Freshness;
use in_force::{InForce, Watch};
use seen::Seen;

/// How often parts that keep no thread of their own are looked after.
const UPKEEP_EVERY: Duration = Duration::from_secs(1);
/// How often it is looked which agreements end soon.
const ENDINGS_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// Bytes of a file that holds one key.
const KEY_FILE_BYTES_MAX: u64 = 4096;

/// The system's clock: the only place in the house that reads it.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where time comes from")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Why the house can't be put together.
#[derive(Debug, thiserror::Error)]
pub enum WiringError {
    /// The configuration.
    #[error("the configuration is refused")]
    Config(#[from] ConfigError),
    /// The agreements.
    #[error("the agreements cannot be loaded")]
    Registry(#[from] RegistryError),
    /// The accounts.
    #[error("the accounts cannot be loaded")]
    Store(#[from] StoreError),
    /// Certificates and keys.
    #[error("TLS cannot be set up")]
    Tls(#[from] TlsError),
    /// The snapshot.
    #[error("the warehouse cannot be opened")]
    Warehouse(#[from] WarehouseError),
    /// The audit log.
    #[error("the audit log cannot be opened")]
    Journal(#[from] JournalError),
    /// The key of pseudonyms.
    #[error("the pseudonym key in {path} cannot be used: {what}")]
    Key {
        /// Where.
        path: PathBuf,
        /// Why not.
        what: String,
    },
    /// The list of honey NIKs.
    #[error("the honey NIKs in {path} cannot be used: {what}")]
    Honey {
        /// Where.
        path: PathBuf,
        /// Why not.
        what: String,
    },
    /// A listener.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// The system gives no random bytes or no thread.
    #[error("the system refuses {what}")]
    System {
        /// What it was asked.
        what: &'static str,
    },
}

/// The house, with its listeners bound and nothing served yet.
pub struct House {
    config: Config,
    source: Option<PathBuf>,
    app: Arc<App>,
    tls: Arc<ArcSwap<Entrance>>,
    seen: Seen,
    journal: Arc<Journal>,
    warehouse: Warehouse,
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    api: Bound,
    admin: Bound,
    /// What was found while loading the agreements.
    pub loaded: Loaded,
    /// What was found while opening the audit log.
    pub recovered: Recovered,
}

/// How a running house is told what to do.
#[derive(Clone, Debug, Default)]
pub struct Orders {
    /// Cancelled to drain and end.
    pub stop: CancellationToken,
    /// Notified to load policies, accounts, certificates and configuration anew.
    pub reload: Arc<Notify>,
}

impl House {
    /// Puts the house together. `source` is the file to read again on reload; ports are bound last.
    pub fn open(config: Config, source: Option<PathBuf>, disk: Arc<dyn Disk>, clock: Arc<dyn Clock>) -> Result<Self, WiringError> {
        let now = clock.now();
        let seen = Seen::of(&config);
        let (registry, loaded) = Registry::load(&config.policies, now)?;
        for finding in &loaded.findings {
            tracing::error!(folder = %finding.folder.display(), what = finding.what, "an agreement is not in force");
        }
        let accounts = Accounts::load(&config.accounts)?;
        let entrance = Entrance::load(&server_files(&config), now)?;
        let warehouse = Warehouse::open(&config.warehouse, config.cache_bytes, config.cache_ttl)?;
        let pseudonyms = pseudonym_key(&*disk, &config.pseudonym_key)?;
        let honey = honey::load(&*disk, config.honey.as_deref())?;
        let (journal, recovered) = Journal::open(
            Arc::clone(&disk),
            &config.audit,
            Options { commit_interval_min: config.commit_interval, ..Options::default() },
            Arc::clone(&clock),
        )?;
        let journal = Arc::new(journal);
        let (quotas, guesses) = (Quotas::new(), Guesses::new());
        // The longest day of Indonesia's three zones that can still be running began less than a day ago.
        let since = now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
        let recharge = &mut |told: &Guessed<'_>| app::recount_guess(&guesses, &registry, told, now);
        let tallies = journal::tally(&*disk, &config.audit, since, recharge)?;
        app::recount(&quotas, &registry, &tallies, now);
        let app = App::new(Parts {
            registry: Arc::new(registry),
            warehouse: warehouse.clone(),
            journal: Arc::clone(&journal),
            quotas,
            guesses,
            accounts,
            passwords: Passwords::new(&random()?, &random()?)?,
            pseudonyms,
            clock: Arc::clone(&clock),
            request_seed: random()?,
        });
        app.allow_data_age(config.data_age_days_max);
        app.figures().not_loaded("agreements", loaded.broken);
        app.replace_honey(honey.into_iter());
        let bind = |address| Bound::to(address).map_err(|source| WiringError::Listen { address, source });
        Ok(Self {
            api: bind(config.api)?,
            admin: bind(config.admin)?,
            config,
            source,
            app: Arc::new(app),
            tls: Arc::new(ArcSwap::new(entrance)),
            seen,
            journal,
            warehouse,
            disk,
            clock,
            loaded,
            recovered,
        })
    }

    /// Where the API listens.
    pub fn api_address(&self) -> std::io::Result<SocketAddr> {
        self.api.address()
    }

    /// Where the operators' listener listens.
    pub fn admin_address(&self) -> std::io::Result<SocketAddr> {
        self.admin.address()
    }

    /// The deeds behind the door.
    #[must_use]
    pub const fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Serves until `orders.stop`, then drains; what is left is entered in the log before it is closed.
    pub async fn serve(self, orders: Orders) -> std::io::Result<()> {
        let Config { handshake, head, body, idle, .. } = self.config;
        let deadlines = Deadlines { handshake, head, body, idle };
        let door = Door::new(Arc::clone(&self.app), self.config.log.clone(), self.config.regions.clone(), deadlines);
        let listening = Listening {
            tls: Arc::clone(&self.tls),
            door: Arc::new(door),
            workers: self.config.workers,
            connections_max: self.config.connections_max,
            drain: self.config.drain,
            stop: orders.stop.clone(),
        };
        let look = Arc::new(Notify::new());
        let (app, warehouse, clock) = (Arc::clone(&self.app), self.warehouse.clone(), Arc::clone(&self.clock));
        let freshness = Freshness::new(app, warehouse, Arc::clone(&self.disk), clock, Arc::clone(&look), &self.config);
        let config = Arc::new(ArcSwap::from_pointee(self.config));
        let in_force = InForce {
            app: Arc::clone(&self.app),
            tls: self.tls,
            disk: self.disk,
            clock: Arc::clone(&self.clock),
            config: Arc::clone(&config),
            source: self.source,
            seen: self.seen,
            told: self.loaded.findings.iter().map(|finding| format!("{}: {}", finding.folder.display(), finding.what)).collect(),
        };
        let upkeep = Upkeep {
            app: Arc::clone(&self.app),
            warehouse: self.warehouse,
            look,
            clock: Arc::clone(&self.clock),
            config: Arc::clone(&config),
            watch: in_force.watch()?,
            endings: Told::default(),
        };
        let served = CancellationToken::new();
        let api = async {
            let ended = gateway::serve(self.api, listening).await;
            served.cancel();
            ended
        };
        // The operators' listener outlives the drain, so that its end can be watched.
        let admin = gateway::serve_admin(self.admin, Arc::clone(&self.app), orders.stop.clone(), served.clone());
        let (api, admin, (), ()) = tokio::join!(api, admin, upkeep.run(&orders, &served), freshness.run(&served));
        self.journal.close();
        api.and(admin)
    }
}

/// What runs beside the listeners.
struct Upkeep {
    app: Arc<App>,
    warehouse: Warehouse,
    /// Notified when other data are to be looked for at once.
    look: Arc<Notify>,
    clock: Arc<dyn Clock>,
    config: Arc<ArcSwap<Config>>,
    watch: Watch,
    /// Agreements whose end was told.
    endings: Told,
}

impl Upkeep {
    async fn run(mut self, orders: &Orders, served: &CancellationToken) {
        let mut tick = tokio::time::interval(UPKEEP_EVERY);
        let mut interval_began = self.clock.now();
        let mut endings_at = interval_began;
        loop {
            tokio::select! {
                () = served.cancelled() => break,
                () = orders.reload.notified() => {
                    self.look.notify_one();
                    self.watch.reload();
                }
                _ = tick.tick() => {
                    self.warehouse.run_pending();
                    if self.clock.now() >= endings_at {
                        self.tell_endings();
                        endings_at = self.clock.now().checked_add(ENDINGS_EVERY).unwrap_or(Timestamp::MAX);
                    }
                    let elapsed = self.clock.now().duration_since(interval_began);
                    let every = SignedDuration::try_from(self.config.load().strangers_every).unwrap_or(SignedDuration::MAX);
                    if elapsed >= every || !self.app.health().audit {
                        self.enter_strangers(&mut interval_began).await;
                    }
                }
            }
        }
        self.enter_strangers(&mut interval_began).await;
        // It looks whether to stop between two folders.
        let _ended = tokio::task::spawn_blocking(move || self.watch.end()).await;
    }

    /// Says once for every threshold which agreements end soon.
    fn tell_endings(&mut self) {
        for ending in self.endings.news(self.app.registry().endings(self.clock.now())) {
            let (last_day, days_left) = (ending.last_day.to_string(), ending.days_left);
            tracing::warn!(lembaga = ending.lembaga.as_str(), last_day, days_left, "an agreement ends soon");
        }
    }

    async fn enter_strangers(&self, interval_began: &mut Timestamp) {
        match self.app.enter_strangers(*interval_began).await {
            Ok(ended) => *interval_began = ended,
            Err(error) => tracing::error!(cause = %causes(&error), "strangers could not be entered in the audit log"),
        }
    }
}

/// Checks all that a configuration names, without opening the log or binding a port.
pub fn check(config: &Config, disk: &dyn Disk, now: Timestamp) -> Result<Loaded, WiringError> {
    let (_registry, loaded) = Registry::load(&config.policies, now)?;
    Accounts::load(&config.accounts)?;
    Entrance::load(&server_files(config), now)?;
    Warehouse::open(&config.warehouse, config.cache_bytes, config.cache_ttl)?;
    pseudonym_key(disk, &config.pseudonym_key)?;
    honey::load(disk, config.honey.as_deref())?;
    Ok(loaded)
}

fn server_files(config: &Config) -> ServerFiles {
    ServerFiles {
        certificate: config.tls.certificate.clone(),
        key: config.tls.key.clone(),
        client_ca: config.tls.client_ca.clone(),
        client_crls: config.tls.client_crls.clone(),
    }
}

fn pseudonym_key(disk: &dyn Disk, path: &Path) -> Result<PseudonymKey, WiringError> {
    let fail = |what: String| WiringError::Key { path: path.to_owned(), what };
    let text = Secret::new(disk::read_all(disk, path, KEY_FILE_BYTES_MAX).map_err(|error| fail(error.to_string()))?);
    let digits = std::str::from_utf8(text.expose()).map_err(|_| fail("not 64 hex digits".to_owned()))?.trim();
    let mut key = [0u8; 32];
    if !from_hex(digits, &mut key) {
        return Err(fail("not 64 hex digits".to_owned()));
    }
    Ok(PseudonymKey::new(&Secret::new(key)))
}

/// Random bytes of the system.
pub fn random<const N: usize>() -> Result<[u8; N], WiringError> {
    let mut bytes = [0u8; N];
    rand::fill(&mut bytes).map_err(|_| WiringError::System { what: "random bytes" })?;
    Ok(bytes)
}
