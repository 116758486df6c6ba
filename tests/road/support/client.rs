//! A small HTTP/1.1 client over TLS that can also misbehave: raw bytes in, whole responses out.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use gerbang::cli::demo::authority::Issued;
use jiff::Timestamp;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

pub(crate) struct Client {
    pub(crate) stream: StreamOwned<ClientConnection, TcpStream>,
}

pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// The system's time, for certificates: TLS goes by it whatever the house's clock says.
#[expect(clippy::disallowed_methods, reason = "TLS goes by the system's time")]
pub(crate) fn real_now() -> Timestamp {
    Timestamp::now()
}

/// The client's side of TLS, with or without a certificate.
pub(crate) fn tls(ca: &str, issued: Option<&Issued>) -> ClientConfig {
    gerbang::tls::install_provider();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca.as_bytes()).unwrap()).unwrap();
    let builder = ClientConfig::builder().with_root_certificates(roots);
    match issued {
        None => builder.with_no_client_auth(),
        Some(issued) => builder
            .with_client_auth_cert(
                vec![CertificateDer::from(issued.der.clone())],
                PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).unwrap(),
            )
            .unwrap(),
    }
}

impl Client {
    /// Connects and finishes the handshake.
    pub(crate) fn connect(address: SocketAddr, ca: &str, issued: Option<&Issued>) -> std::io::Result<Self> {
        Self::connect_with(address, &Arc::new(tls(ca, issued)))
    }

    /// The same with a configuration of one's own; one that is kept resumes sessions.
    pub(crate) fn connect_with(address: SocketAddr, config: &Arc<ClientConfig>) -> std::io::Result<Self> {
        let tcp = TcpStream::connect(address)?;
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(Duration::from_secs(60)))?;
        let name = ServerName::try_from("localhost").unwrap();
        let session = ClientConnection::new(Arc::clone(config), name).unwrap();
        let mut stream = StreamOwned::new(session, tcp);
        stream.flush()?;
        Ok(Self { stream })
    }

    /// Reads until the server closes: what it still said, and the error where it broke off or sent an alert.
    pub(crate) fn rest(&mut self) -> (Vec<u8>, Option<std::io::Error>) {
        let mut told = Vec::new();
        let error = self.stream.read_to_end(&mut told).err();
        if let Some(error) = &error {
            use std::io::ErrorKind::{TimedOut, WouldBlock};
            assert!(!matches!(error.kind(), WouldBlock | TimedOut), "the server left the connection open");
        }
        (told, error)
    }

    /// Posts JSON and reads the answer.
    pub(crate) fn post(&mut self, path: &str, body: &str) -> Response {
        self.post_with(path, body, &[])
    }

    pub(crate) fn post_with(&mut self, path: &str, body: &str, headers: &[(&str, &str)]) -> Response {
        let mut head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n", body.len());
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            head.push_str("Content-Type: application/json\r\n");
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        self.send(format!("{head}\r\n{body}").as_bytes()).unwrap();
        self.response().unwrap()
    }

    pub(crate) fn get(&mut self, path: &str) -> Response {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).unwrap();
        self.response().unwrap()
    }

    /// Sends raw bytes.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes)?;
        self.stream.flush()
    }

    /// Reads one whole response with a `Content-Length`.
    pub(crate) fn response(&mut self) -> std::io::Result<Response> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0u8];
            self.stream.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let length = headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(Response { status, headers, body })
    }
}

impl Response {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The `code` of a problem.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text());
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// One GET over plain HTTP, as operators' tools do.
pub(crate) fn plain_get(address: SocketAddr, path: &str) -> Response {
    let mut tcp = TcpStream::connect(address).unwrap();
    tcp.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    tcp.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    let mut whole = Vec::new();
    tcp.read_to_end(&mut whole).unwrap();
    let split = whole.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&whole[..split]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Response { status, headers: Vec::new(), body: whole[split + 4..].to_vec() }
}

/// One POST over HTTP/2.
pub(crate) fn http2_post(house: &super::House, lembaga: &str, path: &str, body: &str) -> serde_json::Value {
    serde_json::from_slice(&http2_post_bytes(house, lembaga, path, body)).unwrap()
}

/// The same, for a body that is not one JSON value.
pub(crate) fn http2_post_bytes(house: &super::House, lembaga: &str, path: &str, body: &str) -> bytes::Bytes {
    use http_body_util::{BodyExt as _, Full};
    use hyper_util::rt::{TokioExecutor, TokioIo};

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut config = tls(house.authority.pem(), Some(house.issued(lembaga)));
        config.alpn_protocols = vec![b"h2".to_vec()];
        let tcp = tokio::net::TcpStream::connect(house.api).await.unwrap();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let stream = connector.connect(ServerName::try_from("localhost").unwrap(), tcp).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        let request = hyper::Request::post(format!("https://localhost{path}"))
            .header("content-type", "application/json")
            .body(Full::new(bytes::Bytes::from(body.to_owned())))
            .unwrap();
        let answered = async {
            let response = sender.send_request(request).await.unwrap();
            assert_eq!(response.status(), 200);
            let body = response.into_body().collect().await.unwrap().to_bytes();
            drop(sender);
            body
        };
        let (told, ended) = tokio::join!(answered, connection);
        ended.unwrap();
        told
    })
}
