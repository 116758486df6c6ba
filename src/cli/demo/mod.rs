//! `gerbang demo`: everything on one machine with nothing to set up.
//!
//! A directory without a finished demo (`gerbang.toml` is written last) gets a synthetic population, a CA, keys, three lembaga with
//! agreements signed by both parties, accounts and personas. A half-made one is redone; files that are not the demo's are left alone.

pub mod agreements;
pub mod authority;
mod files;
mod samples;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;

use super::progress::Progress;
use super::serve;
use crate::config::{Config, RawListen};
use crate::disk::{Disk, Open, RealDisk};
use crate::kernel::{Clock, Zone, to_hex};
use crate::pks::Document;
use crate::store::{AccountRecord, Accounts, hash_password};
use crate::telemetry;
use crate::warehouse::{self, Generate, Persona};
use crate::wiring::{House, SystemClock, random};

use authority::{Authority, Issued};

/// Says that a directory is a demo's own: only then is anything in it removed.
const MARKER: &str = ".gerbang-demo";
/// Held while a demo runs, so that two never share a directory.
const LOCK: &str = ".gerbang-demo.lock";
const CONFIGURATION: &str = "gerbang.toml";
/// Everything a demo makes, beside the marker and the configuration.
const OWN: [&str; 9] =
    ["ca.pem", "clients", "personas.json", "portal.json", "warehouse", "policies", "audit", "accounts.toml", "keys"];
/// The account that each lembaga gets.
const USERS: [(&str, &str); 3] =
    [("bank-antasari", "ANTASARI01"), ("rsud-tapin", "RSUDTAPIN01"), ("dinsos-tapin", "DINSOSTAPIN01")];

/// Everything on one machine, with nothing to set up.
#[derive(clap::Args, Debug)]
pub struct Command {
    /// Where the demo lives [default: $XDG_DATA_HOME/gerbang-demo, else ~/.local/share/gerbang-demo]
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Residents to make, at least 1000
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1000..=300_000_000))]
    rows: u64,
    /// The same seed makes the same population
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Address of the API
    #[arg(long, default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// Address of the pages (reserved: they are not served yet)
    #[arg(long, default_value = "127.0.0.1:8444")]
    portal: SocketAddr,
    /// Address of health and metrics
    #[arg(long, default_value = "127.0.0.1:9100")]
    admin: SocketAddr,
}

impl Command {
    pub(super) fn run(self) -> Result<()> {
        telemetry::start(SystemClock);
        // The sample calls are pasted anywhere.
        let dir = std::path::absolute(self.dir.clone().map_or_else(default_dir, Ok)?)?;
        let disk = Arc::new(RealDisk);
        refuse_foreign(&dir)?;
        disk.create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let lock = disk.open(&dir.join(LOCK), Open::Create)?;
        if !lock.try_lock()? {
            bail!("a demo is running in {} already", dir.display());
        }
        let clock = SystemClock;
        if !dir.join(CONFIGURATION).exists() {
            self.make(&*disk, &dir, clock.now(), &|_| ())?;
        }
        let mut config = Config::load(&dir.join(CONFIGURATION))?;
        config.api = self.listen;
        config.admin = self.admin;
        let house = House::open(config, None, disk, Arc::new(clock))?;
        let address = house.api_address()?;
        let samples = samples::text(&dir, address, house.admin_address()?)?;
        serve::until_stopped(house, &format!("ready https://{address}\n{samples}"))?;
        drop(lock);
        Ok(())
    }

