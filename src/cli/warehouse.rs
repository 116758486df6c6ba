//! `gerbang warehouse`: snapshots of the population record.

mod build;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, Result};
use jiff::civil::Date;

use super::output;
use super::progress::Progress;
use crate::config::Config;
use crate::disk::{Disk, RealDisk};
use crate::kernel::{Clock as _, Zone};
use crate::warehouse::{self, Changes, Compact, Generate, Published};
use crate::wiring::SystemClock;

/// Snapshots of the population record.
#[derive(clap::Subcommand, Debug)]
pub(super) enum Command {
    /// Make a synthetic population
    Generate {
        /// Where the snapshot goes
        #[arg(long)]
        dir: PathBuf,
        /// Residents to make, at least 1000
        #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1000..=300_000_000))]
        rows: u64,
        /// The same seed makes the same bytes
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// The day the data are as of, yyyy-MM-dd [default: today]
        #[arg(long)]
        as_of: Option<Date>,
        /// Tell the result as JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a snapshot of Parquet or CSV files with SIAK or DWH columns
    Build(build::Command),
    /// Make a synthetic day of changes: a delta over a snapshot
    Changes {
        /// The snapshot, or the directory of published ones
        #[arg(long)]
        over: PathBuf,
        /// Where the delta goes
        #[arg(long)]
        dir: PathBuf,
        /// Children born
        #[arg(long, default_value_t = 10)]
        births: u32,
        /// Residents who died
        #[arg(long, default_value_t = 5)]
        deaths: u32,
        /// Residents who moved
        #[arg(long, default_value_t = 20)]
        moves: u32,
        /// Residents whose name was corrected
        #[arg(long, default_value_t = 10)]
        corrections: u32,
        /// The same seed makes the same bytes
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// The day the data are as of, yyyy-MM-dd [default: today]
        #[arg(long)]
        as_of: Option<Date>,
        /// Tell the result as JSON
        #[arg(long)]
        json: bool,
    },
    /// Read all of a snapshot and check it against its manifest
    Verify {
        /// The snapshot
        dir: PathBuf,
    },
    /// Check a snapshot or a delta and serve it from now on
    Publish {
        /// The snapshot, which stays where it is
        snapshot: PathBuf,
        #[command(flatten)]
        root: Root,
        /// Tell the result as JSON
        #[arg(long)]
        json: bool,
    },
    /// Write the deltas and their base together into a new base
    Compact {
        #[command(flatten)]
        root: Root,
        /// Rows a second at most [default: no bound]
        #[arg(long)]
        rows_per_second: Option<u32>,
        /// Tell the result as JSON
        #[arg(long)]
        json: bool,
    },
}

/// The directory that is served.
#[derive(clap::Args, Debug)]
#[group(required = true, multiple = false)]
pub(super) struct Root {
    /// The directory that is served
    #[arg(long)]
    root: Option<PathBuf>,
    /// The configuration that names it
    #[arg(long)]
    config: Option<PathBuf>,
}

impl Root {
    fn path(self) -> Result<PathBuf> {
        match (self.root, self.config) {
            (Some(root), _) => Ok(root),
            (None, Some(config)) => Ok(Config::load(&config)?.warehouse),
            (None, None) => anyhow::bail!("give --root or --config"),
        }
    }
}

impl Command {
    pub(super) fn run(self) -> Result<()> {
        match self {
            Self::Generate { dir, rows, seed, as_of, json } => generate(&dir, rows, seed, as_of, json),
            Self::Build(command) => command.run(),
            Self::Changes { over, dir, births, deaths, moves, corrections, seed, as_of, json } => {
                let as_of = as_of.unwrap_or_else(today);
                let changes = Changes { births, deaths, moves, corrections, seed, as_of };
                let manifest = warehouse::changes(&over, &dir, &changes)?;
                let text = if json {
                    serde_json::json!({"snapshot": manifest.snapshot(), "rows": manifest.rows(), "as_of": as_of.to_string()})
                        .to_string()
                } else {
                    format!("delta {}: {} residents as of {as_of} in {}", manifest.snapshot(), manifest.rows(), dir.display())
                };
                Ok(output::line(&text)?)
            }
            Self::Verify { dir } => verify(&dir),
            Self::Publish { snapshot, root, json } => publish(&snapshot, &root.path()?, json),
            Self::Compact { root, rows_per_second, json } => compact(&root.path()?, rows_per_second, json),
        }
    }
}

fn today() -> Date {
    Zone::Wib.date(SystemClock.now())
}

fn generate(dir: &Path, rows: u64, seed: u64, as_of: Option<Date>, json: bool) -> Result<()> {
    let as_of = as_of.unwrap_or_else(today);
    let mut progress = Progress::new("residents", rows);
    let generated = warehouse::generate(dir, &Generate { rows, seed, as_of }, &mut |done| progress.at(done))?;
    progress.finish();
    let (snapshot, rows) = (generated.manifest.snapshot(), generated.manifest.rows());
    let text = if json {
        serde_json::json!({"snapshot": snapshot, "rows": rows, "as_of": as_of.to_string()}).to_string()
    } else {
        format!("snapshot {snapshot}: {rows} residents as of {as_of} in {}", dir.display())
    };
    Ok(output::line(&text)?)
}

fn verify(dir: &Path) -> Result<()> {
    let mut told = Told::new("bytes");
    let manifest = warehouse::verify(dir, &mut |done, total| told.at(done, total))
        .with_context(|| format!("{} is no sound snapshot", dir.display()))?;
    told.finish();
    let (snapshot, rows, as_of) = (manifest.snapshot(), manifest.rows(), manifest.as_of());
    Ok(output::line(&format!("ok: snapshot {snapshot}, {rows} residents as of {as_of}"))?)
}

fn publish(snapshot: &Path, root: &Path, json: bool) -> Result<()> {
    let mut told = Told::new("bytes");
    let published = warehouse::publish(&RealDisk, root, snapshot, &mut |done, total| told.at(done, total))
        .with_context(|| format!("{} is not published, what was served stays", snapshot.display()))?;
    told.finish();
    tell(&published, json)
}

fn compact(root: &Path, rows_per_second: Option<u32>, json: bool) -> Result<()> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let mut told = Told::new("residents");
    let options = Compact { rows_per_second, stop: &AtomicBool::new(false) };
    let done = warehouse::compact(&disk, root, &options, &mut |done, total| told.at(done, total))
        .with_context(|| format!("{} is not compacted, what was served stays", root.display()))?;
    told.finish();
    match done {
        Some(published) => tell(&published, json),
        None if json => Ok(output::line(&serde_json::json!({"compacted": false}).to_string())?),
        None => Ok(output::line("there are no deltas to compact")?),
    }
}

fn tell(published: &Published, json: bool) -> Result<()> {
    let Published { id, as_of, serial, deltas, already } = published;
    let text = if json {
        serde_json::json!({"snapshot": id, "as_of": as_of.to_string(), "serial": serial, "deltas": deltas, "already": already})
            .to_string()
    } else {
        let how = if *already { "was served already" } else { "is served from now on" };
        format!("snapshot {id} as of {as_of} {how}: number {serial}, {deltas} deltas over the base")
    };
    Ok(output::line(&text)?)
}

/// Progress whose end is known once it has begun.
struct Told {
    what: &'static str,
    progress: Option<Progress>,
}

impl Told {
    const fn new(what: &'static str) -> Self {
        Self { what, progress: None }
    }

    fn at(&mut self, done: u64, total: u64) {
        self.progress.get_or_insert_with(|| Progress::new(self.what, total)).at(done);
    }

    fn finish(self) {
        if let Some(progress) = self.progress {
            progress.finish();
        }
    }
}
