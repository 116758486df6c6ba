//! What came of a row: the code of the DWH service, and each element's result.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The result of a row, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Outcome {
    /// The row, from 0.
    pub(super) row: u64,
    /// 01 to 15 as in the DWH service, a code of the gateway, or empty where nothing is told of the NIK.
    pub(super) code: String,
    /// In words, without a value of the row.
    pub(super) text: String,
    /// Match and score by element.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) results: BTreeMap<String, (bool, Option<u8>)>,
}

/// An answer of the gateway to one line.
pub(super) enum Answer {
    /// The row's result.
    Row(Outcome),
    /// This is no answer about the row: the same may be answered another time, or all rows are refused alike.
    Stop(String),
}

/// Codes that say something about the row alone.
const ABOUT_THE_ROW: [&str; 3] = ["BODY_MALFORMED", "BODY_TOO_LARGE", "REGION_OUTSIDE"];

const STATUSES: [(&str, &str, &str); 7] = [
    ("active", "01", "Data Ditemukan"),
    ("deceased", "11", "Data Ditemukan, Meninggal Dunia"),
    ("duplicate", "12", "Data Ditemukan, Data Ganda"),
    ("not_found", "13", "Data Tidak Ditemukan, NIK tidak terdapat di database Kependudukan"),
    ("inactive", "14", "Data Ditemukan, Status Non Aktif silahkan hubungi Dinas Dukcapil"),
    ("malformed", "15", "Data Tidak Ditemukan, NIK tidak sesuai format Dukcapil"),
    ("unconfirmed", "", "Status NIK tidak diberitahukan"),
];

impl Outcome {
    /// A row that could not be asked.
    pub(super) fn unasked(row: u64, text: &str) -> Self {
        Self { row, code: "BODY_MALFORMED".to_owned(), text: text.to_owned(), results: BTreeMap::new() }
    }
}

impl Answer {
    /// Reads a line of the gateway about a row.
    pub(super) fn read(line: &[u8], row: u64) -> Result<Self> {
        let told: Value = serde_json::from_slice(line).context("the gateway said what is no JSON")?;
        let text = |key: &str| told.get(key).and_then(Value::as_str);
        if let Some(code) = text("code") {
            let detail = text("detail").unwrap_or_default();
            if ABOUT_THE_ROW.contains(&code) {
                return Ok(Self::Row(Outcome { code: code.to_owned(), text: detail.to_owned(), ..Outcome::unasked(row, "") }));
            }
            return Ok(Self::Stop(format!("the gateway refuses row {}: {code}: {detail}", row + 2)));
        }
        let status = text("nik_status").context("the gateway gave no status")?;
        let (_, code, words) = STATUSES.iter().find(|(own, ..)| *own == status).context("the gateway gave an unknown status")?;
        let mut results = BTreeMap::new();
        for (element, result) in told.get("results").and_then(Value::as_object).into_iter().flatten() {
            let matched = result.get("match").and_then(Value::as_bool).context("the gateway gave a result without a match")?;
            let score = result.get("score").and_then(Value::as_u64).and_then(|score| u8::try_from(score).ok());
            results.insert(element.clone(), (matched, score));
        }
        Ok(Self::Row(Outcome { row, code: (*code).to_owned(), text: (*words).to_owned(), results }))
    }
}

/// How many rows came out how.
#[derive(Default)]
pub(super) struct Tally {
    rows: u64,
    all_match: u64,
    by_code: BTreeMap<String, u64>,
}

impl Tally {
    pub(super) fn count(&mut self, outcome: &Outcome) {
        self.rows += 1;
        self.all_match += u64::from(!outcome.results.is_empty() && outcome.results.values().all(|(matched, _)| *matched));
        *self.by_code.entry(outcome.code.clone()).or_default() += 1;
    }

    pub(super) fn text(&self, output: &Path) -> String {
        let codes: Vec<String> = self.by_code.iter().map(|(code, rows)| format!("{rows} with code {code:?}")).collect();
        format!("{} rows in {}: {} match in all elements; {}", self.rows, output.display(), self.all_match, codes.join(", "))
    }

    pub(super) fn json(&self) -> String {
        serde_json::json!({"rows": self.rows, "all_match": self.all_match, "codes": self.by_code}).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_answers_errors_and_what_stops_the_run() {
        let read = |line: &str| Answer::read(line.as_bytes(), 7);
        let line =
            r#"{"line":1,"nik_status":"active","results":{"NAMA_LGKP":{"match":false,"score":59},"TGL_LHR":{"match":true}}}"#;
        let Ok(Answer::Row(outcome)) = read(line) else { panic!("no outcome") };
        assert_eq!((outcome.row, outcome.code.as_str()), (7, "01"));
        assert_eq!(outcome.results["NAMA_LGKP"], (false, Some(59)));
        assert_eq!(outcome.results["TGL_LHR"], (true, None));
        assert!(
            matches!(read(r#"{"line":1,"code":"REGION_OUTSIDE","detail":"x"}"#), Ok(Answer::Row(told)) if told.code == "REGION_OUTSIDE")
        );
        assert!(
            matches!(read(r#"{"line":1,"code":"QUOTA_EXHAUSTED","detail":"x"}"#), Ok(Answer::Stop(told)) if told.contains("row 9"))
        );
        for broken in ["", "7", r#"{"nik_status":"new"}"#, r#"{"nik_status":"active","results":{"X":{}}}"#] {
            assert!(read(broken).is_err(), "{broken}");
        }
    }
}
