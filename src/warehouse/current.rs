//! The warehouse as the gateway sees it: the data that are served, behind the row cache, swapped whole when others are published.
//!
//! A request takes one [`View`] and asks nothing else, so what it is told comes from one set of layers whatever is published
//! meanwhile. The set before goes when the last view of it goes.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;

use super::error::WarehouseError;
use super::families::CardNumber;
use super::layers::{Layers, SnapshotInfo};
use super::many::FoundMany;
use super::root::Place;
use super::row_cache::{CacheFigures, Found, RowCache};
use super::snapshot::Snapshot;
use crate::kernel::{ElemenSet, Method, Nik};
use crate::pks::Permit;

/// How often a set of layers is looked for anew that was replaced while it was being opened.
const OPEN_TRIES: usize = 5;

/// The warehouse as the deeds hold it: the only way in is [`View::find`], which asks for a permit.
#[derive(Clone)]
pub struct Warehouse {
    shared: Arc<Shared>,
}

struct Shared {
    root: PathBuf,
    served: ArcSwap<Rows>,
    /// Held while another set is opened and swapped in: the sets before, which wait for their last reader.
    retired: Mutex<Vec<Arc<Rows>>>,
    swaps: AtomicU64,
    failures: AtomicU64,
}

/// The data as one request sees them.
#[derive(Clone)]
pub struct View {
    rows: Arc<Rows>,
}

/// One set of layers behind the row cache, without any question of who asks: for benches and tools. The deeds hold a [`View`].
pub struct Rows {
    layers: Layers,
    /// The set's number within this process: the half of the cache's keys that changes with every swap.
    number: u32,
    cache: Arc<RowCache>,
}

/// Figures of swaps for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SwapFigures {
    /// How often other data were swapped in.
    pub swaps: u64,
    /// How often what was published could not be opened.
    pub failures: u64,
}

impl Warehouse {
    /// Opens what a directory serves; the cache takes at most `cache_bytes` and keeps a row at most for `time_to_live`.
    pub fn open(root: &Path, cache_bytes: u64, time_to_live: Duration) -> Result<Self, WarehouseError> {
        let shared = Shared {
            root: root.to_owned(),
            served: ArcSwap::from_pointee(Rows::open(root, cache_bytes, time_to_live)?),
            retired: Mutex::new(Vec::new()),
            swaps: AtomicU64::new(0),
            failures: AtomicU64::new(0),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The data that are served now, for a whole request.
    #[must_use]
    pub fn view(&self) -> View {
        View { rows: self.shared.served.load_full() }
    }

    /// Looks whether others were published, and swaps them in; tells which, if so. What cannot be opened leaves everything as it is.
    /// Cheap where nothing changed. Blocks on the disk.
    ///
    /// A set that nobody reads any more is let go here too, and not where its last request ends: to close a large file that has no
    /// name any more is to give back its blocks, which takes its time.
    pub fn refresh(&self) -> Result<Option<SnapshotInfo>, WarehouseError> {
        let mut retired = self.shared.retired.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody can take up a set again that only this list holds.
        retired.retain(|set| Arc::strong_count(set) > 1);
        let served = self.shared.served.load_full();
        let opened = Place::of(&self.shared.root).and_then(|place| {
            let other = place.serial != served.layers.serial();
            if other { open_layers(&self.shared.root, Some(&served.layers)).map(Some) } else { Ok(None) }
        });
        match opened {
            Ok(None) => Ok(None),
            Ok(Some(layers)) => {
                let info = layers.info().clone();
                let next = Rows { layers, number: served.number.wrapping_add(1), cache: Arc::clone(&served.cache) };
                self.shared.served.store(Arc::new(next));
                retired.push(served);
                self.shared.swaps.fetch_add(1, Ordering::Relaxed);
                Ok(Some(info))
            }
            Err(error) => {
                self.shared.failures.fetch_add(1, Ordering::Relaxed);
                Err(error)
            }
        }
    }

    /// The directory that is served.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.shared.root
    }

    /// Figures of swaps, for metrics.
    #[must_use]
    pub fn swap_figures(&self) -> SwapFigures {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        SwapFigures { swaps: read(&self.shared.swaps), failures: read(&self.shared.failures) }
    }

    /// Figures of the cache, for metrics.
    #[must_use]
    pub fn cache_figures(&self) -> CacheFigures {
        self.shared.served.load().cache_figures()
    }

    /// Lets expired rows leave memory: to be called now and then, for the cache has no thread of its own.
    pub fn run_pending(&self) {
        self.shared.served.load().run_pending();
    }
}

impl View {
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

    /// Looks up the residents that many permits are about, each with no column beyond its own permit's. Blocks on the disk. A permit
    /// without a NIK finds nobody.
    #[must_use]
    pub fn find_many(&self, permits: &[&Permit]) -> FoundMany {
        let wanted: Vec<_> = permits.iter().map(|permit| (permit.nik(), permit.columns())).collect();
        self.rows.read_many(&wanted)
    }

    /// Which data these are.
    #[must_use]
    pub fn snapshot(&self) -> &SnapshotInfo {
        self.rows.layers.info()
    }
}

impl Rows {
    /// Opens what a directory serves; the cache takes at most `cache_bytes` and keeps a row at most for `time_to_live`.
    pub fn open(root: &Path, cache_bytes: u64, time_to_live: Duration) -> Result<Self, WarehouseError> {
        let cache = Arc::new(RowCache::new(cache_bytes, time_to_live));
        Ok(Self { layers: open_layers(root, None)?, number: 1, cache })
    }

    /// The same over a snapshot that is open already.
    #[must_use]
    pub fn over(snapshot: Snapshot, cache_bytes: u64, time_to_live: Duration) -> Self {
        Self { layers: Layers::alone(snapshot), number: 1, cache: Arc::new(RowCache::new(cache_bytes, time_to_live)) }
    }

    /// Many at once, past the cache: see [`FoundMany`]. Blocks on the disk.
    #[must_use]
    pub fn read_many(&self, wanted: &[(Option<Nik>, ElemenSet)]) -> FoundMany {
        let (found, error) = self.layers.look_up_many(wanted);
        FoundMany { found, snapshot: self.snapshot(), error }
    }

    /// What the cache knows, if it knows all these columns. Never waits for the disk.
    #[must_use]
    pub fn cached(&self, nik: Nik, columns: ElemenSet) -> Option<Found> {
        self.cache.find(self.number, nik, columns)
    }

    /// What the cache knows, else what the files say. Blocks on the disk, and while another caller reads the same NIK.
    pub fn read(&self, nik: Nik, columns: ElemenSet) -> Result<Found, WarehouseError> {
        self.cache.find_or_read(self.number, nik, columns, |missing| self.layers.look_up(nik, missing))
    }

    /// Candidates for a family card, from every layer that is served.
    pub(super) fn listed(&self, card: CardNumber) -> Result<Vec<Nik>, WarehouseError> {
        self.layers.listed(card)
    }

    /// Which data these are.
    #[must_use]
    pub fn snapshot(&self) -> SnapshotInfo {
        self.layers.info().clone()
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

/// Opens what a directory serves. Where a publication removes a layer that was about to be opened, what took its place is opened.
fn open_layers(root: &Path, before: Option<&Layers>) -> Result<Layers, WarehouseError> {
    let mut place = Place::of(root)?;
    for _ in 1..OPEN_TRIES {
        match Layers::open(&place, before) {
            Ok(layers) => return Ok(layers),
            Err(error) => {
                let now = Place::of(root)?;
                if now == place {
                    return Err(error);
                }
                place = now;
            }
        }
    }
    Layers::open(&place, before)
}
