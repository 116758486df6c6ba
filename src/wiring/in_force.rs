//! Keeps in force what lies in the files: agreements, accounts, honey NIKs, certificates with client authorities and their revocation
//! lists.
//!
//! Looks at the metadata of all of them once a second, and loads what has changed; after SIGHUP everything, the configuration too. Works
//! on a thread of its own, which gives way to those that serve. Each part is swapped in whole; one that can't be loaded stays as it
//! was, raises the alarm (log, `gerbang_not_loaded`) and is tried again.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;

use super::seen::{Part, Seen};
use super::{honey, server_files};
use crate::app::App;
use crate::config::Config;
use crate::disk::Disk;
use crate::kernel::{Clock, causes};
use crate::registry::{Loaded, RegistryError};
use crate::store::Accounts;
use crate::tls::Entrance;

/// How often it is looked for changes.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How soon a part that could not be loaded is tried again without a change: what is not valid yet becomes so by waiting.
const AGAIN_AFTER: Duration = Duration::from_secs(30);
/// The priority of the thread: a tenth of a core is left to it where others want both.
const NICE: i32 = 10;

/// What runs beside the listeners for what is in force.
pub(super) struct InForce {
    pub(super) app: Arc<App>,
    pub(super) tls: Arc<ArcSwap<Entrance>>,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) config: Arc<ArcSwap<Config>>,
    /// The configuration file, read again on SIGHUP.
    pub(super) source: Option<PathBuf>,
    /// The files as they were before they were loaded last.
    pub(super) seen: Seen,
    /// What is wrong with the agreements, as it was told last.
    pub(super) told: BTreeSet<String>,
}

/// The thread at work.
pub(super) struct Watch {
    orders: Sender<()>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// How the parts stand between two looks.
struct Looks {
    /// A file can change twice within the grain of its times: what has changed is loaded once more with the next look.
    unsettled: [bool; Part::ALL.len()],
    failed: [Option<Instant>; Part::ALL.len()],
}

impl Watch {
    /// Loads everything anew, soon.
    pub(super) fn reload(&self) {
        // It takes orders until it is ended.
        let _ended = self.orders.send(());
    }

    /// Ends it, in the middle of its work if need be; blocks until then.
    pub(super) fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        drop(self.orders);
        if self.thread.join().is_err() {
            tracing::error!("the watch over agreements, accounts and certificates had broken down");
        }
    }
}

impl InForce {
    /// Begins to watch.
    pub(super) fn watch(self) -> std::io::Result<Watch> {
        let (orders, taken) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new().name("in-force".to_owned()).spawn(move || self.run(&taken, &stopped))?;
        Ok(Watch { orders, stop, thread })
    }

    fn run(mut self, orders: &Receiver<()>, stop: &AtomicBool) {
        // Of this thread alone, on Linux. Where the system refuses, yielding between folders must do.
        let _refused = rustix::process::setpriority_process(None, NICE);
        let mut looks = Looks { unsettled: [false; _], failed: [None; _] };
        loop {
            let all = match orders.recv_timeout(LOOK_EVERY) {
                Ok(()) => true,
                Err(RecvTimeoutError::Timeout) => false,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            if all {
                self.load_config();
            }
            self.look(all, &mut looks, stop);
        }
    }

    /// Loads what has changed, or all. The agreements come last: a new epoch says that everything was looked at.
    fn look(&mut self, all: bool, looks: &mut Looks, stop: &AtomicBool) {
        let config = self.config.load_full();
        let seen = Seen::of(&config);
        for (part, (unsettled, failed)) in Part::ALL.into_iter().zip(looks.unsettled.iter_mut().zip(&mut looks.failed)) {
            let changed = !seen.is_same(&self.seen, part);
            let again = failed.is_some_and(|when| when.elapsed() >= AGAIN_AFTER);
            if all || changed || *unsettled || again {
                let wrong = self.load(part, &config, stop);
                self.app.figures().not_loaded(part.word(), wrong);
                *failed = (wrong > 0).then(Instant::now);
            }
            *unsettled = changed;
        }
        self.seen = seen;
    }

    /// Loads a part; how much of it could not be.
    fn load(&mut self, part: Part, config: &Config, stop: &AtomicBool) -> usize {
        let now = self.clock.now();
        let stays = |error: &dyn std::error::Error| {
            tracing::error!(part = part.word(), cause = %causes(error), "cannot be loaded: what is in force stays");
            1
        };
        match part {
            Part::Accounts => match Accounts::load(&config.accounts) {
                Ok(accounts) => self.app.replace_accounts(accounts),
                Err(error) => return stays(&error),
            },
            Part::Honey => match honey::load(&*self.disk, config.honey.as_deref()) {
                Ok(niks) => self.app.replace_honey(niks.into_iter()),
                Err(error) => return stays(&error),
            },
            Part::Certificates => match Entrance::load(&server_files(config), now) {
                Ok(entrance) => self.tls.store(entrance),
                Err(error) => return stays(&error),
            },
            Part::Agreements => {
                let go_on = || {
                    thread::yield_now();
                    !stop.load(Ordering::Relaxed)
                };
                match self.app.registry().reload(now, &go_on) {
                    Ok(loaded) => {
                        self.tell(&loaded);
                        return loaded.broken;
                    }
                    Err(RegistryError::Interrupted) => (),
                    Err(error) => return stays(&error),
                }
            }
        }
        0
    }

    /// Tells what is wrong with the agreements, each once for as long as it is.
    fn tell(&mut self, loaded: &Loaded) {
        let mut told = BTreeSet::new();
        for finding in &loaded.findings {
            let line = format!("{}: {}", finding.folder.display(), finding.what);
            if !self.told.contains(&line) {
                tracing::error!(folder = %finding.folder.display(), what = finding.what, "an agreement is not in force as it lies there");
            }
            told.insert(line);
        }
        self.told = told;
        tracing::info!(epoch = self.app.registry().epoch(), agreements = loaded.verified, "agreements swapped in");
    }

    fn load_config(&self) {
        let Some(source) = &self.source else { return };
        let wrong = match Config::load(source) {
            Ok(config) => {
                let now = self.config.load();
                let config = Config { api: now.api, admin: now.admin, policies: now.policies.clone(), ..config };
                self.app.allow_data_age(config.data_age_days_max);
                self.config.store(Arc::new(config));
                0
            }
            Err(error) => {
                tracing::error!(cause = %causes(&error), "the configuration stays as it was");
                1
            }
        };
        self.app.figures().not_loaded("configuration", wrong);
    }
}
