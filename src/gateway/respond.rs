//! The only place that knows status codes and header fields: what was sealed, or turned away, becomes a response.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};

use super::json::Json;
use super::{answer_dwh, answer_v1, problem};
use crate::app::{Balance, Content, Family, Reply, Sealed, Turned};
use crate::kernel::{Blame, Method, Outcome, Reason, Refusal, RequestId, causes};

/// A whole response.
pub(super) type Answered = Response<Full<Bytes>>;

/// Header fields of the largest answer.
const HEADER_FIELDS: usize = 12;
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// On the DWH route, whose envelope has no room for them: the data that the answer comes from.
const SNAPSHOT: HeaderName = HeaderName::from_static("gerbang-snapshot");
const AS_OF: HeaderName = HeaderName::from_static("gerbang-as-of");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");
const NDJSON: HeaderValue = HeaderValue::from_static("application/x-ndjson");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// A response and the word under which it is counted.
pub(super) struct Told {
    /// What is sent.
    pub(super) response: Answered,
    /// An outcome's word, or a reason's code.
    pub(super) outcome: &'static str,
}

/// In whose words an answer is given.
#[derive(Clone, Copy)]
pub(super) struct Voice {
    /// Whether the caller speaks the DWH service's envelope.
    pub(super) dwh: bool,
    /// Whether titles are wanted in English (`Accept-Language`).
    pub(super) english: bool,
}

