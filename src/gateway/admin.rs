//! The operators' listener: plain HTTP on loopback, no personal data. `/livez`, `/readyz`, `/metrics`.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::accept::Bound;
use crate::app::App;
use crate::kernel::limits::{IDLE_MS_MAX, REQUEST_HEAD_MS_MAX};

/// Connections of operators and scrapers at once.
const CONNECTIONS_MAX: usize = 64;

/// Serves the operators' listener until `stop`; once `draining` is cancelled, `/readyz` says no.
pub async fn serve_admin(bound: Bound, app: Arc<App>, draining: CancellationToken, stop: CancellationToken) -> std::io::Result<()> {
    let listener = TcpListener::from_std(bound.into_listener())?;
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            accepted = listener.accept() => accepted,
        };
        let (Ok((stream, _)), Ok(permit)) = (accepted, Arc::clone(&places).try_acquire_owned()) else { continue };
        let (app, draining, stop) = (Arc::clone(&app), draining.clone(), stop.clone());
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let response = answer(&request, &app, draining.is_cancelled());
                async move { Ok::<_, Infallible>(response) }
            });
            let mut builder = http1::Builder::new();
            builder.timer(TokioTimer::new()).header_read_timeout(Duration::from_millis(REQUEST_HEAD_MS_MAX));
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            tokio::select! {
                _ended = tokio::time::timeout(Duration::from_millis(IDLE_MS_MAX), connection) => (),
                () = stop.cancelled() => (),
            }
            drop(permit);
        });
    }
}

fn answer(request: &Request<Incoming>, app: &App, draining: bool) -> Response<Full<Bytes>> {
    if request.method() != Method::GET {
        return text(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "only GET\n".to_owned());
    }
    match request.uri().path() {
        "/livez" => text(StatusCode::OK, "text/plain", "ok\n".to_owned()),
        "/readyz" => {
            let health = app.health();
            let ready = health.audit && !draining;
            let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            let body = serde_json::json!({
                "ready": ready,
                "audit": health.audit,
                "policy_epoch": health.policy_epoch,
                "snapshot": &*health.data.snapshot,
                "data": {
                    "as_of": health.data.as_of.to_string(),
                    "age_days": health.data.age_days,
                    "stale": health.data.stale,
                    "deltas": health.data.deltas,
                },
                "draining": draining,
            });
            text(status, "application/json", format!("{body}\n"))
        }
        "/metrics" => text(StatusCode::OK, "application/openmetrics-text; version=1.0.0; charset=utf-8", app.metrics()),
        _ => text(StatusCode::NOT_FOUND, "text/plain", "/livez /readyz /metrics\n".to_owned()),
    }
}

fn text(status: StatusCode, content_type: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
