//! An `Answer` comes from revealing alone: its one field is private.

use gerbang::pks::Answer;

fn forger() -> Answer {
    Answer(unreachable!()) //~ E0423: cannot initialize a tuple struct which contains private fields
}

fn main() {}