/// The response to what was sealed.
pub(super) fn sealed(voice: Voice, method: Method, sealed: &Sealed<Reply>, log: &str) -> Told {
    let reply = sealed.content();
    let mut response = match &reply.content {
        Content::Refused(refusal) if !voice.dwh || problem::of(refusal.reason).dwh.is_empty() => {
            known_problem(voice, reply.request, refusal)
        }
        _ if voice.dwh => json(StatusCode::OK, answer_dwh::reply(method, reply)),
        Content::Answer(answer) => json(StatusCode::OK, answer_v1::answer(method, answer, sealed, log)),
        Content::Agreement => match &reply.pks {
            Some(pks) => json(StatusCode::OK, answer_v1::agreement(pks.agreement(), sealed, log)),
            None => known_problem(voice, reply.request, &Refusal::new(Reason::PksMissing)),
        },
        Content::Refused(refusal) => known_problem(voice, reply.request, refusal),
    };
    let headers = response.headers_mut();
    if let Some(balance) = &reply.balance {
        rate_limit(headers, balance);
    }
    if let Some(snapshot) = reply.snapshot.as_ref().filter(|_| voice.dwh) {
        for (name, value) in
            [(SNAPSHOT, HeaderValue::from_str(&snapshot.id)), (AS_OF, HeaderValue::try_from(snapshot.as_of.to_string()))]
        {
            if let Ok(value) = value {
                headers.insert(name, value);
            }
        }
    }
    if let Some(seconds) = reply.retry_after_s {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    let outcome = match &reply.content {
        Content::Answer(answer) => answer.outcome().word(),
        Content::Agreement => Outcome::Done.word(),
        Content::Refused(refusal) => refusal.reason.code(),
    };
    Told { response: finish(response, reply.request), outcome }
}

/// The response to a question about a family, on the DWH route alone.
pub(super) fn family(voice: Voice, family: &Family, log: &str) -> Told {
    let mut told = sealed(voice, Method::Family, &family.asked, log);
    if !family.others.is_empty() {
        *told.response.body_mut() = Full::new(Bytes::from(answer_dwh::family(family)));
    }
    told
}

/// The head of a stream of answers: what becomes of each line stands in the stream.
pub(super) fn opened(request: RequestId, balance: &Balance) -> Answered {
    let mut response = with_type(StatusCode::OK, NDJSON, Vec::new());
    rate_limit(response.headers_mut(), balance);
    finish(response, request)
}

/// The response to what left no entry: a stranger learns status and request id alone.
pub(super) fn turned(voice: Voice, request: RequestId, turned: &Turned) -> Told {
    let (reason, response) = match turned {
        Turned::Stranger(refusal) if voice.dwh && !problem::of(refusal.reason).dwh.is_empty() => {
            (refusal.reason, json(StatusCode::OK, answer_dwh::refused(refusal, 0)))
        }
        Turned::Stranger(refusal) => (refusal.reason, stranger(problem::of(refusal.reason).status, request)),
        Turned::House(fault) => {
            if fault.blame == Blame::House {
                tracing::error!(request_id = %request, code = fault.public.reason.code(), cause = %causes(fault), "not answered");
            }
            (fault.public.reason, known_problem(voice, request, &fault.public))
        }
    };
    Told { response: finish(response, request), outcome: reason.code() }
}

/// The response to somebody of whom nothing is known.
pub(super) fn stranger_refused(reason: Reason, request: RequestId) -> Told {
    Told { response: finish(stranger(problem::of(reason).status, request), request), outcome: reason.code() }
}

/// Adds `Allow` to a 405.
pub(super) fn allowing(mut told: Told, verb: &hyper::Method) -> Told {
    if let Ok(value) = HeaderValue::from_str(verb.as_str()) {
        told.response.headers_mut().insert(ALLOW, value);
    }
    told
}

fn finish(mut response: Answered, request: RequestId) -> Answered {
    let status = response.status();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, NO_STORE);
    if let Ok(value) = HeaderValue::try_from(request.text()) {
        headers.insert(X_REQUEST_ID, value);
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Mutual"));
    }
    if status == StatusCode::SERVICE_UNAVAILABLE && !headers.contains_key(RETRY_AFTER) {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response
}

fn json(status: StatusCode, body: Vec<u8>) -> Answered {
    with_type(status, JSON, body)
}

fn with_type(status: StatusCode, content_type: HeaderValue, body: Vec<u8>) -> Answered {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    // Room at once for every field that follows, `Date` and `Content-Length` included.
    response.headers_mut().reserve(HEADER_FIELDS);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

fn stranger(status: StatusCode, request: RequestId) -> Answered {
    let mut body = Json::with_capacity(128);
    body.open('{');
    body.pair("type", "about:blank");
    body.key("status");
    body.number(status.as_u16());
    body.key("request_id");
    body.plain(request);
    body.close('}');
    with_type(status, PROBLEM, body.finish())
}

/// RFC 9457 with the code, what may be said and where it lies.
fn known_problem(voice: Voice, request: RequestId, refusal: &Refusal) -> Answered {
    let face = problem::of(refusal.reason);
    let mut body = Json::with_capacity(512);
    body.open('{');
    body.key("type");
    match refusal.reason {
        Reason::QuotaExhausted | Reason::RateLimited => body.text("https://iana.org/assignments/http-problem-types#quota-exceeded"),
        reason => body.plain(format_args!("/docs#{}", reason.code())),
    }
    body.pair("title", if voice.english { face.english } else { face.indonesian });
    body.key("status");
    body.number(face.status.as_u16());
    body.pair("code", refusal.reason.code());
    body.key("request_id");
    body.plain(request);
    body.pair("detail", refusal.detail.as_deref().unwrap_or(face.english));
    if let Reason::QuotaExhausted | Reason::RateLimited = refusal.reason {
        body.key("violated-policies");
        body.open('[');
        body.text(if refusal.reason == Reason::RateLimited { "burst" } else { "daily" });
        body.close(']');
    }
    if !refusal.elements.is_empty() {
        body.key("errors");
        body.open('[');
        for elemen in refusal.elements.iter() {
            body.open('{');
            body.key("pointer");
            body.plain(format_args!("#/elements/{}", elemen.name()));
            body.pair("element", elemen.name());
            body.close('}');
        }
        body.close(']');
    }
    body.close('}');
    with_type(face.status, PROBLEM, body.finish())
}

/// Structured fields of draft-ietf-httpapi-ratelimit-headers-10.
fn rate_limit(headers: &mut hyper::HeaderMap, balance: &Balance) {
    let (mut first, mut second) = (itoa::Buffer::new(), itoa::Buffer::new());
    let (per_second, per_day) = (first.format(balance.per_second.get()), second.format(balance.per_day));
    field(headers, RATE_LIMIT_POLICY, &["\"burst\";q=", per_second, ";w=1,\"daily\";q=", per_day, ";w=86400"]);
    let (left, until) = (first.format(balance.remaining_day), second.format(balance.resets_in_s));
    field(headers, RATE_LIMIT, &["\"daily\";r=", left, ";t=", until]);
}

/// A header field from its parts: every answer has some, and the formatter takes longer than the fields are worth.
fn field(headers: &mut hyper::HeaderMap, name: HeaderName, parts: &[&str]) {
    if let Ok(value) = HeaderValue::try_from(parts.concat()) {
        headers.insert(name, value);
    }
}
