//! What `gerbang demo` leaves for any client, and that clients which know nothing of gerbang get right answers from it.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code may panic")]

mod process;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use process::{Running, demo, gerbang};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use serde_json::Value;
use tempfile::TempDir;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

const LEMBAGA: [&str; 3] = ["bank-antasari", "dinsos-tapin", "rsud-tapin"];

/// What the hospital may read.
const HOSPITAL_READS: &str = "EKTP_STATUS NO_KK NIK NAMA_LGKP KAB_NAME AGAMA NO_RW KEC_NAME JENIS_PKRJN NO_RT NO_KEL ALAMAT NO_KEC \
    TMPT_LHR PDDK_AKH STATUS_KAWIN NO_PROP NAMA_LGKP_IBU PROP_NAME NO_KAB KEL_NAME JENIS_KLMIN TGL_LHR GOL_DARAH";
/// What the bank may verify at least.
const BANK_VERIFIES: [&str; 7] = ["NAMA_LGKP", "TMPT_LHR", "TGL_LHR", "JENIS_KLMIN", "ALAMAT", "NAMA_LGKP_IBU", "NO_KK"];

/// A demo that was made for a test and serves. Its directory has a name that a shell would take apart.
struct Demo {
    // Ends before its directory goes: fields are dropped in this order.
    running: Running,
    samples: String,
    dir: PathBuf,
    _kept: TempDir,
}

fn made() -> Demo {
    let kept = tempfile::tempdir().unwrap();
    let dir = kept.path().join("demo of mu'min");
    let (running, samples) = start(&dir);
    Demo { running, samples, dir, _kept: kept }
}

/// Starts a demo and reads its sample calls.
fn start(dir: &Path) -> (Running, String) {
    let mut running = Running::start(&mut demo(dir));
    let mut samples = String::new();
    while !samples.ends_with(" --json\n\n") {
        assert_ne!(running.stdout.read_line(&mut samples).unwrap(), 0, "{samples}");
    }
    (running, samples)
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Runs a command that must succeed, for its stdout.
fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn an_unmodified_client_of_the_dwh_service_gets_right_answers_for_every_code() {
    let demo = made();
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dwh_client.py");
    let told = run(Command::new("python3").arg(client).arg(&demo.dir).arg(format!("https://{}", demo.running.api)));
    assert!(told.starts_with("ok: ") && told.ends_with("01 11 12 13 14 15\n"), "{told}");
}

#[test]
fn the_sample_calls_work_as_they_are_pasted() {
    let demo = made();
    let program = Path::new(env!("CARGO_BIN_EXE_gerbang")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let elsewhere = tempfile::tempdir().unwrap();
    let mut shell = Command::new("sh");
    shell.arg("-eu").arg("-c").current_dir(elsewhere.path()).env("PATH", path);
    // A line between the calls, for answers do not end in one.
    let told = run(shell.arg(demo.samples.replace("\n#", "\necho\n#")));
    let mut lines = told.lines().filter(|line| !line.is_empty());
    let mut next = || -> Value {
        let line = lines.next().unwrap_or_else(|| panic!("{told}"));
        serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))
    };
    let verified = next();
    assert_eq!(verified["nik_status"], "active");
    for name in ["NAMA_LGKP", "TGL_LHR", "TMPT_LHR"] {
        assert_eq!(verified["results"][name]["match"], true, "{verified}");
    }
    assert_eq!(next()["content"][0]["NAMA_LGKP"], "Sesuai (100)");
    assert_eq!(next()["lembaga"]["id"], "bank-antasari");
    assert_eq!(next()["ready"], true);
    let checked = lines.next().unwrap();
    assert!(checked.starts_with("ok: "), "{checked}");
    let shown: Vec<Value> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    let sealed = shown.iter().find(|entry| entry["request"] == verified["id"]).unwrap();
    assert_eq!((&sealed["index"], &sealed["leaf"]), (&verified["receipt"]["index"], &verified["receipt"]["leaf"]));
}

