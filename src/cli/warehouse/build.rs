//! `gerbang warehouse build`: what the registration system exports becomes a snapshot.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use jiff::civil::Date;

use super::super::output;
use super::super::progress::Progress;
use crate::disk::{Disk, RealDisk};
use crate::kernel::{Clock as _, Zone};
use crate::warehouse::{self, Build, Built, MEMORY_MIB, Stage};
use crate::wiring::SystemClock;

/// The arguments.
#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Command {
    /// A Parquet or CSV file with SIAK or DWH columns, or a directory of them
    #[arg(long)]
    input: PathBuf,
    /// Where the snapshot goes; an older one there stays whole until the new one is
    #[arg(long)]
    output: PathBuf,
    /// The day up to which the data go, yyyy-MM-dd [default: today]
    #[arg(long)]
    as_of: Option<Date>,
    /// Memory to keep within; rows that do not fit are sorted on the disk
    #[arg(long, default_value_t = 1024, value_parser = clap::value_parser!(u64).range(MEMORY_MIB))]
    memory_mib: u64,
    /// The list of rejected rows [default: <OUTPUT>.rejects.csv]
    #[arg(long)]
    rejects: Option<PathBuf>,
    /// With more rejected rows than this there is no snapshot
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(..=10_000_000))]
    rejects_max: u64,
    /// Take residents as active where the input does not tell their status
    #[arg(long)]
    all_active: bool,
    /// Tell the result as JSON
    #[arg(long)]
    json: bool,
}

impl Command {
    pub(super) fn run(self) -> Result<()> {
        let rejects = match self.rejects {
            Some(rejects) => rejects,
            None => beside(&self.output).context("--output has no name to put the list of rejected rows beside: give --rejects")?,
        };
        let options = Build {
            input: self.input,
            output: self.output,
            rejects,
            as_of: self.as_of.unwrap_or_else(|| Zone::Wib.date(SystemClock.now())),
            memory_mib: self.memory_mib,
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            all_active: self.all_active,
            rejects_max: self.rejects_max,
        };
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        let mut shown = Shown { stage: None };
        let built = warehouse::build(&disk, &options, &mut |stage, done, total| shown.at(stage, done, total))?;
        shown.finish();
        if !built.missing.is_empty() {
            output::complain(&format!("no values for columns that the input lacks: {}", built.missing.join(", ")));
        }
        if built.ignored > 0 {
            output::complain(&format!("files left out, being neither Parquet nor CSV by their ending: {}", built.ignored));
        }
        output::line(&if self.json { json(&options, &built) } else { told(&options, &built) })?;
        Ok(())
    }
}

/// A file beside the snapshot's directory.
fn beside(output: &Path) -> Option<PathBuf> {
    let mut name = OsString::from(output.file_name()?);
    name.push(".rejects.csv");
    Some(output.with_file_name(name))
}

fn told(options: &Build, built: &Built) -> String {
    let manifest = &built.manifest;
    let mut text = format!(
        "snapshot {}: {} residents as of {} in {}",
        manifest.snapshot(),
        manifest.rows(),
        manifest.as_of(),
        options.output.display()
    );
    if built.duplicates > 0 {
        text.push_str(&format!("\n{} of them share their NIK with another and are kept as duplicates", built.duplicates));
    }
    if built.rejected > 0 {
        text.push_str(&format!("\n{} of {} rows rejected, see {}", built.rejected, built.rows_read, options.rejects.display()));
    }
    text
}

fn json(options: &Build, built: &Built) -> String {
    serde_json::json!({
        "snapshot": built.manifest.snapshot(),
        "rows": built.manifest.rows(),
        "as_of": built.manifest.as_of().to_string(),
        "rows_read": built.rows_read,
        "rejected": built.rejected,
        "rejects": options.rejects.display().to_string(),
        "duplicates": built.duplicates,
        "missing_columns": built.missing,
    })
    .to_string()
}

/// The progress of the stage that the build is in.
struct Shown {
    stage: Option<(Stage, Progress)>,
}

impl Shown {
    fn at(&mut self, stage: Stage, done: u64, total: u64) {
        if self.stage.as_ref().is_none_or(|(shown, _)| *shown != stage) {
            self.finish();
            let what = if stage == Stage::Reading { "bytes read" } else { "residents written" };
            self.stage = Some((stage, Progress::new(what, total)));
        }
        if let Some((_, progress)) = &mut self.stage {
            progress.at(done);
        }
    }

    fn finish(&mut self) {
        if let Some((_, progress)) = self.stage.take() {
            progress.finish();
        }
    }
}
