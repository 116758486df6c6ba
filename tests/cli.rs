//! The command line as people and scripts meet it: exit codes, one clear message, results alone on stdout.
//!
//! `GERBANG_BLESS=help` writes `tests/cli/help.txt` anew; it is to be reviewed as a diff.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code may panic")]

mod process;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use gerbang::cli::demo::agreements::Signatories;
use gerbang::disk::{RealDisk, replace};
use process::{Running, demo, gerbang};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Every command, as it is typed.
const COMMANDS: [&[&str]; 25] = [
    &[],
    &["demo"],
    &["serve"],
    &["check-config"],
    &["warehouse"],
    &["warehouse", "generate"],
    &["warehouse", "build"],
    &["warehouse", "changes"],
    &["warehouse", "verify"],
    &["warehouse", "publish"],
    &["warehouse", "compact"],
    &["pks"],
    &["pks", "draft"],
    &["pks", "sign"],
    &["pks", "verify"],
    &["pks", "test"],
    &["pks", "show"],
    &["pks", "diff"],
    &["pks", "revoke"],
    &["pks", "simulate"],
    &["audit"],
    &["audit", "verify"],
    &["audit", "show"],
    &["bench"],
    &["pemadanan"],
];

/// What a command gave.
struct Told {
    code: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Told {
    fn from(output: Output) -> Self {
        assert_eq!(output.status.signal(), None, "{}", String::from_utf8_lossy(&output.stderr));
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Told {
    /// It worked and complained about nothing.
    fn ok(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""));
        self.out
    }

    /// It failed with one message and no result.
    fn failed(self) -> String {
        assert_eq!((self.code, self.out.as_str()), (Some(1), ""), "{}", self.err);
        // A fault in a file's text shows its line, on lines of its own.
        let begun: Vec<bool> = self.err.lines().map(|line| line.starts_with("gerbang: ")).collect();
        let one = begun.iter().position(|begins| *begins) == Some(0) && begun.iter().filter(|begins| **begins).count() == 1;
        assert!(one && !self.err.contains("panicked") && !self.err.ends_with("\n\n"), "one message: {}", self.err);
        self.err
    }
}

fn tell(command: &mut Command) -> Told {
    command.stdin(Stdio::null()).output().unwrap().into()
}

/// A demo that was made and stopped.
fn made() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    drop(Running::start(&mut demo(dir.path())));
    dir
}

/// A demo that was made, asked twelve times and stopped.
fn used() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let running = Running::start(&mut demo(dir.path()));
    let own = |name: &str| dir.path().join("clients/bank-antasari").join(name);
    let mut curl = Command::new("curl");
    curl.arg("-sSf").arg("--cacert").arg(dir.path().join("ca.pem")).arg("--cert").arg(own("cert.pem"));
    curl.arg("--key").arg(own("key.pem")).args(vec![format!("https://{}/v1/agreement", running.api); 12]);
    assert_eq!(tell(&mut curl).ok().matches("\"receipt\"").count(), 12);
    drop(running);
    dir
}

/// The files of a folder in another.
fn copy_tree(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&place).unwrap();
            copy_tree(&entry.path(), &place);
        } else {
            std::fs::copy(entry.path(), place).unwrap();
        }
    }
}

/// Every file under a folder with its content.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    found
}

fn write(path: &Path, bytes: &[u8]) {
    replace(&RealDisk, path, bytes).unwrap();
}

/// Changes a file's content.
fn change(path: &Path, how: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    how(&mut bytes);
    write(path, &bytes);
}

fn audit(deed: &str, dir: &Path) -> Command {
    let mut command = gerbang();
    command.args(["audit", deed, "--dir"]).arg(dir);
    command
}

