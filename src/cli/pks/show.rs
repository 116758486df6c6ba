//! `gerbang pks show`: the agreement and its Juknis for people.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::folder;
use crate::cli::output;
use crate::disk::{self, RealDisk};
use crate::kernel::{Clock as _, causes};
use crate::pks::{self, Paper};
use crate::wiring::SystemClock;

/// The agreement and its Juknis as a readable Indonesian document, with who signed it where both signatures verify.
#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Command {
    /// A `pks.json`, or the folder of an agreement
    path: PathBuf,
    /// Write HTML here instead of text to the terminal
    #[arg(long)]
    html: Option<PathBuf>,
    /// Write PDF here instead of text to the terminal
    #[arg(long)]
    pdf: Option<PathBuf>,
    /// The bare document without signatures and without a word about them: for the paper that is signed by hand
    #[arg(long)]
    paper: bool,
    /// The folder of trust anchors [default: `anchors` in the nearest folder above]
    #[arg(long)]
    anchors: Option<PathBuf>,
}

impl Command {
    pub(super) fn run(self) -> Result<()> {
        let path = folder::document_path(&self.path);
        let paper = if self.paper { Paper::of(&folder::document(&path)?.1) } else { self.paper_of(&path)? };
        let write = |path: &Path, bytes: &[u8]| {
            disk::replace(&RealDisk, path, bytes).with_context(|| format!("cannot write {}", path.display()))
        };
        if let Some(path) = &self.html {
            write(path, paper.html().as_bytes())?;
        }
        if let Some(path) = &self.pdf {
            write(path, &paper.pdf()?)?;
        }
        if self.html.is_none() && self.pdf.is_none() {
            output::line(paper.text().trim_end())?;
        }
        Ok(())
    }

    fn paper_of(&self, path: &Path) -> Result<Paper> {
        let (bytes, document) = folder::document(path)?;
        let paper = Paper::of(&document);
        let signatures = folder::signatures_path(path);
        if !signatures.exists() {
            return Ok(paper.with_note("NASKAH BELUM DITANDATANGANI"));
        }
        let verified = folder::anchors(self.anchors.as_deref(), path)
            .and_then(|anchors| Ok((anchors, folder::signature_bytes(&signatures)?)))
            .map_err(|error| format!("{error:#}"))
            .and_then(|(anchors, signatures)| {
                pks::verify(&bytes, &signatures, &anchors, SystemClock.now()).map_err(|error| causes(&error))
            });
        Ok(match verified {
            Ok(pks) => paper.with_signers(&pks),
            Err(why) => paper.with_note(&format!("TIDAK MENGIKAT - tanda tangan tidak sah: {why}")),
        })
    }
}
