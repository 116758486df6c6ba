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

impl Queue {
    /// Puts an entry into the batch that fills at present; tells its place there.
    pub(super) fn push(&self, entry: Vec<u8>, leaf: Leaf) -> Result<(Arc<Batch>, u64), JournalError> {
        let bytes = entry.len() + ENTRY_LENGTH_BYTES;
        let mut state = self.state();
        match state.mood {
            Mood::Open => {}
            Mood::Closing => return Err(JournalError::Closed),
            Mood::Poisoned => return Err(JournalError::Poisoned),
        }
        if state.entries >= AUDIT_QUEUE_ENTRIES_MAX || state.bytes + bytes > AUDIT_QUEUE_BYTES_MAX {
            return Err(JournalError::Full);
        }
        state.entries += 1;
        state.bytes += bytes;
        if state.loads.back().is_none_or(|load| load.bytes + bytes > AUDIT_GROUP_BYTES_MAX) {
            state.loads.push_back(Load::default());
        }
        let Some(load) = state.loads.back_mut() else { return Err(JournalError::Full) };
        let position = load.entries.len() as u64;
        load.entries.push(entry);
        load.leaves.push(leaf);
        load.bytes += bytes;
        let batch = Arc::clone(&load.batch);
        let sleeps = std::mem::take(&mut state.idle) || state.entries >= state.enough;
        if sleeps {
            state.enough = usize::MAX;
        }
        drop(state);
        if sleeps {
            self.work.notify_one();
        }
        Ok((batch, position))
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
