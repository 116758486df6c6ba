//! One request: from hyper's parts to the deed, and back.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::header::{ACCEPT_LANGUAGE, CONTENT_TYPE, HeaderMap};
use hyper::{Request, Response};
use tokio_util::task::TaskTracker;

use super::batch::Stream;
use super::deadlines::Deadlines;
use super::outgoing::Outgoing;
use super::peer::Peer;
use super::respond::{self, Told, Voice};
use super::rounds::UnderWay;
use super::routes::{self, Deed, Found};
use super::{read_dwh, read_v1};
use crate::app::{App, Batch, Claim, DwhClaim, Opened, Question};
use crate::kernel::limits::REQUEST_BODY_BYTES_MAX;
use crate::kernel::{Ask, Generation, Method, Outcome, Reason, Refusal, Region, RequestId};

/// The way in: what every request of the listener needs.
pub struct Door {
    app: Arc<App>,
    log: String,
    regions: Option<Vec<Region>>,
    deadlines: Deadlines,
    /// The batches under way. They end with their connections, which the drain waits for.
    streams: TaskTracker,
}

impl Door {
    /// In front of an app; `log` is the audit log's name in receipts, `regions` those served under `{wilayah}` (`None`: all).
    #[must_use]
    pub fn new(app: Arc<App>, log: String, regions: Option<Vec<Region>>, deadlines: Deadlines) -> Self {
        Self { app, log, regions, deadlines, streams: TaskTracker::new() }
    }

    /// The app behind the door.
    pub(super) const fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// How long its connections are waited for.
    pub(super) const fn deadlines(&self) -> &Deadlines {
        &self.deadlines
    }

    /// Answers one request.
    ///
    /// `under_way` lives as long as there is work for the request: a stream takes it along.
    pub(super) async fn handle(&self, request: Request<Incoming>, peer: &Arc<Peer>, under_way: UnderWay) -> Response<Outgoing> {
        let began = Instant::now();
        let id = self.app.next_request_id();
        let (head, body) = request.into_parts();
        let english = prefers_english(&head.headers);
        let mut stream = None;
        let (name, told) = match routes::find(&head.method, head.uri.path()) {
            Found::Route(route, segments) => {
                let told = match route.deed {
                    Deed::Verify => self.v1(id, Method::Verify, english, peer, &head.headers, body).await,
                    Deed::Retrieve => self.v1(id, Method::Retrieve, english, peer, &head.headers, body).await,
                    Deed::Batch => self.batch(id, english, peer, &head.headers, body, &mut stream).await,
                    Deed::Agreement => self.agreement(id, english, peer).await,
                    Deed::Dwh => self.dwh(id, english, peer, &segments, body).await,
                };
                (route.name, told)
            }
            Found::OtherVerb(route) => {
                let told = self.refuse(id, english, peer, Reason::HttpMethodNotAllowed).await;
                (route.name, respond::allowing(told, &route.verb))
            }
            Found::Nothing => ("none", self.refuse(id, english, peer, Reason::NotFound).await),
        };
        self.app.figures().request(name, peer.lembaga(), told.outcome, began.elapsed());
        match stream {
            None => told.response.map(Outgoing::Whole),
            Some(stream) => {
                let (body, work) = stream.start();
                self.streams.spawn(async move {
                    work.await;
                    drop(under_way);
                });
                told.response.map(|_empty| body)
            }
        }
    }

