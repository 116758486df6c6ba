//! The whole road against a floor: CPU time of the server per hot `/v1/verify` (five elements, mTLS, keep-alive, agreement, quota,
//! audit entry durable) beside that of a bare hyper + tokio-rustls server which reads the same requests and answers a fixed body of
//! the same size. Both are processes of their own, loaded in turn by one client in one run; CPU time is the kernel's own count of
//! nanoseconds over all their threads. Ratios are medians over the rounds.
//!
//! `cargo bench --all-features --bench road -- [ROUNDS] [SECONDS]`
#![expect(clippy::print_stdout, reason = "a bench prints")]

mod bare;
mod load;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
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
    let mut gerbang = Server::start(
        Command::new(env!("CARGO_BIN_EXE_gerbang"))
            .args(["demo", "--rows", ROWS, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
            .arg("--dir")
            .arg(&dir),
    )?;
    let requests = requests(&dir)?;
    let answer_bytes = load::answer_bytes(&dir, gerbang.address, &requests)?;
    let mut bare = Server::start(Command::new(std::env::current_exe()?).arg("bare").arg(&dir).arg(answer_bytes.to_string()))?;
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
            let own = gerbang.measure(&dir, connections, seconds, &requests)?;
            let floor = bare.measure(&dir, connections, seconds, &requests)?;
            figures.push((own, floor));
        }
        report(connections, &figures);
    }
    println!("fdatasync p50 {:.0} µs after", fdatasync_p50_us(&dir)?);
    gerbang.stop()?;
    bare.stop()
}

/// What one round measured of a server.
#[derive(Clone, Copy)]
struct Measured {
    cpu_us: f64,
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
}

fn report(connections: usize, figures: &[(Measured, Measured)]) {
    let median = |pick: &dyn Fn(&(Measured, Measured)) -> f64| {
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
        median(&|(own, _)| own.p50_ms),
        median(&|(own, _)| own.p99_ms),
    );
}

/// A server in a process of its own, which says `ready https://ADDRESS` first.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start(command: &mut Command) -> Result<Self> {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("stdout")?).read_line(&mut line)?;
        let Some(address) = line.trim().strip_prefix("ready https://") else { bail!("not ready: {line}") };
        Ok(Self { address: address.parse()?, child })
    }

    fn measure(&mut self, dir: &Path, connections: usize, seconds: u64, requests: &[Vec<u8>]) -> Result<Measured> {
        // A short warm-up: handshakes and caches are not what is measured.
        load::run(dir, self.address, connections, Duration::from_millis(300), requests, &mut || ())?;
        let id = self.child.id();
        let mut before = 0;
        let began = Instant::now();
        let loaded = load::run(dir, self.address, connections, Duration::from_secs(seconds), requests, &mut || {
            before = cpu_ns(id).unwrap_or(0);
        })?;
        let spent = cpu_ns(id)?.saturating_sub(before);
        let answers = loaded.answers as f64;
        let took = began.elapsed().as_secs_f64().min(loaded.took.as_secs_f64());
        Ok(Measured {
            cpu_us: spent as f64 / 1000.0 / answers,
            per_second: answers / took,
            p50_ms: loaded.p50_ms,
            p99_ms: loaded.p99_ms,
        })
    }

    fn stop(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

/// Nanoseconds that the threads of a process have run.
fn cpu_ns(process: u32) -> Result<u64> {
    let mut sum = 0;
    for task in std::fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread may end between listing and reading.
        let text = std::fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
        sum += text.split(' ').next().and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(sum)
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

/// The median of fdatasync after a 4 KiB write over preallocated bytes, on the disk that the log lies on.
fn fdatasync_p50_us(dir: &Path) -> Result<f64> {
    use std::os::unix::fs::FileExt as _;
    let mut file = tempfile::tempfile_in(dir)?;
    file.write_all(&[0; 4096 * 64])?;
    file.sync_all()?;
    let mut times = Vec::new();
    for place in 0..64u64 {
        let began = Instant::now();
        file.write_all_at(&[1; 4096], place * 4096)?;
        file.sync_data()?;
        times.push(began.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    Ok(times.get(32).copied().unwrap_or(f64::NAN))
}
