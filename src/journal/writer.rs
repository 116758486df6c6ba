//! The one thread that writes: takes what waits, commits it, tells those who waited.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::Figures;
use super::batch::Batch;
use super::error::JournalError;
use super::options::SyncHook;
use super::pace::Pace;
use super::queue::Queue;
use super::segment::{CommitError, Log};

/// Writes until the queue is closed and empty, or an fsync has failed.
pub(super) fn run(queue: &Queue, mut log: Log, figures: &Figures, hook: Option<&SyncHook>) {
    let _guard = PoisonOnExit(queue);
    let mut pace = Pace::new(log.options.commit_interval_min);
    let mut patience = None;
    while let Some(load) = queue.take(patience) {
        patience = pace.after(load.entries.len(), Instant::now());
        let mut promise = Promise(&load.batch, true);
        let outcome = log.commit(&load.entries, &load.leaves);
        promise.1 = false;
        match outcome {
            Ok(commit) => {
                figures.entries.fetch_add(load.entries.len() as u64, Ordering::Relaxed);
                figures.bytes.fetch_add(commit.bytes, Ordering::Relaxed);
                figures.groups.fetch_add(1, Ordering::Relaxed);
                figures.next_index.store(commit.first + load.entries.len() as u64, Ordering::Relaxed);
                figures.last_failed.store(0, Ordering::Relaxed);
                load.batch.complete(Ok(commit.first));
                if let Some(hook) = hook {
                    hook.call(commit.sync_took);
                }
            }
            Err(CommitError::Write(error)) => {
                figures.failed_groups.fetch_add(1, Ordering::Relaxed);
                figures.last_failed.store(1, Ordering::Relaxed);
                load.batch.complete(Err(JournalError::write(error)));
            }
            Err(CommitError::Sync(error)) => {
                tracing::error!(%error, "an fsync of the audit log failed: nothing is answered until a restart");
                figures.failed_groups.fetch_add(1, Ordering::Relaxed);
                figures.last_failed.store(1, Ordering::Relaxed);
                // First the door, then those inside: who comes in between must not wait for a writer that is gone.
                queue.poison();
                load.batch.complete(Err(JournalError::Poisoned));
                return;
            }
        }
    }
}

/// Should the writer panic, nobody may wait for it: those of the batch in hand ...
struct Promise<'a>(&'a Arc<Batch>, bool);

impl Drop for Promise<'_> {
    fn drop(&mut self) {
        if self.1 {
            self.0.complete(Err(JournalError::Poisoned));
        }
    }
}

/// ... and all others.
struct PoisonOnExit<'a>(&'a Queue);

impl Drop for PoisonOnExit<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.poison();
        }
    }
}
