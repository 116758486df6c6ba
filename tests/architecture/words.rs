//! Words that belong to certain floors or certain files: no tokio below the world, no witness made but by its one maker.

use crate::{
    names::Name,
    rooms::{Floor, Room},
    source::Source,
};

/// A word that no room up to this floor may name outside its tests.
pub(crate) struct NotBelow {
    /// Segments of a path, `a::b`, wherever in the path they stand.
    pub(crate) word: &'static str,
    /// A longer path that is allowed all the same.
    pub(crate) except: Option<&'static str>,
    /// The highest floor on which it is forbidden.
    pub(crate) floor: Floor,
    pub(crate) reason: &'static str,
}

/// A word that only certain files or folders may name, tests excepted.
pub(crate) struct OnlyIn {
    pub(crate) word: &'static str,
    /// Files, or folders ending in `/`; the first one that exists defines the word.
    pub(crate) places: &'static [&'static str],
    pub(crate) reason: &'static str,
}

const fn not_below(floor: Floor, word: &'static str, reason: &'static str) -> NotBelow {
    NotBelow { word, except: None, floor, reason }
}

const IO: &str = "decisions are made from values: no files, sockets, processes or threads";
const TIME: &str = "time is passed in: kernel::Clock";
const RANDOM: &str = "randomness is passed in";
const SYNC: &str = "decisions are synchronous";
const LATER: &str = "belongs to a floor above";

pub(crate) const NOT_BELOW: &[NotBelow] = &[
    not_below(Floor::Decisions, "std::fs", IO),
    not_below(Floor::Decisions, "std::os", IO),
    not_below(Floor::Decisions, "std::env", IO),
    not_below(Floor::Decisions, "std::process", IO),
    not_below(Floor::Decisions, "std::thread", IO),
    not_below(Floor::Decisions, "std::io::stdin", IO),
    not_below(Floor::Decisions, "std::io::stdout", IO),
    not_below(Floor::Decisions, "std::io::stderr", IO),
    not_below(Floor::Decisions, "TcpStream", IO),
    not_below(Floor::Decisions, "TcpListener", IO),
    not_below(Floor::Decisions, "UdpSocket", IO),
    not_below(Floor::Decisions, "ToSocketAddrs", IO),
    not_below(Floor::Decisions, "rustix", IO),
    not_below(Floor::Decisions, "SystemTime", TIME),
    not_below(Floor::Decisions, "Instant", TIME),
    not_below(Floor::Decisions, "Timestamp::now", TIME),
    not_below(Floor::Decisions, "Zoned::now", TIME),
    not_below(Floor::Decisions, "TimeZone::system", TIME),
    not_below(Floor::Decisions, "TimeZone::get", "zones are in kernel::Zone, not in files of the machine"),
    not_below(Floor::Decisions, "rand", RANDOM),
    not_below(Floor::Decisions, "rand_chacha", RANDOM),
    not_below(Floor::Decisions, "getrandom", RANDOM),
    not_below(Floor::Decisions, "RandomState", RANDOM),
    not_below(Floor::Decisions, "async", SYNC),
    not_below(Floor::Decisions, "await", SYNC),
    not_below(Floor::Decisions, "tokio", SYNC),
    not_below(Floor::Decisions, "tokio_util", SYNC),
    not_below(Floor::Decisions, "hyper", LATER),
    not_below(Floor::Decisions, "hyper_util", LATER),
    not_below(Floor::Decisions, "http_body_util", LATER),
    NotBelow { except: Some("rustls::pki_types"), ..not_below(Floor::Decisions, "rustls", LATER) },
    not_below(Floor::Decisions, "tokio_rustls", LATER),
    not_below(Floor::Decisions, "arrow", LATER),
    not_below(Floor::Decisions, "parquet", LATER),
    not_below(Floor::Decisions, "moka", LATER),
    not_below(Floor::Decisions, "governor", LATER),
    not_below(Floor::Decisions, "arc_swap", LATER),
    not_below(Floor::Decisions, "tracing", "what is worth a log line is returned as a Fault"),
    not_below(Floor::Faces, "tracing_subscriber", "telemetry alone sets up logs"),
    not_below(Floor::Faces, "anyhow", "one error enum per room; anyhow in main and the commands only"),
    not_below(Floor::Faces, "clap", "arguments are read by cli alone"),
    not_below(Floor::Faces, "indicatif", "progress is shown by cli alone"),
];

