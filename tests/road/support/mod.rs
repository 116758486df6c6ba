//! A whole house for tests: real TLS on loopback, real files, three signed agreements, a clock set by hand.

pub(crate) mod asks;
pub(crate) mod batch;
pub(crate) mod client;
pub(crate) mod disk;
pub(crate) mod foreign;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use gerbang::app::App;
use gerbang::cli::demo::agreements::Signatories;
use gerbang::cli::demo::authority::{Authority, Issued};
use gerbang::config::Config;
use gerbang::disk::{Disk, RealDisk};
use gerbang::kernel::Clock;
use gerbang::pks::Document;
use gerbang::store::{AccountRecord, Accounts, hash_password};
use gerbang::warehouse::{self, Generate, Persona};
use gerbang::wiring::{House as Wired, Orders};
use jiff::Timestamp;

pub(crate) use client::{Client, Response};

/// The three lembaga with the account each has here; the password is the user's name in lower case.
pub(crate) const LEMBAGA: [(&str, &str); 3] =
    [("bank-antasari", "ANTASARI01"), ("rsud-tapin", "RSUDTAPIN01"), ("dinsos-tapin", "DINSOSTAPIN01")];

/// A clock set by hand.
pub(crate) struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    pub(crate) fn set(&self, text: &str) {
        *self.0.lock().unwrap() = text.parse().unwrap();
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// The population all tests of a process share: it is only read.
pub(crate) struct Population {
    pub(crate) dir: PathBuf,
    pub(crate) personas: Vec<Persona>,
    _kept: tempfile::TempDir,
}

pub(crate) fn population() -> &'static Population {
    static SHARED: OnceLock<Population> = OnceLock::new();
    SHARED.get_or_init(|| {
        let kept = tempfile::tempdir().unwrap();
        let dir = kept.path().join("warehouse");
        let options = Generate { rows: 1000, seed: 7, as_of: "2026-11-22".parse().unwrap() };
        let personas = warehouse::generate(&dir, &options, &mut |_| ()).unwrap().personas;
        Population { dir, personas, _kept: kept }
    })
}

/// A resident of code 01 to ask about.
pub(crate) fn resident() -> &'static Persona {
    persona("01")
}

/// The first persona of a code.
pub(crate) fn persona(code: &str) -> &'static Persona {
    population().personas.iter().find(|persona| persona.code == code).unwrap()
}

/// A persona's value of an element.
pub(crate) fn value(persona: &Persona, element: &str) -> String {
    persona.row.iter().find(|(elemen, _)| elemen.name() == element).map(|(_, value)| value.clone()).unwrap()
}

/// What a test may change before the house is opened.
pub(crate) struct Plan {
    pub(crate) now: Timestamp,
    pub(crate) change: Box<dyn Fn(&mut Document)>,
    pub(crate) disk: Arc<dyn Disk>,
    /// Runs once all files are written, before the configuration is read.
    pub(crate) prepare: Box<dyn Fn(&Path)>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            now: "2026-11-22T03:00:00Z".parse().unwrap(),
            change: Box::new(|_| ()),
            disk: Arc::new(RealDisk),
            prepare: Box::new(|_| ()),
        }
    }
}

/// A running house.
pub(crate) struct House {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) authority: Authority,
    pub(crate) signatories: Signatories,
    pub(crate) api: SocketAddr,
    pub(crate) admin: SocketAddr,
    app: Option<Arc<App>>,
    pub(crate) orders: Orders,
    disk: Arc<dyn Disk>,
    clients: Vec<(String, Issued)>,
    thread: Option<std::thread::JoinHandle<std::io::Result<()>>>,
}

impl House {
    /// The three lembaga with their templates as they are.
    pub(crate) fn for_tests() -> Self {
        Self::planned(Plan::default())
    }

    /// The same with every document changed before it is signed.
    pub(crate) fn with(change: impl Fn(&mut Document) + 'static) -> Self {
        Self::planned(Plan { change: Box::new(change), ..Plan::default() })
    }

