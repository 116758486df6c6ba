//! The entries that will be committed together, and those who wait for them.
//!
//! Waking a task of another thread's runtime costs a system call; waking one's own neighbour costs next to nothing. So the writer
//! wakes one waiter of each thread, and that one wakes the others of its crew as soon as it is polled, or dropped.
//! INVARIANT: whoever leaves a crew after the outcome is known takes along all who still wait in it.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::ThreadId;

use super::error::JournalError;

/// What became of a batch, and who waits to learn it.
#[derive(Default)]
pub(super) struct Batch {
    /// The index of the first entry, or why there is none.
    outcome: OnceLock<Result<u64, JournalError>>,
    crews: Mutex<Vec<Crew>>,
}

/// The waiters whose first poll was on one thread.
struct Crew {
    thread: ThreadId,
    wakers: Vec<Option<Waker>>,
}

impl Batch {
    /// Tells everyone. Only the first call counts.
    pub(super) fn complete(&self, outcome: Result<u64, JournalError>) {
        if self.outcome.set(outcome).is_err() {
            return;
        }
        // The outcome was set before the lock is taken: who takes a seat after us sees it, who did so before is in a crew.
        let leaders: Vec<Waker> = self.crews().iter_mut().filter_map(Crew::leader).collect();
        for leader in leaders {
            leader.wake();
        }
    }

    fn crews(&self) -> MutexGuard<'_, Vec<Crew>> {
        self.crews.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Crew {
    fn leader(&mut self) -> Option<Waker> {
        while let Some(waker) = self.wakers.pop() {
            if waker.is_some() {
                return waker;
            }
        }
        None
    }
}

/// Waits for the outcome of a batch.
pub(super) struct Sealing {
    batch: Arc<Batch>,
    seat: Option<Seat>,
}

#[derive(Clone, Copy)]
struct Seat {
    crew: usize,
    place: usize,
}

impl Sealing {
    pub(super) const fn new(batch: Arc<Batch>) -> Self {
        Self { batch, seat: None }
    }

    /// Takes a seat, or gives the present one a new waker. False where the outcome is known by now.
    fn sit(&mut self, waker: &Waker) -> bool {
        let mut crews = self.batch.crews();
        if self.batch.outcome.get().is_some() {
            return false;
        }
        if let Some(seat) = self.seat {
            if let Some(place) = crews.get_mut(seat.crew).and_then(|crew| crew.wakers.get_mut(seat.place)) {
                match place {
                    Some(own) => own.clone_from(waker),
                    None => *place = Some(waker.clone()),
                }
            }
            return true;
        }
        let thread = std::thread::current().id();
        let crew = crews.iter().position(|crew| crew.thread == thread).unwrap_or_else(|| {
            crews.push(Crew { thread, wakers: Vec::with_capacity(8) });
            crews.len() - 1
        });
        if let Some(found) = crews.get_mut(crew) {
            self.seat = Some(Seat { crew, place: found.wakers.len() });
            found.wakers.push(Some(waker.clone()));
        }
        true
    }

    /// Leaves the seat; where the outcome is known, wakes all who still sit in the crew.
    fn leave(&mut self) {
        let Some(seat) = self.seat.take() else { return };
        let mut crews = self.batch.crews();
        let Some(crew) = crews.get_mut(seat.crew) else { return };
        if self.batch.outcome.get().is_none() {
            if let Some(place) = crew.wakers.get_mut(seat.place) {
                *place = None;
            }
            return;
        }
        let others = mem::take(&mut crew.wakers);
        drop(crews);
        for waker in others.into_iter().flatten() {
            waker.wake();
        }
    }
}

impl Future for Sealing {
    type Output = Result<u64, JournalError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let batch = Arc::clone(&self.batch);
        if batch.outcome.get().is_none() && self.sit(context.waker()) {
            return Poll::Pending;
        }
        self.leave();
        batch.outcome.get().map_or(Poll::Pending, |outcome| Poll::Ready(outcome.clone()))
    }
}

impl Drop for Sealing {
    fn drop(&mut self) {
        self.leave();
    }
}
