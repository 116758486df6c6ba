//! Rounds of single operations, each timed: medians and 99th percentiles of wall time, processor time of the thread, and how far the
//! rounds lie apart. On a machine that others use too, the median of the rounds and the processor time say more than any one round.

use std::time::Instant;

use gerbang::kernel::Nik;
use rustix::time::{ClockId, clock_gettime};

pub(crate) type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// One figure for each round, in microseconds.
#[derive(Default)]
pub(crate) struct Series {
    p50: Vec<f64>,
    p99: Vec<f64>,
    cpu: Vec<f64>,
}

impl Series {
    /// Runs rounds over all NIKs; an operation that says false ends the bench.
    pub(crate) fn over(rounds: usize, niks: &[Nik], mut operation: impl FnMut(Nik) -> bool) -> Fallible<Self> {
        let mut series = Self::default();
        // The first touch of each page maps it: that round does not count.
        Self::default().round(niks, &mut operation)?;
        for _ in 0..rounds {
            series.round(niks, &mut operation)?;
        }
        Ok(series)
    }

    pub(crate) fn round(&mut self, niks: &[Nik], operation: &mut impl FnMut(Nik) -> bool) -> Fallible<()> {
        let mut times = Vec::with_capacity(niks.len());
        let cpu_before = thread_cpu_us();
        for nik in niks {
            let started = Instant::now();
            let as_expected = operation(*nik);
            times.push(started.elapsed().as_secs_f64() * 1e6);
            if !as_expected {
                return Err("a look-up gave another outcome than expected".into());
            }
        }
        self.cpu.push((thread_cpu_us() - cpu_before) / niks.len().max(1) as f64);
        self.p50.push(percentile(&mut times, 50));
        self.p99.push(percentile(&mut times, 99));
        Ok(())
    }

    /// One line of the table: the medians over the rounds, and the lowest and highest p50.
    pub(crate) fn print(mut self, what: &str) {
        let p50 = median(&mut self.p50);
        let (low, high) = (percentile(&mut self.p50, 0), percentile(&mut self.p50, 100));
        println!("| {what} | {p50:.2} ({low:.2}-{high:.2}) | {:.2} | {:.2} |", median(&mut self.p99), median(&mut self.cpu));
    }
}

/// The processor time that this thread has had.
pub(crate) fn thread_cpu_us() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
}

pub(crate) fn median(figures: &mut [f64]) -> f64 {
    percentile(figures, 50)
}

fn percentile(figures: &mut [f64], percent: usize) -> f64 {
    figures.sort_unstable_by(f64::total_cmp);
    figures.get((figures.len() * percent / 100).min(figures.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// Processor, cores and load.
pub(crate) fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let model =
        cpuinfo.lines().find_map(|line| line.strip_prefix("model name")).map_or("", |rest| rest.trim_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{model}, {cores} cores, load {}", read("/proc/loadavg").trim())
}

/// The number behind a name in a file of /proc.
pub(crate) fn proc_number(path: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()).and_then(|number| number.parse().ok()).unwrap_or_default()
}
