//! Certificates that TLS itself turns away, versions, protocols, resumption.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::support::asks::*;
use crate::support::client::{Client, tls};
use crate::support::foreign::Ca;
use crate::support::{House, Plan, write};
use gerbang::cli::demo::authority::Issued;
use rcgen::{ExtendedKeyUsagePurpose, SerialNumber, date_time_ymd};
use rustls::{ClientConfig, HandshakeKind, ProtocolVersion};
use serde_json::{Value, json};

const URN: &str = "urn:gerbang:lembaga:bank-antasari";

/// A house that trusts a second authority too.
fn trusting(ca: &Ca, more: impl Fn(&Path) + 'static) -> House {
    let pem = ca.pem.clone();
    let prepare = Box::new(move |dir: &Path| {
        Ca::trust(&dir.join("ca.pem"), &pem);
        more(dir);
    });
    House::planned(Plan { prepare, ..Plan::default() })
}

/// The client's side with one version of TLS alone.
fn only(house: &House, issued: Option<&Issued>, version: &'static rustls::SupportedProtocolVersion) -> Arc<ClientConfig> {
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(house.authority.pem().as_bytes()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_protocol_versions(&[version]).with_root_certificates(roots);
    Arc::new(match issued {
        None => builder.with_no_client_auth(),
        Some(issued) => {
            let key = PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).unwrap();
            builder.with_client_auth_cert(vec![CertificateDer::from(issued.der.clone())], key).unwrap()
        }
    })
}

/// No answer comes, in either version of TLS: the handshake ends in an alert.
fn turned_away(house: &House, issued: &Issued) {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let (told, error) = match Client::connect_with(house.api, &only(house, Some(issued), version)) {
            Ok(mut client) => client.rest(),
            Err(error) => (Vec::new(), Some(error)),
        };
        assert!(told.is_empty());
        let error = error.expect("not a peaceful end").to_string();
        assert!(error.contains("fatal alert"), "{error}");
    }
}

fn strangers(house: &mut House) -> Value {
    house.end();
    house.entries().pop().unwrap()["counts"].clone()
}

#[test]
fn a_certificate_that_does_not_verify_ends_the_handshake() {
    let ca = Ca::new("CA uji kedua");
    let mut house = trusting(&ca, |_| ());
    let good = ca.client(&[URN]);
    assert_eq!(verify(&mut house.client_with(Some(&good))).status, 200, "the authority itself is trusted");
    let expired = ca.issue(&[URN], |params| params.not_after = date_time_ymd(2020, 1, 1));
    let not_yet = ca.issue(&[URN], |params| params.not_before = date_time_ymd(3000, 1, 1));
    let servers = ca.issue(&[URN], |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]);
    let foreign = Ca::new("CA asing").client(&[URN]);
    let namesake = Ca::new("CA uji kedua").client(&[URN]);
    let own_server = house.authority.server().unwrap();
    let bad = [expired, not_yet, servers, foreign, namesake, own_server];
    for issued in &bad {
        turned_away(&house, issued);
    }
    assert_eq!(house.entries().len(), 1, "nothing but the good one's question");
    assert_eq!(strangers(&mut house), json!({"handshake_failed": bad.len() * 2}));
}

#[test]
fn a_certificate_that_expires_on_an_open_connection_is_a_strangers_from_then_on() {
    let ca = Ca::new("CA uji kedua");
    let house = trusting(&ca, |_| ());
    let mut bank = house.client_with(Some(&ca.issue(&[URN], |params| params.not_after = date_time_ymd(2500, 1, 1))));
    // The house's clock runs ahead of the agreement too: what is told shows which of the two was looked at.
    house.clock.set("2499-12-31T23:59:59Z");
    refused(&house, &verify(&mut bank), 403, "PKS_NOT_IN_FORCE");
    house.clock.set("2500-01-01T00:00:01Z");
    for answer in [verify(&mut bank), verify_dwh(&mut bank, BANK)] {
        assert_eq!((answer.status, &answer.json()["type"]), (401, &json!("about:blank")));
    }
    assert_eq!(house.entries().len(), 1);
}

#[test]
fn a_revoked_certificate_ends_the_handshake_from_the_next_load_on() {
    let ca = Ca::new("CA uji kedua");
    let numbered = |number: u64| ca.issue(&[URN], |params| params.serial_number = Some(SerialNumber::from(number)));
    let (one, two) = (numbered(1), numbered(2));
    let crl = ca.revokes(&[], 3000);
    let pem = ca.pem.clone();
    let house = House::planned(Plan {
        prepare: Box::new(move |dir| {
            write(&dir.join("ca.pem"), pem.as_bytes());
            write(&dir.join("crl.pem"), crl.as_bytes());
            let config = std::fs::read_to_string(dir.join("gerbang.toml")).unwrap();
            let config = config.replace("client_ca = \"ca.pem\"", "client_ca = \"ca.pem\"\nclient_crls = \"crl.pem\"");
            write(&dir.join("gerbang.toml"), config.as_bytes());
        }),
        ..Plan::default()
    });
    let resuming = Arc::new(tls(house.authority.pem(), Some(&one)));
    let connect = || Client::connect_with(house.api, &resuming).unwrap();
    assert_eq!(verify(&mut connect()).status, 200);
    let mut resumed = connect();
    assert_eq!(verify(&mut resumed).status, 200);
    assert_eq!(resumed.stream.conn.handshake_kind(), Some(HandshakeKind::Resumed));

    write(&house.path("crl.pem"), ca.revokes(&[1], 3000).as_bytes());
    house.reload();
    turned_away(&house, &one);
    let (told, error) = connect().rest();
    assert!(told.is_empty() && error.unwrap().to_string().contains("fatal alert"), "an old ticket does not help");
    assert_eq!(verify(&mut house.client_with(Some(&two))).status, 200);

    write(&house.path("crl.pem"), ca.revokes(&[], 2021).as_bytes());
    house.reload();
    turned_away(&house, &two);
}

