//! A `Permit` can't be widened by another.

use gerbang::pks::Permit;

fn widener(permit: &mut Permit, other: Permit) {
    let wider = other.scope; //~ E0616: field `scope` of struct
    permit.scope = wider; //~ E0616: field `scope` of struct
}

fn main() {}
