//! Verification told step by step, for people: what held, what did not, for both parties even where the first has failed.
//!
//! The steps are those of [`verify`](super::verify), walked by the same functions; but only `verify` makes a witness.

use jiff::Timestamp;

use super::chain::Anchors;
use super::document::{self, Reading};
use super::fault::PksError;
use super::signature::{self, AGREEMENT_TYP, Party};
use super::verified;
use crate::kernel::{causes, to_hex};

/// One step of a verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it is about: `document`, `signatures`, `office`, `lembaga`.
    pub about: &'static str,
    /// What held.
    pub outcome: Result<String, String>,
}

/// Every step, in order. It verifies where none has failed.
#[must_use]
pub fn examine(document: &[u8], signatures: &[u8], anchors: &Anchors, now: Timestamp) -> Vec<Step> {
    let mut steps = Vec::new();
    let reading = match document::read_for_signature(document) {
        Ok(reading) => Some(reading),
        Err(faults) => {
            steps.extend(faults.iter().map(|fault| failed("document", fault.to_string())));
            None
        }
    };
    if let Some(reading) = &reading {
        let digest = to_hex(&document::sha256(&reading.canonical));
        steps.push(held("document", format!("is complete and does not contradict itself, digest {digest}")));
    }
    let claims = match signature::read_signatures(signatures) {
        Ok(signatures) => signatures,
        Err(error) => {
            steps.push(failed("signatures", causes(&error)));
            return steps;
        }
    };
    let mut opened = Vec::new();
    for (index, signature) in claims.iter().enumerate() {
        match signature::open(signature, index, AGREEMENT_TYP) {
            Ok(claim) => opened.push(claim),
            Err(error) => steps.push(failed("signatures", causes(&error))),
        }
    }
    let mut keys = Vec::new();
    for party in Party::ALL {
        let mut own = opened.iter().filter(|claim| claim.party == party);
        match (own.next(), own.next(), &reading) {
            (None, _, _) => steps.push(failed(party.word(), PksError::Missing(party).to_string())),
            (Some(_), Some(_), _) => steps.push(failed(party.word(), PksError::Doubled(party).to_string())),
            (Some(claim), None, Some(reading)) => keys.extend(signer(claim, reading, anchors, now, &mut steps)),
            (Some(_), None, None) => {
                steps.push(failed(party.word(), "has signed something that can't be judged before the document is mended".into()));
            }
        }
    }
    if let [office, lembaga] = keys.as_slice() {
        steps.push(if office == lembaga {
            failed("signatures", PksError::SameKey.to_string())
        } else {
            held("signatures", "are by two different keys".into())
        });
    }
    steps
}

/// The steps of one party's signature; its public key where all held.
fn signer(
    claim: &signature::Claim,
    reading: &Reading,
    anchors: &Anchors,
    now: Timestamp,
    steps: &mut Vec<Step>,
) -> Option<Vec<u8>> {
    let word = claim.party.word();
    let named = verified::named(&reading.agreement, claim.party);
    match verified::signer(claim, named, &reading.canonical, anchors, now, &mut |told| steps.push(held(word, told))) {
        Ok((_, key)) => Some(key),
        Err(error) => {
            steps.push(failed(word, causes(&error)));
            None
        }
    }
}

fn held(about: &'static str, what: String) -> Step {
    Step { about, outcome: Ok(what) }
}

fn failed(about: &'static str, why: String) -> Step {
    Step { about, outcome: Err(why) }
}

#[cfg(test)]
mod tests {
    use super::super::{Document, assemble, read_signatures, specimen, template, verify};
    use super::*;

    fn failures(steps: &[Step]) -> Vec<(&'static str, String)> {
        steps.iter().filter_map(|step| step.outcome.clone().err().map(|why| (step.about, why))).collect()
    }

    #[test]
    fn every_step_of_both_parties_is_told() {
        let signed = specimen::signed(&template("rsud-tapin").unwrap());
        let steps = examine(signed.document.as_bytes(), signed.signatures.as_bytes(), &signed.anchors, specimen::today());
        assert_eq!(failures(&steps), []);
        let of = |about| steps.iter().filter(|step| step.about == about).count();
        assert_eq!((of("document"), of("office"), of("lembaga"), of("signatures")), (1, 5, 5, 1));
        let told: Vec<_> = steps.iter().filter_map(|step| step.outcome.clone().ok()).collect();
        assert!(told.iter().any(|step| step.contains("CN=CA kantor")), "{told:#?}");
    }

    #[test]
    fn the_other_party_is_examined_after_the_first_has_failed() {
        let signed = specimen::signed(&template("rsud-tapin").unwrap());
        let both = read_signatures(signed.signatures.as_bytes()).unwrap();
        let half = assemble(&both[1..]).unwrap();
        let steps = examine(signed.document.as_bytes(), half.as_bytes(), &signed.anchors, specimen::today());
        assert_eq!(failures(&steps), [("office", "the signature of the office is missing".to_owned())]);
        assert_eq!(steps.iter().filter(|step| step.about == "lembaga" && step.outcome.is_ok()).count(), 5);
    }

    #[test]
    fn all_faults_of_a_document_are_steps() {
        let signed = specimen::signed(&template("rsud-tapin").unwrap());
        let mut document = Document::read(signed.document.as_bytes()).unwrap();
        document.quota.burst = 0;
        document.term.until = "2020-01-01".into();
        let text = document.to_json().unwrap();
        let steps = examine(text.as_bytes(), signed.signatures.as_bytes(), &signed.anchors, specimen::today());
        assert_eq!(failures(&steps).iter().filter(|(about, _)| *about == "document").count(), 2, "{steps:#?}");
    }

    /// What is examined and what is verified are one judgement: every byte of the signatures, changed.
    #[test]
    fn a_step_fails_exactly_where_verification_does() {
        let mut document = template("dinsos-tapin").unwrap();
        document.elements.truncate(3);
        let signed = specimen::signed(&document);
        let mut refused = 0;
        for place in (0..signed.signatures.len()).step_by(7) {
            let mut bytes = signed.signatures.clone().into_bytes();
            bytes[place] ^= 1;
            let verified = verify(signed.document.as_bytes(), &bytes, &signed.anchors, specimen::today()).is_ok();
            let steps = examine(signed.document.as_bytes(), &bytes, &signed.anchors, specimen::today());
            assert_eq!(failures(&steps).is_empty(), verified, "byte {place}");
            refused += usize::from(!verified);
        }
        assert!(refused > 100);
    }
}
