//! The row cache: rows as they were read, never answers, so that a withdrawn permit bites on the next request.
//!
//! Keyed by snapshot and NIK, bounded in bytes, with a time to live. A row holds the columns read so far: who needs more has the
//! missing ones read, and the merged row takes its place. Who needs less shares the row: what an answer may tell is decided by the
//! permit when it is revealed. Requests for the same NIK at the same time read it once. Rows wipe themselves when they leave.
//!
//! That a NIK is nobody's is remembered too, in a small store of its own: who tries out numbers fills that one and pushes no row out.
//!
//! Rows lie in `quick_cache`, which was seen to answer in a seventh of moka's time at a better share of hits (`benches/lookup -- caches`);
//! what it does not have stands here: the time to live, and one reader at a time for a NIK. NIKs of nobody, asked for seldom, lie in moka.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use moka::sync::Cache;

use super::error::WarehouseError;
use crate::kernel::{ElemenSet, Nik, Row, RowBuilder};

/// What was found under a NIK.
#[derive(Clone)]
pub enum Found {
    /// Nobody has this NIK.
    Absent,
    /// The resident, with the columns asked for and perhaps more.
    Row(Arc<Row>),
}

/// Figures of the cache for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheFigures {
    /// Look-ups answered from the cache.
    pub hits: u64,
    /// Look-ups that had to read the files.
    pub misses: u64,
    /// Bytes that its entries take, by estimate.
    pub bytes: u64,
    /// Entries in it.
    pub entries: u64,
}

/// The number of the snapshot within this process, and the NIK.
type Key = (u32, Nik);

