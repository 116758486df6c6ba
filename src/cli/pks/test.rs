//! `gerbang pks test`: the cases of an agreement, signed or not.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use super::folder;
use crate::cli::output;
use crate::pks;

/// The cases beside a document.
const CASES_FILE: &str = "cases.toml";
/// Bytes of a file of cases.
const CASES_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Run the cases of an agreement, signed or not: questions, each with the decision and the reason it must get.
#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Command {
    /// A `pks.json`, or the folder of an agreement
    path: PathBuf,
    /// The cases [default: `cases.toml` beside the document]
    #[arg(long)]
    cases: Option<PathBuf>,
    /// Tell the results as JSON
    #[arg(long)]
    json: bool,
}

impl Command {
    pub(super) fn run(self) -> Result<()> {
        let document = folder::document_path(&self.path);
        let path = self.cases.unwrap_or_else(|| document.with_file_name(CASES_FILE));
        let text = String::from_utf8(folder::read(&path, CASES_BYTES_MAX)?).context("cases are text in UTF-8")?;
        let cases = pks::read_cases(&text).map_err(|fault| folder::refused(&path, &[fault]))?;
        if cases.is_empty() {
            bail!("{} has no case", path.display());
        }
        let results = pks::run_cases(&folder::document_bytes(&document)?, &cases).map_err(|f| folder::refused(&document, &f))?;
        let failed = results.iter().filter(|result| !result.passed()).count();
        if self.json {
            let list: Vec<_> = results
                .iter()
                .map(|r| serde_json::json!({"name": r.name, "passed": r.passed(), "expected": r.expected, "got": r.got}))
                .collect();
            output::line(&serde_json::Value::from(list).to_string())?;
        } else {
            for result in &results {
                output::line(&if result.passed() {
                    format!("ok      {}", result.name)
                } else {
                    format!("FAILED  {}\n        expected {}\n        got      {}", result.name, result.expected, result.got)
                })?;
            }
        }
        if failed > 0 {
            bail!("{failed} of {} cases come out otherwise than written", results.len());
        }
        if !self.json {
            output::line(&format!("ok: {} cases", results.len()))?;
        }
        Ok(())
    }
}