#[test]
fn tls_1_3_and_1_2_are_spoken_and_protocols_agreed() {
    let house = House::for_tests();
    for (version, spoken) in
        [(&rustls::version::TLS13, ProtocolVersion::TLSv1_3), (&rustls::version::TLS12, ProtocolVersion::TLSv1_2)]
    {
        for (offered, agreed) in [(&["http/1.1"][..], Some("http/1.1")), (&["h2", "http/1.1"], Some("h2")), (&[], None)] {
            let mut config = ClientConfig::clone(&only(&house, Some(house.issued(BANK)), version));
            config.alpn_protocols = offered.iter().map(|name| name.as_bytes().to_vec()).collect();
            let mut client = Client::connect_with(house.api, &Arc::new(config)).unwrap();
            if agreed != Some("h2") {
                assert_eq!(verify(&mut client).status, 200);
            }
            while client.stream.conn.is_handshaking() {
                client.stream.conn.complete_io(&mut client.stream.sock).unwrap();
            }
            assert_eq!(client.stream.conn.protocol_version(), Some(spoken));
            assert_eq!(client.stream.conn.alpn_protocol(), agreed.map(str::as_bytes));
        }
    }
}

/// What a server says to raw bytes, until it closes.
fn raw(house: &House, bytes: &[u8]) -> Vec<u8> {
    let mut tcp = TcpStream::connect(house.api).unwrap();
    tcp.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    tcp.write_all(bytes).unwrap();
    let mut told = Vec::new();
    // A server that closes with bytes unread resets the connection: an end like any other.
    if let Err(error) = tcp.read_to_end(&mut told) {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }
    told
}

/// A ClientHello with this version at most: suites, groups, point formats and signature schemes that a server of ours can use.
fn client_hello(minor: u8) -> Vec<u8> {
    let suites = [0xc0u8, 0x09, 0xc0, 0x0a, 0xc0, 0x2b, 0xc0, 0x2c, 0xc0, 0x13, 0xc0, 0x2f];
    let mut hello = vec![3, minor];
    hello.extend([7; 32]);
    hello.push(0);
    hello.extend([0, suites.len() as u8]);
    hello.extend(suites);
    hello.extend([1, 0]);
    let extensions = [0u8, 10, 0, 4, 0, 2, 0, 23, 0, 11, 0, 2, 1, 0, 0, 13, 0, 4, 0, 2, 4, 3, 0, 23, 0, 0];
    hello.extend([0, extensions.len() as u8]);
    hello.extend(extensions);
    let mut handshake = vec![1, 0, 0, hello.len() as u8];
    handshake.extend(hello);
    let mut record = vec![22, 3, 1, 0, handshake.len() as u8];
    record.extend(handshake);
    record
}

#[test]
fn older_versions_and_other_protocols_are_not_spoken() {
    let mut house = House::for_tests();
    const PROTOCOL_VERSION: u8 = 70;
    let mut answered = TcpStream::connect(house.api).unwrap();
    answered.write_all(&client_hello(3)).unwrap();
    let mut first = [0; 6];
    answered.read_exact(&mut first).unwrap();
    assert_eq!((first[0], first[5]), (22, 2), "the same hello with TLS 1.2 gets a ServerHello");
    drop(answered);
    for minor in [1, 2] {
        let told = raw(&house, &client_hello(minor));
        assert_eq!((told[0], told[5], told[6]), (21, 2, PROTOCOL_VERSION), "{told:?}");
    }
    let plain = raw(&house, b"GET /v1/agreement HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(!plain.starts_with(b"HTTP/"), "{plain:?}");
    assert!(!raw(&house, &[0; 600]).starts_with(b"HTTP/"));
    assert!(!raw(&house, b"\x16\x03\x01\xff\xff garbage garbage garbage").starts_with(b"HTTP/"));
    assert_eq!(strangers(&mut house), json!({"handshake_failed": 6}));
}

#[test]
fn a_resumed_session_belongs_to_who_began_it() {
    let house = House::for_tests();
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        for lembaga in [Some(BANK), Some(HOSPITAL), None] {
            let config = only(&house, lembaga.map(|lembaga| house.issued(lembaga)), version);
            for kind in [HandshakeKind::Full, HandshakeKind::Resumed] {
                let mut client = Client::connect_with(house.api, &config).unwrap();
                let told = client.get("/v1/agreement");
                assert_eq!(client.stream.conn.handshake_kind(), Some(kind), "{lembaga:?} {version:?}");
                assert_eq!(told.status, if lembaga.is_some() { 200 } else { 401 });
                assert_eq!(told.json()["lembaga"]["id"].as_str(), lembaga);
            }
        }
    }
}
