//! `gerbang audit`: the log checked and shown from its files alone, also while the gateway runs or after it was cut off.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::output;
use crate::disk::RealDisk;
use crate::journal::{self, LOCK_FILE, LogState, Report};
use crate::kernel::to_hex;

/// The audit log, read from its files alone.
#[derive(clap::Subcommand, Debug)]
pub(super) enum Command {
    /// Check the whole log: every entry, every group, the chain over all of them
    Verify {
        /// The log's directory
        #[arg(long)]
        dir: PathBuf,
        /// Tell the result as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show entries as JSON, one object a line
    Show {
        /// The log's directory
        #[arg(long)]
        dir: PathBuf,
        /// JSON is the only form there is
        #[arg(long)]
        json: bool,
        /// Index of the first entry
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// Index of the last entry [default: the last there is]
        #[arg(long)]
        to: Option<u64>,
    },
}

impl Command {
    pub(super) fn run(self) -> Result<()> {
        match self {
            Self::Verify { dir, json } => verify(&dir, json),
            Self::Show { dir, from, to, json: _ } => show(&dir, from, to.unwrap_or(u64::MAX)),
        }
    }
}

/// Refuses a directory that is no log at all, which would pass for a log without entries.
pub(super) fn must_be_log(dir: &Path, report: &Report) -> Result<()> {
    if report.segments == 0 && report.state == LogState::Whole && !dir.join(LOCK_FILE).exists() {
        bail!("{} holds no audit log", dir.display());
    }
    Ok(())
}

fn verify(dir: &Path, json: bool) -> Result<()> {
    let report = journal::verify(&RealDisk, dir, &mut |_found, _entry| ControlFlow::Continue(()))?;
    must_be_log(dir, &report)?;
    let torn = match &report.state {
        LogState::Whole | LogState::Stopped => None,
        LogState::Torn(tail) => Some(tail.to_string()),
        LogState::Damaged(damage) => bail!("the log is damaged: {damage}"),
    };
    let chain = to_hex(&report.chain);
    let text = if json {
        serde_json::json!({"entries": report.entries, "segments": report.segments, "chain": chain, "torn_tail": torn}).to_string()
    } else {
        let tail = torn.map_or_else(String::new, |place| format!("\ntorn tail, never answered: {place}"));
        format!("ok: {} entries in {} segments, chain {chain}{tail}", report.entries, report.segments)
    };
    output::line(&text)?;
    Ok(())
}

fn show(dir: &Path, from: u64, to: u64) -> Result<()> {
    let mut stdout = std::io::BufWriter::new(std::io::stdout().lock());
    let mut failed = None;
    let report = journal::verify(&RealDisk, dir, &mut |found, entry| {
        if found.index > to {
            return ControlFlow::Break(());
        }
        if found.index >= from
            && let Err(error) = writeln!(stdout, "{}", entry.to_json(found.index, found.leaf))
        {
            failed = Some(error);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    must_be_log(dir, &report)?;
    stdout.flush()?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    if let LogState::Damaged(damage) = &report.state {
        bail!("the log is damaged: {damage}");
    }
    Ok(())
}
