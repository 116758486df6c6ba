//! One connection: handshake, identity, requests, and the clocks that end it.
//!
//! hyper's own header timeout doubles as the limit of idleness and costs a timer per request; so the two clocks are kept here, one
//! timer per connection: a head that has begun must be whole within its deadline, and a connection without a request is let go.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use super::deadlines::Deadlines;
use super::door::{Door, Peer};
use crate::audit::StrangerKind;
use crate::kernel::limits::{HTTP2_STREAMS_MAX, REQUEST_HEAD_BYTES_MAX};
use crate::tls;

/// How long a connection that was asked to end may take to say goodbye.
const FAREWELL_MS: u64 = 2_000;

/// Serves one connection to its end.
pub(super) async fn serve(
    stream: TcpStream,
    address: SocketAddr,
    config: Arc<ServerConfig>,
    door: Arc<Door>,
    stop: CancellationToken,
) {
    let deadlines = *door.deadlines();
    let handshake = tokio::time::timeout(deadlines.handshake, TlsAcceptor::from(config).accept(stream));
    let stream = tokio::select! {
        done = handshake => match done {
            Ok(Ok(stream)) => stream,
            Ok(Err(_failed)) => return door.app().strangers().count(StrangerKind::HandshakeFailed),
            Err(_elapsed) => return door.app().strangers().count(StrangerKind::HandshakeTimeout),
        },
        () = stop.cancelled() => return,
    };
    let (_, session) = stream.get_ref();
    let certificate = session.peer_certificates().and_then(<[_]>::first).and_then(tls::peer_certificate);
    let peer = Peer { address: address.ip().to_canonical(), certificate };
    let is_http2 = session.alpn_protocol() == Some(b"h2");
    let app = Arc::clone(door.app());
    let activity = Arc::new(Activity::new(!is_http2, deadlines));
    let io = TokioIo::new(Watched { stream, activity: Arc::clone(&activity) });
    let service = {
        let activity = Arc::clone(&activity);
        service_fn(move |request| {
            let (door, peer, under_way) = (Arc::clone(&door), peer.clone(), UnderWay::begin(&activity));
            async move {
                let response = door.handle(request, &peer).await;
                drop(under_way);
                Ok::<_, Infallible>(response)
            }
        })
    };
    let ended = if is_http2 {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .max_concurrent_streams(HTTP2_STREAMS_MAX)
            .max_header_list_size(u32::try_from(REQUEST_HEAD_BYTES_MAX).unwrap_or(u32::MAX));
        run(builder.serve_connection(io, service), http2::Connection::graceful_shutdown, &activity, stop).await
    } else {
        let mut builder = http1::Builder::new();
        builder.max_buf_size(REQUEST_HEAD_BYTES_MAX).max_header_size(REQUEST_HEAD_BYTES_MAX).half_close(false);
        run(builder.serve_connection(io, service), http1::Connection::graceful_shutdown, &activity, stop).await
    };
    if let Some(kind) = ended {
        app.strangers().count(kind);
    }
}

/// Drives a connection until it ends, is let go, or is cut off. What came in without ever being a request is nobody's: its kind is told.
async fn run<C>(connection: C, end: fn(Pin<&mut C>), activity: &Activity, stop: CancellationToken) -> Option<StrangerKind>
where
    C: Future<Output = Result<(), hyper::Error>>,
{
    let mut connection = pin!(connection);
    let every = activity.deadlines.tick();
    let mut stopped = pin!(stop.cancelled());
    let mut tick = pin!(tokio::time::sleep(every));
    let mut farewell_at: Option<Instant> = None;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                // Any other error is a peer that broke off: nothing of a deed depends on it.
                return ended.err().filter(hyper::Error::is_parse).map(|_| StrangerKind::RequestMalformed);
            }
            () = stopped.as_mut(), if farewell_at.is_none() => {
                farewell_at = Some(Instant::now());
                end(connection.as_mut());
            }
            () = tick.as_mut() => {
                tick.as_mut().reset(tokio::time::Instant::now() + every);
                if activity.is_late(Instant::now()) {
                    return Some(StrangerKind::RequestTimeout);
                }
                let Some(since) = farewell_at else {
                    if activity.is_idle(Instant::now()) {
                        farewell_at = Some(Instant::now());
                        end(connection.as_mut());
                    }
                    continue;
                };
                if activity.in_flight() == 0 && since.elapsed() >= Duration::from_millis(FAREWELL_MS) {
                    return None;
                }
            }
        }
    }
}

/// What the clocks of a connection go by; times in milliseconds since it began, 0 for never.
struct Activity {
    began: Instant,
    watches_heads: bool,
    deadlines: Deadlines,
    in_flight: AtomicUsize,
    last_ended_ms: AtomicU64,
    head_began_ms: AtomicU64,
}

impl Activity {
    fn new(watches_heads: bool, deadlines: Deadlines) -> Self {
        Self {
            began: Instant::now(),
            watches_heads,
            deadlines,
            in_flight: AtomicUsize::new(0),
            last_ended_ms: AtomicU64::new(0),
            head_began_ms: AtomicU64::new(0),
        }
    }

    fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    fn ms(&self, at: Instant) -> u64 {
        ms(at.saturating_duration_since(self.began)).max(1)
    }

    /// Bytes came in: the head of a request has begun, unless a request is under way.
    fn bytes_came(&self) {
        if self.watches_heads && self.in_flight() == 0 && self.head_began_ms.load(Ordering::Relaxed) == 0 {
            self.head_began_ms.store(self.ms(Instant::now()), Ordering::Relaxed);
        }
    }

    /// Whether a head has been under way for too long.
    fn is_late(&self, now: Instant) -> bool {
        let head_began = self.head_began_ms.load(Ordering::Relaxed);
        self.in_flight() == 0 && head_began != 0 && self.ms(now).saturating_sub(head_began) >= ms(self.deadlines.head)
    }

    /// Whether there has been no request for too long.
    fn is_idle(&self, now: Instant) -> bool {
        self.in_flight() == 0 && self.ms(now).saturating_sub(self.last_ended_ms.load(Ordering::Relaxed)) >= ms(self.deadlines.idle)
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// One request under way; its end is noted even where its future is dropped.
struct UnderWay(Arc<Activity>);

impl UnderWay {
    fn begin(activity: &Arc<Activity>) -> Self {
        activity.in_flight.fetch_add(1, Ordering::Relaxed);
        activity.head_began_ms.store(0, Ordering::Relaxed);
        Self(Arc::clone(activity))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.last_ended_ms.store(self.0.ms(Instant::now()), Ordering::Relaxed);
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The stream, with an eye on when bytes come.
struct Watched {
    stream: TlsStream<TcpStream>,
    activity: Arc<Activity>,
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.activity.bytes_came();
        }
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
