//! `gerbang pks revoke`: an agreement withdrawn by one of its parties, with a reason.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use super::sign::Signing;
use super::{folder, pen};
use crate::cli::output;
use crate::disk::{self, RealDisk};
use crate::kernel::Clock as _;
use crate::pks::{self, Party, Revocation, Signatory, VerifiedPks};
use crate::registry::{self, REVOCATION_FILE, REVOCATION_SIGNATURES_FILE};
use crate::wiring::SystemClock;

/// Withdraw an agreement: writes `revocation.json` and `revocation.sig` into its folder. The gateway refuses every question under it,
/// with this reason, from the moment it reads them; only a higher version, signed anew by both parties, makes an agreement again.
#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Command {
    /// The folder of the agreement
    dir: PathBuf,
    /// Who withdraws
    #[arg(long, value_enum)]
    party: Signing,
    /// Why: a sentence that the other party is told
    #[arg(long)]
    reason: String,
    /// Who signs, as in the certificate [default: who signed the agreement]
    #[arg(long, requires = "title")]
    name: Option<String>,
    /// The office held by who signs
    #[arg(long, requires = "name")]
    title: Option<String>,
    #[command(flatten)]
    pen: pen::Arguments,
    /// The folder of trust anchors [default: `anchors` in the nearest folder above]
    #[arg(long)]
    anchors: Option<PathBuf>,
}

impl Command {
    pub(in crate::cli) fn run(self) -> Result<()> {
        let party = Party::from(self.party);
        let path = self.dir.join(REVOCATION_FILE);
        if path.exists() {
            bail!("{} is there already", path.display());
        }
        let now = SystemClock.now();
        let anchors = folder::anchors(self.anchors.as_deref(), &self.dir.join("pks.json"))?;
        let pks = self.highest(&anchors)?;
        let revocation = Revocation::of(&pks, party, self.signatory(&pks, party), &self.reason);
        let text = revocation.to_json()?;
        Revocation::read(text.as_bytes()).map_err(|faults| folder::refused(&path, &faults))?;
        let chain = self.pen.chain()?;
        pks::may_sign_revocation(&revocation, &pks, chain.first().context("a certificate")?)?;
        let signature = pks::sign_revocation(text.as_bytes(), &*self.pen.key()?, &chain, now)?;
        let signatures = pks::assemble(&[signature])?;
        pks::verify_revocation(text.as_bytes(), signatures.as_bytes(), &pks, &anchors, SystemClock.now())
            .context("this withdrawal would not verify")?;
        // The signature first: a revocation without one is reported as broken.
        for (name, text) in [(REVOCATION_SIGNATURES_FILE, &signatures), (REVOCATION_FILE, &text)] {
            let path = self.dir.join(name);
            disk::replace(&RealDisk, &path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
        }
        let agreement = pks.agreement();
        output::line(&format!("ok: {} version {} and earlier withdrawn by the {party}", agreement.lembaga_id, agreement.version))?;
        Ok(())
    }

    /// The highest version that verifies: it goes with all before it.
    fn highest(&self, anchors: &pks::Anchors) -> Result<VerifiedPks> {
        let mut highest: Option<VerifiedPks> = None;
        for document in registry::documents(&self.dir)? {
            let bytes = folder::document_bytes(&document)?;
            let signatures = folder::signature_bytes(&folder::signatures_path(&document))?;
            let pks = pks::verify(&bytes, &signatures, anchors, SystemClock.now())
                .with_context(|| format!("{} does not verify", document.display()))?;
            if highest.as_ref().is_none_or(|other| other.agreement().version < pks.agreement().version) {
                highest = Some(pks);
            }
        }
        highest.with_context(|| format!("{} holds no agreement", self.dir.display()))
    }

    fn signatory(&self, pks: &VerifiedPks, party: Party) -> Signatory {
        let own = match party {
            Party::Office => &pks.agreement().office.signatory,
            Party::Lembaga => &pks.agreement().lembaga.signatory,
        };
        match (&self.name, &self.title) {
            (Some(name), Some(title)) => Signatory { name: name.clone(), title: title.clone() },
            _ => own.clone(),
        }
    }
}