#[test]
fn every_lembaga_finds_its_certificate_its_key_and_its_account() {
    let demo = made();
    let dir = &demo.dir;
    let names: BTreeSet<String> =
        std::fs::read_dir(dir.join("clients")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(names, LEMBAGA.map(str::to_owned).into());
    for lembaga in LEMBAGA {
        let own = dir.join("clients").join(lembaga);
        let key = std::fs::read_to_string(own.join("key.pem")).unwrap();
        assert!(key.starts_with("-----BEGIN PRIVATE KEY-----\n"), "unencrypted PKCS#8");
        let key = PrivatePkcs8KeyDer::from_pem_slice(key.as_bytes()).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.secret_pkcs8_der()).expect("a key on P-256");
        let certificate = CertificateDer::from_pem_file(own.join("cert.pem")).unwrap();
        let certificate = Certificate::from_der(&certificate).unwrap();
        let public = certificate.tbs_certificate().subject_public_key_info().subject_public_key.raw_bytes().to_vec();
        assert_eq!(aws_lc_rs::signature::KeyPair::public_key(&pair).as_ref(), public, "the key is the certificate's");

        let account = json(&own.join("account.json"));
        let keys: Vec<&str> = account.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["client_id", "customer_id", "elements", "password", "user_id"]);
        for key in ["client_id", "customer_id", "password", "user_id"] {
            assert!(!account[key].as_str().unwrap().is_empty(), "{lembaga}: {key}");
        }
        assert_eq!(account["customer_id"].as_str().unwrap().len(), 15);
        for element in account["elements"].as_array().unwrap() {
            let rights: Vec<&str> = element["rights"].as_array().unwrap().iter().map(|right| right.as_str().unwrap()).collect();
            assert!(!rights.is_empty() && rights.iter().all(|right| ["verify", "score", "read"].contains(right)), "{element}");
        }
    }
    let with = |lembaga: &str, right: &str| -> BTreeSet<String> {
        let account = json(&dir.join("clients").join(lembaga).join("account.json"));
        let elements = account["elements"].as_array().unwrap().iter();
        let granted = elements.filter(|element| element["rights"].as_array().unwrap().iter().any(|own| own == right));
        granted.map(|element| element["name"].as_str().unwrap().to_owned()).collect()
    };
    assert!(with("bank-antasari", "verify").is_superset(&BANK_VERIFIES.map(str::to_owned).into()));
    assert_eq!(with("bank-antasari", "read"), BTreeSet::new());
    assert_eq!(with("bank-antasari", "score").len(), 4);
    assert_eq!(with("rsud-tapin", "read"), HOSPITAL_READS.split_whitespace().map(str::to_owned).collect());
}

#[test]
fn personas_of_every_code_are_there_with_whole_rows() {
    let demo = made();
    let personas = json(&demo.dir.join("personas.json"));
    let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
    let mut regions = BTreeSet::new();
    let mut in_tapin = 0;
    for persona in personas.as_array().unwrap() {
        let code = persona["code"].as_str().unwrap();
        *codes.entry(code).or_default() += 1;
        assert!(!persona["note"].as_str().unwrap().is_empty());
        let row: BTreeMap<&str, &str> =
            persona["row"].as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
        if code != "01" {
            continue;
        }
        assert_eq!(row["NIK"], persona["nik"]);
        for name in BANK_VERIFIES {
            assert!(!row[name].is_empty(), "{}: {name}", row["NIK"]);
        }
        for name in HOSPITAL_READS.split_whitespace() {
            assert!(row.contains_key(name), "{}: {name}", row["NIK"]);
        }
        let shape = |text: &str| -> String { text.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect() };
        assert_eq!(shape(row["TGL_LHR"]), "9999-99-99");
        assert_eq!((shape(row["NO_RT"]), shape(row["NO_RW"])), ("999".to_owned(), "999".to_owned()));
        assert!(["LAKI-LAKI", "PEREMPUAN"].contains(&row["JENIS_KLMIN"]));
        regions.insert((row["NO_PROP"].to_owned(), row["NO_KAB"].to_owned()));
        in_tapin += usize::from((row["NO_PROP"], row["NO_KAB"]) == ("63", "05"));
    }
    assert_eq!(codes.keys().copied().collect::<Vec<_>>(), ["01", "11", "12", "13", "14", "15"]);
    assert!(codes["01"] >= 20 && in_tapin >= 5 && regions.len() >= 5, "{codes:?}, {in_tapin} in Tapin, {} regions", regions.len());
}

#[test]
fn the_server_can_be_called_by_address_and_by_name() {
    let demo = made();
    let chain = CertificateDer::from_pem_file(demo.dir.join("keys/server.pem")).unwrap();
    let certificate = Certificate::from_der(&chain).unwrap();
    let (_, names) = certificate.tbs_certificate().get_extension::<SubjectAltName>().unwrap().unwrap();
    let is_there = |wanted: &dyn Fn(&GeneralName) -> bool| names.0.iter().any(wanted);
    assert!(is_there(&|name| matches!(name, GeneralName::DnsName(name) if name.as_str() == "localhost")));
    assert!(is_there(&|name| matches!(name, GeneralName::IpAddress(address) if address.as_bytes() == [127, 0, 0, 1])));
    for host in ["127.0.0.1", "localhost"] {
        let own = |name: &str| demo.dir.join("clients/rsud-tapin").join(name);
        let mut curl = Command::new("curl");
        curl.args(["-4", "-sSf", "--cacert"]).arg(demo.dir.join("ca.pem")).arg("--cert").arg(own("cert.pem")).arg("--key");
        let told = run(curl.arg(own("key.pem")).arg(format!("https://{host}:{}/v1/agreement", demo.running.api.port())));
        assert_eq!(serde_json::from_str::<Value>(&told).unwrap()["lembaga"]["id"], "rsud-tapin");
    }
}

