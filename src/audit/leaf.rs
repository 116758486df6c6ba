//! The hash by which an entry is known: RFC 6962, SHA-256 over a zero byte and the entry.

use aws_lc_rs::digest::{Context, SHA256, digest};

/// The hash of an entry as a leaf of a Merkle tree.
pub type Leaf = [u8; 32];

/// The leaf hash of an entry's bytes.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Leaf {
    // One call over a buffer on the stack costs half of what a context on the heap does; nearly all entries fit.
    let mut buffer = [0u8; 512];
    match buffer.get_mut(1..=entry.len()) {
        Some(place) => {
            place.copy_from_slice(entry);
            to_leaf(&digest(&SHA256, buffer.get(..=entry.len()).unwrap_or_default()))
        }
        None => {
            let mut context = Context::new(&SHA256);
            context.update(&[0]);
            context.update(entry);
            to_leaf(&context.finish())
        }
    }
}

fn to_leaf(digest: &aws_lc_rs::digest::Digest) -> Leaf {
    digest.as_ref().try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::to_hex;

    #[test]
    fn agrees_with_the_hash_of_an_empty_leaf_that_everyone_knows() {
        assert_eq!(to_hex(&leaf_hash(b"")), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    }

    #[test]
    fn short_and_long_entries_are_hashed_alike() {
        for length in [1, 510, 511, 512, 513, 5000] {
            let mut whole = vec![0u8];
            whole.extend((0..length).map(|n| (n % 251) as u8));
            assert_eq!(leaf_hash(&whole[1..]), digest(&SHA256, &whole).as_ref(), "{length}");
        }
    }
}