    /// Opens a batch: the head of its response, with the stream to be started beside it; or the refusal.
    async fn batch(
        &self,
        request: RequestId,
        english: bool,
        peer: &Arc<Peer>,
        headers: &HeaderMap,
        body: Incoming,
        stream: &mut Option<Stream>,
    ) -> Told {
        if !says_ndjson(headers) {
            return self.refuse(request, english, peer, Reason::MediaTypeNotSupported).await;
        }
        let voice = Voice { dwh: false, english };
        match Batch::open(Arc::clone(&self.app), request, peer.address(), peer.certificate()).await {
            Opened::Open(batch) => {
                let told = Told { response: respond::opened(request, &batch.opening()), outcome: Outcome::Done.word() };
                *stream = Some(Stream {
                    app: Arc::clone(&self.app),
                    batch,
                    body,
                    peer: Arc::clone(peer),
                    deadlines: self.deadlines,
                    log: self.log.as_str().into(),
                });
                told
            }
            Opened::Refused(Ok(sealed)) => respond::sealed(voice, Method::Verify, &sealed, &self.log),
            Opened::Refused(Err(turned)) => respond::turned(voice, request, &turned),
        }
    }

    async fn v1(
        &self,
        request: RequestId,
        method: Method,
        english: bool,
        peer: &Peer,
        headers: &HeaderMap,
        body: Incoming,
    ) -> Told {
        let ask = match says_json(headers) {
            true => self.read(body).await.and_then(|bytes| read_v1::question(method, &bytes)),
            false => Err(Refusal::new(Reason::MediaTypeNotSupported)),
        };
        self.ask(Voice { dwh: false, english }, Question { request, claim: peer.claim(), method, generation: Generation::V1, ask })
            .await
    }

    async fn dwh(&self, request: RequestId, english: bool, peer: &Peer, segments: &[&str], body: Incoming) -> Told {
        let (wilayah, lembaga, word) = match *segments {
            [wilayah, lembaga, word] => (Some(wilayah), lembaga, word),
            [lembaga, word] => (None, lembaga, word),
            _ => return respond::stranger_refused(Reason::NotFound, request),
        };
        let method = self.app.dwh_method(lembaga, word);
        let read = match self.read(body).await {
            Ok(bytes) => read_dwh::body(method.unwrap_or(Method::Verify), &bytes),
            Err(refusal) => Err(refusal),
        };
        let (credentials, ask) = match read {
            Ok(body) => (Ok(body.credentials), body.ask),
            Err(refusal) => (Err(refusal.clone()), Err(refusal)),
        };
        let claim = Claim { dwh: Some(DwhClaim { path_lembaga: lembaga.to_owned(), credentials }), ..peer.claim() };
        let question = Question {
            request,
            claim,
            method: method.unwrap_or(Method::Retrieve),
            generation: Generation::Dwh,
            ask: self.served(wilayah).and(ask).and_then(|ask| granted_word(method, ask)),
        };
        self.ask(Voice { dwh: true, english }, question).await
    }

    async fn ask(&self, voice: Voice, question: Question) -> Told {
        let (request, method) = (question.request, question.method);
        if method == Method::Family {
            // Kept out of the future of all other questions, which would else be as large.
            return match Box::pin(self.app.answer_family(question)).await {
                Ok(family) => respond::family(voice, &family, &self.log),
                Err(turned) => respond::turned(voice, request, &turned),
            };
        }
        match self.app.answer(question).await {
            Ok(sealed) => respond::sealed(voice, method, &sealed, &self.log),
            Err(turned) => respond::turned(voice, request, &turned),
        }
    }

    async fn agreement(&self, request: RequestId, english: bool, peer: &Peer) -> Told {
        let voice = Voice { dwh: false, english };
        match self.app.agreement(request, peer.claim()).await {
            Ok(sealed) => respond::sealed(voice, Method::Agreement, &sealed, &self.log),
            Err(turned) => respond::turned(voice, request, &turned),
        }
    }

    /// A refusal that comes before any deed. Strangers learn no more than that there is nothing here.
    async fn refuse(&self, request: RequestId, english: bool, peer: &Peer, reason: Reason) -> Told {
        let voice = Voice { dwh: false, english };
        match self.app.refuse(request, peer.claim(), Refusal::new(reason)).await {
            Ok(sealed) => respond::sealed(voice, Method::Agreement, &sealed, &self.log),
            Err(turned) => respond::turned(voice, request, &turned),
        }
    }

