//! `POST /v1/verify/batch`: NDJSON in, NDJSON out in the same order, both as they come.
//!
//! While a window of lines is judged, sealed and sent, the next one is read, and no more than that: who does not read the answers is
//! not read from either. A client that breaks off, or that neither reads nor writes for too long, ends the work. A client over
//! HTTP/1.1 has to read while it writes.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;
use tokio::sync::mpsc;

use super::answer_v1;
use super::deadlines::Deadlines;
use super::json::Json;
use super::lines::{Broken, Reader, Window};
use super::outgoing::{Outgoing, Piece};
use super::peer::Peer;
use super::problem;
use crate::app::{App, Batch, Content, Reply, Sealed, Turned};
use crate::kernel::limits::BATCH_ANSWER_BYTES;
use crate::kernel::{Method, Reason, Refusal, causes};

/// Pieces of answers that wait to be sent.
const PIECES: usize = 1;

/// A stream of questions on its way to a stream of answers.
pub(super) struct Stream {
    pub(super) app: Arc<App>,
    pub(super) batch: Batch,
    pub(super) body: Incoming,
    pub(super) peer: Arc<Peer>,
    pub(super) deadlines: Deadlines,
    pub(super) log: Arc<str>,
}

/// Why a stream ends before its time.
enum Ended {
    /// Lines no longer come.
    Reading(Broken),
    /// Answers are no longer taken.
    Unread,
    /// Nobody known asks any more, or the house can't go on.
    Turned,
}

impl Stream {
    /// The body of the response, and the work that fills it: whoever holds it drives it.
    pub(super) fn start(self) -> (Outgoing, impl Future<Output = ()> + Send) {
        let (pieces, taken) = mpsc::channel(PIECES);
        let work = async move {
            let idle = self.deadlines.idle;
            let gone = pieces.clone();
            let whole = tokio::select! {
                whole = self.run(&pieces) => whole,
                () = gone.closed() => false,
            };
            if whole {
                // The connection is busy with this until the last piece is taken. Else the stream is cut off at once.
                let _too_slow = tokio::time::timeout(idle, gone.closed()).await;
            }
        };
        (Outgoing::Stream(taken), work)
    }

    /// Answers the lines; whether the stream came to its end.
    async fn run(self, pieces: &mpsc::Sender<Piece>) -> bool {
        let Self { app, batch, body, peer, deadlines, log } = self;
        let answers = Answers { app, peer, log, idle: deadlines.idle, pieces };
        let mut reader = Reader::new(body);
        let ended = answers.all(&batch, &mut reader, &deadlines).await;
        match ended {
            Ok(()) => answers.put(Piece::End).await.is_ok(),
            Err(Ended::Reading(Broken::Late)) => {
                let mut text = String::new();
                error_line(&mut text, reader.lines() + 1, &Refusal::new(Reason::RequestTimeout));
                answers.send(text).await.is_ok() && answers.put(Piece::End).await.is_ok()
            }
            Err(Ended::Reading(Broken::Off) | Ended::Unread | Ended::Turned) => false,
        }
    }
}

/// The way out.
struct Answers<'a> {
    app: Arc<App>,
    peer: Arc<Peer>,
    log: Arc<str>,
    idle: Duration,
    pieces: &'a mpsc::Sender<Piece>,
}

impl Answers<'_> {
    /// Answers all lines, reading the next window while one is answered.
    async fn all(&self, batch: &Batch, reader: &mut Reader<Incoming>, deadlines: &Deadlines) -> Result<(), Ended> {
        let mut next = Window::default();
        loop {
            let lines_max = batch.window_lines_max();
            if next.is_empty() {
                reader.wait(&mut next, lines_max, deadlines.idle, deadlines.body).await.map_err(Ended::Reading)?;
            }
            if next.is_empty() {
                return Ok(());
            }
            let mut work = pin!(self.window(batch, std::mem::take(&mut next)));
            loop {
                let reads = !reader.is_done() && !next.is_full(lines_max);
                tokio::select! {
                    biased;
                    done = work.as_mut() => break done?,
                    read = reader.fill(&mut next, lines_max), if reads => read.map_err(Ended::Reading)?,
                }
            }
        }
    }

    /// Answers one window and sends the answers.
    async fn window(&self, batch: &Batch, window: Window) -> Result<(), Ended> {
        let numbers = window.numbers();
        if !self.peer.is_vouched() {
            batch.withdraw();
        }
        let answered = batch.answer(numbers.len(), Box::new(window.questions())).await.map_err(|turned| {
            if let Turned::House(fault) = &turned {
                tracing::error!(cause = %causes(fault), "a batch cannot go on");
            }
            Ended::Turned
        })?;
        if let Some(Turned::House(fault)) = answered.iter().find_map(|line| line.as_ref().err()) {
            tracing::error!(code = fault.public.reason.code(), cause = %causes(fault), "lines of a batch are not answered");
        }
        let mut text = String::with_capacity(BATCH_ANSWER_BYTES);
        for (line, number) in answered.iter().zip(numbers) {
            let outcome = write_line(&mut text, number, line, &self.log);
            self.app.figures().line(self.peer.lembaga(), outcome);
            if text.len() >= BATCH_ANSWER_BYTES {
                self.send(std::mem::replace(&mut text, String::with_capacity(BATCH_ANSWER_BYTES))).await?;
            }
        }
        self.send(text).await
    }

    async fn send(&self, text: String) -> Result<(), Ended> {
        self.put(Piece::Bytes(Bytes::from(text))).await
    }

    async fn put(&self, piece: Piece) -> Result<(), Ended> {
        match tokio::time::timeout(self.idle, self.pieces.send(piece)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Ended::Unread),
        }
    }
}

/// Appends the line of an answer or of an error; the word under which it is counted.
pub fn write_line(text: &mut String, number: u64, line: &Result<Sealed<Reply>, Turned>, log: &str) -> &'static str {
    let refusal = match line {
        Ok(sealed) => match &sealed.content().content {
            Content::Answer(answer) => {
                let mut json = Json::onto(std::mem::take(text));
                answer_v1::line(&mut json, number, Method::Verify, answer, sealed, log);
                *text = json.end_line();
                return answer.outcome().word();
            }
            Content::Refused(refusal) => refusal,
            // Not asked for in a batch.
            Content::Agreement => &Refusal::new(Reason::BodyMalformed),
        },
        Err(Turned::Stranger(refusal)) => refusal,
        Err(Turned::House(fault)) => &fault.public,
    };
    error_line(text, number, refusal);
    refusal.reason.code()
}

fn error_line(text: &mut String, number: u64, refusal: &Refusal) {
    let mut json = Json::onto(std::mem::take(text));
    json.open('{');
    json.key("line");
    json.number(number);
    json.pair("code", refusal.reason.code());
    json.key("detail");
    let detail = refusal.detail.as_deref().unwrap_or(problem::of(refusal.reason).english);
    if refusal.elements.is_empty() {
        json.text(detail);
    } else {
        let names: Vec<&str> = refusal.elements.iter().map(|elemen| elemen.name()).collect();
        json.text(&format!("{detail}: {}", names.join(", ")));
    }
    json.close('}');
    *text = json.end_line();
}
