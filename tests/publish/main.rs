//! Publishing from outside: what is served changes whole or not at all, whatever is published and wherever it is interrupted.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "test code may panic, and damages files on purpose"
)]

mod broken;
mod deltas;
mod interrupted;
mod support;
mod switch;
