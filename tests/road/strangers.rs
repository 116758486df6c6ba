//! Every route, asked by everyone who must get nothing from it; and what the log says about them.

use std::io::Read as _;

use crate::support::asks::*;
use crate::support::foreign::Ca;
use crate::support::{Client, House, Plan, Response, resident};
use gerbang::gateway::{Deed, ROUTES, Route};
use serde_json::{Value, json};

/// A right question for a route, in the name of a lembaga.
fn ask(client: &mut Client, route: &Route, lembaga: &str) -> Response {
    let path = route.pattern.replace("{wilayah}", "63-05").replace("{lembaga}", lembaga);
    match route.deed {
        Deed::Verify => verify(client),
        Deed::Batch => {
            let answer = client.post(&path, &v1(&resident().nik, json!({"NAMA_LGKP": "X"})));
            if answer.header("transfer-encoding").is_some() {
                // The line is answered, and entered, by the time the last chunk comes.
                let mut told = Vec::new();
                while !told.ends_with(b"\r\n0\r\n\r\n") {
                    let mut byte = [0];
                    client.stream.read_exact(&mut byte).unwrap();
                    told.push(byte[0]);
                }
            }
            answer
        }
        Deed::Retrieve => client.post(&path, &v1(&resident().nik, json!(["ALAMAT"]))),
        Deed::Agreement => client.get(&path),
        Deed::Dwh => client.post(&path.replace("{method}", "CALL_VERIFY_BY_ELEMEN"), &dwh(lembaga, name_asked())),
    }
}

/// A house that also trusts an authority of our own, and a certificate of that authority with these names.
fn house_with_certificate(uris: &[&str]) -> (House, Ca, gerbang::cli::demo::authority::Issued) {
    let ca = Ca::new("CA uji kedua");
    let issued = ca.client(uris);
    let pem = ca.pem.clone();
    let prepare = Box::new(move |dir: &std::path::Path| Ca::trust(&dir.join("ca.pem"), &pem));
    (House::planned(Plan { prepare, ..Plan::default() }), ca, issued)
}

fn is_blank(answer: &Response, route: &Route) {
    assert_eq!(answer.status, 401, "{}", route.pattern);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let expected = json!({"type": "about:blank", "status": 401, "request_id": answer.header("x-request-id")});
    assert_eq!(answer.json(), expected, "{}", route.pattern);
    silent(answer);
}

fn counts(house: &mut House) -> Value {
    house.end();
    let entries = house.entries();
    let strangers: Vec<&Value> = entries.iter().filter(|entry| entry["kind"] == "strangers").collect();
    assert_eq!(strangers.len(), 1, "one entry for all of them");
    strangers[0]["counts"].clone()
}

#[test]
fn without_a_certificate_no_route_gives_anything() {
    let mut house = House::for_tests();
    let mut nobody = house.client_with(None);
    for route in &ROUTES {
        is_blank(&ask(&mut nobody, route, BANK), route);
    }
    for (line, body) in [("GET /v1/verify", ""), ("POST /nowhere", "{}"), ("POST /v1/verify", "{"), ("GET /", "")] {
        let length = body.len();
        let bytes =
            format!("{line} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}");
        let mut nobody = house.client_with(None);
        nobody.send(bytes.as_bytes()).unwrap();
        is_blank(&nobody.response().unwrap(), &ROUTES[0]);
    }
    assert!(house.entries().is_empty());
    assert_eq!(counts(&mut house), json!({"certificate_missing": ROUTES.len() + 4}));
}

#[test]
fn a_certificate_that_names_no_lembaga_is_a_strangers() {
    for uris in [&[][..], &["https://bank-antasari.test/"], &["urn:other:lembaga:bank-antasari"]] {
        let (mut house, _ca, issued) = house_with_certificate(uris);
        let mut client = house.client_with(Some(&issued));
        for route in &ROUTES {
            is_blank(&ask(&mut client, route, BANK), route);
        }
        assert!(house.entries().is_empty());
        assert_eq!(counts(&mut house), json!({"certificate_unknown": ROUTES.len()}));
    }
}

#[test]
fn a_certificate_that_names_two_lembaga_is_nobodys() {
    let (mut house, _ca, issued) = house_with_certificate(&["urn:gerbang:lembaga:bank-antasari", "urn:gerbang:lembaga:rsud-tapin"]);
    let mut client = house.client_with(Some(&issued));
    for route in &ROUTES {
        is_blank(&ask(&mut client, route, BANK), route);
    }
    assert_eq!(counts(&mut house).as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum::<u64>(), ROUTES.len() as u64);
}

#[test]
fn a_lembaga_without_agreement_gets_nothing_and_leaves_an_entry_each_time() {
    let (house, _ca, issued) = house_with_certificate(&["urn:gerbang:lembaga:bank-asing"]);
    let mut client = house.client_with(Some(&issued));
    for (number, route) in ROUTES.iter().enumerate() {
        let answer = ask(&mut client, route, BANK);
        match route.deed {
            Deed::Dwh => _ = refused_dwh(&house, &answer, "16", "PKS_MISSING"),
            _ => _ = refused(&house, &answer, 403, "PKS_MISSING"),
        }
        assert_eq!(house.entries().len(), number + 1, "{}", route.pattern);
    }
}

#[test]
fn one_lembaga_gets_nothing_under_the_path_of_another() {
    let house = House::for_tests();
    let mut bank = house.client(BANK);
    for route in ROUTES.iter().filter(|route| route.deed == Deed::Dwh) {
        refused_dwh(&house, &ask(&mut bank, route, HOSPITAL), "03", "LOGIN_FAILED");
    }
}

#[test]
fn an_expired_agreement_closes_every_route_and_every_request_leaves_one_entry() {
    let house = House::for_tests();
    house.clock.set("2036-01-01T00:00:00Z");
    let mut number = 0;
    for lembaga in [BANK, HOSPITAL, SOCIAL] {
        let mut client = house.client(lembaga);
        for route in &ROUTES {
            let answer = ask(&mut client, route, lembaga);
            match route.deed {
                Deed::Dwh => _ = refused_dwh(&house, &answer, "16", "PKS_NOT_IN_FORCE"),
                _ => _ = refused(&house, &answer, 403, "PKS_NOT_IN_FORCE"),
            }
            number += 1;
            assert_eq!(house.entries().len(), number, "{}", route.pattern);
        }
    }
}

#[test]
fn every_request_of_a_known_caller_leaves_exactly_one_entry_and_strangers_one_together() {
    let mut house = House::for_tests();
    let mut bank = house.client(BANK);
    let mut number = 0;
    for route in &ROUTES {
        ask(&mut bank, route, BANK);
        number += 1;
        assert_eq!(house.entries().len(), number, "{}", route.pattern);
    }
    for path in ["/", "/v1/verify/", "/v1", "/metrics", "/livez", "/v2/verify", "/dukcapil/get_json/x"] {
        refused(&house, &bank.get(path), 404, "NOT_FOUND");
        number += 1;
        assert_eq!(house.entries().len(), number, "{path}");
    }
    verify(&mut house.client_with(None));
    verify(&mut house.client_with(None));
    drop(bank);
    assert_eq!(counts(&mut house), json!({"certificate_missing": 2}));
    assert_eq!(house.entries().len(), number + 1);
}
