//! `gerbang serve`: the gateway in production. SIGHUP loads anew, SIGTERM and SIGINT drain.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use tokio::signal::unix::{SignalKind, signal};

use super::output;
use crate::config::Config;
use crate::disk::RealDisk;
use crate::telemetry;
use crate::wiring::{House, Orders, SystemClock};

/// The gateway in production.
#[derive(clap::Args, Debug)]
pub(super) struct Command {
    /// The configuration file
    #[arg(long)]
    config: PathBuf,
}

impl Command {
    pub(super) fn run(self) -> Result<()> {
        telemetry::start(SystemClock);
        let config = Config::load(&self.config)?;
        let house = House::open(config, Some(self.config), Arc::new(RealDisk), Arc::new(SystemClock))?;
        let ready = format!("ready https://{}", house.api_address()?);
        until_stopped(house, &ready)
    }
}

/// Serves a house until the process is told to stop. Says `ready` on stdout once signals are listened for: who has read it may send them.
pub(super) fn until_stopped(house: House, ready: &str) -> Result<()> {
    if let Some(torn) = &house.recovered.torn {
        tracing::warn!(place = %torn, "the audit log had a torn tail, which was cut off: nothing in it had been answered");
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start a runtime")?;
    runtime.block_on(async {
        let orders = Orders::default();
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        output::line(ready)?;
        tracing::info!(api = %house.api_address()?, admin = %house.admin_address()?, "serving");
        let signals = async {
            loop {
                tokio::select! {
                    _ = terminate.recv() => break,
                    _ = interrupt.recv() => break,
                    _ = hang_up.recv() => orders.reload.notify_one(),
                }
            }
            tracing::info!("draining");
            orders.stop.cancel();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            ended = house.serve(orders.clone()) => ended.context("the listener failed"),
            () = signals => Ok(()),
        }
    })
}
