//! The program `gerbang`.

fn main() {}
