//! The client: some connections on one thread, each sending its next request when the last was answered.

use std::cell::Cell;
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Barrier;
use tokio::task::LocalSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Bytes of an answer, head and body.
const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// What to load a server with.
#[derive(Clone, Copy)]
pub struct Load<'a> {
    /// A directory as `demo` makes it: the CA, and the clients' certificates.
    pub dir: &'a Path,
    /// Whose certificate is shown.
    pub lembaga: &'a str,
    /// Where the server listens.
    pub address: SocketAddr,
    /// Connections kept busy.
    pub connections: usize,
    /// How long.
    pub length: Duration,
    /// Requests as bytes on the wire, asked in turn by whichever connection is free.
    pub requests: &'a [Vec<u8>],
    /// Whether each is asked once: the load then ends with the last of them, if not before.
    pub once: bool,
}

/// What a load got.
pub struct Loaded {
    /// From the first request to the last answer.
    pub took: Duration,
    /// How long each answer was waited for, ascending.
    waits: Vec<Duration>,
}

impl Loaded {
    /// How many answers came.
    #[must_use]
    pub fn answers(&self) -> u64 {
        self.waits.len() as u64
    }

    /// The wait in milliseconds that so many thousandths of the answers did not exceed.
    #[must_use]
    pub fn wait_ms(&self, part: usize) -> f64 {
        self.waits.get(self.waits.len() * part / 1000).map_or(f64::NAN, |wait| wait.as_secs_f64() * 1e3)
    }
}

impl Load<'_> {
    /// Loads the server; `begun` is called once all connections stand. Anything but an answer with status 200 ends it.
    pub fn run(&self, begun: &mut dyn FnMut()) -> Result<Loaded> {
        let config = Arc::new(self.client_config()?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (requests, next, over): (Rc<[Vec<u8>]>, _, _) =
            (self.requests.into(), Rc::new(Cell::new(0)), Rc::new(Cell::new(false)));
        LocalSet::new().block_on(&runtime, async {
            let barrier = Arc::new(Barrier::new(self.connections + 1));
            let mut tasks = Vec::new();
            for _ in 0..self.connections {
                let (config, barrier, address, once) = (Arc::clone(&config), Arc::clone(&barrier), self.address, self.once);
                let (requests, next, over) = (Rc::clone(&requests), Rc::clone(&next), Rc::clone(&over));
                tasks.push(tokio::task::spawn_local(async move {
                    let stream = connect(config, address).await;
                    barrier.wait().await;
                    let (mut stream, mut waits, mut buffer) = (stream?, Vec::new(), vec![0; ANSWER_BYTES_MAX]);
                    while !over.get() {
                        let number: usize = next.replace(next.get() + 1);
                        let place = if once { number } else { number % requests.len().max(1) };
                        let Some(request) = requests.get(place) else { break };
                        let began = Instant::now();
                        exchange(&mut stream, request, &mut buffer).await?;
                        waits.push(began.elapsed());
                    }
                    Ok::<_, anyhow::Error>(waits)
                }));
            }
            barrier.wait().await;
            begun();
            let began = Instant::now();
            let all = async {
                let mut waits = Vec::new();
                for task in &mut tasks {
                    waits.extend(task.await??);
                }
                Ok::<_, anyhow::Error>(waits)
            };
            let timer = async {
                let _over = tokio::time::timeout(self.length, std::future::pending::<()>()).await;
                over.set(true);
                std::future::pending::<()>().await;
            };
            let mut waits = tokio::select! {
                waits = all => waits?,
                () = timer => Vec::new(),
            };
            let took = began.elapsed();
            waits.sort_unstable();
            Ok(Loaded { took, waits })
        })
    }

    /// Bytes of the body that answers the first request.
    pub fn answer_bytes(&self) -> Result<usize> {
        let config = Arc::new(self.client_config()?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut stream = connect(config, self.address).await?;
            exchange(&mut stream, self.requests.first().context("a request")?, &mut vec![0; ANSWER_BYTES_MAX]).await
        })
    }

    fn client_config(&self) -> Result<ClientConfig> {
        crate::tls::install_provider();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.dir.join("ca.pem"))?)?;
        let client = self.dir.join("clients").join(self.lembaga);
        let chain = vec![CertificateDer::from_pem_file(client.join("cert.pem"))?];
        let key = PrivateKeyDer::from_pem_file(client.join("key.pem"))?;
        Ok(ClientConfig::builder().with_root_certificates(roots).with_client_auth_cert(chain, key)?)
    }
}

async fn connect(config: Arc<ClientConfig>, address: SocketAddr) -> Result<TlsStream<TcpStream>> {
    let tcp = TcpStream::connect(address).await?;
    tcp.set_nodelay(true)?;
    Ok(TlsConnector::from(config).connect(ServerName::try_from("localhost")?, tcp).await?)
}

/// Sends a request and reads its answer; gives the bytes of the body.
async fn exchange(stream: &mut TlsStream<TcpStream>, request: &[u8], buffer: &mut [u8]) -> Result<usize> {
    stream.write_all(request).await?;
    let mut filled = 0;
    loop {
        let read = stream.read(buffer.get_mut(filled..).context("an answer within the buffer")?).await?;
        if read == 0 {
            bail!("the server closed");
        }
        filled += read;
        let so_far = buffer.get(..filled).unwrap_or_default();
        let Some(end) = so_far.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(so_far.get(..end).unwrap_or_default())?;
        if !head.starts_with("HTTP/1.1 200") {
            bail!("not answered: {head}");
        }
        let length = head
            .lines()
            .find_map(|line| line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length")))
            .context("a length")?;
        let length: usize = length.1.trim().parse()?;
        if filled >= end + 4 + length {
            return Ok(length);
        }
    }
}
