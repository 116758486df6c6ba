//! An official's desk: a folder with trust anchors and the pens of both parties, and the program to use them with.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gerbang::cli::demo::authority::Authority;
use gerbang::disk::{RealDisk, replace};
use gerbang::pks::template;
use tempfile::TempDir;

/// What a command gave.
pub(crate) struct Told {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Told {
    /// It worked and complained about nothing.
    pub(crate) fn ok(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{}", self.out);
        self.out
    }

    /// It failed with one message.
    pub(crate) fn failed(self) -> String {
        assert_eq!(self.code, Some(1), "{}{}", self.out, self.err);
        assert!(self.err.starts_with("gerbang: ") && !self.err.contains("panicked"), "{}", self.err);
        self.err
    }
}

pub(crate) fn tell(command: &mut Command) -> Told {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Told { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// The desk. Its folder goes away with it.
pub(crate) struct Desk {
    dir: TempDir,
}

impl Desk {
    /// With anchors for both parties and pens of those who sign for rsud-tapin; `stranger` is of an authority nobody trusts.
    pub(crate) fn new() -> Self {
        let desk = Self { dir: tempfile::tempdir().unwrap() };
        let now = jiff::Timestamp::from_second(i64::try_from(file_clock(desk.dir.path())).unwrap()).unwrap();
        let document = template("rsud-tapin").unwrap();
        let authorities = ["office", "lembaga", "stranger"].map(|name| (name, Authority::new(name, now).unwrap()));
        for (name, authority) in &authorities {
            if *name != "stranger" {
                desk.write(&desk.path(&format!("policies/anchors/{name}.pem")), authority.pem());
            }
            let (party, person) = match *name {
                "lembaga" => (&document.lembaga.name, &document.lembaga.signatory.name),
                _ => (&document.office.name, &document.office.signatory.name),
            };
            let issued = authority.signatory(party, person).unwrap();
            desk.write(&desk.path(&format!("{name}.pem")), &issued.certificate);
            desk.write(&desk.path(&format!("{name}.key")), &issued.key);
        }
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, path: &Path, text: &str) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        replace(&RealDisk, path, text.as_bytes()).unwrap();
    }

    pub(crate) fn gerbang(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gerbang"));
        command.args(arguments).current_dir(self.dir.path());
        command
    }

    pub(crate) fn draft_command(&self, template: &str, folder: &str) -> Command {
        let mut command = self.gerbang(&["pks", "draft", "--template", template, "--dir"]);
        command.arg(self.path("policies").join(folder));
        command
    }

    pub(crate) fn draft(&self, template: &str, folder: &str) -> Told {
        tell(&mut self.draft_command(template, folder))
    }

    pub(crate) fn sign_command(&self, folder: &str, party: &str, pen: &str) -> Command {
        let mut command = self.gerbang(&["pks", "sign", "--party", party, "--key"]);
        command.arg(self.path(&format!("{pen}.key"))).arg("--chain").arg(self.path(&format!("{pen}.pem")));
        command.arg(self.path("policies").join(folder));
        command
    }

    pub(crate) fn sign(&self, folder: &str, party: &str) -> Told {
        tell(self.sign_command(folder, party, party).arg("--yes"))
    }

    pub(crate) fn pks(&self, arguments: &[&str], folder: &str) -> Told {
        let mut command = self.gerbang(&["pks"]);
        tell(command.args(arguments).arg(self.path("policies").join(folder)))
    }
}

/// The present second, by a file just made: certificates of the desk must be valid now.
pub(crate) fn file_clock(dir: &Path) -> u64 {
    let modified = std::fs::metadata(dir).unwrap().modified().unwrap();
    modified.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}