#[test]
fn the_configuration_passes_its_check() {
    let demo = made();
    let told = run(gerbang().arg("check-config").arg(demo.dir.join("gerbang.toml")));
    assert_eq!(told, "ok: 3 agreements verified\n");
}

/// Every file under a folder.
fn files(dir: &Path) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn files_with_a_key_or_a_password_are_for_their_owner_alone() {
    let demo = made();
    let dir = &demo.dir;
    let private: Vec<PathBuf> = files(dir)
        .into_iter()
        .filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            let text = std::fs::read(path).unwrap();
            let has = |words: &[u8]| text.windows(words.len()).any(|window| window == words);
            has(b"PRIVATE KEY") || has(b"\"password\"") || has(b"$argon2") || name.ends_with(".key")
        })
        .collect();
    // Three keys and accounts of lembaga, the key of the server, that of pseudonyms, the list of accounts.
    assert_eq!(private.len(), 9, "{private:?}");
    for path in private {
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
    }
}

/// Everything a demo knows that its log must not: keys, passwords, NIK and names of personas.
fn unspeakable(dir: &Path) -> Vec<String> {
    let mut found = vec![std::fs::read_to_string(dir.join("keys/pseudonym.key")).unwrap()];
    for path in files(dir).iter().filter(|path| path.ends_with("key.pem") || path.ends_with("server.key")) {
        let key = std::fs::read_to_string(path).unwrap();
        found.extend(key.lines().filter(|line| !line.starts_with('-')).map(str::to_owned));
    }
    for lembaga in LEMBAGA {
        let account = json(&dir.join("clients").join(lembaga).join("account.json"));
        found.push(account["password"].as_str().unwrap().to_owned());
    }
    for persona in json(&dir.join("personas.json")).as_array().unwrap() {
        for value in [&persona["nik"], &persona["row"]["NAMA_LGKP"], &persona["row"]["NO_KK"]] {
            found.extend(value.as_str().filter(|value| value.len() >= 8).map(str::to_owned));
        }
    }
    found
}

#[test]
fn nothing_secret_and_nothing_personal_goes_to_stderr() {
    let kept = tempfile::tempdir().unwrap();
    let dir = kept.path().join("demo");
    let mut running = Running::start(demo(&dir).env("GERBANG_LOG", "trace"));
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dwh_client.py");
    let mut python = Command::new("python3");
    python.arg(client).arg(&dir).arg(format!("https://{}", running.api));
    let (told, log) = std::thread::scope(|scope| {
        let (child, stderr) = (&mut running.child, &mut running.stderr);
        // Read while it is written: a pipe holds little.
        let log = scope.spawn(|| {
            let mut log = String::new();
            stderr.read_to_string(&mut log).unwrap();
            log
        });
        let told = python.stdin(Stdio::null()).output();
        child.kill().unwrap();
        (told.unwrap(), log.join().unwrap())
    });
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    assert!(log.contains("residents") && log.contains("\"serving\""), "the log is there: {log}");
    let unspeakable = unspeakable(&dir);
    assert!(unspeakable.len() > 70);
    for secret in unspeakable {
        assert!(!log.contains(&secret), "{secret} in the log");
    }
}

#[test]
fn a_second_start_serves_the_same_demo() {
    let kept = tempfile::tempdir().unwrap();
    let dir = kept.path().join("demo");
    drop(start(&dir));
    let before = json(&dir.join("personas.json"));
    let ca = std::fs::read(dir.join("ca.pem")).unwrap();
    let began = Instant::now();
    let (mut running, _samples) = start(&dir);
    println!("ready for the second time after {:?}", began.elapsed());
    assert_eq!((json(&dir.join("personas.json")), std::fs::read(dir.join("ca.pem")).unwrap()), (before, ca));
    running.child.kill().unwrap();
    let (out, log) = running.last_words();
    assert_eq!(out, "", "nothing but the sample calls");
    assert!(!log.contains("residents"), "nothing is made anew: {log}");
}
