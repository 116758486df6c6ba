//! NDJSON coming in: a body becomes windows of whole lines, never more of it in memory than a window, a line and what one read gave.
//!
//! Lines end in a line feed, a carriage return before it is dropped; the last one may do without. Empty lines are passed over, but
//! counted. A line over the limit is dropped as it comes and stands in its window as one that is too long.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use http_body_util::BodyExt as _;
use hyper::body::Body;

use super::read_v1;
use crate::kernel::limits::{BATCH_LINE_BYTES_MAX, BATCH_WINDOW_BYTES_MAX};
use crate::kernel::{Ask, Method, Reason, Refusal};

/// How often others are let go first before it is believed that there is nothing more to read at present.
const YIELDS: usize = 3;

/// Lines that will be answered together.
#[derive(Default)]
pub(super) struct Window {
    lines: VecDeque<Line>,
    bytes: usize,
}

struct Line {
    /// From 1, empty ones included.
    number: u64,
    /// None where it was too long.
    text: Option<Vec<u8>>,
}

/// Why no more lines can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// The client broke off.
    Off,
    /// The client let us wait for too long.
    Late,
}

/// A body, read line by line.
pub(super) struct Reader<B> {
    body: B,
    /// Read but not split yet.
    pending: Bytes,
    /// The beginning of a line.
    partial: Vec<u8>,
    too_long: bool,
    lines: u64,
    ended: bool,
}

impl Window {
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Whether it takes no more lines.
    pub(super) fn is_full(&self, lines_max: usize) -> bool {
        self.lines.len() >= lines_max || self.bytes >= BATCH_WINDOW_BYTES_MAX
    }

    /// The numbers of its lines.
    pub(super) fn numbers(&self) -> Vec<u64> {
        self.lines.iter().map(|line| line.number).collect()
    }

    /// The questions, each read when it is taken.
    pub(super) fn questions(self) -> impl Iterator<Item = Result<Ask, Refusal>> + Send {
        self.lines.into_iter().map(|line| match line.text {
            Some(text) => read_v1::question(Method::Verify, &text),
            None => Err(Refusal::new(Reason::BodyTooLarge).with("the line is longer than the limit")),
        })
    }
}

impl<B: Body<Data = Bytes> + Unpin> Reader<B> {
    pub(super) const fn new(body: B) -> Self {
        Self { body, pending: Bytes::new(), partial: Vec::new(), too_long: false, lines: 0, ended: false }
    }

    /// Lines that have come, empty ones included.
    pub(super) const fn lines(&self) -> u64 {
        self.lines
    }

    /// Whether all lines have been handed out.
    pub(super) fn is_done(&self) -> bool {
        self.ended && self.pending.is_empty()
    }

    /// Fills the window until it is full or the body ends. Dropped half-way it forgets nothing.
    pub(super) async fn fill(&mut self, window: &mut Window, lines_max: usize) -> Result<(), Broken> {
        loop {
            self.split(window, lines_max);
            if self.ended || window.is_full(lines_max) {
                return Ok(());
            }
            self.read().await?;
        }
    }

    /// Waits for a line, then takes what else is there. `idle` is how long a client may say nothing, `slow` how long a line that has
    /// begun may take to come. The window stays empty where the body has ended.
    pub(super) async fn wait(
        &mut self,
        window: &mut Window,
        lines_max: usize,
        idle: Duration,
        slow: Duration,
    ) -> Result<(), Broken> {
        let mut late_at = tokio::time::Instant::now() + idle;
        let mut begun = false;
        loop {
            self.split(window, lines_max);
            if !window.is_empty() || self.ended {
                break;
            }
            if !begun && (self.too_long || !self.partial.is_empty()) {
                begun = true;
                late_at = tokio::time::Instant::now() + slow;
            }
            tokio::time::timeout_at(late_at, self.read()).await.map_err(|_elapsed| Broken::Late)??;
            if !begun {
                late_at = tokio::time::Instant::now() + idle;
            }
        }
        let mut patience = YIELDS;
        while patience > 0 && !self.ended && !window.is_full(lines_max) {
            tokio::select! {
                biased;
                read = self.read() => {
                    read?;
                    self.split(window, lines_max);
                    patience = YIELDS;
                }
                () = tokio::task::yield_now() => patience -= 1,
            }
        }
        Ok(())
    }

    /// One more piece of the body.
    async fn read(&mut self) -> Result<(), Broken> {
        if !self.pending.is_empty() {
            return Ok(());
        }
        match self.body.frame().await {
            Some(Ok(frame)) => self.pending = frame.into_data().unwrap_or_default(),
            Some(Err(_broken_off)) => return Err(Broken::Off),
            None => self.ended = true,
        }
        Ok(())
    }

