//! The maker of a `Caller` is not to be had outside: only identification calls it.

use gerbang::kernel::{Caller, LembagaId};

fn impostor(lembaga: LembagaId) -> Caller {
    Caller::identified(lembaga, std::net::Ipv4Addr::LOCALHOST.into(), None, None, None)
}

fn main() {}
