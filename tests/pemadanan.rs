//! `gerbang pemadanan` against a real gateway: every kind of file, errors by row, and going on after an interruption.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::disallowed_methods, reason = "test code may panic")]

#[expect(dead_code, reason = "what a gateway says is not read here")]
mod process;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use process::{Running, demo, gerbang};
use serde_json::Value;
use tempfile::TempDir;

/// A demo that serves, and a folder to work in.
struct Place {
    // Ends before its directory goes.
    running: Running,
    dir: TempDir,
}

fn place() -> Place {
    let dir = tempfile::tempdir().unwrap();
    let running = Running::start(&mut demo(&dir.path().join("demo")));
    Place { running, dir }
}

impl Place {
    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn put(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn command(&self, lembaga: &str, input: &str, output: &str) -> Command {
        let mut command = self.command_without_url(lembaga, input, output);
        command.arg("--url").arg(format!("https://{}", self.running.api));
        command
    }

    fn command_without_url(&self, lembaga: &str, input: &str, output: &str) -> Command {
        let demo = self.path("demo");
        let client = demo.join("clients").join(lembaga);
        let mut command = gerbang();
        command.arg("pemadanan").arg("--input").arg(self.path(input)).arg("--output").arg(self.path(output));
        command.arg("--ca").arg(demo.join("ca.pem")).arg("--cert").arg(client.join("cert.pem"));
        command.arg("--key").arg(client.join("key.pem")).arg("--json");
        command.stdin(Stdio::null());
        command
    }

    fn run(&self, input: &str, output: &str, more: &[&str]) -> Value {
        let told = self.command("bank-antasari", input, output).args(more).output().unwrap();
        assert!(told.status.success(), "{}", text(&told.stderr));
        serde_json::from_slice(&told.stdout).unwrap()
    }

    /// What a run that fails says.
    fn fail(&self, lembaga: &str, input: &str, more: &[&str]) -> String {
        let told: Output = self.command(lembaga, input, "never.csv").args(more).output().unwrap();
        assert_eq!(told.status.code(), Some(1), "{}", text(&told.stdout));
        assert!(!self.path("never.csv").exists());
        let told = text(&told.stderr);
        assert!(!told.contains("SITI") && !told.contains("6305"), "a value of the table in {told}");
        told
    }

    fn personas(&self) -> Vec<Value> {
        serde_json::from_slice(&std::fs::read(self.path("demo/personas.json")).unwrap()).unwrap()
    }

    /// Entries of the audit log.
    fn entries(&self) -> usize {
        let told = gerbang().args(["audit", "show", "--json", "--dir"]).arg(self.path("demo/audit")).output().unwrap();
        text(&told.stdout).lines().filter(|line| line.contains("\"kind\":\"question\"")).count()
    }

    fn rows(&self, name: &str) -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(self.path(name)).unwrap();
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn quoted(cells: &[&str]) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(cells).unwrap();
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

/// Every persona with its name as it is, SIAK's and DWH's column names mixed.
fn people(place: &Place) -> String {
    let mut table = "No;Nik;NAMA LGKP;tgl_lhr;CATATAN\n".replace(';', ",");
    for (number, persona) in place.personas().iter().enumerate() {
        let cell = |name: &str| persona["row"][name].as_str().unwrap_or("X").to_owned();
        let nik = persona["nik"].as_str().unwrap();
        table.push_str(&quoted(&[&number.to_string(), nik, &cell("NAMA_LGKP"), &cell("TGL_LHR"), "=1+1, \"ya\""]));
    }
    table
}

#[test]
fn every_row_gets_its_code_and_the_results_of_its_elements_in_every_kind_of_file() {
    let place = place();
    place.put("in.csv", &people(&place));
    let personas = place.personas();
    let told = place.run("in.csv", "out.csv", &[]);
    assert_eq!(told["rows"], personas.len());
    let rows = place.rows("out.csv");
    assert_eq!(
        rows[0],
        [
            "No",
            "Nik",
            "NAMA LGKP",
            "tgl_lhr",
            "CATATAN",
            "KODE",
            "KETERANGAN",
            "HASIL_NAMA_LGKP",
            "SKOR_NAMA_LGKP",
            "HASIL_TGL_LHR"
        ]
    );
    assert_eq!(rows.len(), personas.len() + 1);
    for (row, persona) in rows.iter().skip(1).zip(&personas) {
        assert_eq!((row[1].as_str(), row[4].as_str()), (persona["nik"].as_str().unwrap(), "=1+1, \"ya\""));
        assert_eq!(row[5], persona["code"].as_str().unwrap(), "{row:?}");
        match row[5].as_str() {
            "01" => assert_eq!(row[7..], ["SESUAI", "100", "SESUAI"]),
            _ => assert_eq!(row[7..], ["", "", ""]),
        }
    }
    assert!(!place.path("out.csv.pemadanan").exists());
    // From one kind of file to the next: what was read and written in between is still the same.
    for (input, output) in [("out.csv", "a.xlsx"), ("a.xlsx", "b.parquet"), ("b.parquet", "c.xlsx"), ("c.xlsx", "d.csv")] {
        assert_eq!(place.run(input, output, &[])["codes"], told["codes"], "{input} to {output}");
    }
    for (row, first) in place.rows("d.csv").iter().zip(&rows) {
        assert_eq!(row[..10], first[..]);
        assert_eq!(row[row.len() - 5..], first[5..]);
    }
    assert_eq!(place.entries(), 5 * personas.len());
}

#[test]
fn what_is_wrong_is_said_with_file_and_row_before_anything_is_asked() {
    let place = place();
    let good = "NIK,NAMA_LGKP\n6305014507850001,SITI\n";
    place.put("quote.csv", &format!("{good}6305014507850001,\"SITI{}\n", "\nx,y".repeat(200_000)));
    assert!(place.fail("bank-antasari", "quote.csv", &[]).contains("quote.csv, row 3: cannot be read: a row without an end"));
    place.put("cells.csv", &format!("{good}6305014507850001\n"));
    assert!(place.fail("bank-antasari", "cells.csv", &[]).contains("cells.csv, row 3: has 1 cells where 2 columns are named"));
    std::fs::write(place.path("latin.csv"), [good.as_bytes(), b"6305014507850001,SIT\xcd\n"].concat()).unwrap();
    assert!(place.fail("bank-antasari", "latin.csv", &[]).contains("latin.csv, row 3: is not UTF-8"));
    place.put("none.csv", "NAMA_LGKP\nSITI\n");
    assert!(place.fail("bank-antasari", "none.csv", &[]).contains("no column NIK"));
    place.put("empty.csv", "");
    assert!(place.fail("bank-antasari", "empty.csv", &[]).contains("empty.csv is empty"));
    place.put("head.csv", "NIK,NAMA_LGKP\n");
    assert!(place.fail("bank-antasari", "head.csv", &[]).contains("no rows"));
    place.put("x.txt", good);
    assert!(place.fail("bank-antasari", "x.txt", &[]).contains("neither .csv nor .xlsx nor .parquet"));
    for broken in ["broken.xlsx", "broken.parquet"] {
        place.put(broken, good);
        assert!(place.fail("bank-antasari", broken, &[]).contains(broken));
    }
    let mut sheet = rust_xlsxwriter::Worksheet::new();
    for (column, name) in (0..).zip(["NIK", "NAMA_LGKP"]) {
        sheet.write_string(0, column, name).unwrap();
        sheet.write_string(2, column, name).unwrap();
    }
    sheet.write_number(1, 0, 6_305_014_507_850_001.0).unwrap();
    let mut book = rust_xlsxwriter::Workbook::new();
    book.push_worksheet(sheet);
    book.save(place.path("number.xlsx")).unwrap();
    assert!(place.fail("bank-antasari", "number.xlsx", &[]).contains("number.xlsx, row 2: a number of more than fifteen digits"));
    assert_eq!(place.entries(), 0);
}

#[test]
fn what_the_agreement_refuses_is_said_and_costs_nothing() {
    let place = place();
    place.put("in.csv", "NIK,NAMA_LGKP,AGAMA\n6305014507850001,SITI,ISLAM\n");
    assert!(place.fail("rsud-tapin", "in.csv", &[]).contains("METHOD_NOT_GRANTED"));
    let told = place.fail("bank-antasari", "in.csv", &["--elements", "NAMA_LGKP", "--purpose", "none of the list"]);
    assert!(told.contains("refuses row 2: PURPOSE_MISSING") && told.contains("1 of 1 rows are not answered"), "{told}");
    assert!(!place.path("never.csv.pemadanan").exists(), "there was nothing to keep");
    let mut nowhere = place.command_without_url("bank-antasari", "in.csv", "never.csv");
    let told = nowhere.args(["--elements", "NAMA_LGKP", "--url", "https://127.0.0.1:1"]).output().unwrap();
    assert!(text(&told.stderr).contains("cannot reach the gateway"), "{}", text(&told.stderr));
    let counted = gerbang().args(["audit", "show", "--json", "--dir"]).arg(place.path("demo/audit")).output().unwrap();
    assert!(!text(&counted.stdout).contains("\"counted\":true"));
    place.put("odd.csv", "NIK,NAMA_LGKP\n123,SITI\n6305014507850001,\n");
    assert_eq!(place.run("odd.csv", "odd_out.csv", &[])["rows"], 2);
    let rows = place.rows("odd_out.csv");
    assert_eq!((rows[1][2].as_str(), rows[2][2].as_str(), rows[2][3].as_str()), ("15", "BODY_MALFORMED", "no value to compare"));
}

/// A table of so many rows.
fn many(place: &Place, rows: usize) {
    let people = people(place);
    let (head, body) = people.split_once('\n').unwrap();
    let lines: Vec<&str> = body.lines().collect();
    let all: Vec<&str> = lines.iter().copied().cycle().take(rows).collect();
    place.put("many.csv", &format!("{head}\n{}\n", all.join("\n")));
}

/// Waits until some answers are kept; the run is still going on then.
fn until_some_are_kept(place: &Place, child: &mut Child) {
    let kept = place.path("many_out.csv.pemadanan");
    while std::fs::metadata(&kept).map_or(0, |found| found.len()) < 100_000 {
        if child.try_wait().unwrap().is_some() {
            let mut told = String::new();
            child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
            panic!("ended too early: {told}");
        }
        std::thread::yield_now();
    }
}

fn kept_rows(path: &Path) -> usize {
    let bytes = std::fs::read(path).unwrap();
    bytes.iter().filter(|byte| **byte == b'\n').count() - 1
}

const ROWS: usize = 60_000;

fn begun(place: &Place) -> Child {
    many(place, ROWS);
    let mut child =
        place.command("bank-antasari", "many.csv", "many_out.csv").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until_some_are_kept(place, &mut child);
    child
}

fn went_on(place: &Place) {
    let kept = kept_rows(&place.path("many_out.csv.pemadanan"));
    assert!(kept > 0 && kept < ROWS, "{kept}");
    let before = place.entries();
    assert_eq!(place.run("many.csv", "many_out.csv", &[])["rows"], ROWS);
    assert_eq!(place.entries() - before, ROWS - kept, "only rows without an answer are asked");
    let rows = place.rows("many_out.csv");
    let personas = place.personas();
    assert_eq!(rows.len(), ROWS + 1);
    for (row, persona) in rows.iter().skip(1).zip(personas.iter().cycle()) {
        assert_eq!(row[5], persona["code"].as_str().unwrap());
    }
    assert!(!place.path("many_out.csv.pemadanan").exists());
}

#[test]
fn a_killed_run_goes_on_where_it_ended() {
    let place = place();
    let mut child = begun(&place);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!place.path("many_out.csv").exists());
    let kept = kept_rows(&place.path("many_out.csv.pemadanan"));
    // Another input is not taken for this one.
    place.put("other.csv", &people(&place));
    let told = place.command("bank-antasari", "other.csv", "many_out.csv").output().unwrap();
    assert!(text(&told.stderr).contains("another input"), "{}", text(&told.stderr));
    assert_eq!(kept_rows(&place.path("many_out.csv.pemadanan")), kept);
    went_on(&place);
    assert!(place.entries() <= ROWS + 1024, "no more than what was under way is asked twice");
}

#[test]
fn an_interrupted_run_takes_what_is_under_way_and_asks_nothing_twice() {
    let place = place();
    let child = begun(&place);
    let id = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let told = text(&ended.stderr);
    assert!(told.contains("interrupted; ") && told.contains("run the same command again"), "{told}");
    went_on(&place);
    assert_eq!(place.entries(), ROWS);
}