    /// `{wilayah}` must be a region that this server serves.
    fn served(&self, wilayah: Option<&str>) -> Result<(), Refusal> {
        let Some(text) = wilayah else { return Ok(()) };
        let served = Region::parse(text).is_some_and(|asked| match &self.regions {
            None => true,
            Some(regions) => regions.iter().any(|own| match (own, asked) {
                (own, Region::Kab(kab)) => own.covers(kab),
                (own, asked) => *own == asked,
            }),
        });
        if served { Ok(()) } else { Err(Refusal::new(Reason::BodyMalformed).with("the region in the path is not served here")) }
    }

    /// The whole body, within its bound and its deadline.
    async fn read(&self, body: Incoming) -> Result<Bytes, Refusal> {
        match tokio::time::timeout(self.deadlines.body, gather(body)).await {
            Ok(gathered) => gathered,
            Err(_elapsed) => Err(Refusal::new(Reason::RequestTimeout)),
        }
    }
}

/// A body within its bound. Nearly every one comes in a single piece, which is then taken as it is.
async fn gather(mut body: Incoming) -> Result<Bytes, Refusal> {
    let too_large = || Refusal::new(Reason::BodyTooLarge);
    // What the head announces.
    if body.size_hint().lower() > REQUEST_BODY_BYTES_MAX as u64 {
        return Err(too_large());
    }
    let (mut first, mut whole) = (Bytes::new(), Vec::new());
    while !body.is_end_stream() {
        let Some(frame) = body.frame().await else { break };
        let frame = frame.map_err(|_broken_off| Refusal::new(Reason::BodyMalformed).with("the body broke off"))?;
        let Ok(piece) = frame.into_data() else { continue };
        if first.len().max(whole.len()) + piece.len() > REQUEST_BODY_BYTES_MAX {
            return Err(too_large());
        }
        if first.is_empty() {
            first = piece;
            continue;
        }
        if whole.is_empty() {
            whole.extend_from_slice(&first);
        }
        whole.extend_from_slice(&piece);
    }
    Ok(if whole.is_empty() { first } else { whole.into() })
}

/// A DWH method word that means nothing to this lembaga is a method that is not granted.
fn granted_word(method: Option<Method>, ask: Ask) -> Result<Ask, Refusal> {
    if method.is_some() { Ok(ask) } else { Err(Refusal::new(Reason::MethodNotGranted)) }
}

fn says_json(headers: &HeaderMap) -> bool {
    says(headers, &["application/json"])
}

fn says_ndjson(headers: &HeaderMap) -> bool {
    says(headers, &["application/x-ndjson", "application/ndjson", "application/jsonl", "application/json"])
}

/// Whether the body is of one of these types.
fn says(headers: &HeaderMap, types: &[&str]) -> bool {
    let essence = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| types.iter().any(|own| essence.trim().eq_ignore_ascii_case(own)))
}

/// Whether English stands before Indonesian in `Accept-Language`; without the field, Indonesian it is.
fn prefers_english(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        let place = |tag: &str| {
            value.split(',').position(|part| part.trim_start().get(..2).is_some_and(|head| head.eq_ignore_ascii_case(tag)))
        };
        match (place("en"), place("id")) {
            (Some(english), Some(indonesian)) => english < indonesian,
            (english, _) => english.is_some(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    #[test]
    fn speaks_indonesian_unless_english_comes_first() {
        for (value, english) in
            [("en", true), ("en-GB,en;q=0.9", true), ("id,en;q=0.8", false), ("en, id", true), ("fr", false), ("", false)]
        {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(value));
            assert_eq!(prefers_english(&headers), english, "{value}");
        }
        assert!(!prefers_english(&HeaderMap::new()));
    }

    #[test]
    fn takes_json_with_parameters_and_nothing_else() {
        for (value, json) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("text/plain", false),
            ("application/jsonx", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(value));
            assert_eq!(says_json(&headers), json, "{value}");
        }
    }
}
