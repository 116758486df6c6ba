//! Sizes, deadlines, connections at once, and the end of a house.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use crate::support::asks::*;
use crate::support::{Client, House, Plan, write};
use serde_json::{Value, json};

/// A house with some lines of `[limits]` of its own.
pub(crate) fn limited(lines: &'static str) -> House {
    let prepare = Box::new(move |dir: &Path| {
        let file = dir.join("gerbang.toml");
        let config = std::fs::read_to_string(&file).unwrap().replace("workers = 1", &format!("workers = 1\n{lines}"));
        write(&file, config.as_bytes());
    });
    House::planned(Plan { prepare, ..Plan::default() })
}

fn strangers(house: &mut House) -> Value {
    house.end();
    house.entries().pop().unwrap()["counts"].clone()
}

/// The connection is at its end: nothing more is said.
fn closed(client: &mut Client) {
    let (told, _broken_off) = client.rest();
    assert_eq!(String::from_utf8_lossy(&told), "");
}

/// Begins a question whose body is announced, and waits until the house asks for it: then it is under way.
fn begun(house: &House, lembaga: &str, bytes: usize) -> Client {
    let mut client = house.client(lembaga);
    let head = format!(
        "POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {bytes}\r\nExpect: 100-continue\r\n\r\n"
    );
    client.send(head.as_bytes()).unwrap();
    let mut told = [0; 25];
    client.stream.read_exact(&mut told).unwrap();
    assert_eq!(&told, b"HTTP/1.1 100 Continue\r\n\r\n");
    client
}

#[test]
fn a_head_over_the_limit_is_no_request() {
    let mut house = House::for_tests();
    let padded = |bytes: usize| format!("GET /v1/agreement HTTP/1.1\r\nHost: x\r\nX-Padding: {}\r\n\r\n", "a".repeat(bytes));
    let mut bank = house.client(BANK);
    bank.send(padded(15_000).as_bytes()).unwrap();
    assert_eq!(bank.response().unwrap().status, 200);
    bank.send(padded(20_000).as_bytes()).unwrap();
    let (told, _) = bank.rest();
    assert!(told.starts_with(b"HTTP/1.1 431 "), "{}", String::from_utf8_lossy(&told));
    let mut bank = house.client(BANK);
    bank.send(b"NO HTTP AT ALL\r\n\r\n").unwrap();
    let (told, _) = bank.rest();
    assert!(told.starts_with(b"HTTP/1.1 400 "), "{}", String::from_utf8_lossy(&told));
    assert_eq!(strangers(&mut house), json!({"request_malformed": 2}));
    assert_eq!(house.entries().len(), 2, "the request that fitted, and the strangers");
}

