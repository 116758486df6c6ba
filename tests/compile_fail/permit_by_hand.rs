//! A `Permit` comes from `decide` alone: nobody puts one together.

use std::sync::Arc;

use gerbang::pks::{Permit, VerifiedPks};

fn forger(pks: Arc<VerifiedPks>, permit: Permit) -> Permit {
    Permit { pks, ..permit } //~ E0451: Permit` are private
}

fn main() {}