#[test]
fn help_of_every_command_is_an_answer_and_names_every_option() {
    let mut text = String::new();
    for words in COMMANDS {
        let told = tell(gerbang().args(words).arg("--help").env("COLUMNS", "100")).ok();
        writeln!(text, "$ gerbang {}\n{told}", [words, &["--help"]].concat().join(" ")).unwrap();
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/help.txt");
    if std::env::var("GERBANG_BLESS").as_deref() == Ok("help") {
        write(&golden, text.as_bytes());
    }
    assert_eq!(text, std::fs::read_to_string(golden).unwrap());
    assert!(tell(gerbang().arg("--version")).ok().starts_with("gerbang "));
}

#[test]
fn what_is_not_understood_is_a_fault_of_usage() {
    for words in COMMANDS {
        let told = tell(gerbang().args(words).arg("--colour"));
        assert_eq!((told.code, told.out.as_str()), (Some(2), ""), "{words:?}");
        assert!(told.err.contains("--colour"), "{}", told.err);
    }
    for words in [&["demo", "--rows", "999"][..], &["audit", "show"], &["check-config"], &["nonsense"], &[]] {
        let told = tell(gerbang().args(words));
        assert_eq!((told.code, told.out.as_str()), (Some(2), ""), "{words:?}");
    }
}

#[test]
fn a_failure_is_one_clear_message_on_stderr() {
    let nowhere = tempfile::tempdir().unwrap();
    let nowhere = nowhere.path().join("nowhere");
    for mut command in [audit("verify", &nowhere), audit("show", &nowhere)] {
        assert!(tell(&mut command).failed().contains(nowhere.to_str().unwrap()));
    }
    for words in [&["check-config"][..], &["serve", "--config"], &["check-config", "--policies"]] {
        assert!(tell(gerbang().args(words).arg(&nowhere)).failed().contains(nowhere.to_str().unwrap()));
    }
    assert!(!nowhere.exists());
    // Nothing to check is not a log that holds.
    let empty = tempfile::tempdir().unwrap();
    for mut command in [audit("verify", empty.path()), audit("show", empty.path())] {
        assert!(tell(&mut command).failed().contains("no audit log"));
    }
}

#[test]
fn the_log_is_checked_and_shown_in_part() {
    let used = used();
    let log = used.path().join("audit");
    assert!(tell(&mut audit("verify", &log)).ok().starts_with("ok: 12 entries in 1 segments, chain "));
    let report: Value = serde_json::from_str(&tell(audit("verify", &log).arg("--json")).ok()).unwrap();
    assert_eq!((&report["entries"], &report["segments"], &report["torn_tail"]), (&json!(12), &json!(1), &Value::Null));
    let indexes = |range: &[&str]| -> Vec<u64> {
        let out = tell(audit("show", &log).arg("--json").args(range)).ok();
        out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["index"].as_u64().unwrap()).collect()
    };
    assert_eq!(indexes(&[]), (0..12).collect::<Vec<_>>());
    assert_eq!(indexes(&["--from", "3", "--to", "5"]), [3, 4, 5]);
    assert_eq!(indexes(&["--from", "10"]), [10, 11]);
    assert_eq!(indexes(&["--to", "0"]), [0]);
    assert_eq!(indexes(&["--from", "5", "--to", "3"]), [0u64; 0]);
    assert_eq!(indexes(&["--from", "12"]), [0u64; 0]);
}

#[test]
fn a_changed_byte_in_the_log_is_named_with_file_and_place() {
    let used = used();
    let name = "00000000000000000000.log";
    let log = used.path().join("audit");
    let file = log.join(name);
    let end = std::fs::read(&file).unwrap().iter().rposition(|byte| *byte != 0).unwrap();
    change(&file, |bytes| bytes[end / 2] ^= 1);
    let message = tell(&mut audit("verify", &log)).failed();
    let place = message.split_once(&format!("{name}, byte ")).unwrap_or_else(|| panic!("{message}")).1;
    let offset: usize = place.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap();
    assert!(offset <= end / 2 && end / 2 - offset < 2048, "{message} (changed: {})", end / 2);
    let shown = tell(audit("show", &log).arg("--json"));
    assert_eq!(shown.code, Some(1), "what holds before it is shown, but not as if that were all");
    assert!(shown.out.lines().count() < 12 && shown.err.contains(name));
    let told = tell(&mut demo(used.path()));
    assert!(told.failed().contains("the log is damaged"), "nothing is served on a log that does not hold");
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let used = used();
    let log = used.path().join("audit");
    for mut command in [audit("show", &log), audit("verify", &log)] {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        let status = child.wait().unwrap();
        assert!(matches!(status.code(), Some(0 | 1)), "{status}");
        assert!(!err.contains("panicked") && err.lines().count() <= 1, "{err}");
    }
}