#[test]
fn a_body_over_the_limit_is_refused_however_it_comes() {
    let house = House::for_tests();
    let large = format!("{{\"x\":\"{}\"}}", "a".repeat(16 * 1024));
    let fits = format!("{{\"x\":\"{}\"}}", "a".repeat(16 * 1024 - 8));
    assert_eq!(fits.len(), 16 * 1024);
    refused(&house, &house.client(BANK).post("/v1/verify", &large), 413, "BODY_TOO_LARGE");
    refused(&house, &house.client(BANK).post("/v1/verify", &fits), 400, "BODY_MALFORMED");
    refused_dwh(&house, &house.client(BANK).post(&dwh_path(BANK), &large), "07", "BODY_TOO_LARGE");
    for path in ["/v1/verify".to_owned(), dwh_path(BANK)] {
        let mut bank = house.client(BANK);
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
        let chunk = format!("1000\r\n{}\r\n", "a".repeat(0x1000));
        bank.send(format!("{head}{}", chunk.repeat(5)).as_bytes()).unwrap();
        let answer = bank.response().unwrap();
        match path.as_str() {
            "/v1/verify" => _ = refused(&house, &answer, 413, "BODY_TOO_LARGE"),
            _ => _ = refused_dwh(&house, &answer, "07", "BODY_TOO_LARGE"),
        }
    }
    // One that is only announced is refused before it comes.
    let mut bank = house.client(BANK);
    bank.send(b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n")
        .unwrap();
    refused(&house, &bank.response().unwrap(), 413, "BODY_TOO_LARGE");
    closed(&mut bank);
}

#[test]
fn a_head_that_drips_in_is_cut_off() {
    let mut house = limited("head_ms = 200");
    let mut still = house.client(BANK);
    still.send(b"POST /v1/verify HTTP/1.1\r\nHost: ").unwrap();
    closed(&mut still);
    let mut dripping = house.client(BANK);
    dripping.stream.sock.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
    dripping.send(b"POST /v1/verify HTTP/1.1\r\nX-Drip: ").unwrap();
    let ended = loop {
        if dripping.send(b"a").is_err() {
            break true;
        }
        match dripping.stream.read(&mut [0; 64]) {
            Ok(read) => break read == 0,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => (),
            Err(_broken_off) => break true,
        }
    };
    assert!(ended, "without a word");
    let mut second = house.client(BANK);
    assert_eq!(verify(&mut second).status, 200);
    second.send(b"GET /v1/agree").unwrap();
    closed(&mut second);
    assert_eq!(strangers(&mut house), json!({"request_timeout": 3}));
}

#[test]
fn a_body_that_does_not_come_is_refused_and_audited() {
    let house = limited("body_ms = 200");
    let mut bank = begun(&house, BANK, 100);
    bank.send(b"{\"nik\":").unwrap();
    refused(&house, &bank.response().unwrap(), 408, "REQUEST_TIMEOUT");
    closed(&mut bank);
    let mut bank = house.client(BANK);
    bank.send(format!("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{", dwh_path(BANK)).as_bytes()).unwrap();
    let answer = bank.response().unwrap();
    refused(&house, &answer, 408, "REQUEST_TIMEOUT");
    closed(&mut bank);
}

#[test]
fn a_body_that_breaks_off_changes_nothing_and_is_audited() {
    let house = House::for_tests();
    let mut bank = begun(&house, BANK, 100);
    bank.send(b"{\"nik\":").unwrap();
    bank.stream.conn.send_close_notify();
    bank.stream.flush().unwrap();
    drop(bank);
    crate::support::wait_until("an entry", || !house.entries().is_empty());
    assert_eq!(house.entries()[0]["code"], "BODY_MALFORMED");
    assert_eq!(remaining(&mut house.client(BANK)), 2_000_000_000);
}

#[test]
fn a_connection_without_a_request_is_let_go() {
    let mut house = limited("idle_ms = 200");
    closed(&mut house.client(BANK));
    let mut bank = house.client(BANK);
    assert_eq!(verify(&mut bank).status, 200);
    closed(&mut bank);
    house.end();
    assert_eq!(house.entries().len(), 1, "nobody is blamed for idleness");
}

#[test]
fn a_handshake_that_is_not_finished_is_cut_off() {
    let mut house = limited("handshake_ms = 200");
    for bytes in [&b""[..], b"\x16\x03\x01\x02\x00\x01"] {
        let mut tcp = TcpStream::connect(house.api).unwrap();
        tcp.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        tcp.write_all(bytes).unwrap();
        let mut told = Vec::new();
        tcp.read_to_end(&mut told).unwrap();
        assert!(told.is_empty());
    }
    assert_eq!(strangers(&mut house), json!({"handshake_timeout": 2}));
}

#[test]
fn no_more_connections_are_served_than_the_limit_says() {
    let house = limited("connections_max = 1");
    let mut first = house.client(BANK);
    assert_eq!(verify(&mut first).status, 200);
    // Whatever is said to a server that listens, it answers: with an alert if nothing better.
    let mut second = TcpStream::connect(house.api).unwrap();
    second.write_all(b"no TLS at all\r\n\r\n").unwrap();
    second.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let unanswered = second.read(&mut [0; 64]).err().unwrap();
    assert!(matches!(unanswered.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{unanswered}");
    assert_eq!(verify(&mut first).status, 200, "the first is not disturbed");
    drop(first);
    second.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    assert!(second.read(&mut [0; 64]).unwrap() > 0);
    drop(second);
    assert_eq!(verify(&mut house.client(BANK)).status, 200, "a place that was left can be taken");
}

#[test]
fn a_house_that_is_told_to_stop_answers_what_is_under_way_and_closes_what_is_not() {
    let mut house = House::for_tests();
    let mut idle = house.client(BANK);
    assert_eq!(verify(&mut idle).status, 200);
    let mut fresh = house.client(BANK);
    while fresh.stream.conn.is_handshaking() {
        fresh.stream.conn.complete_io(&mut fresh.stream.sock).unwrap();
    }
    let body = v1(&crate::support::resident().nik, json!({"TGL_LHR": "1990-01-01"}));
    let mut under_way = begun(&house, BANK, body.len());
    house.orders.stop.cancel();
    closed(&mut idle);
    closed(&mut fresh);
    under_way.send(body.as_bytes()).unwrap();
    let answer = under_way.response().unwrap();
    assert_eq!((answer.status, &answer.json()["nik_status"]), (200, &json!("active")));
    closed(&mut under_way);
    house.end();
    assert_eq!(house.entries().len(), 2);
    assert!(TcpStream::connect(house.api).is_err(), "nobody listens any more");
}

#[test]
fn a_drain_does_not_wait_for_ever() {
    let mut house = limited("drain_ms = 200");
    let mut under_way = begun(&house, BANK, 100);
    house.end();
    closed(&mut under_way);
    assert!(house.entries().is_empty(), "what was cut off was not answered");
}
