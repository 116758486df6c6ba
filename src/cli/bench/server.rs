//! A server in a process of its own, and what serving costs it.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::load::Load;

/// Handshakes are not what is measured.
const WARM_UP: Duration = Duration::from_millis(300);

/// A server that was started here; ended when dropped.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

/// What one round measured.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// CPU of the server's process for each request, all threads, in microseconds.
    pub cpu_us: f64,
    /// Answers a second.
    pub per_second: f64,
    /// How many answers that is made of.
    pub answers: u64,
    /// Waits of the client in milliseconds: p50, p99, p99.9.
    pub wait_ms: [f64; 3],
}

impl Server {
    /// Starts a server that says `ready https://ADDRESS` on its first line.
    pub fn start(command: &mut Command) -> Result<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("cannot start the server")?;
        let mut server = Self { child, address: ([0, 0, 0, 0], 0).into() };
        let mut line = String::new();
        BufReader::new(server.child.stdout.take().context("stdout")?).read_line(&mut line)?;
        let Some(address) = line.trim().strip_prefix("ready https://") else { bail!("the server did not start: {line:?}") };
        server.address = address.parse()?;
        Ok(server)
    }

    /// Loads the server, and reads its CPU time from when all connections stand. A load that asks each NIK once has no warm-up.
    pub fn measure(&self, load: &Load<'_>) -> Result<Figures> {
        if !load.once {
            Load { length: WARM_UP, ..*load }.run(&mut || ())?;
        }
        let id = self.child.id();
        let mut before = Ok(0);
        let loaded = load.run(&mut || before = cpu_ns(id))?;
        let spent = cpu_ns(id)?.saturating_sub(before?);
        let answers = loaded.answers();
        Ok(Figures {
            cpu_us: spent as f64 / 1e3 / answers as f64,
            per_second: answers as f64 / loaded.took.as_secs_f64(),
            answers,
            wait_ms: [500, 990, 999].map(|part| loaded.wait_ms(part)),
        })
    }

    /// Ends it.
    pub fn stop(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended by itself needs no killing.
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// Nanoseconds that the threads of a process have run, by the scheduler's own count.
fn cpu_ns(process: u32) -> Result<u64> {
    let mut sum = 0;
    for task in std::fs::read_dir(format!("/proc/{process}/task")).context("the server has ended")? {
        // A thread may end between listing and reading.
        let text = std::fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
        sum += text.split(' ').next().and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(sum)
}
