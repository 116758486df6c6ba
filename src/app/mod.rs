//! Floor 3, deeds: the straight line of a request, from a claim to a sealed answer.
//!
//! Sees floors 0 to 2 without disk and TLS. Every known caller's request ends in `App::seal`, answered or refused; strangers are
//! counted. Nothing else hands out a [`Sealed`].

mod batch;
mod family;
mod figures;
mod guard;
mod identify;
mod question;
mod request_ids;
mod seal;
mod strangers;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use arc_swap::ArcSwap;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio::sync::Semaphore;

use crate::audit::{Entry, Pseudonym, PseudonymKey};
use crate::journal::{Journal, JournalError, Tally};
use crate::kernel::limits::BATCHES_MAX;
use crate::kernel::{Clock, Method, RequestId, Zone};
use crate::pks::VerifiedPks;
use crate::quota::guess::Guesses;
use crate::quota::{Quotas, Terms};
use crate::registry::Registry;
use crate::store::{Accounts, Passwords};
use crate::warehouse::{Warehouse, damaged_pages};

pub use crate::quota::Balance;
pub use batch::{Batch, Judged, Lines, Opened};
pub use family::Family;
pub use figures::Figures;
pub use guard::recount_guess;
pub use identify::{Claim, Credentials, DwhClaim};
pub use question::{Content, Question, Reply, Turned};
pub use seal::Sealed;
pub use strangers::StrangerCounts;

/// Everything the deeds stand on, made by the wiring.
pub struct Parts {
    /// The agreements.
    pub registry: Arc<Registry>,
    /// The population record.
    pub warehouse: Warehouse,
    /// The audit log.
    pub journal: Arc<Journal>,
    /// Counters of bursts and days, rebuilt from the log.
    pub quotas: Quotas,
    /// Budgets of wrong guesses, rebuilt from the log.
    pub guesses: Guesses,
    /// The accounts.
    pub accounts: Accounts,
    /// The check of their passwords.
    pub passwords: Passwords,
    /// The key under which NIKs stand in the log.
    pub pseudonyms: PseudonymKey,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random bits that begin the row of request ids.
    pub request_seed: [u8; 32],
}

/// The deeds.
pub struct App {
    registry: Arc<Registry>,
    warehouse: Warehouse,
    journal: Arc<Journal>,
    quotas: Quotas,
    guesses: Guesses,
    /// NIKs that nobody has.
    honey: ArcSwap<HashSet<Pseudonym>>,
    accounts: ArcSwap<Accounts>,
    passwords: Passwords,
    pseudonyms: PseudonymKey,
    clock: Arc<dyn Clock>,
    requests: request_ids::RequestIds,
    strangers: StrangerCounts,
    figures: Figures,
    data_age_days_max: AtomicU32,
    /// Places for batches under way.
    batches: Arc<Semaphore>,
}

/// Whether the gateway can answer, part by part: what `/readyz` says.
#[derive(Clone, Debug)]
pub struct Health {
    /// Whether the audit log takes entries.
    pub audit: bool,
    /// Counts up with every set of agreements swapped in.
    pub policy_epoch: u64,
    /// The data served.
    pub data: Data,
}

/// The data served, as operators see them.
#[derive(Clone, Debug)]
pub struct Data {
    /// The id of the newest layer.
    pub snapshot: Arc<str>,
    /// The date up to which they go.
    pub as_of: Date,
    /// Days since then, in western Indonesia.
    pub age_days: u32,
    /// Whether they are older than allowed: the alarm.
    pub stale: bool,
    /// Deltas over the base.
    pub deltas: usize,
    /// Residents whom the deltas hold.
    pub changed: usize,
}

