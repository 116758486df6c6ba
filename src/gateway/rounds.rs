//! The clocks of connections: one timer for all connections of a thread, which goes its rounds and tells each what it has to do.
//!
//! hyper's own header timeout doubles as the limit of idleness and costs a timer per request; a timer per connection is polled with
//! every wake. So time is counted in rounds, and a connection asks for no clock: it notes the number of the round in which something
//! began or ended. A deadline is missed by two rounds at most, never cut short.

use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Waker;
use std::time::{Duration, Instant};

use super::deadlines::Deadlines;

/// How long a connection that was asked to end may take to say goodbye.
const FAREWELL: Duration = Duration::from_millis(2_000);

/// What the rounds tell a connection. Only ever raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Order {
    /// Nothing.
    GoOn,
    /// End once what is in flight is answered.
    End,
    /// The farewell takes too long: end at once.
    CutOff,
    /// A request's head takes too long: end at once.
    Late,
}

/// The connections of one thread, and how many rounds there have been.
pub(super) struct Rounds {
    began: Instant,
    every: Duration,
    deadlines: Deadlines,
    /// Rounds so far, by the clock; from 1, for 0 stands for never.
    round: Arc<AtomicU64>,
    watched: Mutex<Vec<Weak<Activity>>>,
}

/// What is under way on one connection.
pub(super) struct Activity {
    round: Arc<AtomicU64>,
    watches_heads: bool,
    in_flight: AtomicUsize,
    last_ended: AtomicU64,
    head_began: AtomicU64,
    told_to_end: AtomicU64,
    order: AtomicU8,
    waker: Mutex<Option<Waker>>,
}

/// One request under way; its end is noted even where its future is dropped.
pub(super) struct UnderWay(Arc<Activity>);

impl Rounds {
    pub(super) fn new(deadlines: Deadlines) -> Self {
        Self {
            began: Instant::now(),
            every: deadlines.tick(),
            deadlines,
            round: Arc::new(AtomicU64::new(1)),
            watched: Mutex::default(),
        }
    }

    /// How often to go: the caller calls [`Rounds::go`] then.
    pub(super) const fn every(&self) -> Duration {
        self.every
    }

    /// Watches over a connection from now on; `watches_heads` where a head can be slow without being a request yet (HTTP/1.1).
    pub(super) fn watch(&self, watches_heads: bool) -> Arc<Activity> {
        let activity = Arc::new(Activity {
            last_ended: AtomicU64::new(self.round.load(Ordering::Relaxed)),
            round: Arc::clone(&self.round),
            watches_heads,
            in_flight: AtomicUsize::new(0),
            head_began: AtomicU64::new(0),
            told_to_end: AtomicU64::new(0),
            order: AtomicU8::new(Order::GoOn as u8),
            waker: Mutex::default(),
        });
        self.watched().push(Arc::downgrade(&activity));
        activity
    }

    /// One round: who is late, who has been idle, whose farewell takes too long.
    pub(super) fn go(&self) {
        let round = 1 + self.rounds_in(self.began.elapsed());
        self.round.store(round, Ordering::Relaxed);
        let (head, idle) = (self.rounds_in(self.deadlines.head), self.rounds_in(self.deadlines.idle));
        let farewell = self.rounds_in(FAREWELL);
        let over = |since: u64, limit: u64| since != 0 && round.saturating_sub(since) > limit;
        self.each(|activity| {
            if activity.in_flight() > 0 {
                return;
            }
            if over(activity.head_began.load(Ordering::Relaxed), head) {
                activity.tell(Order::Late);
            } else if over(activity.told_to_end.load(Ordering::Relaxed), farewell) {
                activity.tell(Order::CutOff);
            } else if over(activity.last_ended.load(Ordering::Relaxed), idle) {
                activity.tell(Order::End);
            }
        });
    }

    /// Asks every connection to end.
    pub(super) fn end_all(&self) {
        self.each(|activity| activity.tell(Order::End));
    }

    /// Whole rounds in a time, rounded up.
    fn rounds_in(&self, time: Duration) -> u64 {
        u64::try_from(time.as_nanos().div_ceil(self.every.as_nanos().max(1))).unwrap_or(u64::MAX)
    }

    fn each(&self, act: impl Fn(&Activity)) {
        self.watched().retain(|watched| {
            let activity = watched.upgrade();
            activity.as_deref().inspect(|activity| act(activity)).is_some()
        });
    }

    fn watched(&self) -> MutexGuard<'_, Vec<Weak<Activity>>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Activity {
    /// What the connection has to do; `waker` is woken when that changes.
    pub(super) fn order(&self) -> Order {
        match self.order.load(Ordering::Acquire) {
            0 => Order::GoOn,
            1 => Order::End,
            2 => Order::CutOff,
            _ => Order::Late,
        }
    }

    /// Whom to wake when there is another order: to be told before the order is looked at.
    pub(super) fn wake_with(&self, waker: &Waker) {
        *self.waker() = Some(waker.clone());
    }

    /// Bytes came in: the head of a request has begun, unless a request is under way.
    pub(super) fn bytes_came(&self) {
        if self.watches_heads && self.in_flight() == 0 && self.head_began.load(Ordering::Relaxed) == 0 {
            self.head_began.store(self.round.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// A request has come whole up to its body.
    pub(super) fn begin(activity: &Arc<Self>) -> UnderWay {
        activity.in_flight.fetch_add(1, Ordering::Relaxed);
        activity.head_began.store(0, Ordering::Relaxed);
        UnderWay(Arc::clone(activity))
    }

    fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    fn tell(&self, order: Order) {
        if order == Order::End {
            // The first time counts.
            let now = self.round.load(Ordering::Relaxed);
            let _kept = self.told_to_end.compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
        }
        if self.order.fetch_max(order as u8, Ordering::AcqRel) < order as u8
            && let Some(waker) = &*self.waker()
        {
            waker.wake_by_ref();
        }
    }

    fn waker(&self) -> MutexGuard<'_, Option<Waker>> {
        self.waker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.last_ended.store(self.0.round.load(Ordering::Relaxed), Ordering::Relaxed);
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
