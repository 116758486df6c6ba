//! The table of a bench, for people and for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::requests::Asked;
use super::server::Figures;

/// One row of the table.
pub(super) struct Line {
    pub(super) asked: Asked,
    pub(super) hot: bool,
    pub(super) connections: usize,
    pub(super) figures: Figures,
}

/// All that was measured.
pub(super) struct Report {
    pub(super) rows: u64,
    pub(super) seconds: u64,
    /// Before the first round and after the last.
    pub(super) fdatasync_us: (f64, f64),
    pub(super) lines: Vec<Line>,
}

impl Line {
    const fn heat(&self) -> &'static str {
        if self.hot { "hot" } else { "cold" }
    }

    /// Answers for each second of the server's CPU.
    const fn per_core(&self) -> f64 {
        1e6 / self.figures.cpu_us
    }
}

impl Report {
    /// For people.
    pub(super) fn text(&self) -> String {
        let mut text = format!(
            "{} residents; rounds of {} s at most; {} processors; load {}; client and server on the same ones\n\
             fdatasync of the same disk p50 {:.0} µs before, {:.0} µs after\n\n",
            self.rows,
            self.seconds,
            processors(),
            load_average(),
            self.fdatasync_us.0,
            self.fdatasync_us.1
        );
        text.push_str("what      heat  connections    req/s  req/s per core  CPU µs/req   p50 ms   p99 ms  p99.9 ms\n");
        for line in &self.lines {
            let (figures, [p50, p99, p999]) = (&line.figures, line.figures.wait_ms);
            // Writing to a String can't fail.
            let _infallible = writeln!(
                text,
                "{:<9} {:<5} {:>11} {:>8.0} {:>15.0} {:>11.1} {p50:>8.2} {p99:>8.2} {p999:>9.2}",
                line.asked.word(),
                line.heat(),
                line.connections,
                figures.per_second,
                line.per_core(),
                figures.cpu_us,
            );
        }
        text.push_str("\ncold: every NIK for the first time, pages of the snapshot dropped before; hot: the same 1,000 NIKs\n");
        text.push_str("per core: answers for each second of CPU of the server's process, all its threads");
        text
    }

    /// For programs.
    pub(super) fn json(&self) -> String {
        let line = |line: &Line| {
            json!({
                "what": line.asked.word(), "heat": line.heat(), "connections": line.connections, "answers": line.figures.answers,
                "per_second": line.figures.per_second, "per_core": line.per_core(), "cpu_us": line.figures.cpu_us,
                "p50_ms": line.figures.wait_ms[0], "p99_ms": line.figures.wait_ms[1], "p999_ms": line.figures.wait_ms[2],
            })
        };
        json!({
            "rows": self.rows, "seconds": self.seconds, "processors": processors(), "load": load_average(),
            "fdatasync_p50_us": [self.fdatasync_us.0, self.fdatasync_us.1],
            "rounds": self.lines.iter().map(line).collect::<Vec<Value>>(),
        })
        .to_string()
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Of the last minute, as the system tells it: the bench's own share is in it.
fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}
