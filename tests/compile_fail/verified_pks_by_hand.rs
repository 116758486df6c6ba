//! A `VerifiedPks` comes from checking both signatures: an agreement that was merely read is none, nor can a signed one be altered.

use gerbang::pks::{Agreement, VerifiedPks};

fn forger(agreement: Agreement, signed: VerifiedPks) -> VerifiedPks {
    VerifiedPks { agreement, ..signed } //~ E0451: VerifiedPks` are private
}

fn main() {}
