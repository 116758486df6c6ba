//! Numbers for requests: unique across restarts by 64 random bits, and in a row within one.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::kernel::RequestId;

/// Gives out numbers. The first half is random per process, the second begins at random and counts up: unique, not secret.
pub(super) struct RequestIds {
    process: u64,
    next: AtomicU64,
}

impl RequestIds {
    /// From random bits.
    pub(super) fn new(seed: &[u8; 32]) -> Self {
        let word = |from: usize| seed.iter().skip(from).take(8).fold(0u64, |word, byte| word << 8 | u64::from(*byte));
        Self { process: word(0), next: AtomicU64::new(word(8)) }
    }

    pub(super) fn next(&self) -> RequestId {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        RequestId::from_bits(u128::from(self.process) << 64 | u128::from(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_differ_within_a_process_and_between_two() {
        let (one, other) = (RequestIds::new(&[1; 32]), RequestIds::new(&[2; 32]));
        let (a, b, c) = (one.next(), one.next(), other.next());
        assert!(a != b && a != c && b != c);
    }
}
