//! `gerbang pks diff`: what a new version gives and takes.

use std::path::PathBuf;

use anyhow::Result;
use serde_json::json;

use super::folder;
use crate::cli::output;
use crate::pks;

/// What a new version gives (+), takes (-) and changes (~), element by element and limit by limit.
#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Command {
    /// The version in force: a `pks.json` or its folder
    old: PathBuf,
    /// The new version: a `pks.json` or its folder
    new: PathBuf,
    /// Tell the changes as JSON
    #[arg(long)]
    json: bool,
}

impl Command {
    pub(super) fn run(self) -> Result<()> {
        let changes = pks::changes(&folder::document(&self.old)?.1, &folder::document(&self.new)?.1);
        if self.json {
            let list: Vec<_> = changes
                .iter()
                .map(|change| json!({"way": change.way.word(), "about": change.about, "sentence": change.sentence}))
                .collect();
            output::line(&serde_json::Value::from(list).to_string())?;
        } else if changes.is_empty() {
            output::line("tidak ada perbedaan")?;
        } else {
            let lines: Vec<String> = changes.iter().map(ToString::to_string).collect();
            output::line(&lines.join("\n"))?;
        }
        Ok(())
    }
}