    pub(crate) fn planned(plan: Plan) -> Self {
        gerbang::tls::install_provider();
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock(Mutex::new(plan.now)));
        // Valid for both clocks: the house goes by the one set by hand, TLS by the system's.
        let authority = Authority::new("CA uji", plan.now.min(client::real_now())).unwrap();
        let policies = dir.path().join("policies");
        RealDisk.create_dir_all(&policies).unwrap();
        let signatories = Signatories::found(&RealDisk, &policies, plan.now).unwrap();
        let mut clients = Vec::new();
        let mut accounts = Vec::new();
        for (lembaga, user) in LEMBAGA {
            let issued = authority.client(lembaga, lembaga).unwrap();
            let mut document = gerbang::pks::template(lembaga).unwrap();
            (plan.change)(&mut document);
            signatories.conclude(&RealDisk, &policies, &mut document, plan.now).unwrap();
            accounts.push(account(user, lembaga));
            clients.push((lembaga.to_owned(), issued));
        }
        write(&dir.path().join("accounts.toml"), Accounts::render(accounts).unwrap().as_bytes());
        let server = authority.server().unwrap();
        write(&dir.path().join("ca.pem"), authority.pem().as_bytes());
        write(&dir.path().join("server.pem"), server.certificate.as_bytes());
        write(&dir.path().join("server.key"), server.key.as_bytes());
        write(&dir.path().join("pseudonym.key"), "5a".repeat(32).as_bytes());
        write(&dir.path().join("gerbang.toml"), configuration(dir.path()).as_bytes());
        (plan.prepare)(dir.path());
        let mut house = Self {
            dir,
            clock,
            authority,
            signatories,
            api: ([0, 0, 0, 0], 0).into(),
            admin: ([0, 0, 0, 0], 0).into(),
            app: None,
            orders: Orders::default(),
            disk: plan.disk,
            clients,
            thread: None,
        };
        house.open();
        house
    }

    /// Opens the house over the files that are there.
    fn open(&mut self) {
        let source = self.path("gerbang.toml");
        let config = Config::load(&source).unwrap();
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let wired = Wired::open(config, Some(source), Arc::clone(&self.disk), clock).unwrap();
        self.api = wired.api_address().unwrap();
        self.admin = wired.admin_address().unwrap();
        self.app = Some(Arc::clone(wired.app()));
        self.orders = Orders::default();
        let orders = self.orders.clone();
        self.thread = Some(std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(wired.serve(orders))
        }));
    }

    /// Ends the house and opens it anew over the same files, on other ports.
    pub(crate) fn reopen(&mut self) {
        self.end();
        self.open();
    }

    /// A file or folder of the house.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The deeds of the house.
    pub(crate) fn app(&self) -> &Arc<App> {
        self.app.as_ref().unwrap()
    }

    /// A client with the certificate of a lembaga.
    pub(crate) fn client(&self, lembaga: &str) -> Client {
        self.client_with(Some(self.issued(lembaga)))
    }

    /// The certificate of a lembaga.
    pub(crate) fn issued(&self, lembaga: &str) -> &Issued {
        &self.clients.iter().find(|(own, _)| own == lembaga).unwrap().1
    }

    /// A client with some certificate, or none.
    pub(crate) fn client_with(&self, issued: Option<&Issued>) -> Client {
        Client::connect(self.api, self.authority.pem(), issued).unwrap()
    }

    /// The log's entries as JSON objects, read from its files as `audit show` does.
    pub(crate) fn entries(&self) -> Vec<serde_json::Value> {
        entries(&self.dir.path().join("audit"))
    }

    /// Loads policies, accounts and certificates anew; returns once all of it is in force.
    pub(crate) fn reload(&self) {
        let registry = self.app().registry();
        // The agreements are swapped in last, and the first round may have begun before it was ordered.
        for _ in 0..2 {
            let before = registry.epoch();
            self.orders.reload.notify_one();
            wait_until("a new set of agreements", || registry.epoch() > before);
        }
    }

    /// Signs a lembaga's agreement anew after a change, as its next version, and puts it in force.
    pub(crate) fn conclude(&self, lembaga: &str, change: impl FnOnce(&mut Document)) {
        let mut document = gerbang::pks::template(lembaga).unwrap();
        let former = std::fs::read(self.path("policies").join(lembaga).join("pks.json")).ok();
        document.version = former.and_then(|bytes| Document::read(&bytes).ok()).map_or(1, |former| former.version + 1);
        change(&mut document);
        self.signatories.conclude(&RealDisk, &self.path("policies"), &mut document, self.clock.now()).unwrap();
        self.reload();
    }

    /// Ends the house: drained, the strangers entered, the log closed.
    pub(crate) fn end(&mut self) {
        self.orders.stop.cancel();
        // The log is open as long as anything holds on to the deeds.
        self.app = None;
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the house did not panic").expect("the house ended well");
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.end();
        }
    }
}

/// Waits for something that another thread does; gives up after a minute, which no healthy machine needs.
pub(crate) fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let began = std::time::Instant::now();
    while !done() {
        assert!(began.elapsed() < Duration::from_secs(60), "waited in vain for {what}");
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

/// The entries of a log, read from its files.
pub(crate) fn entries(dir: &Path) -> Vec<serde_json::Value> {
    let mut lines = Vec::new();
    gerbang::journal::verify(&RealDisk, dir, &mut |found, entry| {
        lines.push(serde_json::from_str(&entry.to_json(found.index, found.leaf)).unwrap());
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    lines
}

pub(crate) fn account(user: &str, lembaga: &str) -> AccountRecord {
    AccountRecord {
        user: user.to_owned(),
        lembaga: lembaga.to_owned(),
        password_hash: hash_password(&user.to_lowercase(), &[9; 16]).unwrap(),
        active: true,
    }
}

pub(crate) fn write(path: &Path, bytes: &[u8]) {
    gerbang::disk::replace(&RealDisk, path, bytes).unwrap();
}

fn configuration(dir: &Path) -> String {
    format!(
        r#"
[listen]
api = "127.0.0.1:0"
admin = "127.0.0.1:0"
[tls]
certificate = "server.pem"
key = "server.key"
client_ca = "ca.pem"
[policies]
directory = "policies"
[accounts]
file = "accounts.toml"
[warehouse]
directory = "{}"
[audit]
directory = "{}/audit"
pseudonym_key = "pseudonym.key"
log = "uji.test/audit"
[regions]
served = ["63"]
[limits]
workers = 1
"#,
        population().dir.display(),
        dir.display(),
    )
}
