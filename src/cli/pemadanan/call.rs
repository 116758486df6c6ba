//! The client's side of `/v1/verify/batch`: one connection over mutual TLS, lines out and answers in at the same time.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::path::Path;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsConnector;

use super::ask::Questions;
use super::kept::Kept;
use super::outcome::{Answer, Outcome};
use super::table::Table;

/// Rows under way at once: what an interruption may cost of the quota.
const UNDER_WAY_MAX: usize = 1024;
/// Bytes of lines that are sent at once.
const SENT_BYTES: usize = 16 * 1024;
/// Pieces of lines that wait to be sent.
const PIECES: usize = 2;
/// Bytes of an answer to one line, and of a problem.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// How long the gateway may say nothing while answers are due.
const SILENCE_MAX: Duration = Duration::from_secs(120);

/// A gateway to be asked.
pub(super) struct Gateway {
    host: String,
    port: u16,
    tls: Arc<ClientConfig>,
}

/// The lines on their way out.
struct Lines(mpsc::Receiver<Bytes>);

/// What both directions share.
struct Run<'a> {
    questions: &'a Questions,
    kept: RefCell<&'a mut Kept>,
    progress: RefCell<&'a mut dyn FnMut(u64)>,
    /// The rows asked and not answered, in order.
    under_way: RefCell<VecDeque<u64>>,
    room: Semaphore,
    /// Why no more rows are asked.
    stop: RefCell<Option<String>>,
    all_sent: Cell<bool>,
}

impl Body for Lines {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}

