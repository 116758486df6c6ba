//! One connection: handshake, identity, requests, and its end: its peer's, or by order of the thread's [rounds](super::rounds).

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use arc_swap::ArcSwap;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use super::door::Door;
use super::peer::Peer;
use super::rounds::{Activity, Order, Rounds};
use crate::audit::StrangerKind;
use crate::kernel::limits::{HTTP2_STREAMS_MAX, REQUEST_HEAD_BYTES_MAX};
use crate::tls::Entrance;

/// Serves one connection to its end.
pub(super) async fn serve(
    stream: TcpStream,
    address: SocketAddr,
    entrance: Arc<ArcSwap<Entrance>>,
    door: Arc<Door>,
    rounds: Arc<Rounds>,
    stop: CancellationToken,
) {
    let by = entrance.load_full();
    let handshake = tokio::time::timeout(door.deadlines().handshake, TlsAcceptor::from(Arc::clone(by.config())).accept(stream));
    let stream = tokio::select! {
        done = handshake => match done {
            Ok(Ok(stream)) => stream,
            Ok(Err(_failed)) => return door.app().strangers().count(StrangerKind::HandshakeFailed),
            Err(_elapsed) => return door.app().strangers().count(StrangerKind::HandshakeTimeout),
        },
        () = stop.cancelled() => return,
    };
    let (_, session) = stream.get_ref();
    let peer = Arc::new(Peer::new(address.ip(), session.peer_certificates().unwrap_or_default(), &by, entrance));
    let is_http2 = session.alpn_protocol() == Some(b"h2");
    let app = Arc::clone(door.app());
    let activity = rounds.watch(!is_http2);
    let io = TokioIo::new(Watched { stream, activity: Arc::clone(&activity) });
    let service = {
        let activity = Arc::clone(&activity);
        service_fn(move |request| {
            let (door, peer, under_way) = (Arc::clone(&door), Arc::clone(&peer), Activity::begin(&activity));
            async move { Ok::<_, Infallible>(door.handle(request, &peer, under_way).await) }
        })
    };
    let ended = if is_http2 {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .max_concurrent_streams(HTTP2_STREAMS_MAX)
            .max_header_list_size(u32::try_from(REQUEST_HEAD_BYTES_MAX).unwrap_or(u32::MAX));
        run(builder.serve_connection(io, service), http2::Connection::graceful_shutdown, &activity).await
    } else {
        let mut builder = http1::Builder::new();
        // Head and body become one TLS record either way: gathering them first is cheaper than handing them on in pieces.
        builder.max_buf_size(REQUEST_HEAD_BYTES_MAX).max_header_size(REQUEST_HEAD_BYTES_MAX).half_close(false).writev(false);
        run(builder.serve_connection(io, service), http1::Connection::graceful_shutdown, &activity).await
    };
    if let Some(kind) = ended {
        app.strangers().count(kind);
    }
}

/// Drives a connection until it ends, is let go, or is cut off. What came in without ever being a request is nobody's: its kind is told.
async fn run<C>(connection: C, end: fn(Pin<&mut C>), activity: &Activity) -> Option<StrangerKind>
where
    C: Future<Output = Result<(), hyper::Error>>,
{
    let mut connection = pin!(connection);
    let mut known: Option<Waker> = None;
    let mut ending = false;
    poll_fn(|context| {
        if !known.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            activity.wake_with(context.waker());
            known = Some(context.waker().clone());
        }
        match activity.order() {
            Order::Late => return Poll::Ready(Some(StrangerKind::RequestTimeout)),
            Order::CutOff => return Poll::Ready(None),
            Order::End if !ending => {
                ending = true;
                end(connection.as_mut());
            }
            Order::End | Order::GoOn => {}
        }
        // Any other error is a peer that broke off: nothing of a deed depends on it.
        let malformed = |error: hyper::Error| error.is_parse().then_some(StrangerKind::RequestMalformed);
        connection.as_mut().poll(context).map(|ended| ended.err().and_then(malformed))
    })
    .await
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
