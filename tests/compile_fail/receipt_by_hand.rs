//! A `Receipt` comes from the journal alone, after the disk has the entry.

use gerbang::journal::Receipt;

fn forger() -> Receipt {
    Receipt { index: 7, leaf: [0; 32] } //~ E0451: Receipt` are private
}

fn elsewhere(receipt: Receipt) -> Receipt {
    Receipt { index: 7, ..receipt } //~ E0451: Receipt` are private
}

fn main() {}