fn check_config(dir: &Path) -> Told {
    tell(gerbang().arg("check-config").arg(dir.join("gerbang.toml")))
}

#[test]
fn a_configuration_is_checked_with_all_it_names() {
    let made = made();
    assert_eq!(check_config(made.path()).ok(), "ok: 3 agreements verified\n");
    let broken = |how: &dyn Fn(&Path)| {
        let copy = tempfile::tempdir().unwrap();
        copy_tree(made.path(), copy.path());
        how(copy.path());
        check_config(copy.path()).failed()
    };
    let unknown = broken(&|dir| change(&dir.join("gerbang.toml"), |text| text.extend(b"colour = 1\n")));
    assert!(unknown.contains("gerbang.toml") && unknown.contains("colour"), "{unknown}");
    #[expect(clippy::disallowed_methods, reason = "what is removed was made for this test")]
    let remove = |path: PathBuf| std::fs::remove_file(path).unwrap();
    for file in ["accounts.toml", "keys/server.pem", "keys/server.key", "keys/pseudonym.key", "ca.pem", "warehouse/manifest.json"] {
        let message = broken(&|dir| remove(dir.join(file)));
        assert!(message.contains(file), "{file}: {message}");
    }
    let anchors = broken(&|dir| remove(dir.join("policies/anchors/office.pem")));
    assert!(anchors.contains("office.pem"), "{anchors}");
}

#[test]
fn an_agreement_that_would_not_bind_is_named_with_its_reason() {
    let changed = made();
    change(&changed.path().join("policies/rsud-tapin/pks.json"), |bytes| {
        let digit = bytes.iter().rposition(u8::is_ascii_digit).unwrap();
        bytes[digit] ^= 1;
    });
    let told = check_config(changed.path());
    assert_eq!((told.code, told.out.as_str()), (Some(1), ""));
    let lines: Vec<&str> = told.err.lines().collect();
    let [finding, message] = lines[..] else { panic!("{}", told.err) };
    assert!(finding.contains("policies/rsud-tapin: ") && finding.contains("signature"), "{finding}");
    assert_eq!(message, "gerbang: 1 of the agreements would not be in force");
}

#[test]
fn an_agreement_whose_term_is_over_is_named_as_expired() {
    let dir = tempfile::tempdir().unwrap();
    let signed = "2024-01-02T03:00:00Z".parse().unwrap();
    let signatories = Signatories::found(&RealDisk, dir.path(), signed).unwrap();
    let mut document = gerbang::pks::template("bank-antasari").unwrap();
    (document.term.from, document.term.until) = ("2024-01-02".to_owned(), "2025-01-01".to_owned());
    signatories.conclude(&RealDisk, dir.path(), &mut document, signed).unwrap();
    let told = tell(gerbang().args(["check-config", "--policies"]).arg(dir.path()));
    assert_eq!((told.code, told.out.as_str()), (Some(1), ""));
    assert!(told.err.contains("bank-antasari: ") && told.err.contains("term is over"), "{}", told.err);
}

#[test]
fn the_shipped_agreements_are_in_force() {
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    assert_eq!(tell(gerbang().args(["check-config", "--policies"]).arg(policies)).ok(), "ok: 3 agreements verified\n");
}

