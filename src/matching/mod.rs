//! Floor 1: stub, replaced by the matching room.
use crate::kernel::Elemen;

/// Stub.
pub const VERSION: u16 = 1;

/// Stub.
#[must_use]
pub fn score(_elemen: Elemen, stored: &str, asked: &str) -> u8 {
    if stored == asked { 100 } else { 0 }
}
