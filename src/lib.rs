#![doc = include_str!("ARCHITECTURE.md")]

pub mod audit;
pub mod config;
pub mod disk;
pub mod journal;
pub mod kernel;
pub mod matching;
pub mod pks;
pub mod quota;
pub mod store;
pub mod telemetry;
pub mod tls;
pub mod warehouse;
