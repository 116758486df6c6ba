#![doc = include_str!("ARCHITECTURE.md")]

pub mod kernel;

pub mod warehouse;

pub mod matching;
