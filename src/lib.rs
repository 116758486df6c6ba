#![doc = include_str!("ARCHITECTURE.md")]

pub mod audit;
pub mod disk;
pub mod journal;
pub mod kernel;

pub mod matching;
