//! stdout for results, flushed line by line; stderr for the one message of a failure.

use std::io::Write as _;

/// Writes lines of results, all in one go: who reads only the first of them may close the pipe. A reader that has gone away before
/// is an error.
pub(super) fn line(text: &str) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(format!("{text}\n").as_bytes())?;
    stdout.flush()
}

/// Writes a line to stderr; where that is closed there is nobody left to tell.
pub(super) fn complain(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let _nobody_left = stderr.write_all(text.as_bytes()).and_then(|()| stderr.write_all(b"\n"));
}
