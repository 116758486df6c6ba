//! The main road over real TLS on loopback, whole houses in this process: right questions, wrong questions, bad weather.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "test code may panic")]

mod batch;
mod batch_ends;
mod bodies;
mod family;
mod guessing;
mod http2;
mod in_force;
mod life;
mod limits;
mod logins;
mod publish;
mod refusals;
mod strangers;
mod support;
mod tls;
mod verify;
mod weather;
