//! Keeps the data fresh while the house serves: notices what was published, compacts deltas, and raises the alarm when data are old.
//!
//! Looks once a second at one small file, and at once after SIGHUP. Opening a snapshot and compacting have threads of their own.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::config::Config;
use crate::disk::Disk;
use crate::kernel::{Clock, causes};
use crate::warehouse::{self, Compact, Published, Warehouse, WarehouseError};

/// How often it is looked for other data.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After a failure it is not tried again so soon: what was published stays as it is until somebody mends it.
const AFTER_FAILURE: Duration = Duration::from_secs(30);
/// After a failed compaction: it reads everything before it fails.
const COMPACT_AFTER_FAILURE: Duration = Duration::from_secs(600);
/// How often old data are told of in the logs.
const ALARM_EVERY: SignedDuration = SignedDuration::from_hours(1);
/// The lowest priority that the system knows for the compacting thread.
const NICEST: i32 = 19;

/// What runs beside the listeners for the data.
pub(super) struct Freshness {
    app: Arc<App>,
    warehouse: Warehouse,
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    /// Notified to look at once.
    wake: Arc<Notify>,
    /// Deltas from which on they are compacted; 0 for never.
    compact_after: usize,
    compact_rows_per_second: u32,
    stop: Arc<AtomicBool>,
    compacting: Option<JoinHandle<Result<Option<Published>, WarehouseError>>>,
    compact_not_before: Option<Instant>,
    look_not_before: Option<Instant>,
    alarmed: Option<Timestamp>,
}

impl Freshness {
    pub(super) fn new(
        app: Arc<App>,
        warehouse: Warehouse,
        disk: Arc<dyn Disk>,
        clock: Arc<dyn Clock>,
        wake: Arc<Notify>,
        config: &Config,
    ) -> Self {
        Self {
            app,
            warehouse,
            disk,
            clock,
            wake,
            compact_after: config.compact_after_deltas,
            compact_rows_per_second: config.compact_rows_per_second,
            stop: Arc::new(AtomicBool::new(false)),
            compacting: None,
            compact_not_before: None,
            look_not_before: None,
            alarmed: None,
        }
    }

    /// Runs until `served` is cancelled; a compaction that is at work then is ended and leaves everything as it was.
    pub(super) async fn run(mut self, served: &CancellationToken) {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                () = served.cancelled() => break,
                () = self.wake.notified() => (self.look_not_before, self.compact_not_before) = (None, None),
                _ = tick.tick() => (),
            }
            self.look().await;
            self.compact();
            self.watch_age();
        }
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.compacting.take() {
            // It looks at the flag several times a second.
            let _ended = spawn_blocking(move || thread.join()).await;
        }
    }

    /// Swaps in what was published.
    async fn look(&mut self) {
        if self.look_not_before.is_some_and(|when| Instant::now() < when) {
            return;
        }
        self.look_not_before = None;
        let warehouse = self.warehouse.clone();
        match spawn_blocking(move || warehouse.refresh()).await {
            Ok(Ok(None)) => (),
            Ok(Ok(Some(info))) => {
                tracing::info!(snapshot = %info.id, as_of = %info.as_of, deltas = info.deltas, changed = info.changed, "other data swapped in");
            }
            Ok(Err(error)) => {
                tracing::error!(cause = %causes(&error), "what was published cannot be opened: the data stay as they were");
                self.look_not_before = Some(Instant::now() + AFTER_FAILURE);
            }
            // The runtime is going down.
            Err(_ended) => (),
        }
    }

    /// Begins a compaction where one is due, and tells how the last one ended.
    fn compact(&mut self) {
        if let Some(thread) = self.compacting.take_if(|thread| thread.is_finished()) {
            let ended = thread.join().unwrap_or(Err(WarehouseError::Interrupted));
            self.app.figures().compacted(ended.is_ok());
            match ended {
                Ok(published) => {
                    tracing::info!(snapshot = published.as_ref().map(|it| it.id.as_str()), "deltas were compacted");
                    // What it switched to is swapped in by the next look.
                    self.compact_not_before = Some(Instant::now() + 2 * LOOK_EVERY);
                }
                Err(error) => {
                    tracing::error!(cause = %causes(&error), "deltas could not be compacted: the data stay as they were");
                    self.compact_not_before = Some(Instant::now() + COMPACT_AFTER_FAILURE);
                }
            }
        }
        let waits = self.compact_not_before.is_some_and(|when| Instant::now() < when);
        let deltas = self.warehouse.view().snapshot().deltas;
        if self.compact_after == 0 || deltas < self.compact_after || waits || self.compacting.is_some() {
            return;
        }
        let (disk, stop) = (Arc::clone(&self.disk), Arc::clone(&self.stop));
        let (root, pace) = (self.warehouse.root().to_owned(), self.compact_rows_per_second);
        let work = move || compact_nicely(&disk, &root, pace, &stop);
        match thread::Builder::new().name("compaction".to_owned()).spawn(work) {
            Ok(thread) => self.compacting = Some(thread),
            Err(error) => {
                tracing::error!(%error, "no thread for a compaction");
                self.compact_not_before = Some(Instant::now() + AFTER_FAILURE);
            }
        }
    }

    /// Raises the alarm while the data are older than allowed.
    fn watch_age(&mut self) {
        let data = self.app.health().data;
        let now = self.clock.now();
        let due = self.alarmed.is_none_or(|last| now.duration_since(last) >= ALARM_EVERY);
        match (data.stale, due) {
            (true, true) => {
                tracing::error!(as_of = %data.as_of, age_days = data.age_days, "the data are older than allowed: nothing new was published");
                self.alarmed = Some(now);
            }
            (true, false) => (),
            (false, _) => self.alarmed = None,
        }
    }
}

/// Runs on a thread of its own, which gives way to all others.
fn compact_nicely(
    disk: &Arc<dyn Disk>,
    root: &Path,
    rows_per_second: u32,
    stop: &AtomicBool,
) -> Result<Option<Published>, WarehouseError> {
    // Of this thread alone, on Linux. Where the system refuses, the pace still bounds the work.
    let _refused = rustix::process::setpriority_process(None, NICEST);
    warehouse::compact(disk, root, &Compact { rows_per_second: Some(rows_per_second), stop }, &mut |_, _| ())
}
