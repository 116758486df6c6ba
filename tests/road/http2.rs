//! HTTP/2 frame by frame: what a well-meaning client never sends, and the clocks and the end of a connection.

use std::io::Read as _;
use std::sync::Arc;

use crate::limits::limited;
use crate::support::asks::*;
use crate::support::client::{Client, tls};
use crate::support::{House, resident, value};
use gerbang::kernel::limits::HTTP2_STREAMS_MAX;
use serde_json::json;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// RFC 9113, 7: error codes.
const REFUSED_STREAM: u32 = 7;
const ENHANCE_YOUR_CALM: u32 = 11;

struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// `POST /v1/verify` in HPACK without any table of its own (RFC 7541, 6.2.2).
fn head() -> Vec<u8> {
    let literal = |name: &[u8], value: &str| [name, &[u8::try_from(value.len()).unwrap()], value.as_bytes()].concat();
    [vec![0x83, 0x87], literal(&[0x04], "/v1/verify"), literal(&[0x01], "localhost"), literal(&[0x0f, 0x10], "application/json")]
        .concat()
}

/// A connection that has said hello.
fn connected(house: &House) -> Client {
    let mut config = tls(house.authority.pem(), Some(house.issued(BANK)));
    config.alpn_protocols = vec![b"h2".to_vec()];
    let mut client = Client::connect_with(house.api, &Arc::new(config)).unwrap();
    client.send(&[&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &frame(SETTINGS, 0, 0, &[])].concat()).unwrap();
    client
}

/// The next frame; none at the end of the connection.
fn next(client: &mut Client) -> Option<Frame> {
    let mut head = [0; 9];
    client.stream.read_exact(&mut head).ok()?;
    let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
    client.stream.read_exact(&mut payload).ok()?;
    let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
    Some(Frame { kind: head[3], flags: head[4], stream, payload })
}

/// All that a stream is answered, as text.
fn answered(client: &mut Client, stream: u32) -> String {
    let mut text = Vec::new();
    loop {
        let frame = next(client).expect("an answer before the end");
        if (frame.kind, frame.stream) == (DATA, stream) {
            text.extend_from_slice(&frame.payload);
        }
        if frame.stream == stream && matches!(frame.kind, DATA | HEADERS) && frame.flags & END_STREAM != 0 {
            return String::from_utf8(text).unwrap();
        }
    }
}

/// The error code of the first frame of a kind.
fn told(client: &mut Client, kind: u8, code_at: usize) -> u32 {
    loop {
        let frame = next(client).expect("a frame of that kind before the end");
        if frame.kind == kind {
            return u32::from_be_bytes(frame.payload[code_at..code_at + 4].try_into().unwrap());
        }
    }
}

#[test]
fn a_head_that_never_ends_and_a_connection_without_requests_are_let_go() {
    let mut house = limited("idle_ms = 200");
    for last in [frame(HEADERS, END_STREAM, 1, &head()[..4]), Vec::new()] {
        let mut client = connected(&house);
        client.send(&last).unwrap();
        while next(&mut client).is_some() {}
    }
    house.end();
    assert!(house.entries().is_empty(), "no request, nobody to blame");
}

#[test]
fn a_body_that_does_not_come_is_refused_and_audited() {
    let house = limited("body_ms = 200");
    let mut client = connected(&house);
    client.send(&frame(HEADERS, END_HEADERS, 1, &head())).unwrap();
    client.send(&frame(DATA, 0, 1, b"{\"nik\":")).unwrap();
    assert!(answered(&mut client, 1).contains("REQUEST_TIMEOUT"));
    assert_eq!(house.entries()[0]["code"], "REQUEST_TIMEOUT");
}

#[test]
fn no_more_streams_are_served_at_once_than_the_limit_says() {
    let house = House::for_tests();
    let mut client = connected(&house);
    // The limit binds once the client has acknowledged it.
    while next(&mut client).unwrap().kind != SETTINGS {}
    client.send(&frame(SETTINGS, 1, 0, &[])).unwrap();
    for number in 0..=HTTP2_STREAMS_MAX {
        client.send(&frame(HEADERS, END_HEADERS, 2 * number + 1, &head())).unwrap();
    }
    assert_eq!(told(&mut client, RST_STREAM, 0), REFUSED_STREAM);
    let body = v1(&resident().nik, json!({"TGL_LHR": value(resident(), "TGL_LHR")}));
    client.send(&frame(DATA, END_STREAM, 1, body.as_bytes())).unwrap();
    assert!(answered(&mut client, 1).contains(r#""match":true"#), "those within are served");
}

#[test]
fn streams_that_are_opened_and_reset_without_end_are_cut_off() {
    let mut house = House::for_tests();
    let mut client = connected(&house);
    let both = |number: u32| {
        let stream = 2 * number + 1;
        [frame(HEADERS, END_HEADERS, stream, &head()), frame(RST_STREAM, 0, stream, &8u32.to_be_bytes())].concat()
    };
    // Few enough to be read whole: a connection closed over unread bytes loses its last words.
    let burst: Vec<u8> = (0..100).flat_map(both).collect();
    client.send(&burst).unwrap();
    assert_eq!(told(&mut client, GOAWAY, 4), ENHANCE_YOUR_CALM);
    assert_eq!(verify(&mut house.client(BANK)).status, 200, "others are not disturbed");
    house.end();
}

#[test]
fn a_house_that_is_told_to_stop_answers_what_is_under_way() {
    let mut house = House::for_tests();
    let mut client = connected(&house);
    client.send(&frame(HEADERS, END_HEADERS, 1, &head())).unwrap();
    let body = v1(&resident().nik, json!({"TGL_LHR": value(resident(), "TGL_LHR")}));
    client.send(&frame(DATA, 0, 1, &body.as_bytes()[..10])).unwrap();
    // It is under way once the first bytes of its body are acknowledged or the settings are: both come in order.
    while next(&mut client).unwrap().kind != SETTINGS {}
    house.orders.stop.cancel();
    assert_eq!(told(&mut client, GOAWAY, 4), 0);
    client.send(&frame(DATA, END_STREAM, 1, &body.as_bytes()[10..])).unwrap();
    assert!(answered(&mut client, 1).contains(r#""nik_status":"active""#));
    house.end();
    assert_eq!(house.entries().len(), 1);
}