impl Gateway {
    /// Reads the address and the PEM files.
    pub(super) fn new(url: &str, ca: &Path, cert: &Path, key: &Path) -> Result<Self> {
        let uri: Uri = url.parse().with_context(|| format!("--url {url} is no URL"))?;
        ensure!(uri.scheme_str() == Some("https"), "--url {url}: only https is spoken");
        ensure!(matches!(uri.path(), "" | "/"), "--url {url}: only the address, without a path");
        let host = uri.host().with_context(|| format!("--url {url} names no host"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let read = |path: &Path| {
            let found = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            let found = found.with_context(|| format!("cannot read certificates from {}", path.display()))?;
            ensure!(!found.is_empty(), "{} holds no certificate", path.display());
            Ok(found)
        };
        let mut roots = RootCertStore::empty();
        for authority in read(ca)? {
            roots.add(authority).with_context(|| format!("{} holds no usable authority", ca.display()))?;
        }
        let key = PrivateKeyDer::from_pem_file(key).with_context(|| format!("cannot read a private key from {}", key.display()))?;
        let tls = ClientConfig::builder().with_root_certificates(roots).with_client_auth_cert(read(cert)?, key);
        let tls = Arc::new(tls.context("certificate and key do not fit together")?);
        Ok(Self { host, port: uri.port_u16().unwrap_or(443), tls })
    }

    /// Asks for every row of the table that has no answer yet, and keeps the answers. Gives why it stopped before the end.
    pub(super) fn ask(
        &self,
        table: Table,
        questions: &Questions,
        kept: &mut Kept,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Option<String>> {
        let run = Run {
            questions,
            kept: RefCell::new(kept),
            progress: RefCell::new(progress),
            under_way: RefCell::default(),
            room: Semaphore::new(UNDER_WAY_MAX),
            stop: RefCell::default(),
            all_sent: Cell::new(false),
        };
        let run = Rc::new(run);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start a runtime")?;
        runtime.block_on(self.exchange(table, &run))?;
        let stopped = run.stop.borrow_mut().take();
        Ok(stopped)
    }

    async fn exchange(&self, table: Table, run: &Run<'_>) -> Result<()> {
        let connecting = async {
            let tcp = TcpStream::connect((self.host.as_str(), self.port)).await?;
            tcp.set_nodelay(true)?;
            let name = ServerName::try_from(self.host.clone()).map_err(std::io::Error::other)?;
            TlsConnector::from(Arc::clone(&self.tls)).connect(name, tcp).await
        };
        let place = || format!("cannot reach the gateway at {}:{}", self.host, self.port);
        let stream = tokio::time::timeout(SILENCE_MAX, connecting).await.with_context(place)?.with_context(place)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.with_context(place)?;
        let (pieces, lines) = mpsc::channel(PIECES);
        let authority = format!("{}:{}", self.host, self.port);
        let request = Request::post("/v1/verify/batch")
            .header("host", authority)
            .header("content-type", "application/x-ndjson")
            .body(Lines(lines))?;
        let answered = async {
            let response = sender.send_request(request).await.context("the gateway does not answer")?;
            run.hear(response).await
        };
        let exchanged = async { tokio::try_join!(answered, run.say(table, pieces)).map(|((), ())| ()) };
        let interrupted = async {
            if tokio::signal::ctrl_c().await.is_ok() {
                run.stop("interrupted".to_owned());
            }
            std::future::pending::<()>().await;
        };
        let driven = async {
            let ended = connection.await;
            // What is known by then is told by the other side.
            let _told_there = ended;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            done = exchanged => done,
            () = driven => Ok(()),
            () = interrupted => Ok(()),
        }
    }
}

impl Run<'_> {
    fn stop(&self, why: String) {
        self.stop.borrow_mut().get_or_insert(why);
        // Whoever waits for room finds out.
        self.room.add_permits(1);
    }

    /// Sends the rows that have no answer; rows that can't be asked get their outcome here.
    async fn say(&self, table: Table, pieces: mpsc::Sender<Bytes>) -> Result<()> {
        let mut text = String::new();
        for (row, number) in table.rows.zip(0..) {
            let cells = row?;
            if self.kept.borrow().has(number) {
                continue;
            }
            let line = match self.questions.line(&cells) {
                Ok(line) => line,
                Err(why) => {
                    self.keep(&[Outcome::unasked(number, why)])?;
                    continue;
                }
            };
            if self.room.available_permits() == 0 && !text.is_empty() {
                self.send(&pieces, &mut text).await;
            }
            self.room.acquire().await?.forget();
            if self.stop.borrow().is_some() {
                break;
            }
            self.under_way.borrow_mut().push_back(number);
            text.push_str(&line);
            text.push('\n');
            if text.len() >= SENT_BYTES {
                self.send(&pieces, &mut text).await;
            }
        }
        self.send(&pieces, &mut text).await;
        self.all_sent.set(true);
        Ok(())
    }

    async fn send(&self, pieces: &mpsc::Sender<Bytes>, text: &mut String) {
        if !text.is_empty() {
            // Where nobody takes it any more, the other direction says why.
            let _gone = pieces.send(Bytes::from(std::mem::take(text))).await;
        }
    }

    /// Reads the answers until they end.
    async fn hear(&self, response: Response<Incoming>) -> Result<()> {
        let taken = response.status().is_success();
        let mut body = response.into_body();
        let mut read: Vec<u8> = Vec::new();
        loop {
            let frame = tokio::time::timeout(SILENCE_MAX, body.frame()).await.context("the gateway says nothing any more")?;
            let Some(frame) = frame else { break };
            let frame = frame.context("the gateway broke off")?;
            read.extend_from_slice(frame.data_ref().map_or(&[], |data| data));
            if taken {
                self.answers(&mut read)?;
            }
            ensure!(read.len() <= ANSWER_BYTES_MAX, "the gateway gave an answer without an end");
        }
        if !taken {
            let problem: serde_json::Value = serde_json::from_slice(&read).unwrap_or_default();
            let text = |key: &str| problem.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
            match text("code") {
                "" => bail!("the gateway does not know this client certificate, or does not know this service"),
                code => bail!("the gateway refuses: {code}: {} ({})", text("title"), text("detail")),
            }
        }
        let owed = self.under_way.borrow().len();
        if owed > 0 && self.stop.borrow().is_none() {
            bail!("the gateway ended without answering {owed} rows");
        }
        Ok(())
    }

    /// Takes whole lines out of what was read.
    fn answers(&self, read: &mut Vec<u8>) -> Result<()> {
        let mut outcomes = Vec::new();
        let mut from = 0;
        while let Some(length) = read.iter().skip(from).position(|byte| *byte == b'\n') {
            let line = read.get(from..from + length).unwrap_or_default();
            from += length + 1;
            let row = self.under_way.borrow_mut().pop_front();
            match Answer::read(line, row.unwrap_or(u64::MAX - 2))? {
                Answer::Row(outcome) => {
                    ensure!(row.is_some(), "the gateway answered what was not asked");
                    outcomes.push(outcome);
                }
                Answer::Stop(why) => self.stop(why),
            }
            self.room.add_permits(1);
        }
        read.drain(..from);
        self.keep(&outcomes)
    }

    fn keep(&self, outcomes: &[Outcome]) -> Result<()> {
        let mut kept = self.kept.borrow_mut();
        kept.keep(outcomes)?;
        (self.progress.borrow_mut())(kept.answered());
        Ok(())
    }
}
