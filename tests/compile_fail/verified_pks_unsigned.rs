//! An agreement that was merely read is no `VerifiedPks`.

use gerbang::pks::{Agreement, Document, VerifiedPks};

fn as_it_was_read(agreement: Agreement) -> VerifiedPks {
    agreement //~ E0308: mismatched types
}

fn unsigned(document: Document) -> VerifiedPks {
    document.parse().ok().unwrap() //~ E0308: mismatched types
}

fn main() {}
