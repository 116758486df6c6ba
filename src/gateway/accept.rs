//! The accept loop and the threads that serve connections.
//!
//! Each thread has a runtime of its own (seen a fifth ahead of one runtime for all); the accept loop hands connections out in turn.

use std::net::{SocketAddr, TcpStream as StdTcpStream};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection;
use super::door::Door;
use super::rounds::Rounds;
use crate::tls::Entrance;

/// Connections handed to a thread that it has not taken up yet.
const HANDED_MAX: usize = 256;
/// How long the accept loop rests when the system has no descriptor or memory for another connection.
const REST_MS: u64 = 50;

/// A listener that is bound but not served yet.
#[derive(Debug)]
pub struct Bound {
    listener: std::net::TcpListener,
}

/// What the accept loop needs.
pub struct Listening {
    /// How to shake hands and whom to admit; a new one holds at once, for open connections too.
    pub tls: Arc<ArcSwap<Entrance>>,
    /// The way in.
    pub door: Arc<Door>,
    /// Threads that serve connections.
    pub workers: usize,
    /// Connections at once.
    pub connections_max: usize,
    /// Time for requests in flight once `stop` is cancelled.
    pub drain: Duration,
    /// Cancelled to end it all.
    pub stop: CancellationToken,
}

struct Handed {
    stream: StdTcpStream,
    address: SocketAddr,
    permit: OwnedSemaphorePermit,
}

impl Bound {
    /// Binds an address; a port in use is an error.
    pub fn to(address: SocketAddr) -> std::io::Result<Self> {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener })
    }

    pub(super) fn into_listener(self) -> std::net::TcpListener {
        self.listener
    }

    /// Where it listens: the port that the system chose where 0 was asked.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// Accepts and serves until `stop`, then drains. Returns when the last thread has ended.
pub async fn serve(bound: Bound, listening: Listening) -> std::io::Result<()> {
    let listener = TcpListener::from_std(bound.listener)?;
    let mut hands = Vec::new();
    let mut ends = Vec::new();
    for number in 0..listening.workers.max(1) {
        let (hand, taken) = mpsc::channel(HANDED_MAX);
        let (ended, end) = oneshot::channel::<()>();
        let worker = Worker {
            tls: Arc::clone(&listening.tls),
            door: Arc::clone(&listening.door),
            stop: listening.stop.clone(),
            drain: listening.drain,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(16).build()?;
        std::thread::Builder::new().name(format!("serve-{number}")).spawn(move || {
            runtime.block_on(worker.run(taken));
            runtime.shutdown_background();
            drop(ended);
        })?;
        hands.push(hand);
        ends.push(end);
    }
    accept(&listener, &hands, &listening).await;
    drop(listener);
    drop(hands);
    for end in ends {
        // The sender is dropped, never used: its end is the thread's end.
        let _closed = end.await;
    }
    Ok(())
}

async fn accept(listener: &TcpListener, hands: &[mpsc::Sender<Handed>], listening: &Listening) {
    let places = Arc::new(Semaphore::new(listening.connections_max));
    let mut turn = (0..hands.len()).cycle();
    loop {
        let next = async {
            let permit = Arc::clone(&places).acquire_owned().await.ok()?;
            Some((listener.accept().await, permit))
        };
        let (accepted, permit) = tokio::select! {
            () = listening.stop.cancelled() => return,
            next = next => match next {
                Some(next) => next,
                None => return,
            },
        };
        match accepted.and_then(|(stream, address)| Ok((stream.into_std()?, address))) {
            Ok((stream, address)) => {
                let Some(hand) = turn.next().and_then(|number| hands.get(number)) else { return };
                if hand.send(Handed { stream, address, permit }).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(cause = %error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(REST_MS)).await;
            }
        }
    }
}

struct Worker {
    tls: Arc<ArcSwap<Entrance>>,
    door: Arc<Door>,
    stop: CancellationToken,
    drain: Duration,
}

impl Worker {
    async fn run(self, mut taken: mpsc::Receiver<Handed>) {
        let rounds = Arc::new(Rounds::new(*self.door.deadlines()));
        let mut tick = tokio::time::interval(rounds.every());
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let connections = TaskTracker::new();
        loop {
            let handed = tokio::select! {
                handed = taken.recv() => handed,
                _ = tick.tick() => {
                    rounds.go();
                    continue;
                }
            };
            let Some(Handed { stream, address, permit }) = handed else { break };
            let Ok(stream) = TcpStream::from_std(stream) else { continue };
            // Answers are small and whole: waiting for more to send only adds latency.
            let _best_effort = stream.set_nodelay(true);
            let (tls, door, rounds) = (Arc::clone(&self.tls), Arc::clone(&self.door), Arc::clone(&rounds));
            let stop = self.stop.clone();
            connections.spawn(async move {
                connection::serve(stream, address, tls, door, rounds, stop).await;
                drop(permit);
            });
        }
        connections.close();
        rounds.end_all();
        let mut drain = pin!(tokio::time::sleep(self.drain));
        loop {
            tokio::select! {
                () = connections.wait() => return,
                () = drain.as_mut() => break,
                // Who was still shaking hands is asked to end in the next round.
                _ = tick.tick() => {
                    rounds.end_all();
                    rounds.go();
                }
            }
        }
        tracing::warn!(connections = connections.len(), "cut off at the end of the drain");
    }
}
