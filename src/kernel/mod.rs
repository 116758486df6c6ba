//! Floor 0, words: the values everything else speaks in. Pure, sync, no IO, no clock, no randomness.

mod ask;
mod caller;
mod clock;
pub mod elemen;
mod elemen_set;
mod fault;
mod ids;
pub mod limits;
mod nik;
mod outcome;
mod region;
mod row;
mod secret;

pub use ask::{Ask, AskedElemen, Generation, Method};
pub use caller::{Caller, Officer, PeerCertificate};
pub use clock::{Clock, Zone};
pub use elemen::{Elemen, Kind};
pub use elemen_set::ElemenSet;
pub use fault::{Blame, Fault, Reason, Refusal, causes};
pub use ids::{AccountId, CustomerId, Fingerprint, IdFault, LembagaId, RequestId, from_hex, to_hex};
pub use nik::{Nik, NikFault, Sex};
pub use outcome::Outcome;
pub use region::{KabCode, Region};
pub use row::{NikStatus, Row, RowBuilder};
pub use secret::Secret;