/// A bounded store of rows.
pub(super) struct RowCache {
    rows: quick_cache::sync::Cache<Key, Kept, Weight>,
    /// NIKs of nobody.
    absent: Cache<Key, ()>,
    time_to_live: Duration,
    sweep_at: Mutex<Instant>,
    /// One is held while a row is read; which one, its key says.
    reading: Box<[Mutex<()>]>,
    spread: RandomState,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// A row, and until when it is believed.
#[derive(Clone)]
struct Kept {
    row: Arc<Row>,
    until: Instant,
}

/// Bytes of an entry, by estimate.
#[derive(Clone)]
struct Weight;

impl quick_cache::Weighter<Key, Kept> for Weight {
    fn weight(&self, _: &Key, kept: &Kept) -> u64 {
        (kept.row.bytes() + ENTRY_BYTES) as u64
    }
}

/// What an entry takes beside its row, by estimate: key, counts, links and slot.
const ENTRY_BYTES: usize = 300;
/// Bytes of an entry as they are expected, for the first size of the tables.
const EXPECTED_BYTES: u64 = 1_000;
/// The part of the budget, one in so many, that NIKs of nobody may take.
const ABSENT_SHARE: u64 = 16;
/// NIKs that can be read at the same time; more than there are threads to read them.
const READING: usize = 1024;

impl RowCache {
    /// An empty cache that takes at most `bytes_max`, by estimate, and keeps nothing longer than `time_to_live`.
    pub(super) fn new(bytes_max: u64, time_to_live: Duration) -> Self {
        let absent_max = bytes_max / ABSENT_SHARE;
        let rows_max = bytes_max - absent_max;
        let expected = usize::try_from(rows_max / EXPECTED_BYTES).unwrap_or(usize::MAX);
        let absent = Cache::builder().max_capacity(absent_max).weigher(|_, ()| ENTRY_BYTES as u32).time_to_live(time_to_live);
        Self {
            rows: quick_cache::sync::Cache::with_weighter(expected, rows_max, Weight),
            absent: absent.build(),
            time_to_live,
            sweep_at: Mutex::new(Instant::now()),
            reading: (0..READING).map(|_| Mutex::new(())).collect(),
            spread: RandomState::new(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// What is remembered, if it holds these columns.
    pub(super) fn find(&self, snapshot: u32, nik: Nik, columns: ElemenSet) -> Option<Found> {
        let key = (snapshot, nik);
        let found = match self.row(&key) {
            Some(row) => Found::Row(Some(row).filter(|row| row.columns().contains_all(columns))?),
            None => self.absent.get(&key).map(|()| Found::Absent)?,
        };
        self.hits.fetch_add(1, Ordering::Relaxed);
        Some(found)
    }

    /// What is remembered, else what `read` gives for the columns that are missing; only one caller at a time reads for a NIK.
    pub(super) fn find_or_read(
        &self,
        snapshot: u32,
        nik: Nik,
        columns: ElemenSet,
        read: impl FnOnce(ElemenSet) -> Result<Option<Row>, WarehouseError>,
    ) -> Result<Found, WarehouseError> {
        let key = (snapshot, nik);
        let turn = self.spread.hash_one(key) as usize % READING;
        // It guards no value: who panicked while holding it left nothing half done.
        let _alone = self.reading.get(turn).map(|turn| turn.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(found) = self.find(snapshot, nik, columns) {
            return Ok(found);
        }
        self.misses.fetch_add(1, Ordering::Relaxed);
        let known = self.row(&key);
        let missing = columns.without(known.as_ref().map_or(ElemenSet::EMPTY, |row| row.columns()));
        let Some(fresh) = read(missing)? else {
            self.rows.remove(&key);
            self.absent.insert(key, ());
            return Ok(Found::Absent);
        };
        let row = Arc::new(match known {
            Some(known) => merged(&known, &fresh),
            None => fresh,
        });
        self.rows.insert(key, Kept { row: Arc::clone(&row), until: Instant::now() + self.time_to_live });
        Ok(Found::Row(row))
    }

    /// The row that is remembered and still believed.
    fn row(&self, key: &Key) -> Option<Arc<Row>> {
        self.rows.get(key).filter(|kept| Instant::now() < kept.until).map(|kept| kept.row)
    }

    pub(super) fn figures(&self) -> CacheFigures {
        CacheFigures {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            bytes: self.rows.weight() + self.absent.weighted_size(),
            entries: self.rows.len() as u64 + self.absent.entry_count(),
        }
    }

    /// Lets what has expired leave memory, by an eighth of its time too late at most: each time all rows are gone through.
    pub(super) fn run_pending(&self) {
        let now = Instant::now();
        let mut sweep_at = self.sweep_at.lock().unwrap_or_else(PoisonError::into_inner);
        if now >= *sweep_at {
            self.rows.retain(|_, kept| now < kept.until);
            *sweep_at = now + self.time_to_live / 8;
        }
        self.absent.run_pending_tasks();
    }
}

/// A row with the columns of both.
fn merged(known: &Row, fresh: &Row) -> Row {
    let columns = known.columns().union(fresh.columns());
    let value = |elemen| known.value(elemen).or_else(|| fresh.value(elemen)).unwrap_or_default();
    let mut builder = RowBuilder::new(fresh.status(), fresh.region(), columns.iter().map(|elemen| value(elemen).len()).sum());
    for elemen in columns.iter() {
        // In the order of the bits: never refused.
        let _ = builder.push(elemen, value(elemen));
    }
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Elemen, KabCode, NikStatus};
    use std::sync::Barrier;

    fn cache() -> RowCache {
        RowCache::new(1 << 20, Duration::from_secs(60))
    }

    fn nik(serial: u64) -> Nik {
        Nik::from_number(6_305_014_507_850_000 + serial).unwrap_or_else(|_| unreachable!())
    }

    fn row(columns: ElemenSet) -> Row {
        let mut builder = RowBuilder::new(NikStatus::Active, KabCode::new(63, 5), 64);
        for elemen in columns.iter() {
            assert!(builder.push(elemen, elemen.name()));
        }
        builder.finish()
    }

    fn set(elements: &[Elemen]) -> ElemenSet {
        elements.iter().copied().collect()
    }

    fn got(found: &Found) -> &Row {
        match found {
            Found::Row(row) => row,
            Found::Absent => panic!("absent"),
        }
    }

    #[test]
    fn a_row_that_is_remembered_is_not_read_again() {
        let cache = cache();
        let columns = set(&[Elemen::NamaLgkp, Elemen::Alamat]);
        assert!(cache.find(1, nik(1), columns).is_none());
        cache.find_or_read(1, nik(1), columns, |missing| Ok(Some(row(missing)))).unwrap();
        let found = cache.find(1, nik(1), set(&[Elemen::Alamat])).unwrap();
        assert_eq!(got(&found).value(Elemen::Alamat), Some("ALAMAT"));
        assert!(cache.find(2, nik(1), columns).is_none(), "another snapshot");
        cache.find_or_read(1, nik(1), columns, |_| panic!("read again")).unwrap();
        let figures = cache.figures();
        assert_eq!((figures.hits, figures.misses), (2, 1));
    }

    #[test]
    fn only_missing_columns_are_read_and_the_merged_row_stays() {
        let cache = cache();
        cache.find_or_read(1, nik(1), set(&[Elemen::TglLhr]), |missing| Ok(Some(row(missing)))).unwrap();
        let both = set(&[Elemen::NamaLgkp, Elemen::TglLhr, Elemen::Alamat]);
        assert!(cache.find(1, nik(1), both).is_none());
        let found = cache
            .find_or_read(1, nik(1), both, |missing| {
                assert_eq!(missing, set(&[Elemen::NamaLgkp, Elemen::Alamat]));
                Ok(Some(row(missing)))
            })
            .unwrap();
        for elemen in both.iter() {
            assert_eq!(got(&found).value(elemen), Some(elemen.name()));
        }
        assert!(cache.find(1, nik(1), both).is_some());
    }

    #[test]
    fn that_nobody_has_a_nik_is_remembered_too() {
        let cache = cache();
        let found = cache.find_or_read(1, nik(1), ElemenSet::ALL, |_| Ok(None)).unwrap();
        assert!(matches!(found, Found::Absent));
        assert!(matches!(cache.find(1, nik(1), ElemenSet::ALL), Some(Found::Absent)));
    }

    #[test]
    fn an_enumeration_of_absent_niks_pushes_no_row_out() {
        let cache = cache();
        for serial in 1..=500 {
            cache.find_or_read(1, nik(serial), ElemenSet::ALL, |missing| Ok(Some(row(missing)))).unwrap();
        }
        // Asked for twice each, as a scan that is repeated: by then they are as well known as the rows.
        for serial in (1_000..9_000).chain(1_000..9_000) {
            if cache.find(1, nik(serial), ElemenSet::ALL).is_none() {
                cache.find_or_read(1, nik(serial), ElemenSet::ALL, |_| Ok(None)).unwrap();
            }
        }
        cache.run_pending();
        let kept = (1..=500).filter(|serial| cache.find(1, nik(*serial), ElemenSet::ALL).is_some()).count();
        assert_eq!(kept, 500);
        let figures = cache.figures();
        let absent = figures.entries - 500;
        assert!(absent > 50 && absent <= (1 << 20) / ABSENT_SHARE / ENTRY_BYTES as u64, "{absent}");
        assert!(figures.bytes <= 1 << 20, "{}", figures.bytes);
    }

    #[test]
    fn a_failed_read_leaves_nothing_behind() {
        let cache = cache();
        let failed = cache.find_or_read(1, nik(1), ElemenSet::ALL, |_| Err(WarehouseError::Bound("for the test")));
        assert!(failed.is_err());
        assert!(cache.find(1, nik(1), ElemenSet::EMPTY).is_none());
    }

    #[test]
    fn callers_at_the_same_time_read_once() {
        let cache = cache();
        let reads = AtomicU64::new(0);
        let barrier = Barrier::new(8);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    barrier.wait();
                    let read = |missing| {
                        reads.fetch_add(1, Ordering::Relaxed);
                        Ok(Some(row(missing)))
                    };
                    let found = cache.find_or_read(1, nik(1), ElemenSet::ALL, read).unwrap();
                    assert_eq!(got(&found).columns(), ElemenSet::ALL);
                });
            }
        });
        assert_eq!(reads.load(Ordering::Relaxed), 1);
        assert_eq!(cache.figures().hits, 7);
    }

    #[test]
    fn what_has_lived_its_time_is_read_anew_and_leaves_memory() {
        let cache = RowCache::new(1 << 20, Duration::ZERO);
        let reads = AtomicU64::new(0);
        for _ in 0..2 {
            let read = |missing| {
                reads.fetch_add(1, Ordering::Relaxed);
                Ok(Some(row(missing)))
            };
            cache.find_or_read(1, nik(1), ElemenSet::ALL, read).unwrap();
        }
        assert_eq!(reads.load(Ordering::Relaxed), 2);
        assert_eq!(cache.figures().entries, 1);
        cache.run_pending();
        assert_eq!(cache.figures().entries, 0);
    }

    #[test]
    fn the_budget_of_bytes_is_kept() {
        let cache = RowCache::new(200_000, Duration::from_secs(60));
        for serial in 1..5_000 {
            cache.find_or_read(1, nik(serial), ElemenSet::ALL, |missing| Ok(Some(row(missing)))).unwrap();
        }
        cache.run_pending();
        let figures = cache.figures();
        assert!(figures.bytes <= 200_000 && figures.bytes > 50_000, "{}", figures.bytes);
        assert!(figures.entries < 1_000 && figures.entries > 50, "{}", figures.entries);
    }
}
