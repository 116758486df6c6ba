//! `gerbang warehouse` as operators use it beside a gateway that serves: a day of changes, its publication, its compaction.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code may panic")]

mod process;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use process::{Running, demo, gerbang};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

fn run(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap()
}

/// A command of `gerbang warehouse` that works; its one line of JSON.
fn warehouse(words: &[&str]) -> Value {
    let told = run(gerbang().arg("warehouse").args(words).arg("--json"));
    assert_eq!(told.status.code(), Some(0), "{}", String::from_utf8_lossy(&told.stderr));
    serde_json::from_slice(&told.stdout).unwrap()
}

/// A command of `gerbang warehouse` that fails with one message and no result.
fn refused(words: &[&str]) -> String {
    let told = run(gerbang().arg("warehouse").args(words));
    assert_eq!((told.status.code(), told.stdout.as_slice()), (Some(1), &b""[..]));
    let text = String::from_utf8(told.stderr).unwrap();
    assert_eq!(text.lines().filter(|line| line.starts_with("gerbang: ")).count(), 1, "{text}");
    text
}

/// What the bank is told about somebody whom nobody knows: which data it comes from.
fn snapshot(dir: &Path, running: &Running) -> String {
    let own = |name: &str| dir.join("clients/bank-antasari").join(name);
    let mut curl = Command::new("curl");
    curl.arg("-sSf").arg("--cacert").arg(dir.join("ca.pem")).arg("--cert").arg(own("cert.pem")).arg("--key").arg(own("key.pem"));
    curl.arg("--json").arg(json!({"nik": "1101010101010001", "elements": {"NAMA_LGKP": "SIAPA"}}).to_string());
    let told = run(curl.arg(format!("https://{}/v1/verify", running.api)));
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    told["snapshot"].as_str().unwrap().to_owned()
}

#[test]
fn a_day_of_changes_is_published_to_a_running_demo_and_compacted() {
    let dir = tempfile::tempdir().unwrap();
    let work = tempfile::tempdir().unwrap();
    let path = |name: &str| work.path().join(name).display().to_string();
    let mut running = Running::start(&mut demo(dir.path()));
    let served = dir.path().join("warehouse").display().to_string();
    let config = dir.path().join("gerbang.toml").display().to_string();
    let first = snapshot(dir.path(), &running);
    let day = ["changes", "--over", &served, "--dir", &path("day"), "--births", "3"];
    let delta = warehouse(&day);
    assert_eq!(delta["rows"], 38);
    assert_eq!(snapshot(dir.path(), &running), first, "made, not published");
    let published = warehouse(&["publish", &path("day"), "--config", &config]);
    assert_eq!((&published["snapshot"], &published["deltas"]), (&delta["snapshot"], &json!(1)));
    let switched = |running: &Running, id: &Value| {
        kill_process(Pid::from_child(&running.child), Signal::HUP).unwrap();
        let began = std::time::Instant::now();
        while snapshot(dir.path(), running) != *id {
            assert!(began.elapsed().as_secs() < 60, "the gateway does not notice what was published");
        }
    };
    switched(&running, &delta["snapshot"]);
    let compacted = warehouse(&["compact", "--config", &config]);
    assert_eq!((&compacted["deltas"], &compacted["serial"]), (&json!(0), &json!(3)));
    switched(&running, &compacted["snapshot"]);
    assert_eq!(warehouse(&["compact", "--root", &served]), json!({"compacted": false}));
    assert_eq!(warehouse(&["publish", &path("day"), "--root", &served])["already"], true, "the base holds that day");
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    let (_, logs) = running.last_words();
    assert!(logs.contains("other data swapped in"), "{logs}");
    // The demo starts again over what was published.
    let again = Running::start(&mut demo(dir.path()));
    assert_eq!(snapshot(dir.path(), &again), compacted["snapshot"].as_str().unwrap());
}

#[test]
fn what_is_broken_is_refused_by_name() {
    let work = tempfile::tempdir().unwrap();
    let path = |name: &str| work.path().join(name).display().to_string();
    let made = warehouse(&["generate", "--rows", "1000", "--as-of", "2026-11-22", "--dir", &path("a")]);
    let id = made["snapshot"].as_str().unwrap();
    let told = run(gerbang().args(["warehouse", "verify", &path("a")]));
    assert_eq!(String::from_utf8_lossy(&told.stdout), format!("ok: snapshot {id}, 1000 residents as of 2026-11-22\n"));
    assert_eq!(warehouse(&["publish", &path("a"), "--root", &path("root")])["serial"], 1);
    let file = work.path().join("a").join(format!("{id}.0000.parquet"));
    let sound = std::fs::read(&file).unwrap();
    // Another file in its place: what was published is linked, and stays.
    gerbang::disk::replace(&gerbang::disk::RealDisk, &file, &sound[..sound.len() - 1]).unwrap();
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    assert!(refused(&["verify", &path("a")]).contains(&name));
    assert!(refused(&["publish", &path("a"), "--root", &path("root")]).contains(&name));
    assert!(refused(&["publish", &path("nothing"), "--root", &path("root")]).contains("manifest.json"));
    assert!(refused(&["generate", "--rows", "1000", "--dir", &path("root")]).contains("publish"));
    assert_eq!(run(gerbang().args(["warehouse", "publish", &path("a")])).status.code(), Some(2));
}