#[test]
fn the_same_seed_makes_the_same_snapshot() {
    let dir = tempfile::tempdir().unwrap();
    let generate = |name: &str, seed: &str| {
        let to = dir.path().join(name);
        let mut command = gerbang();
        command.args(["warehouse", "generate", "--rows", "1000", "--as-of", "2026-11-22", "--json", "--seed", seed, "--dir"]);
        let told = tell(command.arg(&to));
        assert_eq!(told.code, Some(0), "{}", told.err);
        let result: Value = serde_json::from_str(&told.out).unwrap();
        assert_eq!((&result["rows"], &result["as_of"]), (&json!(1000), &json!("2026-11-22")));
        let bytes: Vec<Vec<u8>> = files(&to).into_values().collect();
        (result["snapshot"].clone(), bytes)
    };
    let first = generate("first", "5");
    assert_eq!(first, generate("second", "5"));
    assert_ne!(first, generate("third", "6"));
}

#[test]
fn a_build_lists_rejected_rows_beside_the_snapshot_and_names_file_and_row_of_what_is_broken() {
    let dir = tempfile::tempdir().unwrap();
    let input = dir.path().join("in.csv");
    let build = || {
        let mut command = gerbang();
        command.args(["warehouse", "build", "--as-of", "2026-11-22", "--memory-mib", "256", "--json", "--input"]).arg(&input);
        tell(command.arg("--output").arg(dir.path().join("out")))
    };
    let good = "NIK;NO_PROP;NO_KAB;STATUS\n6305014507850001;63;5;AKTIF\n63050145078500;63;5;1\n";
    write(&input, good.as_bytes());
    let told = build();
    assert_eq!(told.code, Some(0), "{}", told.err);
    assert!(told.err.contains("no values for columns that the input lacks: AGAMA, "), "{}", told.err);
    let result: Value = serde_json::from_str(&told.out).unwrap();
    let counts = ["rows", "rows_read", "rejected", "duplicates"].map(|name| result[name].as_u64().unwrap());
    assert_eq!(counts, [1, 2, 1, 0]);
    let rejects = dir.path().join("out.rejects.csv");
    assert_eq!(result["rejects"], json!(rejects.display().to_string()));
    let listed = format!("file,row,line,column,reason\n{},2,3,NIK,a NIK has sixteen digits\n", input.display());
    assert_eq!(std::fs::read_to_string(rejects).unwrap(), listed);
    let before = files(&dir.path().join("out"));
    write(&input, format!("{good}\"6305014507850002;63;5;1\n").as_bytes());
    let message = build().failed();
    assert!(message.contains(&format!("the input {}, row 3: near line", input.display())), "{message}");
    assert!(!message.contains("630501"), "{message}");
    assert!(files(&dir.path().join("out")) == before, "the older snapshot stays what it was");
}

#[test]
fn two_demos_never_share_a_directory() {
    let dir = made();
    let running = Running::start(&mut demo(dir.path()));
    assert!(tell(&mut demo(dir.path())).failed().contains("running"));
    drop(running);
    drop(Running::start(&mut demo(dir.path())));
}

#[test]
fn a_half_made_demo_is_redone_and_foreign_files_stay() {
    let dir = made();
    #[expect(clippy::disallowed_methods, reason = "what is removed was made for this test")]
    std::fs::remove_file(dir.path().join("gerbang.toml")).unwrap();
    write(&dir.path().join("notes.txt"), b"mine");
    write(&dir.path().join("clients/left-over.pem"), b"of an earlier try");
    let before = std::fs::read(dir.path().join("ca.pem")).unwrap();
    drop(Running::start(&mut demo(dir.path())));
    assert_eq!(std::fs::read(dir.path().join("notes.txt")).unwrap(), b"mine");
    assert!(!dir.path().join("clients/left-over.pem").exists());
    assert_ne!(std::fs::read(dir.path().join("ca.pem")).unwrap(), before);
    assert_eq!(check_config(dir.path()).ok(), "ok: 3 agreements verified\n");
}

