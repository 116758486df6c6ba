//! The table of imports: which room may name which, and why. A new edge is a reviewed line here.

use Floor::{Decisions, Deeds, Faces, Roof, Words, World};
use Sees::{Everything, Only};

/// The floors, from the ground up. Every import goes down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Floor {
    /// 0: the values everything else speaks in.
    Words,
    /// 1: pure decisions.
    Decisions,
    /// 2: files, sockets, caches.
    World,
    /// 3: one file per deed.
    Deeds,
    /// 4: what callers meet.
    Faces,
    /// What starts and joins the rest.
    Roof,
}

/// A top-level module of `src/`.
pub(crate) struct Room {
    pub(crate) name: &'static str,
    pub(crate) floor: Floor,
    pub(crate) sees: Sees,
}

/// What a room may import.
pub(crate) enum Sees {
    /// These rooms, each for a reason.
    Only(&'static [Edge]),
    /// Any room, for a reason.
    Everything(&'static str),
}

/// One allowed import.
pub(crate) struct Edge {
    pub(crate) to: &'static str,
    pub(crate) reason: &'static str,
}

const fn to(to: &'static str, reason: &'static str) -> Edge {
    Edge { to, reason }
}

const fn room(name: &'static str, floor: Floor, sees: Sees) -> Room {
    Room { name, floor, sees }
}

pub(crate) const ROOMS: &[Room] = &[
    room("kernel", Words, Only(&[])),
    room(
        "pks",
        Decisions,
        Only(&[
            to("kernel", "an agreement is about elements, callers and rows"),
            to("matching", "revealing a comparison needs its score, and nothing else may see the row"),
        ]),
    ),
    room("matching", Decisions, Only(&[to("kernel", "how to compare depends on the element")])),
    room("audit", Decisions, Only(&[to("kernel", "an entry records who asked what of whom, and the outcome")])),
    room("disk", World, Only(&[])),
    room("tls", World, Only(&[to("kernel", "a peer's certificate becomes a fingerprint")])),
    room("registry", World, Only(&[to("kernel", "agreements are found by lembaga"), to("pks", "holds what pks has verified")])),
    room(
        "warehouse",
        World,
        Only(&[
            to("kernel", "rows are found by NIK"),
            to("pks", "a look-up demands a Permit and reads no column beyond it"),
            to("disk", "writes the snapshot"),
        ]),
    ),
    room(
        "journal",
        World,
        Only(&[
            to("kernel", "faults, limits and time"),
            to("audit", "what is made durable is an entry"),
            to("disk", "writes through the one writer of files"),
        ]),
    ),
    room("quota", World, Only(&[to("kernel", "counted by lembaga and day")])),
    room("keys", World, Only(&[to("pks", "a token signs agreements")])),
    room("store", World, Only(&[to("kernel", "accounts are found by their ids")])),
    room(
        "app",
        Deeds,
        Only(&[
            to("kernel", "takes an Ask, gives an Outcome"),
            to("pks", "decides and reveals"),
            to("matching", "the version that goes into the entry"),
            to("audit", "writes the entry"),
            to("registry", "finds the agreement"),
            to("warehouse", "finds the row"),
            to("journal", "seals the answer"),
            to("quota", "reserves and settles"),
            to("store", "checks accounts"),
        ]),
    ),
    room(
        "gateway",
        Faces,
        Only(&[
            to("kernel", "reads bytes into an Ask"),
            to("pks", "writes an Answer and an agreement out"),
            to("audit", "names the kinds of strangers"),
            to("app", "hands every question to its deed"),
            to("tls", "accepts connections"),
        ]),
    ),
    room("config", Roof, Only(&[to("kernel", "limits and ids as parsed values")])),
    room("telemetry", Roof, Only(&[to("kernel", "labels are ids and outcomes")])),
    room("wiring", Roof, Everything("names every concrete part, once")),
    room("cli", Roof, Everything("one command for every room")),
    room("lib", Roof, Only(&[])),
    room("main", Roof, Only(&[to("cli", "hands the command line over")])),
];

/// Why the house does not allow an edge, whatever the table says; `None` where it does.
pub(crate) fn against_the_house(from: &Room, to: &Room) -> Option<&'static str> {
    let sideways = [("pks", "matching"), ("balikan", "pks"), ("sop", "pks")];
    match (from.floor, to.floor) {
        _ if from.name == to.name => Some("a room does not import itself"),
        (Decisions, Decisions) if sideways.contains(&(from.name, to.name)) => None,
        (Decisions, Decisions) => Some("on floor 1 only pks -> matching, balikan -> pks and sop -> pks"),
        (World, World) if to.name == "disk" => None,
        (World, World) => Some("rooms on floor 2 meet on disk only"),
        (Deeds, World) if ["disk", "tls"].contains(&to.name) => Some("deeds see neither disk nor tls"),
        (Faces, World) if to.name == "tls" => None,
        (Faces, World) => Some("faces reach the world through app, tls excepted"),
        (Roof, Roof) => None,
        (above, below) if below < above => None,
        _ => Some("imports go down"),
    }
}
