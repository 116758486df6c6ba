//! Nothing is `Sealed` by hand, not even with a receipt of something else.

use gerbang::app::{Reply, Sealed};
use gerbang::journal::Receipt;

fn forger(content: Reply, receipt: Receipt) -> Sealed<Reply> {
    Sealed { content, receipt } //~ E0451: Sealed` are private
}

fn swapper(sealed: Sealed<Reply>, content: Reply) -> Sealed<Reply> {
    Sealed { content, ..sealed } //~ E0451: Sealed` are private
}

fn main() {}
