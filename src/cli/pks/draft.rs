//! `gerbang pks draft`: a document to be signed, with its paper.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use aws_lc_rs::digest;
use serde_json::Value;

use super::folder;
use crate::cli::output;
use crate::disk::{self, Disk as _, RealDisk};
use crate::kernel::to_hex;
use crate::pks::{self, Document, Former, Paper, PksFault};
use crate::registry::{DOCUMENT_FILE, PAPER_FILE, SIGNATURES_FILE};

/// Bytes of a file with the parties' data.
const DATA_BYTES_MAX: u64 = 1024 * 1024;
/// Bytes of a paper.
const PAPER_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Write a `pks.json` and its paper (`pks.pdf`), ready to be signed. Every fault is listed at once, and then nothing is written.
#[derive(clap::Args, Debug)]
#[command(group = clap::ArgGroup::new("source").required(true).args(["template", "from"]))]
pub(in crate::cli) struct Command {
    /// Begin with a template: bank-antasari, rsud-tapin, dinsos-tapin
    #[arg(long)]
    template: Option<String>,
    /// Begin with an agreement, to amend or renew it: the draft is its next version and names it by its digest
    #[arg(long)]
    from: Option<PathBuf>,
    /// The parties' data, TOML or JSON: members of `pks.json` that take the place of those it began with; lists are replaced whole
    #[arg(long)]
    data: Option<PathBuf>,
    /// The paper that both parties sign, PDF [default: one is made from the document]
    #[arg(long)]
    paper: Option<PathBuf>,
    /// The folder to write to
    #[arg(long)]
    dir: PathBuf,
    /// Write over a draft that is there; never over one that is signed
    #[arg(long)]
    replace: bool,
}

impl Command {
    pub(in crate::cli) fn run(self) -> Result<()> {
        let (path, signatures) = (self.dir.join(DOCUMENT_FILE), self.dir.join(SIGNATURES_FILE));
        if signatures.exists() {
            bail!("{} is signed: draft a new version in another folder", path.display());
        }
        if path.exists() && !self.replace {
            bail!("{} is there already: give --replace to write over it", path.display());
        }
        let mut tree = self.beginning()?;
        if let Some(data) = &self.data {
            pks::merge(&mut tree, data_of(data)?);
        }
        let mut document = Document::from_tree(tree).map_err(|faults| folder::refused(&path, &faults))?;
        let refuse = |faults: Vec<PksFault>| folder::refused(&path, &faults);
        // The digest of the paper comes last: it can't be among the faults of what was given.
        document.paper_sha256 = "0".repeat(64);
        document.parse().map_err(refuse)?;
        let paper = match &self.paper {
            Some(given) => folder::read(given, PAPER_BYTES_MAX)?,
            None => Paper::of(&document).pdf().map_err(|fault| folder::refused(&path, &[fault]))?,
        };
        if !paper.starts_with(b"%PDF-") {
            bail!("the paper must be a PDF");
        }
        document.paper_sha256 = to_hex(digest::digest(&digest::SHA256, &paper).as_ref());
        RealDisk.create_dir_all(&self.dir).with_context(|| format!("cannot make {}", self.dir.display()))?;
        write(&self.dir.join(PAPER_FILE), &paper)?;
        write(&path, document.to_json()?.as_bytes())?;
        output::line(&format!("ok: {} version {}, to be signed by both parties", path.display(), document.version))?;
        Ok(())
    }

    /// What the draft begins with.
    fn beginning(&self) -> Result<Value> {
        let document = match (&self.template, &self.from) {
            (Some(name), _) => pks::template(name).map_err(|_| {
                anyhow::anyhow!("there is no template {name:?}: {}", pks::template_names().collect::<Vec<_>>().join(", "))
            })?,
            (None, Some(from)) => {
                let (bytes, mut former) = folder::document(from)?;
                let digest = pks::document_digest(&bytes).map_err(|fault| folder::refused(from, &[fault]))?;
                former.supersedes = Some(Former { version: former.version, digest: to_hex(&digest) });
                former.version = former.version.checked_add(1).context("a version that can be counted")?;
                former
            }
            (None, None) => bail!("give --template or --from"),
        };
        Ok(serde_json::to_value(document)?)
    }
}

/// The parties' data as a tree.
fn data_of(path: &Path) -> Result<Value> {
    let bytes = folder::read(path, DATA_BYTES_MAX)?;
    let read = || -> Result<Value> {
        if path.extension().is_some_and(|ending| ending == "toml") {
            let table: toml::Table = toml::from_str(std::str::from_utf8(&bytes)?)?;
            return Ok(serde_json::to_value(table)?);
        }
        pks::read_json(&bytes).map_err(|fault| folder::refused(path, &[fault]))
    };
    let tree = read().with_context(|| format!("cannot read {}", path.display()))?;
    if !tree.is_object() {
        bail!("{} must hold members of a pks.json", path.display());
    }
    Ok(tree)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    disk::replace(&RealDisk, path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
