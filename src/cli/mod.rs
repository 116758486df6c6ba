//! The command line: one file per command. Results go to stdout, everything else to stderr.
//!
//! Exit codes: 0 done, 1 refused or failed (one clear message on stderr), 2 usage.

mod audit;
pub mod bench;
mod check_config;
pub mod demo;
mod output;
mod pemadanan;
mod pks;
mod progress;
mod serve;
mod warehouse;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser as _;

/// Gateway to a population data warehouse: answers NIK questions under signed cooperation agreements.
#[derive(clap::Parser, Debug)]
#[command(name = "gerbang", version, arg_required_else_help = true)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Everything on one machine, with nothing to set up
    Demo(demo::Command),
    /// The gateway in production
    Serve(serve::Command),
    /// Check a configuration and everything it names
    CheckConfig(check_config::Command),
    /// Snapshots of the population record
    #[command(subcommand)]
    Warehouse(warehouse::Command),
    /// The agreement (PKS) as a document: draft, sign, verify, show
    #[command(subcommand)]
    Pks(pks::Command),
    /// The audit log, read from its files alone
    #[command(subcommand)]
    Audit(audit::Command),
    /// Measure the whole road: TLS, agreement, quota, look-up, matching, audit log
    Bench(bench::Command),
    /// Batch matching of a table against the population record, over a gateway
    Pemadanan(Box<pemadanan::Command>),
}

/// Runs the program with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    crate::tls::install_provider();
    let line = match Line::try_parse() {
        Ok(line) => line,
        Err(error) => {
            // Help and version are answers, not errors.
            let code = if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
            let _closed_pipe = error.print();
            return code;
        }
    };
    match run(line.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Some faults of a file's text end their lines themselves.
            output::complain(format!("gerbang: {error:#}").trim_end());
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Demo(command) => command.run(),
        Command::Serve(command) => command.run(),
        Command::CheckConfig(command) => command.run(),
        Command::Warehouse(command) => command.run(),
        Command::Pks(command) => command.run(),
        Command::Audit(command) => command.run(),
        Command::Bench(command) => command.run(),
        Command::Pemadanan(command) => command.run(),
    }
}