    /// Moves whole lines from what was read into the window.
    fn split(&mut self, window: &mut Window, lines_max: usize) {
        while !window.is_full(lines_max) {
            if self.pending.is_empty() {
                if self.ended && (self.too_long || !self.partial.is_empty()) {
                    self.end_line(window);
                }
                return;
            }
            let end = self.pending.iter().position(|byte| *byte == b'\n');
            let length = end.unwrap_or(self.pending.len());
            if self.too_long || self.partial.len() + length > BATCH_LINE_BYTES_MAX {
                self.too_long = true;
                self.partial = Vec::new();
            } else {
                self.partial.extend_from_slice(self.pending.get(..length).unwrap_or_default());
            }
            match end {
                Some(end) => {
                    self.pending.advance(end + 1);
                    self.end_line(window);
                }
                None => self.pending.clear(),
            }
        }
    }

    fn end_line(&mut self, window: &mut Window) {
        self.lines += 1;
        let too_long = std::mem::take(&mut self.too_long);
        let text = std::mem::take(&mut self.partial);
        let is_blank = text.iter().all(u8::is_ascii_whitespace);
        if too_long || !is_blank {
            window.bytes += text.len();
            window.lines.push_back(Line { number: self.lines, text: (!too_long).then_some(text) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::Full;
    use hyper::body::Frame;
    use proptest::prelude::*;
    use std::convert::Infallible;

    /// A body that comes in these pieces.
    fn body(pieces: Vec<Vec<u8>>) -> impl Body<Data = Bytes, Error = Infallible> + Unpin {
        struct Pieces(std::vec::IntoIter<Vec<u8>>);
        impl Body for Pieces {
            type Data = Bytes;
            type Error = Infallible;
            fn poll_frame(
                mut self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
            ) -> std::task::Poll<Option<Result<Frame<Bytes>, Infallible>>> {
                std::task::Poll::Ready(self.0.next().map(|piece| Ok(Frame::data(Bytes::from(piece)))))
            }
        }
        Pieces(pieces.into_iter())
    }

    /// The lines with their numbers; `None` for those that are too long.
    fn read(pieces: Vec<Vec<u8>>, lines_max: usize) -> Vec<(u64, Option<Vec<u8>>)> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut reader = Reader::new(body(pieces));
            let mut lines = Vec::new();
            while !reader.is_done() {
                let mut window = Window::default();
                reader.fill(&mut window, lines_max).await.unwrap();
                assert!(window.numbers().len() <= lines_max);
                lines.extend(window.lines.into_iter().map(|line| (line.number, line.text)));
            }
            lines
        })
    }

    #[test]
    fn lines_are_numbered_as_they_stand_and_empty_ones_are_passed_over() {
        let text = b"a\n\n  \r\nbc\r\n\nd".to_vec();
        let expected = vec![(1, Some(b"a".to_vec())), (4, Some(b"bc\r".to_vec())), (6, Some(b"d".to_vec()))];
        assert_eq!(read(vec![text.clone()], 100), expected);
        assert_eq!(read(text.iter().map(|byte| vec![*byte]).collect(), 1), expected);
        assert_eq!(read(vec![], 1), []);
    }

    #[test]
    fn a_line_that_is_too_long_is_told_and_the_next_one_is_read() {
        let long = vec![b'x'; BATCH_LINE_BYTES_MAX + 1];
        let exact = vec![b'y'; BATCH_LINE_BYTES_MAX];
        let text = [&long[..], b"\n", &exact, b"\n", &long].concat();
        let expected = vec![(1, None), (2, Some(exact)), (3, None)];
        assert_eq!(read(vec![text.clone()], 100), expected);
        assert_eq!(read(text.chunks(1000).map(<[u8]>::to_vec).collect(), 2), expected);
    }

    #[test]
    fn a_window_holds_no_more_bytes_than_its_bound_and_a_line() {
        let line = [vec![b'z'; 10_000], vec![b'\n']].concat();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut reader = Reader::new(Full::new(Bytes::from(line.repeat(600))));
            let mut window = Window::default();
            reader.fill(&mut window, usize::MAX).await.unwrap();
            assert!(window.bytes >= BATCH_WINDOW_BYTES_MAX && window.bytes < BATCH_WINDOW_BYTES_MAX + BATCH_LINE_BYTES_MAX);
            assert!(!reader.is_done());
        });
    }

    proptest! {
        #[test]
        fn however_the_bytes_come_the_lines_are_the_same(text in "[ab\n\r ]{0,60}", cut in 1usize..9, lines_max in 1usize..5) {
            let bytes = text.as_bytes();
            let expected: Vec<(u64, Option<Vec<u8>>)> = text
                .split('\n')
                .zip(1..)
                .filter(|(line, _)| !line.trim_matches([' ', '\r']).is_empty())
                .map(|(line, number)| (number, Some(line.as_bytes().to_vec())))
                .collect();
            prop_assert_eq!(read(bytes.chunks(cut).map(<[u8]>::to_vec).collect(), lines_max), expected);
        }
    }
}
