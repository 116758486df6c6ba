//! Where appends wait for the writer: batches in order, the last of them still filling.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::batch::Batch;
use super::error::JournalError;
use super::pace::Patience;
use crate::audit::Leaf;
use crate::audit::format::ENTRY_LENGTH_BYTES;
use crate::kernel::limits::{AUDIT_GROUP_BYTES_MAX, AUDIT_QUEUE_BYTES_MAX, AUDIT_QUEUE_ENTRIES_MAX};

/// Entries that will be one group.
#[derive(Default)]
pub(super) struct Load {
    pub(super) entries: Vec<Vec<u8>>,
    pub(super) leaves: Vec<Leaf>,
    /// Bytes of the payload.
    pub(super) bytes: usize,
    pub(super) batch: Arc<Batch>,
}

/// Entries that lie one after the other in one batch.
pub(super) struct Run {
    pub(super) batch: Arc<Batch>,
    /// The first one's place.
    pub(super) position: u64,
    pub(super) count: usize,
}

/// The queue between appends and the writer.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    work: Condvar,
}

struct State {
    loads: VecDeque<Load>,
    entries: usize,
    bytes: usize,
    /// The writer waits for work.
    idle: bool,
    /// The writer waits for this many entries; more than there can be while it does not.
    enough: usize,
    mood: Mood,
}

impl Default for State {
    fn default() -> Self {
        Self { loads: VecDeque::new(), entries: 0, bytes: 0, idle: false, enough: usize::MAX, mood: Mood::Open }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    Open,
    Closing,
    Poisoned,
}

impl State {
    /// Whether so much more may wait.
    fn has_room(&self, entries: usize, bytes: usize) -> Result<(), JournalError> {
        match self.mood {
            Mood::Open if self.entries + entries > AUDIT_QUEUE_ENTRIES_MAX || self.bytes + bytes > AUDIT_QUEUE_BYTES_MAX => {
                Err(JournalError::Full)
            }
            Mood::Open => Ok(()),
            Mood::Closing => Err(JournalError::Closed),
            Mood::Poisoned => Err(JournalError::Poisoned),
        }
    }

    /// Puts an entry for which there is room into the batch that fills, or begins the next one.
    fn put(&mut self, entry: Vec<u8>, leaf: Leaf) -> Result<(Arc<Batch>, u64), JournalError> {
        let bytes = entry.len() + ENTRY_LENGTH_BYTES;
        if self.loads.back().is_none_or(|load| load.bytes + bytes > AUDIT_GROUP_BYTES_MAX) {
            self.loads.push_back(Load::default());
        }
        let Some(load) = self.loads.back_mut() else { return Err(JournalError::Full) };
        let position = load.entries.len() as u64;
        load.entries.push(entry);
        load.leaves.push(leaf);
        load.bytes += bytes;
        self.entries += 1;
        self.bytes += bytes;
        Ok((Arc::clone(&load.batch), position))
    }
}

impl Queue {
    /// Puts an entry into the batch that fills at present; tells its place there.
    pub(super) fn push(&self, entry: Vec<u8>, leaf: Leaf) -> Result<(Arc<Batch>, u64), JournalError> {
        let mut state = self.state();
        state.has_room(1, entry.len() + ENTRY_LENGTH_BYTES)?;
        let place = state.put(entry, leaf)?;
        self.wake(state);
        Ok(place)
    }

    /// Puts all of these entries, or none, one after the other; tells the places of each run that lies in one batch.
    pub(super) fn push_many(&self, entries: Vec<Vec<u8>>, leaves: &[Leaf]) -> Result<Vec<Run>, JournalError> {
        let bytes = entries.iter().map(|entry| entry.len() + ENTRY_LENGTH_BYTES).sum();
        let mut runs: Vec<Run> = Vec::with_capacity(1);
        let mut state = self.state();
        state.has_room(entries.len(), bytes)?;
        for (entry, leaf) in entries.into_iter().zip(leaves) {
            let (batch, position) = state.put(entry, *leaf)?;
            match runs.last_mut() {
                Some(run) if Arc::ptr_eq(&run.batch, &batch) => run.count += 1,
                _ => runs.push(Run { batch, position, count: 1 }),
            }
        }
        self.wake(state);
        Ok(runs)
    }

    /// Wakes the writer where it waits for work.
    fn wake(&self, mut state: MutexGuard<'_, State>) {
        let sleeps = std::mem::take(&mut state.idle) || state.entries >= state.enough;
        if sleeps {
            state.enough = usize::MAX;
        }
        drop(state);
        if sleeps {
            self.work.notify_one();
        }
    }

    /// The writer's next work, for which it waits, with patience for more where it is given some; none when the log is closed and
    /// all is written.
    pub(super) fn take(&self, patience: Option<Patience>) -> Option<Load> {
        let mut state = self.state();
        loop {
            let early = patience.map_or(Duration::ZERO, |patience| patience.until.saturating_duration_since(Instant::now()));
            let enough = patience.map_or(0, |patience| patience.enough);
            if (1..enough).contains(&state.entries) && state.mood == Mood::Open && !early.is_zero() {
                state.enough = enough;
                state = self.work.wait_timeout(state, early).unwrap_or_else(PoisonError::into_inner).0;
                state.enough = usize::MAX;
                continue;
            }
            if let Some(load) = state.loads.pop_front() {
                state.entries -= load.entries.len();
                state.bytes -= load.bytes;
                return Some(load);
            }
            if state.mood != Mood::Open {
                return None;
            }
            state.idle = true;
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// No more appends; the writer ends once all is written.
    pub(super) fn close(&self) {
        let mut state = self.state();
        if state.mood == Mood::Open {
            state.mood = Mood::Closing;
        }
        drop(state);
        self.work.notify_one();
    }

    /// No more appends, for good; all who wait are told so.
    pub(super) fn poison(&self) {
        let mut state = self.state();
        state.mood = Mood::Poisoned;
        state.entries = 0;
        state.bytes = 0;
        let loads = std::mem::take(&mut state.loads);
        drop(state);
        for load in loads {
            load.batch.complete(Err(JournalError::Poisoned));
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.state().mood == Mood::Open
    }

    pub(super) fn waiting(&self) -> usize {
        self.state().entries
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
