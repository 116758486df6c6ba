//! The floor: hyper and tokio-rustls with the same TLS configuration, which reads a request whole and answers a fixed body.

use std::convert::Infallible;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use bytes::Bytes;
use gerbang::tls::{Entrance, ServerFiles, install_provider};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;

/// Serves until killed: one accept loop, one runtime per core.
pub(crate) fn serve(dir: &Path, body_bytes: usize) -> Result<()> {
    install_provider();
    let files = ServerFiles {
        certificate: dir.join("keys/server.pem"),
        key: dir.join("keys/server.key"),
        client_ca: dir.join("ca.pem"),
        client_crls: None,
    };
    let entrance = Entrance::load(&files, "2026-12-01T00:00:00Z".parse()?)?;
    let config = Arc::clone(entrance.config());
    let body = Bytes::from(vec![b'x'; body_bytes]);
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let mut hands = Vec::new();
    for _ in 0..std::thread::available_parallelism()?.get() {
        let (hand, mut taken) = mpsc::channel::<std::net::TcpStream>(1024);
        let (acceptor, body) = (TlsAcceptor::from(Arc::clone(&config)), body.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::spawn(move || {
            runtime.block_on(async move {
                let connections = TaskTracker::new();
                while let Some(stream) = taken.recv().await {
                    let (acceptor, body) = (acceptor.clone(), body.clone());
                    connections.spawn(connection(stream, acceptor, body));
                }
            });
        });
        hands.push(hand);
    }
    let mut stdout = std::io::stdout();
    writeln!(stdout, "ready https://{}", listener.local_addr()?)?;
    stdout.flush()?;
    for hand in hands.iter().cycle() {
        let (stream, _) = listener.accept()?;
        stream.set_nonblocking(true)?;
        hand.blocking_send(stream)?;
    }
    Ok(())
}

async fn connection(stream: std::net::TcpStream, acceptor: TlsAcceptor, body: Bytes) -> Result<()> {
    stream.set_nodelay(true)?;
    let stream = acceptor.accept(TcpStream::from_std(stream)?).await?;
    let service = service_fn(move |request: Request<Incoming>| {
        let body = body.clone();
        async move {
            // The request is read whole, as any server must.
            let _read = request.into_body().collect().await;
            let mut response = Response::new(Full::new(body));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            Ok::<_, Infallible>(response)
        }
    });
    http1::Builder::new().serve_connection(TokioIo::new(stream), service).await?;
    Ok(())
}
