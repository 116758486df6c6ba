//! `gerbang pks verify`: both parties' signatures, each step told.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::folder;
use crate::cli::output;
use crate::kernel::Clock as _;
use crate::pks::{self, Revoked, Standing, Step};
use crate::registry;
use crate::wiring::SystemClock;

/// Check the signatures of both parties, step by step: document, dates, certificates up to the trust anchors, signatures.
#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Command {
    /// A `pks.json`, the folder of an agreement, or a folder of agreements with its trust anchors
    path: PathBuf,
    /// The folder of trust anchors [default: `anchors` in the nearest folder above]
    #[arg(long)]
    anchors: Option<PathBuf>,
    /// Tell the steps as JSON
    #[arg(long)]
    json: bool,
}

impl Command {
    pub(super) fn run(self) -> Result<()> {
        let mut documents = Vec::new();
        if self.path.is_dir() && !folder::document_path(&self.path).exists() {
            for folder in registry::folders(&self.path, |_| false)? {
                documents.extend(registry::documents(&folder)?);
            }
        } else if self.path.is_dir() {
            documents.extend(registry::documents(&self.path)?);
        } else {
            documents.push(self.path.clone());
        }
        if documents.is_empty() {
            bail!("{} holds no agreement", self.path.display());
        }
        let mut bad = 0;
        let mut told = Vec::new();
        for document in &documents {
            let (steps, good) = self.examine(document)?;
            bad += usize::from(!good);
            if self.json {
                told.push(json!({"document": document.display().to_string(), "verified": good, "steps": as_json(&steps)}));
            } else {
                output::line(&as_text(document, &steps))?;
            }
        }
        if self.json {
            output::line(&Value::from(told).to_string())?;
        }
        match (bad, self.json) {
            (0, true) => Ok(()),
            (0, false) => Ok(output::line(&format!("ok: {} verified", documents.len()))?),
            _ => bail!("{bad} of {} do not verify", documents.len()),
        }
    }

    /// The steps, and whether it verifies: by the one function that the gateway believes.
    fn examine(&self, document: &Path) -> Result<(Vec<Step>, bool)> {
        let now = SystemClock.now();
        let anchors = folder::anchors(self.anchors.as_deref(), document)?;
        let text = folder::document_bytes(document)?;
        let signatures = match folder::signature_bytes(&folder::signatures_path(document)) {
            Ok(bytes) => bytes,
            Err(error) => {
                return Ok((vec![Step { about: "signatures", outcome: Err(format!("{error:#}")) }], false));
            }
        };
        let mut steps = pks::examine(&text, &signatures, &anchors, now);
        let Ok(verified) = pks::verify(&text, &signatures, &anchors, now) else { return Ok((steps, false)) };
        let standing = match verified.standing(now) {
            Standing::InForce => format!("lasts until {}", verified.agreement().term.last_day()),
            Standing::NotYet => "not in force: its term has not begun".to_owned(),
            Standing::Expired => "not in force: its term is over".to_owned(),
            Standing::Suspended => "not in force: suspended".to_owned(),
            Standing::Revoked => "not in force: withdrawn".to_owned(),
        };
        steps.push(Step { about: "term", outcome: Ok(standing) });
        let withdrawn = registry::revocation_of(document, &verified, &anchors, now);
        let readable = !matches!(withdrawn, Some(Err(_)));
        steps.extend(withdrawn.map(|outcome| Step { about: "revocation", outcome: outcome.map(|by| told(&by)) }));
        let paper = registry::paper_of(document, &verified);
        let held = readable && !matches!(paper, Some(Err(_)));
        steps.extend(paper.map(|outcome| Step { about: "paper", outcome }));
        Ok((steps, held))
    }
}

fn told(revoked: &Revoked) -> String {
    let Revoked { signer, reason, .. } = revoked;
    format!("WITHDRAWN by the {} ({}), signed at {}: {reason}", signer.party, signer.name, signer.signed_at)
}

fn as_text(document: &Path, steps: &[Step]) -> String {
    let mut text = document.display().to_string();
    for step in steps {
        let (mark, what) = match &step.outcome {
            Ok(what) => ("ok", what),
            Err(what) => ("FAILED", what),
        };
        text.push_str(&format!("\n  {mark:<6}  {:<10}  {what}", step.about));
    }
    text
}

fn as_json(steps: &[Step]) -> Vec<Value> {
    steps
        .iter()
        .map(|step| match &step.outcome {
            Ok(what) => json!({"about": step.about, "held": true, "what": what}),
            Err(what) => json!({"about": step.about, "held": false, "what": what}),
        })
        .collect()
}
