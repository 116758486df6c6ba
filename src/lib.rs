#![doc = include_str!("ARCHITECTURE.md")]

pub mod config;
pub mod kernel;
pub mod matching;
pub mod pks;
pub mod quota;
pub mod store;
pub mod telemetry;
pub mod tls;
