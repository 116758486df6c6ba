//! An entry as one line of JSON, for `audit show`. Every key is always there, `null` where there is nothing to say.

use serde::Serialize;

use super::entry::{Entry, Question, Verdict};
use super::leaf::Leaf;
use super::strangers::Strangers;
use crate::kernel::{ElemenSet, Generation, Method, to_hex};

pub(super) fn to_json(entry: &Entry, index: u64, leaf: &Leaf) -> String {
    let leaf = to_hex(leaf);
    let line = match entry {
        Entry::Question(question) => serde_json::to_string(&show_question(question, index, leaf)),
        Entry::Strangers(strangers) => serde_json::to_string(&show_strangers(strangers, index, leaf)),
    };
    // Neither has a key that is no text nor a number that JSON can't say, which is all that could fail.
    line.unwrap_or_default()
}

#[derive(Serialize)]
struct QuestionShown<'a> {
    index: u64,
    leaf: String,
    kind: &'static str,
    time: String,
    request: String,
    lembaga: &'a str,
    pks_number: Option<&'a str>,
    pks_version: Option<u32>,
    pks_digest: Option<String>,
    account: Option<&'a str>,
    certificate: Option<String>,
    officer: Option<&'a str>,
    card: Option<&'a str>,
    terminal: Option<&'a str>,
    method: Option<&'static str>,
    generation: Option<&'static str>,
    purpose: Option<&'a str>,
    threshold: Option<u8>,
    subject: Option<String>,
    region: Option<String>,
    asked: Vec<&'static str>,
    granted: Vec<&'static str>,
    matched: Vec<&'static str>,
    held: Vec<&'static str>,
    outcome: &'static str,
    code: Option<&'static str>,
    counted: bool,
    found: bool,
    matching: u16,
    snapshot: Option<&'a str>,
    source: String,
}

fn show_question<'a>(question: &'a Question<'_>, index: u64, leaf: String) -> QuestionShown<'a> {
    let pks = question.pks.as_ref();
    let officer = question.officer.as_ref();
    let (outcome, code) = match question.outcome {
        Verdict::Answered(outcome) => (outcome.word(), None),
        Verdict::Refused(reason) => ("refused", Some(reason.code())),
    };
    QuestionShown {
        index,
        leaf,
        kind: "question",
        time: question.time.to_string(),
        request: question.request.to_string(),
        lembaga: question.lembaga.as_str(),
        pks_number: pks.map(|pks| &*pks.number),
        pks_version: pks.map(|pks| pks.version),
        pks_digest: pks.map(|pks| to_hex(&pks.digest)),
        account: question.account.as_ref().map(|account| account.as_str()),
        certificate: question.certificate.map(|certificate| to_hex(certificate.digest())),
        officer: officer.map(|officer| officer.id.as_str()),
        card: officer.map(|officer| officer.card.as_str()),
        terminal: officer.map(|officer| officer.terminal.as_str()),
        method: question.method.map(Method::word),
        generation: question.generation.map(word_of),
        purpose: question.purpose.as_deref(),
        threshold: question.threshold,
        subject: question.subject.map(|subject| subject.hex()),
        region: question.region.map(|region| region.to_string()),
        asked: names(question.asked),
        granted: names(question.granted),
        matched: names(question.matched),
        held: names(question.held),
        outcome,
        code,
        counted: question.counted,
        found: question.found,
        matching: question.matching,
        snapshot: question.snapshot.as_deref(),
        source: question.source.to_string(),
    }
}

#[derive(Serialize)]
struct StrangersShown {
    index: u64,
    leaf: String,
    kind: &'static str,
    time: String,
    from: String,
    until: String,
    counts: std::collections::BTreeMap<&'static str, u64>,
}

fn show_strangers(strangers: &Strangers, index: u64, leaf: String) -> StrangersShown {
    StrangersShown {
        index,
        leaf,
        kind: "strangers",
        time: strangers.until.to_string(),
        from: strangers.from.to_string(),
        until: strangers.until.to_string(),
        counts: strangers.iter().map(|(kind, count)| (kind.word(), count)).collect(),
    }
}

fn names(set: ElemenSet) -> Vec<&'static str> {
    set.iter().map(crate::kernel::Elemen::name).collect()
}

const fn word_of(generation: Generation) -> &'static str {
    match generation {
        Generation::Dwh => "dwh",
        Generation::V1 => "v1",
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::tests::typical;
    use super::*;
    use crate::audit::StrangerKind;
    use crate::kernel::Reason;
    use jiff::Timestamp;

    #[test]
    fn a_question_shows_index_leaf_and_what_was_granted() {
        let mut question = typical();
        question.outcome = Verdict::Refused(Reason::ElementNotGranted);
        let line = to_json(&Entry::Question(Box::new(question)), 7, &[0xab; 32]);
        let shown: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert!(!line.contains('\n'));
        assert!(line.starts_with("{\"index\":7,\"leaf\":\"abababab"));
        assert_eq!(shown["time"], "2026-11-22T01:02:03.456789Z");
        assert_eq!(shown["region"], "63.05");
        assert_eq!(shown["subject"], "a5".repeat(16));
        assert_eq!(shown["matched"], serde_json::json!(["NAMA_LGKP", "TGL_LHR"]));
        assert_eq!((&shown["outcome"], &shown["code"]), (&"refused".into(), &"ELEMENT_NOT_GRANTED".into()));
        assert_eq!(shown["account"], serde_json::Value::Null);
        assert_eq!(shown["source"], "127.0.0.1");
    }

    #[test]
    fn strangers_show_their_counts_by_word() {
        let mut strangers = Strangers::new(Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        strangers.add(StrangerKind::CertificateMissing, 3);
        let line = to_json(&Entry::Strangers(strangers), 0, &[0; 32]);
        assert!(line.ends_with("\"counts\":{\"certificate_missing\":3}}"), "{line}");
    }
}
