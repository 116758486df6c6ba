//! What was signed is only to be read: nothing is put in its place.

use gerbang::pks::{Agreement, VerifiedPks};

fn renewer(signed: &mut VerifiedPks, agreement: Agreement) {
    *signed.agreement() = agreement; //~ E0594: cannot assign to data in a `&` reference
}

fn main() {}
