//! kill -9 at any point of a loaded run: no request that was answered is missing from the log, and nothing is counted that is not in it.
//!
//! Real processes. What is remembered is what a client has read to the last byte; what is checked comes from the log's files alone.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code may panic")]

mod process;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gerbang::kernel::Zone;
use jiff::Timestamp;
use process::{Running, demo, gerbang};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

const ROUNDS: u64 = 20;
const CLIENTS: usize = 4;
const PER_DAY: u64 = 2_000_000_000;

/// One connection of the bank, kept alive.
struct Client(StreamOwned<ClientConnection, TcpStream>);

/// What a client must find in the log again: the index, the leaf and the id of an answer.
#[derive(Debug, PartialEq, Eq)]
struct Remembered {
    index: u64,
    leaf: String,
    request: String,
}

/// A demo that is started again and again.
struct Bank {
    dir: PathBuf,
    tls: Arc<ClientConfig>,
    bodies: Arc<Vec<String>>,
}

impl Client {
    fn connect(address: SocketAddr, tls: &Arc<ClientConfig>) -> std::io::Result<Self> {
        let tcp = TcpStream::connect(address)?;
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(Duration::from_secs(30)))?;
        let session = ClientConnection::new(Arc::clone(tls), ServerName::from(address.ip())).map_err(std::io::Error::other)?;
        Ok(Self(StreamOwned::new(session, tcp)))
    }

    /// Sends a request and reads the whole answer; what breaks off is an error.
    fn ask(&mut self, request: &str) -> std::io::Result<(String, Value)> {
        self.0.write_all(request.as_bytes())?;
        self.0.flush()?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.0.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap()];
        self.0.read_exact(&mut body)?;
        Ok((head, serde_json::from_slice(&body).unwrap()))
    }
}

