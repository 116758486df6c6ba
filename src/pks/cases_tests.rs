use super::*;
use crate::pks::template;

const CASES: &str = r#"
[[case]]
name = "a plain verification"
at = "2026-11-23T02:00:00Z"
method = "verify"
elements = ["NAMA_LGKP", "TGL_LHR"]
values = { NAMA_LGKP = "SITI AMINAH", TGL_LHR = "1990-01-01" }
found = { status = "active", region = "63.05", values = { NAMA_LGKP = "SITI AMINAH", TGL_LHR = "1985-07-05" } }
expect = { granted = ["NAMA_LGKP", "TGL_LHR"], outcome = "active", matched = ["NAMA_LGKP 100"] }

[[case]]
name = "outside hours that the document does not have"
at = "2026-11-22T02:00:00Z"
method = "verify"
elements = ["NAMA_LGKP"]
with = { hours = { zone = "WITA", days = ["senin"], from = "08:00", until = "16:00" } }
expect = { refused = "OUTSIDE_HOURS" }
"#;

fn run_text(text: &str) -> Result<Vec<CaseResult>, Vec<PksFault>> {
    let document = template("bank-antasari").and_then(|d| d.to_json()).unwrap();
    run_cases(document.as_bytes(), &read_cases(text).map_err(|fault| vec![fault])?)
}

#[test]
fn cases_come_out_as_written() {
    let results = run_text(CASES).unwrap();
    assert_eq!(results.len(), 2);
    for result in results {
        assert!(result.passed(), "{}: expected {}, got {}", result.name, result.expected, result.got);
    }
}

#[test]
fn a_case_that_expects_something_else_does_not_pass() {
    for (from, to) in [
        ("outcome = \"active\"", "outcome = \"deceased\""),
        ("matched = [\"NAMA_LGKP 100\"]", "matched = []"),
        ("matched = [\"NAMA_LGKP 100\"]", "matched = [\"NAMA_LGKP\"]"),
        ("granted = [\"NAMA_LGKP\", \"TGL_LHR\"]", "granted = [\"NAMA_LGKP\"]"),
        ("expect = { granted = [\"NAMA_LGKP\", \"TGL_LHR\"], outcome", "expect = { granted = [], told = [\"X=1\"], outcome"),
    ] {
        assert!(CASES.contains(from), "{from}");
        let results = run_text(&CASES.replace(from, to)).unwrap();
        assert!(!results[0].passed(), "{from} -> {to}: {}", results[0].got);
    }
    let results = run_text(&CASES.replace("refused = \"OUTSIDE_HOURS\"", "granted = [\"NAMA_LGKP\"]")).unwrap();
    assert_eq!(results[1].got, "OUTSIDE_HOURS");
    assert!(!results[1].passed());
}

#[test]
fn a_case_that_can_not_be_understood_is_a_fault_and_not_a_failure() {
    for (from, to) in [
        ("method = \"verify\"", "method = \"verifies\""),
        ("elements = [\"NAMA_LGKP\", \"TGL_LHR\"]", "elements = [\"NAMA\"]"),
        ("elements = [\"NAMA_LGKP\", \"TGL_LHR\"]", "elements = [\"NAMA_LGKP\"]"),
        ("status = \"active\"", "status = \"alive\""),
        ("region = \"63.05\"", "region = \"63\""),
        ("at = \"2026-11-23T02:00:00Z\"", "at = \"today\""),
        ("method = \"verify\"", "method = \"verify\"\ncolour = 1"),
        ("days = [\"senin\"]", "days = [\"monday\"]"),
        ("with = { hours", "with = { ours"),
        ("refused = \"OUTSIDE_HOURS\"", "refuse = \"OUTSIDE_HOURS\""),
    ] {
        assert!(CASES.contains(from), "{from}");
        assert!(run_text(&CASES.replace(from, to)).is_err(), "{from} -> {to}");
    }
}
