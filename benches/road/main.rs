//! The whole road against a floor: CPU time of the server per hot `/v1/verify` (five elements, mTLS, keep-alive, agreement, quota,
//! audit entry durable) beside that of a bare hyper + tokio-rustls server which reads the same requests and answers a fixed body of
//! the same size. Both are processes of their own, loaded in turn by one client in one run; CPU time is the kernel's own count of
//! nanoseconds over all their threads. Ratios are medians over the rounds.
//!
//! `cargo bench --all-features --bench road -- [ROUNDS] [SECONDS]`
#![expect(clippy::print_stdout, reason = "a bench prints")]

mod bare;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Result;
use gerbang::cli::bench::disk_speed::fdatasync_p50_us;
use gerbang::cli::bench::load::Load;
use gerbang::cli::bench::server::{Figures, Server};
use serde_json::{Value, json};

/// Connections kept busy at once.
const CONNECTIONS: [usize; 2] = [32, 256];
const ROWS: &str = "100000";
const ELEMENTS: [&str; 5] = ["NAMA_LGKP", "TMPT_LHR", "TGL_LHR", "JENIS_KLMIN", "ALAMAT"];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [role, dir, body_bytes] = arguments.as_slice()
        && role == "bare"
    {
        return bare::serve(Path::new(dir), body_bytes.parse()?);
    }
    let number = |place: usize, default: u64| arguments.get(place).map_or(Ok(default), |text| text.parse());
    let (rounds, seconds) = (number(0, 5)?, number(1, 2)?);
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("road-bench");
    let gerbang = Server::start(
        Command::new(env!("CARGO_BIN_EXE_gerbang"))
            .args(["demo", "--rows", ROWS, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
            .arg("--dir")
            .arg(&dir)
            .stderr(Stdio::null()),
    )?;
    let requests = requests(&dir)?;
    let load = |address, connections| Load {
        dir: &dir,
        lembaga: "bank-antasari",
        address,
        connections,
        length: Duration::from_secs(seconds),
        requests: &requests,
        once: false,
    };
    let answer_bytes = load(gerbang.address, 1).answer_bytes()?;
    let bare = Server::start(Command::new(std::env::current_exe()?).arg("bare").arg(&dir).arg(answer_bytes.to_string()))?;
    println!(
        "{rounds} rounds of {seconds} s each; request {} B, answer {answer_bytes} B; fdatasync p50 {:.0} µs before",
        requests.first().map_or(0, Vec::len),
        fdatasync_p50_us(&dir)?
    );
    println!("| connections | gerbang µs/req | bare µs/req | ratio | gerbang req/s | bare req/s | gerbang p50/p99 ms |");
    println!("|--:|--:|--:|--:|--:|--:|--:|");
    for connections in CONNECTIONS {
        let mut figures = Vec::new();
        for _ in 0..rounds {
            let own = gerbang.measure(&load(gerbang.address, connections))?;
            let floor = bare.measure(&load(bare.address, connections))?;
            figures.push((own, floor));
        }
        report(connections, &figures);
    }
    println!("fdatasync p50 {:.0} µs after", fdatasync_p50_us(&dir)?);
    gerbang.stop()?;
    bare.stop()
}

fn report(connections: usize, figures: &[(Figures, Figures)]) {
    let median = |pick: &dyn Fn(&(Figures, Figures)) -> f64| {
        let mut values: Vec<f64> = figures.iter().map(pick).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    };
    println!(
        "| {connections} | {:.1} | {:.1} | {:.2} | {:.0} | {:.0} | {:.2}/{:.2} |",
        median(&|(own, _)| own.cpu_us),
        median(&|(_, floor)| floor.cpu_us),
        median(&|(own, floor)| own.cpu_us / floor.cpu_us),
        median(&|(own, _)| own.per_second),
        median(&|(_, floor)| floor.per_second),
        median(&|(own, _)| own.wait_ms[0]),
        median(&|(own, _)| own.wait_ms[1]),
    );
}

/// One request per persona of code 01, as bytes on the wire.
fn requests(dir: &Path) -> Result<Vec<Vec<u8>>> {
    let personas: Vec<Value> = serde_json::from_slice(&std::fs::read(dir.join("personas.json"))?)?;
    let mut requests = Vec::new();
    for persona in personas.iter().filter(|persona| persona.get("code").is_some_and(|code| code == "01")) {
        let value = |name: &str| persona.get("row").and_then(|row| row.get(name)).cloned().unwrap_or_default();
        let elements: serde_json::Map<String, Value> = ELEMENTS.iter().map(|name| ((*name).to_owned(), value(name))).collect();
        let body = json!({"nik": persona.get("nik"), "elements": elements}).to_string();
        let mut request = Vec::new();
        write!(
            request,
            "POST /v1/verify HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )?;
        requests.push(request);
    }
    Ok(requests)
}
