//! What `decide` judges by is not to be had outside, nor is there another way to a `Permit`.

use std::sync::Arc;

use gerbang::kernel::{Ask, Clock, LembagaId};
use gerbang::pks::{Permit, VerifiedPks, decide};

fn nobody(pks: &Arc<VerifiedPks>, lembaga: &LembagaId, ask: &Ask, clock: &dyn Clock) -> Permit {
    decide(pks, lembaga, ask, clock.now()).ok().unwrap() //~ E0308: mismatched types
}

fn copied(permit: &Permit) -> Permit {
    permit.clone() //~ E0308: mismatched types
}

fn empty() -> Permit {
    Permit::default() //~ E0599: named `default` found for struct
}

fn main() {}
