//! The fields of a `Caller` are private: nobody puts one together.

use gerbang::kernel::{Caller, LembagaId};

fn impostor(lembaga: LembagaId) -> Caller {
    Caller { lembaga, address: std::net::Ipv4Addr::LOCALHOST.into(), certificate: None, account: None, officer: None }
}

fn main() {}