/// Makers of witnesses, and other words with one home. Add a row when a witness is born.
pub(crate) const ONLY_IN: &[OnlyIn] = &[
    OnlyIn {
        word: "identified",
        places: &["src/kernel/caller.rs", "src/app/identify.rs"],
        reason: "a Caller is made by identification alone",
    },
    OnlyIn { word: "unsafe", places: &["src/warehouse/mapped.rs"], reason: "files are mapped in one file, with its argument" },
    OnlyIn { word: "unsafe_code", places: &["src/warehouse/mapped.rs"], reason: "the lint is lifted in the one file that maps" },
    OnlyIn { word: "OpenOptions", places: &["src/disk/"], reason: "files are opened for writing by disk alone" },
    OnlyIn {
        word: "StatusCode",
        places: &["src/gateway/respond.rs", "src/gateway/problem.rs", "src/gateway/admin.rs"],
        reason: "one place answers: respond with its table of problems; operators have a listener of their own",
    },
    OnlyIn {
        word: "look_up",
        places: &["src/warehouse/", "src/cli/bench/requests.rs"],
        reason: "the deeds look up by Warehouse::find, which demands a Permit; a bench makes its questions from its own population",
    },
    OnlyIn {
        word: "look_up_many",
        places: &["src/warehouse/"],
        reason: "the deeds look up by Warehouse::find_many, which demands Permits",
    },
    OnlyIn { word: "Rows", places: &["src/warehouse/"], reason: "the deeds look up by Warehouse::find, which demands a Permit" },
];

/// Words below their floor.
pub(crate) fn below(table: &[Room], words: &[NotBelow], sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        let Some(room) = table.iter().find(|room| room.name == source.room()) else { continue };
        for word in words.iter().filter(|word| room.floor <= word.floor) {
            let allowed = |name: &Name| word.except.is_some_and(|except| says(name, except));
            for name in uses(source, word.word).filter(|name| !allowed(name)) {
                found.push(format!("{}:{}: `{}` in {}: {}", source.path, name.line, word.word, room.name, word.reason));
            }
        }
    }
    found
}

/// Words outside the places that may name them.
pub(crate) fn astray(words: &[OnlyIn], sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for word in words {
        for source in sources.iter().filter(|source| !word.places.iter().any(|place| is_in(source, place))) {
            for name in uses(source, word.word) {
                found.push(format!("{}:{}: `{}`: {}", source.path, name.line, word.word, word.reason));
            }
        }
    }
    found
}

/// Places that may name a word, exist, and do not: doors left open.
pub(crate) fn unused_places(words: &[OnlyIn], sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for word in words {
        for place in word.places {
            let mut there = sources.iter().filter(|source| is_in(source, place)).peekable();
            if there.peek().is_some() && !there.any(|source| uses(source, word.word).next().is_some()) {
                found.push(format!("{place} may say `{}` and does not: take it out of the table", word.word));
            }
        }
    }
    found
}

fn is_in(source: &Source, place: &str) -> bool {
    if place.ends_with('/') { source.path.starts_with(place) } else { source.path == place }
}

fn uses<'a>(source: &'a Source, word: &'a str) -> impl Iterator<Item = &'a Name> {
    source.names.iter().filter(move |name| !name.in_test && says(name, word))
}

fn says(name: &Name, word: &str) -> bool {
    let wanted: Vec<&str> = word.split("::").collect();
    name.segments.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rooms::ROOMS;

    #[test]
    fn every_word_below_its_floor_is_found() {
        for word in NOT_BELOW {
            let text = format!("fn f() {{ {} }}", word.word);
            let sources = ["src/kernel/x.rs", "src/pks/x.rs", "src/cli/x.rs"].map(|path| Source::new(path, &text));
            assert_eq!(below(ROOMS, std::slice::from_ref(word), &sources).len(), 2, "{}", word.word);
        }
    }

    #[test]
    fn words_hidden_in_use_trees_are_found_and_tests_may_say_them() {
        for (text, findings) in [
            ("use std::{fmt, fs};", 1),
            ("use std::net::{IpAddr, TcpStream as S};", 1),
            ("use aws_lc_rs::rand::SystemRandom;", 1),
            ("async fn f() { g().await }", 2),
            ("use rustls::{pki_types::CertificateDer, ServerConfig};", 1),
            ("use std::net::IpAddr; // tokio", 0),
            ("fn f() { operand(\"rand\") }", 0),
            ("#[cfg(test)] mod tests { use std::fs; }", 0),
        ] {
            assert_eq!(below(ROOMS, NOT_BELOW, &[Source::new("src/pks/x.rs", text)]).len(), findings, "{text}");
        }
    }

    #[test]
    fn a_maker_outside_its_place_is_found() {
        for (path, text, findings) in [
            ("src/gateway/read.rs", "fn f() { Caller::identified() }", 1),
            ("src/gateway/read.rs", "use crate::kernel::Caller as C; fn f() { C::identified() }", 1),
            ("src/gateway/read.rs", "#[cfg(test)] fn f() { Caller::identified() }", 0),
            ("src/app/identify.rs", "fn f() { Caller::identified() }", 0),
        ] {
            assert_eq!(astray(ONLY_IN, &[Source::new(path, text)]).len(), findings, "{path}: {text}");
        }
    }

    #[test]
    fn a_place_that_does_not_use_its_right_is_found() {
        let idle = [Source::new("src/app/identify.rs", "fn f() {}"), Source::new("src/kernel/caller.rs", "fn identified() {}")];
        assert_eq!(unused_places(ONLY_IN, &idle).len(), 1);
    }
}
