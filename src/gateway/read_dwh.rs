//! Bytes -> Claim and Ask for the DWH web service, as clients in the field spell it (domain: DWH web service).
//!
//! Unknown keys are passed over; a key twice, two spellings of one key that disagree, and a body that is no JSON object are refused.

use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};

use super::scalar::Scalar;
use crate::app::Credentials;
use crate::kernel::limits::{ASKED_VALUE_BYTES_MAX, BODY_KEYS_MAX};
use crate::kernel::{Ask, AskedElemen, Elemen, ElemenSet, Generation, Method, Nik, Reason, Refusal, Secret};

/// What the body of a DWH call holds.
pub(super) struct DwhBody {
    /// User, password and address as given; empty where missing.
    pub(super) credentials: Credentials,
    /// The question, or why there is none.
    pub(super) ask: Result<Ask, Refusal>,
}

/// Reads a body; `Err` where not even credentials can be had.
pub(super) fn body(method: Method, bytes: &[u8]) -> Result<DwhBody, Refusal> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let mut fields = Fields::default();
    let parsed = json.deserialize_map(FieldsVisitor(&mut fields)).and_then(|()| json.end());
    if let Err(error) = parsed {
        let what = fields.fault.unwrap_or("not a JSON object");
        return Err(malformed(&format!("{what} (line {}, column {})", error.line(), error.column())));
    }
    let credentials = Credentials {
        user: fields.user.take().unwrap_or_default(),
        password: Secret::new(fields.password.take().unwrap_or_default()),
        ip_user: fields.ip.take().unwrap_or_default(),
    };
    Ok(DwhBody { credentials, ask: fields.into_ask(method) })
}

fn malformed(detail: &str) -> Refusal {
    Refusal::new(Reason::BodyMalformed).with(detail)
}

/// Meanings of keys that are not elements, with the spellings seen.
#[derive(Clone, Copy)]
enum Key {
    Nik,
    User,
    Password,
    Ip,
    Threshold,
    Elemen(Elemen),
    Unknown,
}

fn key(name: &str) -> Key {
    match name {
        "nik" | "NIK" => Key::Nik,
        "user_id" | "USER_ID" | "userId" => Key::User,
        "password" | "PASSWORD" => Key::Password,
        "ip_user" | "IP_USER" | "ip_users" | "ip_address" | "ipUser" => Key::Ip,
        "TRESHOLD" | "THRESHOLD" => Key::Threshold,
        "NOMOR_PROP" => Key::Elemen(Elemen::NoProp),
        other => Elemen::parse(other).map_or(Key::Unknown, Key::Elemen),
    }
}

#[derive(Default)]
struct Fields {
    nik: Option<String>,
    user: Option<String>,
    password: Option<String>,
    ip: Option<String>,
    threshold: Option<String>,
    elements: Vec<AskedElemen>,
    seen: ElemenSet,
    keys: usize,
    fault: Option<&'static str>,
}

impl Fields {
    fn put(&mut self, key: Key, value: Scalar) -> Result<(), &'static str> {
        if matches!(key, Key::Unknown) {
            return Ok(());
        }
        let text = value.into_text().ok_or("a value is neither text nor number")?;
        if text.len() > ASKED_VALUE_BYTES_MAX {
            return Err("a value is longer than 512 bytes");
        }
        let slot = match key {
            Key::Unknown => return Ok(()),
            Key::Elemen(elemen) => return self.element(elemen, text),
            Key::Nik => &mut self.nik,
            Key::User => &mut self.user,
            Key::Password => &mut self.password,
            Key::Ip => &mut self.ip,
            Key::Threshold => &mut self.threshold,
        };
        match slot {
            // Clients that send both spellings of one key mean the same value.
            Some(present) if *present == text => Ok(()),
            Some(_) => Err("a key stands there twice with different values"),
            None => {
                *slot = Some(text);
                Ok(())
            }
        }
    }

    fn element(&mut self, elemen: Elemen, text: String) -> Result<(), &'static str> {
        if !self.seen.insert(elemen) {
            return Err("an element stands there twice");
        }
        // One blank, or nothing, means: not asked.
        if !text.trim().is_empty() {
            self.elements.push(AskedElemen { elemen, value: Some(Secret::new(text)) });
        }
        Ok(())
    }

    fn into_ask(self, method: Method) -> Result<Ask, Refusal> {
        let nik = self.nik.map(Secret::new).ok_or_else(|| malformed("the key NIK is missing"))?;
        let threshold = match self.threshold.as_deref().map(str::trim) {
            None | Some("") => None,
            Some(text) => match text.parse::<u8>() {
                Ok(number) if number <= 100 => Some(number),
                _ => return Err(malformed("TRESHOLD must be a number from 0 to 100")),
            },
        };
        let elements = match method {
            Method::Verify => self.elements,
            // The DWH service gives all that the agreement allows.
            Method::Retrieve | Method::Family | Method::Agreement => {
                Elemen::all().map(|elemen| AskedElemen { elemen, value: None }).collect()
            }
        };
        Ok(Ask { method, generation: Generation::Dwh, nik: Nik::parse(nik.expose().trim()), elements, threshold, purpose: None })
    }
}

