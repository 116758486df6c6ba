//! How long the listener waits for its peers, each within the ceiling of `kernel::limits`.

use std::time::Duration;

use crate::kernel::limits::{HANDSHAKE_MS_MAX, IDLE_MS_MAX, REQUEST_BODY_MS_MAX, REQUEST_HEAD_MS_MAX};

/// How often the clocks of a connection are looked at, at most and at least.
const TICK_MS: (u64, u64) = (10, 1_000);
/// Looks at the clocks within the shortest deadline: it is missed by no more than this part of it.
const LOOKS: u32 = 8;

/// What a connection is given time for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// The TLS handshake.
    pub handshake: Duration,
    /// A request's head, from its first byte.
    pub head: Duration,
    /// A request's body.
    pub body: Duration,
    /// Standing without a request.
    pub idle: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            handshake: Duration::from_millis(HANDSHAKE_MS_MAX),
            head: Duration::from_millis(REQUEST_HEAD_MS_MAX),
            body: Duration::from_millis(REQUEST_BODY_MS_MAX),
            idle: Duration::from_millis(IDLE_MS_MAX),
        }
    }
}

impl Deadlines {
    /// How often to look whether the head or the idleness has been going on for too long.
    pub(super) fn tick(&self) -> Duration {
        let (least, most) = TICK_MS;
        (self.head.min(self.idle) / LOOKS).clamp(Duration::from_millis(least), Duration::from_millis(most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clocks_are_looked_at_often_enough_and_not_all_the_time() {
        assert_eq!(Deadlines::default().tick(), Duration::from_secs(1));
        let short = Deadlines { head: Duration::from_millis(400), ..Deadlines::default() };
        assert_eq!(short.tick(), Duration::from_millis(50));
        assert_eq!(Deadlines { idle: Duration::from_millis(1), ..short }.tick(), Duration::from_millis(10));
    }
}