    /// One for `bench`: the same, of another size, on ports that happen to be free.
    pub(super) fn for_bench(rows: u64) -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self { dir: None, rows, seed: 1, listen: any, portal: any, admin: any }
    }

    /// Makes all that the demo needs, with every agreement changed by `change` before it is signed; the configuration comes last.
    pub(super) fn make(&self, disk: &dyn Disk, dir: &Path, now: Timestamp, change: &dyn Fn(&mut Document)) -> Result<()> {
        clear(disk, dir)?;
        files::write(disk, &dir.join(MARKER), b"This directory was made by `gerbang demo` and may be removed.\n", false)?;
        let personas = self.populate(dir, now)?;
        files::write(disk, &dir.join("personas.json"), files::personas(&personas)?.as_bytes(), false)?;
        drop(personas);
        for folder in ["keys", "clients", "policies"] {
            disk.create_dir_all(&dir.join(folder))?;
        }
        let authority = Authority::new("Otoritas sertifikat contoh gerbang", now)?;
        files::write(disk, &dir.join("ca.pem"), authority.pem().as_bytes(), false)?;
        let server = authority.server()?;
        files::write(disk, &dir.join("keys/server.pem"), server.certificate.as_bytes(), false)?;
        files::write(disk, &dir.join("keys/server.key"), server.key.as_bytes(), true)?;
        files::write(disk, &dir.join("keys/pseudonym.key"), to_hex(&random::<32>()?).as_bytes(), true)?;
        let signatories = agreements::Signatories::found(disk, &dir.join("policies"), now)?;
        let mut accounts = Vec::new();
        for (lembaga, user) in USERS {
            let client = authority.client(lembaga, lembaga)?;
            let mut document = agreements::document(lembaga, &client, now)?;
            change(&mut document);
            signatories.conclude(disk, &dir.join("policies"), &mut document, now)?;
            accounts.push(admit(disk, dir, &client, &document, lembaga, user)?);
        }
        files::write(disk, &dir.join("accounts.toml"), Accounts::render(accounts)?.as_bytes(), true)?;
        let listen = RawListen { api: self.listen, portal: Some(self.portal), admin: self.admin };
        files::write(disk, &dir.join(CONFIGURATION), files::configuration(listen)?.as_bytes(), false)
    }

    fn populate(&self, dir: &Path, now: Timestamp) -> Result<Vec<Persona>> {
        let options = Generate { rows: self.rows, seed: self.seed, as_of: Zone::Wib.date(now) };
        let mut progress = Progress::new("residents", self.rows);
        let generated = warehouse::generate(&dir.join("warehouse"), &options, &mut |done| progress.at(done))?;
        progress.finish();
        Ok(generated.personas)
    }
}

/// Gives a lembaga its certificate and its account; the password stands in its own file alone.
fn admit(disk: &dyn Disk, dir: &Path, client: &Issued, document: &Document, lembaga: &str, user: &str) -> Result<AccountRecord> {
    let folder = dir.join("clients").join(lembaga);
    disk.create_dir_all(&folder)?;
    files::write(disk, &folder.join("cert.pem"), client.certificate.as_bytes(), false)?;
    files::write(disk, &folder.join("key.pem"), client.key.as_bytes(), true)?;
    let password = zeroize::Zeroizing::new(to_hex(&random::<12>()?));
    let file = files::AccountFile { document, user, password: &password };
    files::write(disk, &folder.join("account.json"), file.render()?.as_bytes(), true)?;
    Ok(AccountRecord {
        user: user.to_owned(),
        lembaga: lembaga.to_owned(),
        password_hash: hash_password(&password, &random::<16>()?)?,
        active: true,
    })
}

/// Refuses a directory where a demo's names stand without its marker, before anything is written there.
fn refuse_foreign(dir: &Path) -> Result<()> {
    let is_foreign = |name: &str| dir.join(name).symlink_metadata().is_ok();
    if !dir.join(MARKER).exists() && OWN.into_iter().chain([CONFIGURATION]).any(is_foreign) {
        bail!("{} holds files that this demo did not make: choose another --dir", dir.display());
    }
    Ok(())
}

/// Removes what an unfinished demo left.
#[expect(clippy::disallowed_methods, reason = "whole trees of a demo that was never finished: nothing durable is lost")]
fn clear(disk: &dyn Disk, dir: &Path) -> Result<()> {
    for path in OWN.iter().map(|name| dir.join(name)).filter(|path| path.exists()) {
        if path.is_dir() {
            std::fs::remove_dir_all(&path)?;
        } else {
            std::fs::remove_file(&path)?;
        }
    }
    disk.sync_dir(dir)?;
    Ok(())
}

fn default_dir() -> Result<PathBuf> {
    let from = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = from("XDG_DATA_HOME").or_else(|| from("HOME").map(|home| home.join(".local/share")));
    Ok(data.context("neither XDG_DATA_HOME nor HOME is set: give --dir")?.join("gerbang-demo"))
}
