//! What sealing costs.
fn main() {}
