//! The warehouse as the gateway sees it: the snapshot that is served, behind the row cache.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;

use super::error::WarehouseError;
use super::families::CardNumber;
use super::many::FoundMany;
use super::row_cache::{CacheFigures, Found, RowCache};
use super::snapshot::Snapshot;
use crate::kernel::{ElemenSet, Method, Nik};
use crate::pks::Permit;

/// The warehouse as the deeds hold it: the only way in is [`Warehouse::find`], which asks for a permit.
#[derive(Clone)]
pub struct Warehouse {
    rows: Arc<Rows>,
}

/// A snapshot behind its row cache, without any question of who asks: for benches and tools. The deeds hold a [`Warehouse`].
pub struct Rows {
    snapshot: Snapshot,
    /// The snapshot's number within this process: the half of the cache's keys that changes with a new snapshot.
    number: u32,
    cache: RowCache,
}

/// Which snapshot answers come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotInfo {
    /// Its id.
    pub id: Arc<str>,
    /// The date up to which the data go.
    pub as_of: Date,
    /// Residents in it.
    pub rows: u64,
}

impl Warehouse {
    /// Opens the snapshot in a directory; the cache takes at most `cache_bytes` and keeps a row at most for `time_to_live`.
    pub fn open(dir: &Path, cache_bytes: u64, time_to_live: Duration) -> Result<Self, WarehouseError> {
        Ok(Self { rows: Arc::new(Rows::open(dir, cache_bytes, time_to_live)?) })
    }

    /// Looks up the resident that a permit is about, with no column beyond the permit's: the only way in for the deeds.
    ///
    /// What the cache knows comes at once; what has to be read is read on a thread that may wait for the disk.
    pub async fn find(&self, permit: &Permit) -> Result<Found, WarehouseError> {
        let Some(nik) = permit.nik() else { return Ok(Found::Absent) };
        let columns = permit.columns();
        if let Some(found) = self.rows.cached(nik, columns) {
            return Ok(found);
        }
        let rows = Arc::clone(&self.rows);
        tokio::task::spawn_blocking(move || rows.read(nik, columns)).await.map_err(|_ended| WarehouseError::Interrupted)?
    }

    /// Everybody else on the family card of the resident that a permit for a family is about, by ascending NIK. Each of them needs
    /// a permit of its own; by what is read here their rows are in the cache.
    pub async fn family(&self, permit: &Permit) -> Result<Vec<Nik>, WarehouseError> {
        let Some(nik) = permit.nik().filter(|_| permit.method() == Method::Family) else { return Ok(Vec::new()) };
        let (rows, columns) = (Arc::clone(&self.rows), permit.columns());
        tokio::task::spawn_blocking(move || rows.family(nik, columns)).await.map_err(|_ended| WarehouseError::Interrupted)?
    }

    /// Looks up the residents that many permits are about, each with no column beyond its own permit's, all from one snapshot. Blocks
    /// on the disk. A permit without a NIK finds nobody.
    #[must_use]
    pub fn find_many(&self, permits: &[&Permit]) -> FoundMany {
        let wanted: Vec<_> = permits.iter().map(|permit| (permit.nik(), permit.columns())).collect();
        self.rows.read_many(&wanted)
    }

    /// Which snapshot is served.
    #[must_use]
    pub fn snapshot(&self) -> SnapshotInfo {
        self.rows.snapshot()
    }

    /// Figures of the cache, for metrics.
    #[must_use]
    pub fn cache_figures(&self) -> CacheFigures {
        self.rows.cache_figures()
    }

    /// Lets expired rows leave memory: to be called now and then, for the cache has no thread of its own.
    pub fn run_pending(&self) {
        self.rows.run_pending();
    }
}

impl Rows {
    /// Opens the snapshot in a directory; the cache takes at most `cache_bytes` and keeps a row at most for `time_to_live`.
    pub fn open(dir: &Path, cache_bytes: u64, time_to_live: Duration) -> Result<Self, WarehouseError> {
        Ok(Self::over(Snapshot::open(dir)?, cache_bytes, time_to_live))
    }

    /// The same over a snapshot that is open already.
    #[must_use]
    pub fn over(snapshot: Snapshot, cache_bytes: u64, time_to_live: Duration) -> Self {
        Self { snapshot, number: 1, cache: RowCache::new(cache_bytes, time_to_live) }
    }

    /// Many at once, past the cache: see [`FoundMany`]. Blocks on the disk.
    #[must_use]
    pub fn read_many(&self, wanted: &[(Option<Nik>, ElemenSet)]) -> FoundMany {
        let (found, error) = self.snapshot.look_up_many(wanted);
        FoundMany { found, snapshot: self.snapshot(), error }
    }

    /// What the cache knows, if it knows all these columns. Never waits for the disk.
    #[must_use]
    pub fn cached(&self, nik: Nik, columns: ElemenSet) -> Option<Found> {
        self.cache.find(self.number, nik, columns)
    }

    /// What the cache knows, else what the files say. Blocks on the disk, and while another caller reads the same NIK.
    pub fn read(&self, nik: Nik, columns: ElemenSet) -> Result<Found, WarehouseError> {
        self.cache.find_or_read(self.number, nik, columns, |missing| self.snapshot.look_up(nik, missing))
    }

    /// Candidates for a family card, from every layer that is served.
    pub(super) fn listed(&self, card: CardNumber) -> Result<Vec<Nik>, WarehouseError> {
        self.snapshot.listed(card)
    }

    /// Which snapshot is served.
    #[must_use]
    pub fn snapshot(&self) -> SnapshotInfo {
        SnapshotInfo { id: self.snapshot.id().clone(), as_of: self.snapshot.as_of(), rows: self.snapshot.rows() }
    }

    /// Figures of the cache, for metrics.
    #[must_use]
    pub fn cache_figures(&self) -> CacheFigures {
        self.cache.figures()
    }

    /// Lets expired rows leave memory: to be called now and then, for the cache has no thread of its own.
    pub fn run_pending(&self) {
        self.cache.run_pending();
    }
}
