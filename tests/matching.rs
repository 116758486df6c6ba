//! The golden pairs of `fixtures/matching/golden.tsv`: every score is as written there, and within the bounds of its class.
//!
//! With `GERBANG_BLESS=1` the column of scores is written anew, to be reviewed as a diff; the bounds still hold.

#![expect(clippy::expect_used, clippy::panic, reason = "a test stops where its fixture is broken")]

use std::collections::HashSet;
use std::path::PathBuf;

use gerbang::kernel::{Elemen, Kind};
use gerbang::matching::{VERSION, score};

const ROWS_MIN: usize = 300;

/// One line: what is compared, what should come out, and why.
struct Pair<'a> {
    elemen: &'a str,
    stored: &'a str,
    asked: &'a str,
    score: &'a str,
    class: &'a str,
    why: &'a str,
}

impl<'a> Pair<'a> {
    fn parse(line: &'a str) -> Self {
        let columns: Vec<&str> = line.split('\t').collect();
        let [elemen, stored, asked, score, class, why] = columns[..] else { panic!("six columns: {line}") };
        Self { elemen, stored, asked, score, class, why }
    }

    fn elemen(&self) -> Elemen {
        Elemen::parse(self.elemen).expect(self.elemen)
    }

    fn compare(&self) -> u8 {
        score(self.elemen(), self.stored, self.asked)
    }

    fn line(&self, score: u8) -> String {
        [self.elemen, self.stored, self.asked, &score.to_string(), self.class, self.why].join("\t")
    }
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/matching/golden.tsv")
}

fn text() -> String {
    std::fs::read_to_string(path()).expect("the golden pairs")
}

fn pairs(text: &str) -> Vec<Pair<'_>> {
    text.lines().filter(|line| !line.starts_with('#')).map(Pair::parse).collect()
}

/// Scores that a class may have: the same value, the same with a slip or a part, another person or place.
fn class_allows(kind: Kind, class: &str, score: u8) -> bool {
    let free = matches!(kind, Kind::Name | Kind::Place | Kind::Address);
    match class {
        "equal" => score == 100,
        "near" => free && (60..=99).contains(&score),
        "far" => score <= if free { 84 } else { 0 },
        other => panic!("class {other}"),
    }
}

#[test]
fn every_golden_pair_has_its_score() {
    let text = text();
    if std::env::var_os("GERBANG_BLESS").is_some() {
        bless(&text);
        return;
    }
    let wrong: Vec<String> = pairs(&text)
        .iter()
        .filter(|pair| pair.score != pair.compare().to_string())
        .map(|pair| format!("{} now {}", pair.line(0), pair.compare()))
        .collect();
    assert!(wrong.is_empty(), "{} scores differ from the golden ones:\n{}", wrong.len(), wrong.join("\n"));
}

#[expect(clippy::disallowed_methods, reason = "a test rewrites its own fixture, only when told to")]
fn bless(text: &str) {
    let lines = text.lines().map(|line| {
        if line.starts_with('#') {
            return line.to_owned();
        }
        let pair = Pair::parse(line);
        pair.line(pair.compare())
    });
    let blessed: String = lines.map(|line| line + "\n").collect();
    std::fs::write(path(), blessed).expect("write the golden pairs");
}

#[test]
fn every_score_is_within_the_bounds_of_its_class() {
    let text = text();
    let outside: Vec<String> = pairs(&text)
        .iter()
        .filter(|pair| !class_allows(pair.elemen().kind(), pair.class, pair.compare()))
        .map(|pair| pair.line(pair.compare()))
        .collect();
    assert!(outside.is_empty(), "outside their class:\n{}", outside.join("\n"));
}

#[test]
fn free_text_scores_the_same_with_the_sides_swapped() {
    for pair in pairs(&text()) {
        let elemen = pair.elemen();
        if matches!(elemen.kind(), Kind::Name | Kind::Place | Kind::Address) {
            assert_eq!(score(elemen, pair.asked, pair.stored), pair.compare(), "{}", pair.line(0));
        }
    }
}

#[test]
fn the_golden_pairs_are_many_different_and_of_this_version() {
    let text = text();
    assert_eq!(text.lines().next(), Some(format!("# matching version {VERSION}").as_str()));
    let pairs = pairs(&text);
    assert!(pairs.len() >= ROWS_MIN, "{} pairs", pairs.len());
    let different: HashSet<_> = pairs.iter().map(|pair| (pair.elemen, pair.stored, pair.asked)).collect();
    assert_eq!(different.len(), pairs.len(), "a pair stands twice");
    assert!(pairs.iter().all(|pair| !pair.why.is_empty()));
    for kind in ["NAMA_LGKP", "TMPT_LHR", "ALAMAT", "TGL_LHR", "JENIS_KLMIN", "NO_RT", "NO_KK", "JENIS_PKRJN"] {
        assert!(pairs.iter().any(|pair| pair.elemen == kind), "no pair of {kind}");
    }
}
