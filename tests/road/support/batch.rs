//! A client of `/v1/verify/batch` over HTTP/1.1: chunks out, lines in, also in turn.

use std::io::Read as _;

use serde_json::{Value, json};

use super::{Client, House, resident, value};

pub(crate) const BATCH: &str = "/v1/verify/batch";

/// A batch that is open: lines can be sent and answers read in any order.
pub(crate) struct Conversation {
    pub(crate) client: Client,
    pub(crate) head: String,
    read: Vec<u8>,
    ended: bool,
}

impl Conversation {
    /// Opens a batch and reads the head of the answer.
    pub(crate) fn open(house: &House, lembaga: &str) -> Self {
        Self::over(house.client(lembaga))
    }

    pub(crate) fn over(mut client: Client) -> Self {
        let head = format!(
            "POST {BATCH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        client.send(head.as_bytes()).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            client.stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        Self { client, head: String::from_utf8(head).unwrap().to_lowercase(), read: Vec::new(), ended: false }
    }

    /// Sends text as one chunk.
    pub(crate) fn send(&mut self, text: &str) -> std::io::Result<()> {
        self.client.send(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes())
    }

    /// Sends one line.
    pub(crate) fn say(&mut self, line: &str) {
        self.send(&format!("{line}\n")).unwrap();
    }

    /// Says that no more lines come.
    pub(crate) fn done(&mut self) {
        self.client.send(b"0\r\n\r\n").unwrap();
    }

    /// The next answer; none at the end. An error where the answer is cut off.
    pub(crate) fn try_hear(&mut self) -> std::io::Result<Option<Value>> {
        loop {
            if let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.read.drain(..=end).collect();
                return Ok(Some(serde_json::from_slice(&line).unwrap()));
            }
            if self.ended {
                assert!(self.read.is_empty(), "half a line at the end");
                return Ok(None);
            }
            let mut size = String::new();
            while !size.ends_with("\r\n") {
                let mut byte = [0];
                self.client.stream.read_exact(&mut byte)?;
                size.push(char::from(byte[0]));
            }
            let size = usize::from_str_radix(size.trim_end(), 16).unwrap();
            let mut chunk = vec![0; size + 2];
            self.client.stream.read_exact(&mut chunk)?;
            self.ended = size == 0;
            self.read.extend_from_slice(&chunk[..size]);
        }
    }

    pub(crate) fn hear(&mut self) -> Value {
        self.try_hear().unwrap().unwrap()
    }

    /// All that is still said.
    pub(crate) fn rest(&mut self) -> Vec<Value> {
        std::iter::from_fn(|| self.try_hear().unwrap()).collect()
    }
}

/// Sends these lines and reads all answers.
pub(crate) fn batch(house: &House, lembaga: &str, lines: &[String]) -> Vec<Value> {
    let mut open = Conversation::open(house, lembaga);
    open.send(&format!("{}\n", lines.join("\n"))).unwrap();
    open.done();
    open.rest()
}

/// A right line about the resident.
pub(crate) fn line() -> String {
    about(&resident().nik)
}

/// A line about somebody, with the resident's name.
pub(crate) fn about(nik: &str) -> String {
    json!({"nik": nik, "elements": {"NAMA_LGKP": value(resident(), "NAMA_LGKP")}}).to_string()
}

/// The log's entries about questions.
pub(crate) fn questions(house: &House) -> Vec<Value> {
    house.entries().into_iter().filter(|entry| entry["kind"] == "question").collect()
}

/// The code of an error line.
pub(crate) fn code(answer: &Value) -> &str {
    answer["code"].as_str().unwrap_or_else(|| panic!("no error: {answer}"))
}
