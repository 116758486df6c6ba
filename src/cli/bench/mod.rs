//! `gerbang bench`: the whole road over TLS on loopback, measured in one command.
//!
//! Makes a population, agreements and certificates as `demo` does (with quotas that do not bind), serves them by a process of its
//! own, and loads that with verifications and retrievals, cold (every NIK for the first time, the snapshot's pages dropped from the
//! page cache before) and hot (the same few NIKs again and again). TLS with client certificates, agreements, quotas and the audit log
//! are on. Server and client share the machine: CPU is that of the server's process alone.

pub mod disk_speed;
pub mod load;
mod report;
mod requests;
pub mod server;

pub use requests::RETRIEVED;

use std::path::{Path, PathBuf};
use std::process;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::{demo, output};
use crate::disk::{Disk as _, RealDisk};
use crate::kernel::Clock as _;
use crate::pks::Document;
use crate::wiring::SystemClock;

use load::Load;
use report::{Line, Report};
use server::Server;

/// NIKs that are asked again and again when hot: all of them fit into the row cache.
const HOT_NIKS: usize = 1_000;
/// NIKs for the cold rounds, at most: a request takes some 400 bytes.
const COLD_NIKS_MAX: u64 = 100_000;
/// Connections kept busy where nothing else is asked for.
const CONNECTIONS: [u64; 2] = [32, 256];
/// Quotas of the agreements made here.
const PER_SECOND: u32 = 1_000_000_000;
const PER_DAY: u64 = 1_000_000_000_000;

/// Measure the whole road: TLS, agreement, quota, look-up, matching, audit log
#[derive(clap::Args, Debug)]
pub(super) struct Command {
    /// Where population and audit log are made, and removed afterwards: must not exist; on the disk to be measured
    /// [default: a new folder in the system's temporary directory]
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Residents to make, at least 1000
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(1000..=300_000_000))]
    rows: u64,
    /// Connections kept busy at once; may be given several times [default: 32 256]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=4096))]
    connections: Vec<u64>,
    /// Seconds that each round lasts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// Tell the result as JSON
    #[arg(long)]
    json: bool,
}

impl Command {
    pub(super) fn run(self) -> Result<()> {
        let fresh = std::env::temp_dir().join(format!("gerbang-bench-{}", process::id()));
        let place = Place::make(std::path::absolute(self.dir.clone().unwrap_or(fresh))?)?;
        let population = demo::Command::for_bench(self.rows);
        population.make(&RealDisk, &place.0, SystemClock.now(), &unbound)?;
        let report = self.measure(&place.0)?;
        output::line(&if self.json { report.json() } else { report.text() })?;
        Ok(())
    }

    fn measure(&self, dir: &Path) -> Result<Report> {
        let warehouse = dir.join("warehouse");
        let requests = requests::all(&warehouse, (self.rows / 4).min(COLD_NIKS_MAX))?;
        let connections = if self.connections.is_empty() { &CONNECTIONS[..] } else { &self.connections };
        let before_us = disk_speed::fdatasync_p50_us(dir)?;
        let mut lines = Vec::new();
        for (asked, requests) in &requests {
            let hot = requests.get(..HOT_NIKS.min(requests.len())).unwrap_or_default();
            for connections in connections {
                // A new process has an empty row cache.
                let server = self.serve(dir)?;
                let connections = usize::try_from(*connections)?;
                let round = |requests, once| Load {
                    dir,
                    lembaga: asked.lembaga(),
                    address: server.address,
                    connections,
                    length: Duration::from_secs(self.seconds),
                    requests,
                    once,
                };
                requests::forget_pages(&warehouse)?;
                lines.push(Line { asked: *asked, hot: false, connections, figures: server.measure(&round(requests, true))? });
                // Everybody is asked for once, so that they are in the row cache.
                round(hot, true).run(&mut || ())?;
                lines.push(Line { asked: *asked, hot: true, connections, figures: server.measure(&round(hot, false))? });
                server.stop()?;
            }
        }
        let after_us = disk_speed::fdatasync_p50_us(dir)?;
        Ok(Report { rows: self.rows, seconds: self.seconds, fdatasync_us: (before_us, after_us), lines })
    }

    fn serve(&self, dir: &Path) -> Result<Server> {
        let program = std::env::current_exe().context("where this program is")?;
        Server::start(
            process::Command::new(program).arg("serve").arg("--config").arg(dir.join("gerbang.toml")).env("GERBANG_LOG", "warn"),
        )
    }
}

/// Agreements of a bench: quotas that do not bind.
fn unbound(document: &mut Document) {
    document.quota.per_second = PER_SECOND;
    document.quota.burst = PER_SECOND;
    document.quota.per_day = PER_DAY;
}

/// The bench's own folder, removed at the end.
struct Place(PathBuf);

impl Place {
    fn make(dir: PathBuf) -> Result<Self> {
        if dir.symlink_metadata().is_ok() {
            bail!("{} exists already: what is there is left alone, choose another --dir", dir.display());
        }
        RealDisk.create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        Ok(Self(dir))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            output::complain(&format!("cannot remove {}: {error}", self.0.display()));
        }
    }
}
