//! `gerbang pks sign`: one party's signature, after showing what is signed.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;

use super::{folder, pen};
use crate::cli::output;
use crate::disk::{self, RealDisk};
use crate::kernel::Clock as _;
use crate::pks::{self, Agreement, Paper, Party, Signature};
use crate::registry;
use crate::wiring::SystemClock;

/// What is typed to sign.
const CONSENT: &str = "tanda tangan";

/// Add one party's signature to `pks.sig`. The agreement is shown first; a document with faults is not signed.
#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Command {
    /// A `pks.json`, or the folder of an agreement
    path: PathBuf,
    /// For whom
    #[arg(long, value_enum)]
    party: Signing,
    #[command(flatten)]
    pen: pen::Arguments,
    /// The folder of trust anchors: the signature is then checked up to them before it is kept [default: `anchors` in the nearest
    /// folder above, where there is one]
    #[arg(long)]
    anchors: Option<PathBuf>,
    /// Sign without asking; the agreement is shown all the same
    #[arg(long)]
    yes: bool,
}

/// A party as a word of the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Signing {
    /// The office that grants
    Office,
    /// The lembaga that is granted
    Lembaga,
}

impl From<Signing> for Party {
    fn from(party: Signing) -> Self {
        match party {
            Signing::Office => Self::Office,
            Signing::Lembaga => Self::Lembaga,
        }
    }
}

impl Command {
    pub(in crate::cli) fn run(self) -> Result<()> {
        let path = folder::document_path(&self.path);
        let party = Party::from(self.party);
        let (bytes, document) = folder::document(&path)?;
        let agreement = document.parse().map_err(|faults| folder::refused(&path, &faults))?;
        paper_is_named(&path, &agreement)?;
        let kept = self.kept(&path, &bytes, party)?;
        let chain = self.pen.chain()?;
        let leaf = chain.first().context("a certificate")?;
        pks::may_sign_for(&bytes, party, leaf)?;
        let key = self.pen.key()?;
        output::line(Paper::of(&document).text().trim_end())?;
        consent(self.yes, &agreement)?;
        let now = SystemClock.now();
        let own = pks::sign(&bytes, party, &*key, &chain, now)?;
        let mut both: Vec<Signature> = kept.into_iter().chain([own]).collect();
        // The office first, as in every file.
        both.sort_by_key(|signature| pks::fits(&bytes, signature).map_or(2, |party| party as u8));
        let text = pks::assemble(&both)?;
        self.check(&path, &bytes, text.as_bytes(), party, both.len() == Party::ALL.len())?;
        let signatures = folder::signatures_path(&path);
        disk::replace(&RealDisk, &signatures, text.as_bytes()).with_context(|| format!("cannot write {}", signatures.display()))?;
        let missing = Party::ALL.iter().find(|other| **other != party).filter(|_| both.len() < Party::ALL.len());
        output::line(&match missing {
            Some(other) => format!("ok: signed by the {party}; the signature of the {other} is missing"),
            None => format!("ok: signed by the {party}; both parties have signed"),
        })?;
        Ok(())
    }

    /// The other party's signature, if there is one; it must be over just this document.
    fn kept(&self, path: &Path, bytes: &[u8], party: Party) -> Result<Option<Signature>> {
        let signatures = folder::signatures_path(path);
        if !signatures.exists() {
            return Ok(None);
        }
        let mut kept = None;
        for signature in pks::read_signatures(&folder::signature_bytes(&signatures)?)? {
            let by = pks::fits(bytes, &signature)
                .with_context(|| format!("{} is not over this document: whoever signed it must sign anew", signatures.display()))?;
            if by == party {
                bail!("the {party} has signed already; take {} away to sign anew", signatures.display());
            }
            kept = Some(signature);
        }
        Ok(kept)
    }

    /// Checks the new signature up to the trust anchors, where there are any: what would not verify is not kept.
    fn check(&self, path: &Path, bytes: &[u8], signatures: &[u8], party: Party, complete: bool) -> Result<()> {
        let anchors = match folder::anchors(self.anchors.as_deref(), path) {
            Ok(anchors) => anchors,
            Err(error) if self.anchors.is_some() => return Err(error),
            Err(_none_above) => return Ok(()),
        };
        let now = SystemClock.now();
        let steps = pks::examine(bytes, signatures, &anchors, now);
        if let Some(why) = steps.iter().filter(|step| step.about == party.word()).find_map(|step| step.outcome.as_ref().err()) {
            bail!("this signature would not verify: {why}");
        }
        if complete {
            pks::verify(bytes, signatures, &anchors, now).context("both signatures together do not verify")?;
        }
        Ok(())
    }
}

/// Refuses to sign what names no paper, or another than the one beside it.
fn paper_is_named(path: &Path, agreement: &Agreement) -> Result<()> {
    if agreement.paper_sha256 == [0; 32] {
        bail!("{} names no paper yet: `gerbang pks draft` writes one and its digest", path.display());
    }
    match registry::paper_beside(path, agreement) {
        Some(Err(why)) => bail!("{why}"),
        _ => Ok(()),
    }
}

/// Leave to sign, typed by whoever sits there.
fn consent(given: bool, agreement: &Agreement) -> Result<()> {
    if given {
        return Ok(());
    }
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        bail!("nobody is here to agree: read what is shown above, then give --yes");
    }
    let number = &agreement.number;
    output::complain(&format!("Menandatangani {} / {} versi {}.", number.office, number.lembaga, agreement.version));
    output::complain(&format!("Ketik \"{CONSENT}\" lalu Enter untuk menandatangani:"));
    let mut line = String::new();
    stdin.lock().read_line(&mut line)?;
    if line.trim() != CONSENT {
        bail!("not signed");
    }
    Ok(())
}
