//! Revealing is a deed of a `Permit`: no agreement and no earlier answer does it.

use gerbang::kernel::{Ask, Refusal};
use gerbang::pks::{Answer, Finding, VerifiedPks};

fn by_the_agreement(pks: &VerifiedPks, ask: &Ask, finding: &Finding) -> Result<Answer, Refusal> {
    pks.reveal(ask, finding) //~ E0599: no method named `reveal` found
}

fn again(answer: &Answer) -> Answer {
    answer.clone() //~ E0308: mismatched types
}

fn main() {}