impl App {
    /// From its parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self {
            registry: parts.registry,
            warehouse: parts.warehouse,
            journal: parts.journal,
            quotas: parts.quotas,
            guesses: parts.guesses,
            honey: ArcSwap::default(),
            accounts: ArcSwap::from_pointee(parts.accounts),
            passwords: parts.passwords,
            pseudonyms: parts.pseudonyms,
            clock: parts.clock,
            requests: request_ids::RequestIds::new(&parts.request_seed),
            strangers: StrangerCounts::default(),
            figures: Figures::default(),
            data_age_days_max: AtomicU32::new(u32::MAX),
            batches: Arc::new(Semaphore::new(BATCHES_MAX)),
        }
    }

    /// A number for the next request.
    #[must_use]
    pub fn next_request_id(&self) -> RequestId {
        self.requests.next()
    }

    /// What a method word of the DWH service means to the lembaga of a path.
    #[must_use]
    pub fn dwh_method(&self, path_lembaga: &str, word: &str) -> Option<Method> {
        self.registry.dwh_method(path_lembaga, word, self.clock.now())
    }

    /// The counters of strangers.
    #[must_use]
    pub const fn strangers(&self) -> &StrangerCounts {
        &self.strangers
    }

    /// The figures.
    #[must_use]
    pub const fn figures(&self) -> &Figures {
        &self.figures
    }

    /// Puts other accounts in force, from the next request on.
    pub fn replace_accounts(&self, accounts: Accounts) {
        self.accounts.store(Arc::new(accounts));
    }

    /// The agreements.
    #[must_use]
    pub const fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// How the parts stand.
    #[must_use]
    pub fn health(&self) -> Health {
        Health { audit: self.journal.healthy(), policy_epoch: self.registry.epoch(), data: self.data() }
    }

    /// Sets how many days old the data may be before the alarm is raised.
    pub fn allow_data_age(&self, days: u32) {
        self.data_age_days_max.store(days, Ordering::Relaxed);
    }

    fn data(&self) -> Data {
        let view = self.warehouse.view();
        let info = view.snapshot();
        let age = Zone::Wib.date(self.clock.now()).duration_since(info.as_of).as_hours() / 24;
        let age_days = u32::try_from(age).unwrap_or(0);
        Data {
            snapshot: Arc::clone(&info.id),
            as_of: info.as_of,
            age_days,
            stale: age_days > self.data_age_days_max.load(Ordering::Relaxed),
            deltas: info.deltas,
            changed: info.changed,
        }
    }

    /// The figures as Prometheus reads them.
    #[must_use]
    pub fn metrics(&self) -> String {
        let gauge = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.figures.endings(&self.registry.endings(self.clock.now()));
        self.figures.epoch.set(gauge(self.registry.epoch()));
        self.figures.audit_healthy.set(i64::from(self.journal.healthy()));
        self.figures.audit_entries.set(self.journal.figures().log_entries());
        self.figures.warehouse(self.warehouse.cache_figures(), damaged_pages());
        self.figures.data(&self.data(), self.warehouse.swap_figures());
        self.figures.render()
    }

    /// Enters the strangers since `from` in the log, if there were any; gives where the next interval begins. While the log takes no
    /// entries, an interval without strangers is entered too: this is how it is found out that there is room again when nobody asks.
    pub async fn enter_strangers(&self, from: Timestamp) -> Result<Timestamp, JournalError> {
        let until = self.clock.now();
        let strangers = self.strangers.take(from, until);
        if strangers.is_empty() && self.journal.healthy() {
            return Ok(until);
        }
        let entered = match Entry::Strangers(strangers.clone()).encode() {
            Ok(bytes) => self.journal.append(bytes).await.map(|_receipt| until),
            // Ten counters always fit.
            Err(_impossible) => Ok(until),
        };
        if entered.is_err() {
            self.strangers.put_back(&strangers);
        }
        entered
    }
}

/// The quota of an agreement, as numbers.
#[must_use]
pub fn terms(pks: &VerifiedPks) -> Terms {
    let agreement = pks.agreement();
    let at_least_one = |number: u32| std::num::NonZeroU32::new(number).unwrap_or(std::num::NonZeroU32::MIN);
    Terms {
        per_second: at_least_one(agreement.quota.per_second),
        burst: at_least_one(agreement.quota.burst),
        per_day: agreement.quota.per_day,
        zone: agreement.term.zone,
    }
}

/// Rebuilds the counters of the running day from what the log tells.
pub fn recount(quotas: &Quotas, registry: &Registry, tallies: &[Tally], now: Timestamp) {
    for tally in tallies {
        if let Ok(pks) = registry.pks_of(&tally.lembaga, now) {
            quotas.recount(&tally.lembaga, &terms(&pks), tally.at(), tally.count, now);
        }
    }
}
