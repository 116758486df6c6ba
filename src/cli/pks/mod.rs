//! `gerbang pks`: the agreement as a document, from draft to withdrawal. Written for officials: what they read is in Indonesian where
//! it is the agreement itself or a fault in it.

mod diff;
mod draft;
mod folder;
mod pen;
mod revoke;
mod show;
mod sign;
mod simulate;
mod test;
mod verify;

use anyhow::Result;

/// The agreement (PKS) as a document.
#[derive(clap::Subcommand, Debug)]
pub(super) enum Command {
    /// Write an agreement to be signed, from a template or an earlier version
    Draft(draft::Command),
    /// Add one party's signature, by a key file or a token
    Sign(sign::Command),
    /// Check both parties' signatures, step by step
    Verify(verify::Command),
    /// Run the cases of an agreement, signed or not
    Test(test::Command),
    /// The agreement and its Juknis as a readable Indonesian document
    Show(show::Command),
    /// What a new version gives and takes, element by element
    Diff(diff::Command),
    /// Withdraw an agreement, signed and with a reason
    Revoke(revoke::Command),
    /// What would change if a draft had been in force
    Simulate(simulate::Command),
}

impl Command {
    pub(super) fn run(self) -> Result<()> {
        match self {
            Self::Draft(command) => command.run(),
            Self::Sign(command) => command.run(),
            Self::Verify(command) => command.run(),
            Self::Test(command) => command.run(),
            Self::Show(command) => command.run(),
            Self::Diff(command) => command.run(),
            Self::Revoke(command) => command.run(),
            Self::Simulate(command) => command.run(),
        }
    }
}
