//! A long batch against a real gateway: its memory does not grow with the lines.
//!
//! With `GERBANG_BATCH_LINES=1000000` in the environment the same is measured for a million lines; the figure stands on stderr.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code may panic")]

#[expect(dead_code, reason = "what a gateway says is not read here")]
mod process;

use std::path::Path;
use std::sync::Arc;

use process::{Running, demo};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

const LINES: usize = 60_000;
const GROWTH_MIB_MAX: u64 = 64;
const LINES_A_CHUNK: usize = 500;

/// A figure of a process in KiB: `VmRSS`, or `VmHWM` for the most there was.
fn memory_kib(process: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_start_matches(':').split_whitespace().next().unwrap().parse().unwrap()
}

fn client_config(dir: &Path) -> ClientConfig {
    gerbang::tls::install_provider();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(dir.join("ca.pem")).unwrap()).unwrap();
    let client = dir.join("clients/bank-antasari");
    let chain = vec![CertificateDer::from_pem_file(client.join("cert.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(client.join("key.pem")).unwrap();
    ClientConfig::builder().with_root_certificates(roots).with_client_auth_cert(chain, key).unwrap()
}

/// Lines about every persona in turn, three elements each.
fn chunks(dir: &Path) -> Vec<String> {
    let personas: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(dir.join("personas.json")).unwrap()).unwrap();
    let line = |persona: &serde_json::Value| {
        let value = |name: &str| persona["row"][name].as_str().filter(|text| !text.is_empty()).unwrap_or("X").to_owned();
        let elements =
            serde_json::json!({"NAMA_LGKP": value("NAMA_LGKP"), "TMPT_LHR": value("TMPT_LHR"), "TGL_LHR": value("TGL_LHR")});
        format!("{}\n", serde_json::json!({"nik": persona["nik"], "elements": elements}))
    };
    let lines: Vec<String> = personas.iter().map(line).collect();
    let chunk = |from: usize| -> String { lines.iter().cycle().skip(from).take(LINES_A_CHUNK).map(String::as_str).collect() };
    (0..lines.len()).map(|from| chunk(from * 7)).map(|text| format!("{:x}\r\n{text}\r\n", text.len())).collect()
}

#[test]
fn a_long_batch_takes_no_more_memory_than_a_short_one() {
    let wanted = std::env::var("GERBANG_BATCH_LINES").map_or(LINES, |text| text.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("demo");
    let running = Running::start(&mut demo(&place));
    let process = running.child.id();
    let chunks = chunks(&place);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (idle, lines) = runtime.block_on(async {
        let tcp = TcpStream::connect(running.api).await.unwrap();
        let connector = TlsConnector::from(Arc::new(client_config(&place)));
        let stream = connector.connect(ServerName::try_from("localhost").unwrap(), tcp).await.unwrap();
        let idle = memory_kib(process, "VmRSS");
        let (mut reader, mut writer) = tokio::io::split(stream);
        let head = "POST /v1/verify/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n\
            Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
        let say = async {
            writer.write_all(head.as_bytes()).await.unwrap();
            for chunk in chunks.iter().cycle().take(wanted / LINES_A_CHUNK) {
                writer.write_all(chunk.as_bytes()).await.unwrap();
            }
            writer.write_all(b"0\r\n\r\n").await.unwrap();
            writer.flush().await.unwrap();
        };
        let hear = async {
            let mut buffer = vec![0; 64 * 1024];
            let (mut lines, mut last) = (0, 0);
            loop {
                let read = reader.read(&mut buffer).await.unwrap();
                if read == 0 {
                    return lines;
                }
                for byte in &buffer[..read] {
                    // A line ends in braces: the feeds of head and chunks follow a carriage return.
                    lines += usize::from(*byte == b'\n' && last == b'}');
                    last = *byte;
                }
            }
        };
        let ((), lines) = tokio::join!(say, hear);
        (idle, lines)
    });
    let growth_kib = memory_kib(process, "VmHWM").saturating_sub(idle);
    eprintln!("{wanted} lines: {} MiB when idle, at most {} MiB more", idle / 1024, growth_kib / 1024);
    assert_eq!(lines, wanted);
    assert!(growth_kib / 1024 < GROWTH_MIB_MAX, "{growth_kib} KiB more than when idle");
    assert_eq!(answered(&place), wanted);
}

/// Entries in the audit log about questions that were answered.
fn answered(place: &Path) -> usize {
    let mut entries = 0;
    gerbang::journal::verify(&gerbang::disk::RealDisk, &place.join("audit"), &mut |_, entry| {
        entries += usize::from(matches!(entry, gerbang::audit::Entry::Question(question) if matches!(question.outcome, gerbang::audit::Verdict::Answered(_))));
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    entries
}