impl Bank {
    fn new(dir: &Path) -> Self {
        gerbang::tls::install_provider();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(dir.join("ca.pem")).unwrap()).unwrap();
        let own = dir.join("clients/bank-antasari");
        let chain = vec![CertificateDer::from_pem_file(own.join("cert.pem")).unwrap()];
        let key = PrivateKeyDer::from_pem_file(own.join("key.pem")).unwrap();
        let tls = ClientConfig::builder().with_root_certificates(roots).with_client_auth_cert(chain, key).unwrap();
        let personas: Vec<Value> = serde_json::from_slice(&std::fs::read(dir.join("personas.json")).unwrap()).unwrap();
        let bodies = personas
            .iter()
            .map(|persona| {
                json!({"nik": persona["nik"], "elements": {"NAMA_LGKP": "SITI AMINAH", "TGL_LHR": "1990-01-01"}}).to_string()
            })
            .collect();
        Self { dir: dir.to_owned(), tls: Arc::new(tls), bodies: Arc::new(bodies) }
    }

    fn log(&self) -> PathBuf {
        self.dir.join("audit")
    }

    /// Asks without end until the gateway is gone; tells of each answer that came whole.
    fn load(&self, api: SocketAddr, first: usize, told: Sender<Remembered>) -> JoinHandle<()> {
        let (tls, bodies) = (Arc::clone(&self.tls), Arc::clone(&self.bodies));
        std::thread::spawn(move || {
            let Ok(mut client) = Client::connect(api, &tls) else { return };
            for body in bodies.iter().cycle().skip(first) {
                let request = format!(
                    "POST /v1/verify HTTP/1.1\r\nHost: {api}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                let Ok((head, answer)) = client.ask(&request) else { return };
                assert!(head.starts_with("HTTP/1.1 200 "), "{head}{answer}");
                told.send(remembered(&answer)).unwrap();
            }
        })
    }

    /// What the agreement says is left of the day, and the place of that answer in the log.
    fn remaining(&self, api: SocketAddr) -> (u64, Zone, Remembered) {
        let request = format!("GET /v1/agreement HTTP/1.1\r\nHost: {api}\r\n\r\n");
        let (_, answer) = Client::connect(api, &self.tls).unwrap().ask(&request).unwrap();
        let zone = [Zone::Wib, Zone::Wita, Zone::Wit].into_iter().find(|zone| answer["term"]["zone"] == zone.word()).unwrap();
        (answer["quota"]["remaining_day"].as_u64().unwrap(), zone, remembered(&answer))
    }

    /// The log as `audit show` tells it.
    fn shown(&self) -> Vec<Value> {
        let output = run(gerbang().args(["audit", "show", "--json", "--dir"]).arg(self.log()));
        output.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The log holds; the tail that it names as torn, if it does.
    fn verified(&self) -> Option<String> {
        let output = run(gerbang().args(["audit", "verify", "--json", "--dir"]).arg(self.log()));
        serde_json::from_str::<Value>(&output).unwrap()["torn_tail"].as_str().map(str::to_owned)
    }
}

/// What must be in the log, for this answer is out.
fn remembered(answer: &Value) -> Remembered {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let receipt = &answer["receipt"];
    Remembered { index: receipt["index"].as_u64().unwrap(), leaf: text(&receipt["leaf"]), request: text(&answer["id"]) }
}

/// Runs a command that must succeed, for its stdout.
fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The answers of a round after which the gateway is killed: none, few, or some hundreds.
fn answers_before_the_kill(round: u64) -> u64 {
    match round % 5 {
        0 => round / 5,
        // Multiples of a prime, scattered.
        _ => round.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 383,
    }
}

/// Loads a running gateway, kills it while it answers, and gives all that its clients have read.
fn killed_under_load(bank: &Bank, mut running: Running, answers: u64) -> Vec<Remembered> {
    let (told, heard): (Sender<Remembered>, Receiver<Remembered>) = channel();
    let threads: Vec<_> = (0..CLIENTS).map(|client| bank.load(running.api, client * 7, told.clone())).collect();
    drop(told);
    let mut kept: Vec<Remembered> = heard.iter().take(usize::try_from(answers).unwrap()).collect();
    if answers > 100 {
        assert_eq!(kept.len() as u64, answers, "the gateway is gone too early");
        bank.verified();
        kept.extend(heard.iter().take(1));
    }
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    // The clients end with their connections, and so does the channel.
    kept.extend(heard);
    for thread in threads {
        thread.join().unwrap();
    }
    let (_samples, logs) = running.last_words();
    assert!(!logs.contains("panicked") && !logs.contains("\"error\""), "{logs}");
    kept
}

/// Entries counted for the bank before an answer, on the day of that answer.
fn counted_before(shown: &[Value], answer: &Remembered, zone: Zone) -> u64 {
    let day = |entry: &Value| zone.date(entry["time"].as_str().unwrap().parse::<Timestamp>().unwrap());
    let at = usize::try_from(answer.index).unwrap();
    let today = day(&shown[at]);
    shown[..at].iter().filter(|entry| entry["counted"] == true && day(entry) == today).count() as u64
}

#[test]
fn nothing_that_was_answered_is_lost_by_kill_9() {
    let began = Instant::now();
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("demo");
    drop(Running::start(&mut demo(&dir)));
    let bank = Bank::new(&dir);
    let mut before: Vec<Value> = bank.shown();
    let mut everything: BTreeMap<u64, Remembered> = BTreeMap::new();
    let mut torn = 0;
    for round in 0..ROUNDS {
        if round % 4 == 3 {
            // Killed while it opens the log, or a little before or after.
            let mut cut_short = demo(&dir).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            cut_short.kill().unwrap();
            cut_short.wait().unwrap();
        }
        let running = Running::start(&mut demo(&dir));
        let (remaining, zone, agreement) = bank.remaining(running.api);
        let answers = answers_before_the_kill(round);
        let kept = killed_under_load(&bank, running, answers);
        torn += u64::from(bank.verified().is_some());
        let shown = bank.shown();

        assert_eq!(PER_DAY - remaining, counted_before(&shown, &agreement, zone), "round {round}: the quota after a restart");
        for answer in kept.into_iter().chain([agreement]) {
            let index = answer.index;
            assert!(everything.insert(index, answer).is_none(), "round {round}: two answers with index {index}");
        }
        for (place, entry) in shown.iter().enumerate() {
            assert_eq!(entry["index"], place, "round {round}: indexes are contiguous");
        }
        for answer in everything.values() {
            let entry = usize::try_from(answer.index).ok().and_then(|index| shown.get(index));
            let entry = entry.unwrap_or_else(|| panic!("round {round}: lost {answer:?}, the log has {} entries", shown.len()));
            assert_eq!((&entry["leaf"], &entry["request"]), (&json!(answer.leaf), &json!(answer.request)), "round {round}");
        }
        assert!(shown.starts_with(&before), "round {round}: the log of before is the beginning of the log");
        assert!(shown.len() > before.len());
        before = shown;
    }
    assert!(everything.len() > 1000, "the rounds had load: {}", everything.len());
    println!(
        "{ROUNDS} rounds: {} answers kept, {} entries in the log, {torn} torn tails, {:?}",
        everything.len(),
        before.len(),
        began.elapsed()
    );
}
