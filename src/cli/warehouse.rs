//! `gerbang warehouse`: snapshots of the population record.

mod build;

use std::path::PathBuf;

use anyhow::Result;
use jiff::civil::Date;

use super::output;
use super::progress::Progress;
use crate::kernel::{Clock as _, Zone};
use crate::warehouse::{self, Generate};
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
}

impl Command {
    pub(super) fn run(self) -> Result<()> {
        let (dir, rows, seed, as_of, json) = match self {
            Self::Generate { dir, rows, seed, as_of, json } => (dir, rows, seed, as_of, json),
            Self::Build(command) => return command.run(),
        };
        let as_of = as_of.unwrap_or_else(|| Zone::Wib.date(SystemClock.now()));
        let mut progress = Progress::new("residents", rows);
        let generated = warehouse::generate(&dir, &Generate { rows, seed, as_of }, &mut |done| progress.at(done))?;
        progress.finish();
        let (snapshot, rows) = (generated.manifest.snapshot(), generated.manifest.rows());
        let text = if json {
            serde_json::json!({"snapshot": snapshot, "rows": rows, "as_of": as_of.to_string()}).to_string()
        } else {
            format!("snapshot {snapshot}: {rows} residents as of {as_of} in {}", dir.display())
        };
        output::line(&text)?;
        Ok(())
    }
}
