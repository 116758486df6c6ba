//! `gerbang bench`: it measures real answers, says so in both forms, and leaves nothing behind.

#![expect(clippy::unwrap_used, reason = "test code may panic")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn bench(dir: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gerbang"));
    command.args(["bench", "--rows", "2000", "--seconds", "1", "--connections", "2", "--dir"]).arg(dir).args(more);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_bench_asks_cold_and_hot_both_ways_and_removes_its_folder() {
    let kept = tempfile::tempdir().unwrap();
    let dir = kept.path().join("bench");
    let output = bench(&dir, &["--json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stdout)));
    assert_eq!((told["rows"].as_u64(), told["fdatasync_p50_us"].as_array().map(Vec::len)), (Some(2000), Some(2)));
    let rounds = told["rounds"].as_array().unwrap();
    let names: Vec<String> = rounds.iter().map(|round| format!("{} {}", round["what"], round["heat"])).collect();
    assert_eq!(names, [r#""verify" "cold""#, r#""verify" "hot""#, r#""retrieve" "cold""#, r#""retrieve" "hot""#]);
    for round in rounds {
        let number = |key: &str| round[key].as_f64().unwrap_or_else(|| panic!("{key} in {round}"));
        assert!(number("answers") >= 1.0 && number("per_second") > 0.0 && number("per_core") > 0.0, "{round}");
        assert!(number("cpu_us") > 0.0 && (number("per_core") * number("cpu_us") - 1e6).abs() < 1.0, "{round}");
        assert!(0.0 < number("p50_ms") && number("p50_ms") <= number("p99_ms") && number("p99_ms") <= number("p999_ms"), "{round}");
    }
    let cold = rounds[0]["answers"].as_u64().unwrap();
    assert!((1..=500).contains(&cold), "a quarter of the residents, each once: {cold}");
    assert!(!dir.exists(), "nothing is left");
}

#[test]
fn a_folder_that_is_there_already_is_left_alone() {
    let kept = tempfile::tempdir().unwrap();
    let output = bench(kept.path(), &[]);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(1), ""));
    assert!(text(&output.stderr).contains("exists already"), "{}", text(&output.stderr));
    assert!(kept.path().is_dir());
}
