//! How batches end: clients that break off, do not read, or say nothing; and too many at once.

use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::time::Duration;

use crate::support::asks::*;
use crate::support::batch::*;
use crate::support::{Client, House, Plan, wait_until, write};
use gerbang::kernel::limits::BATCHES_MAX;

fn limited(lines: &'static str) -> House {
    let prepare = Box::new(move |dir: &Path| {
        let file = dir.join("gerbang.toml");
        let config = std::fs::read_to_string(&file).unwrap().replace("workers = 1", &format!("workers = 1\n{lines}"));
        write(&file, config.as_bytes());
    });
    House::planned(Plan { prepare, ..Plan::default() })
}

#[test]
fn who_breaks_off_leaves_entries_for_what_was_answered_and_makes_room() {
    let house = House::for_tests();
    for round in 1..=BATCHES_MAX + 2 {
        let mut open = Conversation::open(&house, BANK);
        for _ in 0..3 {
            open.say(&line());
            assert_eq!(open.hear()["nik_status"], "active");
        }
        open.send("{\"nik\":\"6305").unwrap();
        drop(open);
        assert_eq!(questions(&house).len(), round * 3);
        // The place is free again once the house has noticed: the next rounds need it.
        wait_until("a place for a batch", || {
            house.client(BANK).post_with(BATCH, "", &[("Content-Type", "application/x-ndjson")]).status == 200
        });
    }
    assert_eq!(remaining(&mut house.client(BANK)), 2_000_000_000 - 3 * (BATCHES_MAX as u64 + 2));
}

#[test]
fn only_so_many_batches_are_under_way_at_once() {
    let house = House::for_tests();
    let mut open: Vec<Conversation> = (0..BATCHES_MAX).map(|_| Conversation::open(&house, BANK)).collect();
    let one_more = || house.client(BANK).post_with(BATCH, &line(), &[("Content-Type", "application/x-ndjson")]);
    refused(&house, &one_more(), 503, "OVERLOADED");
    for conversation in &mut open {
        conversation.say(&line());
        assert_eq!(conversation.hear()["nik_status"], "active");
    }
    open[0].done();
    assert!(open[0].rest().is_empty());
    wait_until("a place for a batch", || Conversation::over(house.client(BANK)).head.starts_with("http/1.1 200"));
}

#[test]
fn who_does_not_read_is_not_read_from_and_let_go() {
    let house = limited("idle_ms = 500");
    let mut open = Conversation::open(&house, BANK);
    open.client.stream.sock.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
    let lines = format!("{}\n", line()).repeat(1_000);
    let chunk = format!("{:x}\r\n{lines}\r\n", lines.len());
    let mut sent = 0;
    let error = loop {
        if let Err(error) = open.client.stream.write_all(chunk.as_bytes()) {
            break error;
        }
        sent += 1_000;
        assert!(sent < 1_000_000, "everything is read though nothing is taken");
    };
    assert!(!matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "the house left the connection open: {error}");
    let entries = questions(&house).len();
    assert!(entries < 100_000, "{entries} lines were answered to nobody");
    assert_eq!(remaining(&mut house.client(BANK)), 2_000_000_000 - entries as u64);
}

#[test]
fn who_says_nothing_for_too_long_is_told_so() {
    let house = limited("idle_ms = 200\nbody_ms = 200");
    for beginning in ["", "{\"nik\":"] {
        let mut open = Conversation::open(&house, BANK);
        open.say(&line());
        assert_eq!(open.hear()["line"], 1);
        if !beginning.is_empty() {
            open.send(beginning).unwrap();
        }
        let told = open.hear();
        assert_eq!((code(&told), told["line"].as_u64()), ("REQUEST_TIMEOUT", Some(2)));
        assert!(open.rest().is_empty());
    }
    assert_eq!(questions(&house).len(), 2, "a line that never came is no question");
}

#[test]
fn a_line_that_drips_in_is_cut_off() {
    let house = limited("body_ms = 300");
    let mut open = Conversation::open(&house, BANK);
    open.client.stream.sock.set_nonblocking(false).unwrap();
    let ended = loop {
        if open.send("x").is_err() {
            break true;
        }
        open.client.stream.sock.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        match open.try_hear() {
            Ok(Some(told)) => break code(&told) == "REQUEST_TIMEOUT",
            Ok(None) => break false,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => (),
            Err(_cut_off) => break true,
        }
    };
    assert!(ended);
    assert!(questions(&house).is_empty());
}

#[test]
fn an_empty_batch_has_no_answers_and_leaves_no_entry() {
    let house = House::for_tests();
    let mut client: Client = house.client(BANK);
    for body in ["", "\n", "\r\n \n"] {
        let mut open = Conversation::over(client);
        if !body.is_empty() {
            open.send(body).unwrap();
        }
        open.done();
        assert!(open.rest().is_empty());
        // The connection goes on.
        client = open.client;
    }
    assert_eq!(verify(&mut client).status, 200);
    assert_eq!(questions(&house).len(), 1);
}