#[test]
fn a_demo_that_was_killed_while_it_was_made_is_redone() {
    let dir = tempfile::tempdir().unwrap();
    let mut long = gerbang();
    long.args(["demo", "--rows", "50000", "--dir"]).arg(dir.path());
    let mut child = long.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(line.ends_with(" of 50000 residents\n"), "plain lines where there is no terminal: {line}");
    assert!(!dir.path().join("gerbang.toml").exists());
    drop(Running::start(&mut demo(dir.path())));
    assert_eq!(check_config(dir.path()).ok(), "ok: 3 agreements verified\n");
}

#[test]
fn an_address_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let dir = made();
    let told = tell(gerbang().args(["demo", "--admin", "127.0.0.1:0", "--listen", &address, "--dir"]).arg(dir.path()));
    assert!(told.failed().contains(&format!("cannot listen on {address}")));
}

#[test]
fn a_directory_of_somebody_else_is_refused_untouched() {
    for name in ["clients/list.csv", "audit/00000000000000000000.log", "gerbang.toml"] {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        write(&file, b"theirs");
        let before = files(dir.path());
        assert!(tell(&mut demo(dir.path())).failed().contains("did not make"));
        assert_eq!(files(dir.path()), before, "{name}");
    }
}

/// What `/readyz` of the operators' listener says.
fn readyz(admin: &str) -> Value {
    let mut tcp = TcpStream::connect(admin).unwrap();
    tcp.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    tcp.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

/// The next line of the log that says something.
fn logged(running: &mut Running, what: &str) -> Value {
    loop {
        let mut line = String::new();
        assert_ne!(running.stderr.read_line(&mut line).unwrap(), 0, "the log ended without: {what}");
        let entry: Value = serde_json::from_str(&line).unwrap();
        if entry["msg"] == what {
            return entry;
        }
    }
}

#[test]
fn serve_loads_anew_on_sighup_and_drains_on_sigterm() {
    let dir = made();
    change(&dir.path().join("gerbang.toml"), |text| {
        *text = String::from_utf8(std::mem::take(text)).unwrap().replace("workers = 0", "workers = 1").into_bytes();
    });
    let mut running = Running::start(gerbang().args(["serve", "--config"]).arg(dir.path().join("gerbang.toml")));
    let send = |running: &Running, signal| kill_process(Pid::from_child(&running.child), signal).unwrap();
    // Right after the line `ready`: signals must be listened for by then.
    send(&running, Signal::HUP);
    let admin = logged(&mut running, "serving")["admin"].as_str().unwrap().to_owned();
    let epoch = |entry: &Value, key: &str| entry[key].as_u64().unwrap_or_else(|| panic!("{entry}"));
    let first = epoch(&logged(&mut running, "agreements swapped in"), "epoch");
    assert_eq!(epoch(&readyz(&admin), "policy_epoch"), first);
    send(&running, Signal::HUP);
    assert_eq!(epoch(&logged(&mut running, "agreements swapped in"), "epoch"), first + 1);
    assert_eq!(epoch(&readyz(&admin), "policy_epoch"), first + 1);

    send(&running, Signal::TERM);
    logged(&mut running, "draining");
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
    assert_eq!(running.last_words(), (String::new(), String::new()));
    assert!(TcpStream::connect(running.api).is_err());
    let log = dir.path().join("audit");
    assert!(tell(&mut audit("verify", &log)).ok().starts_with("ok: 0 entries"));
}

#[test]
fn a_signal_to_end_right_after_ready_is_a_clean_end() {
    let dir = made();
    for signal in [Signal::TERM, Signal::INT] {
        let mut running = Running::start(&mut demo(dir.path()));
        kill_process(Pid::from_child(&running.child), signal).unwrap();
        let (samples, _logs) = running.last_words();
        assert!(samples.contains("gerbang audit verify --dir"));
        assert_eq!(running.child.wait().unwrap().code(), Some(0));
    }
}
