//! The client: some connections on one thread, each sending its next request when the last was answered.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Barrier;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// What a load got.
pub(crate) struct Loaded {
    pub(crate) answers: u64,
    pub(crate) took: Duration,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

/// Loads a server; `begun` is called once all connections stand.
pub(crate) fn run(
    dir: &Path,
    address: SocketAddr,
    connections: usize,
    length: Duration,
    requests: &[Vec<u8>],
    begun: &mut dyn FnMut(),
) -> Result<Loaded> {
    let config = Arc::new(client_config(dir)?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    runtime.block_on(local.run_until(async {
        let over = Arc::new(AtomicBool::new(false));
        let barrier = Arc::new(Barrier::new(connections + 1));
        let mut tasks = Vec::new();
        for number in 0..connections {
            let (config, over, barrier) = (Arc::clone(&config), Arc::clone(&over), Arc::clone(&barrier));
            let requests = requests.to_vec();
            tasks.push(tokio::task::spawn_local(async move {
                let mut stream = connect(config, address).await?;
                barrier.wait().await;
                let mut times = Vec::new();
                let mut buffer = vec![0u8; 16 * 1024];
                for request in requests.iter().cycle().skip(number) {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    let began = Instant::now();
                    exchange(&mut stream, request, &mut buffer).await?;
                    times.push(began.elapsed());
                }
                Ok::<_, anyhow::Error>(times)
            }));
        }
        barrier.wait().await;
        begun();
        let began = Instant::now();
        // The load lasts as long as it was asked to: nothing else ends it.
        let _over = tokio::time::timeout(length, std::future::pending::<()>()).await;
        over.store(true, Ordering::Relaxed);
        let mut times = Vec::new();
        for task in tasks {
            times.extend(task.await??);
        }
        let took = began.elapsed();
        times.sort();
        let at = |part: usize| times.get(times.len() * part / 100).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3);
        Ok(Loaded { answers: times.len() as u64, took, p50_ms: at(50), p99_ms: at(99) })
    }))
}

/// Bytes of the body that answers the first request; any other status than 200 ends the bench.
pub(crate) fn answer_bytes(dir: &Path, address: SocketAddr, requests: &[Vec<u8>]) -> Result<usize> {
    let config = Arc::new(client_config(dir)?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut stream = connect(config, address).await?;
        let mut buffer = vec![0u8; 16 * 1024];
        exchange(&mut stream, requests.first().context("a request")?, &mut buffer).await
    })
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

fn client_config(dir: &Path) -> Result<ClientConfig> {
    gerbang::tls::install_provider();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(dir.join("ca.pem"))?)?;
    let client = dir.join("clients/bank-antasari");
    let chain = vec![CertificateDer::from_pem_file(client.join("cert.pem"))?];
    let key = PrivateKeyDer::from_pem_file(client.join("key.pem"))?;
    Ok(ClientConfig::builder().with_root_certificates(roots).with_client_auth_cert(chain, key)?)
}
