//! Face: the API listener. TLS connections are accepted, their requests read into questions, answers written from what was sealed.
//!
//! Strict in what it takes: deadlines for handshake, head, body and idleness, bounds for connections, heads, bodies and streams.

mod accept;
mod admin;
mod answer_dwh;
mod answer_v1;
mod batch;
mod connection;
mod deadlines;
mod door;
mod json;
mod lines;
mod outgoing;
mod peer;
mod problem;
mod read_dwh;
mod read_v1;
mod respond;
mod rounds;
mod routes;
mod scalar;

pub use accept::{Bound, Listening, serve};
pub use admin::serve_admin;
pub use batch::write_line;
pub use deadlines::Deadlines;
pub use door::Door;
pub use read_v1::question;
pub use routes::{Deed, ROUTES, Route};
