//! What must not compile: no witness is made from outside the house.
//!
//! Each file of `tests/compile_fail/` is compiled against the library as a stranger would. A line that must not compile ends in
//! `//~ CODE: words of the message`; the compiler must find these faults and no other, so a case cannot pass for a wrong reason.
//! Faults of one kind to a file: the compiler stops at the first of its passes that finds any.
//! The library is the one that `cargo test` has just built. (trybuild would check the whole dependency tree two times anew.)

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result};
use serde_json::Value;

/// One fault: its line, its code, its message.
type Fault = (u64, String, String);

#[test]
fn strangers_cannot_make_witnesses() {
    let library = library().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compile_fail");
    let mut cases = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        let (wanted, found) = (wanted(&source).unwrap(), faults(&library, &source).unwrap());
        assert!(!wanted.is_empty(), "{}: says nothing that must not compile", path.display());
        assert_eq!(surprises(&wanted, &found), Vec::<Fault>::new(), "{}\nwanted: {wanted:#?}\nfound: {found:#?}", path.display());
        cases += 1;
    }
    assert!(cases > 0);
}

#[test]
fn a_case_that_compiles_or_fails_otherwise_is_a_surprise() {
    let library = library().unwrap();
    for (source, count) in [
        ("use gerbang::kernel::Caller; fn f(c: &Caller) { c.lembaga(); } fn main() {}", 0),
        ("fn main() { let n: u8 = 1; n; } //~ E0308: mismatched types", 1),
        ("fn main() { let n: u8 = \"\"; }", 1),
        ("fn main() { let n: u8 = \"\"; } //~ E0308: mismatched types", 0),
        ("fn main() { let n: u8 = \"\"; }\n//~ E0308: mismatched types", 2),
        ("fn main() { let n: u8 = \"\"; } //~ E0308: other words", 2),
        ("fn main() { syntax error }", 1),
    ] {
        let found = faults(&library, source).unwrap();
        assert_eq!(surprises(&wanted(source).unwrap(), &found).len(), count, "{source}\n{found:?}");
    }
}

/// The library as it was built for these tests, and what it stands on.
fn library() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let features = if cfg!(feature = "desk") { "--all-features" } else { "--no-default-features" };
    let mut build = Command::new(cargo);
    build.args(["test", "--no-run", "--offline", "--test", "compile_fail", "--message-format=json", features]);
    build.args((!cfg!(debug_assertions)).then_some("--release")).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = build.stderr(Stdio::inherit()).output()?;
    let lines = String::from_utf8(output.stdout)?;
    let mut artifacts = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let is_library = |artifact: &Value| {
        let target = artifact.get("target")?;
        let kind = target.get("kind")?.as_array()?;
        Some(target.get("name")? == env!("CARGO_PKG_NAME") && kind.iter().any(|kind| kind == "lib"))
    };
    let library = artifacts.rfind(|artifact| is_library(artifact).unwrap_or_default()).context("no library was built")?;
    let files = library.get("filenames").and_then(Value::as_array).context("an artifact has files")?;
    let rlib = files.iter().filter_map(Value::as_str).find(|file| file.ends_with(".rlib"));
    Ok(rlib.context("a library has an rlib")?.into())
}

/// What the compiler says against a source.
fn faults(library: &Path, source: &str) -> Result<Vec<Fault>> {
    let folder = tempfile::tempdir()?;
    let mut compiler = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    compiler.args(["--edition=2024", "--crate-name=stranger", "--crate-type=bin", "--emit=metadata", "--error-format=json"]);
    compiler.arg("--extern").arg(format!("gerbang={}", library.display()));
    compiler.arg("-L").arg(format!("dependency={}", library.parent().context("a file lies in a folder")?.display()));
    compiler.arg("--out-dir").arg(folder.path()).arg("-");
    let mut child = compiler.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    child.stdin.take().context("stdin is piped")?.write_all(source.as_bytes())?;
    let output = child.wait_with_output()?;
    let found: Vec<Fault> = String::from_utf8(output.stderr)?.lines().filter_map(fault).collect();
    anyhow::ensure!(output.status.success() == found.is_empty(), "the compiler failed without a fault in the source");
    Ok(found)
}

/// Reads one message of the compiler, if it is an error at some place in the source.
fn fault(line: &str) -> Option<Fault> {
    let message: Value = serde_json::from_str(line).ok()?;
    let is_error = message.get("level")? == "error";
    let span = message.get("spans")?.as_array()?.iter().find(|span| span.get("is_primary") == Some(&Value::Bool(true)))?;
    let code = message.get("code")?.get("code").and_then(Value::as_str).unwrap_or_default();
    let text = message.get("message")?.as_str()?;
    is_error.then_some((span.get("line_start")?.as_u64()?, code.to_owned(), text.to_owned()))
}

/// The faults a source wants found.
fn wanted(source: &str) -> Result<Vec<Fault>> {
    let marked = source.lines().zip(1..).filter_map(|(line, at)| Some((at, line.split_once("//~ ")?.1)));
    let read = |(at, mark): (u64, &str)| {
        let (code, text) = mark.split_once(": ").with_context(|| format!("line {at}: not `//~ CODE: words`"))?;
        Ok((at, code.to_owned(), text.to_owned()))
    };
    marked.map(read).collect()
}

/// Faults wanted and not found, and faults found and not wanted.
fn surprises(wanted: &[Fault], found: &[Fault]) -> Vec<Fault> {
    let same = |wanted: &Fault, found: &Fault| wanted.0 == found.0 && wanted.1 == found.1 && found.2.contains(&wanted.2);
    let missed = wanted.iter().filter(|wanted| !found.iter().any(|found| same(wanted, found)));
    let unwanted = found.iter().filter(|found| !wanted.iter().any(|wanted| same(wanted, found)));
    missed.chain(unwanted).cloned().collect()
}
