//! The maker of a `Caller` is not to be had outside, nor is there another way to one.

use gerbang::kernel::{Caller, LembagaId};

fn impostor(lembaga: LembagaId) -> Caller {
    Caller::identified(lembaga, std::net::Ipv4Addr::LOCALHOST.into(), None, None, None) //~ E0624: `identified` is private
}

fn nobody() -> Caller {
    Caller::default() //~ E0599: named `default` found for struct `gerbang::kernel::Caller`
}

fn main() {}
