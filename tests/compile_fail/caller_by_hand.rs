//! The fields of a `Caller` are private: nobody puts one together, nor takes one and changes it.

use gerbang::kernel::{Caller, LembagaId};

fn impostor(lembaga: LembagaId, address: std::net::IpAddr) -> Caller {
    Caller { lembaga, address, certificate: None, account: None, officer: None } //~ E0451: `gerbang::kernel::Caller` are private
}

fn forger(caller: Caller, lembaga: LembagaId) -> Caller {
    Caller { lembaga, ..caller } //~ E0451: `gerbang::kernel::Caller` are private
}

fn main() {}
