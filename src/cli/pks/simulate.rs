//! `gerbang pks simulate`: the audit log of the last days against a draft.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::{Result, bail};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::folder;
use crate::audit::{Entry, Question, Verdict};
use crate::cli::output;
use crate::disk::RealDisk;
use crate::journal::{self, LogState};
use crate::kernel::{Clock as _, Elemen};
use crate::pks::{Agreement, Past, Replay, Report};
use crate::wiring::SystemClock;

/// What the report can't say, whatever the log holds.
const NOT_REPLAYED: &str = "not replayed: scores, bursts within a second, the draft's own term and suspension";

/// Replay the audit log of the last days against a draft: which answers would change, per lembaga and element. Says what it can't
/// replay: the log holds no scores.
#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Command {
    /// Drafts, signed or not: each a `pks.json` or its folder
    #[arg(required = true)]
    drafts: Vec<PathBuf>,
    /// Days to go back
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=3660))]
    days: u16,
    /// The audit log's directory
    #[arg(long)]
    dir: PathBuf,
    /// The agreement of then, for its thresholds: with it fewer verdicts hang on scores (one draft only)
    #[arg(long)]
    old: Option<PathBuf>,
    /// Tell the report as JSON
    #[arg(long)]
    json: bool,
}

impl Command {
    pub(in crate::cli) fn run(self) -> Result<()> {
        if self.old.is_some() && self.drafts.len() > 1 {
            bail!("--old goes with one draft");
        }
        let read = |path: &PathBuf| -> Result<Agreement> {
            let (_, document) = folder::document(path)?;
            document.parse().map_err(|faults| folder::refused(path, &faults))
        };
        let former = self.old.as_ref().map(&read).transpose()?;
        let mut replays = BTreeMap::new();
        for path in &self.drafts {
            let draft = read(path)?;
            let lembaga = draft.lembaga_id.clone();
            if former.as_ref().is_some_and(|former| former.lembaga_id != lembaga) {
                bail!("--old is another lembaga's agreement");
            }
            if replays.insert(lembaga.clone(), Replay::new(draft, former.clone())).is_some() {
                bail!("two drafts are of {lembaga}");
            }
        }
        let since = SystemClock.now().checked_sub(SignedDuration::from_hours(24 * i64::from(self.days))).unwrap_or(Timestamp::MIN);
        let report = journal::verify(&RealDisk, &self.dir, &mut |_found, entry| {
            if let Entry::Question(question) = entry
                && question.time >= since
                && let Some(replay) = replays.get_mut(&question.lembaga)
                && let Some(past) = past(question)
            {
                replay.question(&past);
            }
            ControlFlow::Continue(())
        })?;
        crate::cli::audit::must_be_log(&self.dir, &report)?;
        if let LogState::Damaged(damage) = &report.state {
            bail!("the log is damaged: {damage}");
        }
        let reports = replays.into_iter().map(|(lembaga, replay)| (lembaga, replay.finish()));
        if self.json {
            let list: Map<String, Value> = reports.map(|(lembaga, report)| (lembaga.to_string(), as_json(&report))).collect();
            return Ok(output::line(&json!({"since": since.to_string(), "lembaga": list}).to_string())?);
        }
        for (lembaga, report) in reports {
            output::line(&format!("{lembaga}: {} questions in {} days\n{}", report.questions, self.days, as_text(&report)))?;
        }
        Ok(output::line(NOT_REPLAYED)?)
    }
}

/// A question as the log holds it; those refused before it was known what they ask can't be judged by any agreement.
fn past(question: &Question<'_>) -> Option<Past> {
    Some(Past {
        at: question.time,
        address: question.source,
        certificate: question.certificate,
        officer: question.officer.is_some(),
        method: question.method?,
        generation: question.generation?,
        asked: question.asked,
        granted: question.granted,
        matched: question.matched,
        threshold: question.threshold,
        purpose: question.purpose.as_ref().map(|purpose| purpose.clone().into_owned()),
        nik: question.subject.is_some(),
        region: question.region,
        counted: question.counted,
        outcome: match question.outcome {
            Verdict::Answered(outcome) => Ok(outcome),
            Verdict::Refused(reason) => Err(reason),
        },
    })
}

fn elements(map: &BTreeMap<Elemen, u64>) -> BTreeMap<&'static str, u64> {
    map.iter().map(|(elemen, count)| (elemen.name(), *count)).collect()
}

fn as_text(report: &Report) -> String {
    let counts = |map: &BTreeMap<&'static str, u64>| {
        let parts: Vec<String> = map.iter().map(|(name, count)| format!("{name} {count}")).collect();
        if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
    };
    let lines = [
        ("unchanged", report.unchanged.to_string()),
        ("refused by the draft", counts(&report.refused)),
        ("answered by the draft", counts(&report.answered)),
        ("refused otherwise", counts(&report.otherwise)),
        ("elements lost", counts(&elements(&report.lost))),
        ("elements gained", counts(&elements(&report.gained))),
        ("status told otherwise", report.status.to_string()),
        ("open, by score", counts(&elements(&report.scores))),
        ("open, otherwise", counts(&report.open)),
    ];
    lines.iter().map(|(name, value)| format!("  {name:<22}  {value}")).collect::<Vec<_>>().join("\n")
}

fn as_json(report: &Report) -> Value {
    json!({
        "questions": report.questions,
        "unchanged": report.unchanged,
        "refused": report.refused,
        "answered": report.answered,
        "refused_otherwise": report.otherwise,
        "lost": elements(&report.lost),
        "gained": elements(&report.gained),
        "status_told_otherwise": report.status,
        "open_by_score": elements(&report.scores),
        "open": report.open,
        "not_replayed": NOT_REPLAYED,
    })
}
