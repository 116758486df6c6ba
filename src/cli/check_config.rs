//! `gerbang check-config`: a configuration and everything it names, or a folder of agreements alone.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::output;
use crate::config::Config;
use crate::disk::RealDisk;
use crate::kernel::Clock as _;
use crate::registry::{Loaded, Registry};
use crate::wiring::{self, SystemClock};

/// Check a configuration and everything it names: agreements, accounts, certificates, snapshot, keys.
#[derive(clap::Args, Debug)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["file", "policies"]))]
pub(super) struct Command {
    /// The configuration file
    file: Option<PathBuf>,
    /// A folder of agreements with its trust anchors, without anything else
    #[arg(long)]
    policies: Option<PathBuf>,
}

impl Command {
    pub(super) fn run(self) -> Result<()> {
        let now = SystemClock.now();
        let loaded = match (self.file, self.policies) {
            (Some(file), _) => wiring::check(&Config::load(&file)?, &RealDisk, now)?,
            (None, Some(folder)) => Registry::load(&folder, now)?.1,
            (None, None) => bail!("give a file or --policies"),
        };
        report(&loaded)
    }
}

fn report(loaded: &Loaded) -> Result<()> {
    for finding in &loaded.findings {
        output::complain(&format!("{}: {}", finding.folder.display(), finding.what));
    }
    for ending in &loaded.endings {
        output::complain(&format!("{} ends on {}, in {} days: renew it", ending.lembaga, ending.last_day, ending.days_left));
    }
    if !loaded.findings.is_empty() {
        bail!("{} of the agreements would not be in force", loaded.findings.len());
    }
    output::line(&format!("ok: {} agreements verified", loaded.verified))?;
    Ok(())
}
