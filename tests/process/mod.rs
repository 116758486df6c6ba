//! The real program as a process of its own: started, read until it is ready, ended by its id.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};

/// The program, with arguments to come.
pub(crate) fn gerbang() -> Command {
    Command::new(env!("CARGO_BIN_EXE_gerbang"))
}

/// A demo of the smallest population on ports that are free.
pub(crate) fn demo(dir: &Path) -> Command {
    let mut command = gerbang();
    command.arg("demo").arg("--dir").arg(dir).args(["--rows", "1000", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
    command
}

/// A gateway that serves. Killed when it goes out of scope.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) stdout: BufReader<ChildStdout>,
    pub(crate) stderr: BufReader<ChildStderr>,
    pub(crate) api: SocketAddr,
}

impl Running {
    /// Starts a command and waits for its line `ready https://...`.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let Some(api) = line.trim_end().strip_prefix("ready https://").and_then(|address| address.parse().ok()) else {
            let mut told = String::new();
            stderr.read_to_string(&mut told).unwrap();
            panic!("not ready: {line}{told}");
        };
        Self { child, stdout, stderr, api }
    }

    /// What it has said on stdout and stderr and nobody has read yet, once it has ended.
    pub(crate) fn last_words(&mut self) -> (String, String) {
        let (mut out, mut err) = (String::new(), String::new());
        self.stdout.read_to_string(&mut out).unwrap();
        self.stderr.read_to_string(&mut err).unwrap();
        (out, err)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already: then there is nothing to do.
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}
