#![doc = include_str!("ARCHITECTURE.md")]

pub mod kernel;

pub mod matching;

pub mod pks;