struct FieldsVisitor<'a>(&'a mut Fields);

impl<'de> Visitor<'de> for FieldsVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(fields) = self;
        let mut exact: Vec<String> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            fields.keys += 1;
            let value = map.next_value::<Scalar>()?;
            let meaning = key(&name);
            let fault = if fields.keys > BODY_KEYS_MAX {
                Some("too many keys")
            } else if !matches!(meaning, Key::Unknown) && exact.contains(&name) {
                Some("a key stands there twice")
            } else {
                fields.put(meaning, value).err()
            };
            if let Some(fault) = fault {
                fields.fault = Some(fault);
                return Err(serde::de::Error::custom(fault));
            }
            exact.push(name);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(method: Method, text: &str) -> Result<DwhBody, Refusal> {
        body(method, text.as_bytes())
    }

    #[test]
    fn reads_every_spelling_of_the_credentials() {
        for (user, password, ip) in [
            ("user_id", "password", "ip_user"),
            ("USER_ID", "PASSWORD", "IP_USER"),
            ("userId", "password", "ip_users"),
            ("user_id", "password", "ip_address"),
            ("user_id", "password", "ipUser"),
        ] {
            for nik in ["nik", "NIK"] {
                let text = format!(
                    r#"{{"{nik}":"6305014507850001","{user}":"U","{password}":"P","{ip}":"127.0.0.1","transactionId":[{{}}]}}"#
                );
                let read = read(Method::Retrieve, &text).ok().unwrap();
                assert_eq!((read.credentials.user.as_str(), read.credentials.ip_user.as_str()), ("U", "127.0.0.1"), "{text}");
                assert_eq!(read.credentials.password.expose(), "P");
                let ask = read.ask.ok().unwrap();
                assert!(ask.nik.is_ok());
                assert_eq!(ask.elements(), ElemenSet::ALL);
            }
        }
    }

    #[test]
    fn a_blank_value_is_not_asked_and_thresholds_come_as_text_or_number() {
        for threshold in [r#""90""#, "90", r#"" 90 ""#] {
            let text = format!(
                r#"{{"NIK":6305014507850001,"NAMA_LGKP":"SITI","ALAMAT":" ","NO_RT":3,"NOMOR_PROP":"63","TRESHOLD":{threshold}}}"#
            );
            let ask = read(Method::Verify, &text).ok().unwrap().ask.ok().unwrap();
            assert_eq!(ask.elements(), [Elemen::NamaLgkp, Elemen::NoRt, Elemen::NoProp].into_iter().collect());
            assert_eq!(ask.threshold, Some(90));
            assert!(ask.nik.is_ok(), "a number is taken too");
        }
    }

    #[test]
    fn keeps_the_credentials_of_a_body_whose_question_is_wrong() {
        let read = read(Method::Verify, r#"{"user_id":"U","TRESHOLD":"many"}"#).ok().unwrap();
        assert_eq!(read.credentials.user, "U");
        assert_eq!(read.ask.err().unwrap().reason, Reason::BodyMalformed);
    }

    #[test]
    fn refuses_what_is_no_single_meaning() {
        for (text, what) in [
            (r#"{"nik":"1","nik":"1"}"#.to_owned(), "a key stands there twice"),
            (r#"{"nik":"1","NIK":"2"}"#.to_owned(), "a key stands there twice with different values"),
            (r#"{"NO_PROP":"63","NOMOR_PROP":"31"}"#.to_owned(), "an element stands there twice"),
            (r#"{"nik":["1"]}"#.to_owned(), "a value is neither text nor number"),
            (r#"{"nik":"1""#.to_owned(), "not a JSON object"),
            ("7".to_owned(), "not a JSON object"),
            (format!(r#"{{"x":{}"#, "[".repeat(9000)), "not a JSON object"),
            (format!(r#"{{"ALAMAT":"{}"}}"#, "A".repeat(513)), "a value is longer"),
        ] {
            let refusal = read(Method::Verify, &text).err().unwrap();
            assert!(refusal.detail.as_deref().unwrap().starts_with(what), "{what}: {:?}", refusal.detail);
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "[\\PC\"{}:,\\[\\]]{0,80}") {
            let _any = read(Method::Verify, &text).is_ok();
        }
    }
}
