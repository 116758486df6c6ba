//! Bytes -> Ask for `/v1`: unknown fields, keys twice, values of another type and texts over the limit are refused, each with its
//! place. What is wrong is said by line, column and field; nothing of the body is repeated.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::scalar::{Key, Scalar};
use crate::kernel::limits::{ASKED_VALUE_BYTES_MAX, BODY_KEYS_MAX};
use crate::kernel::{Ask, AskedElemen, Elemen, ElemenSet, Generation, Method, Nik, Reason, Refusal, Secret};

/// Room for the elements of a usual question at once.
const ELEMENTS_EXPECTED: usize = 8;

/// Reads the body of `POST /v1/verify` (elements: an object of name and value) or `/v1/retrieve` (elements: an array of names).
pub fn question(method: Method, body: &[u8]) -> Result<Ask, Refusal> {
    let mut draft = Draft {
        method,
        nik: None,
        elements: Vec::with_capacity(ELEMENTS_EXPECTED),
        seen: ElemenSet::EMPTY,
        threshold: None,
        purpose: None,
    };
    let mut fault = None;
    let mut json = serde_json::Deserializer::from_slice(body);
    let parsed = Body { draft: &mut draft, fault: &mut fault }.deserialize(&mut json).and_then(|()| json.end());
    if let Err(error) = parsed {
        // serde's own message can quote the body; ours can't.
        let what = fault.unwrap_or(if error.is_data() { "not the object this route takes" } else { "not JSON" });
        return Err(malformed(&format!("{what} (line {}, column {})", error.line(), error.column())));
    }
    draft.finish()
}

fn malformed(detail: &str) -> Refusal {
    Refusal::new(Reason::BodyMalformed).with(detail)
}

struct Draft {
    method: Method,
    nik: Option<Secret<String>>,
    elements: Vec<AskedElemen>,
    seen: ElemenSet,
    threshold: Option<u8>,
    purpose: Option<String>,
}

impl Draft {
    fn finish(self) -> Result<Ask, Refusal> {
        let Some(nik) = self.nik else { return Err(malformed("the field nik is missing")) };
        if self.elements.is_empty() {
            return Err(malformed("the field elements is missing or empty"));
        }
        Ok(Ask {
            method: self.method,
            generation: Generation::V1,
            nik: Nik::parse(nik.expose()),
            elements: self.elements,
            threshold: self.threshold,
            purpose: self.purpose,
        })
    }

    fn add(&mut self, name: &str, value: Option<Secret<String>>) -> Result<(), &'static str> {
        let elemen = Elemen::parse(name).ok_or("unknown element")?;
        if !self.seen.insert(elemen) {
            return Err("an element stands there twice");
        }
        self.elements.push(AskedElemen { elemen, value });
        Ok(())
    }
}

struct Body<'a> {
    draft: &'a mut Draft,
    fault: &'a mut Option<&'static str>,
}

impl Body<'_> {
    fn fail<E: serde::de::Error>(&mut self, what: &'static str) -> E {
        self.fault.get_or_insert(what);
        E::custom(what)
    }

    fn text<'de, A: MapAccess<'de>>(&mut self, map: &mut A, what: &'static str) -> Result<String, A::Error> {
        match map.next_value::<Scalar>()? {
            Scalar::Text(ref mut text) if text.len() <= ASKED_VALUE_BYTES_MAX => Ok(std::mem::take(text)),
            _ => Err(self.fail(what)),
        }
    }

    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "nik" if self.draft.nik.is_none() => {
                let nik = self.text(map, "the field nik must be a text")?;
                self.draft.nik = Some(Secret::new(nik));
            }
            "elements" if self.draft.elements.is_empty() => {
                map.next_value_seed(Elements { draft: self.draft, fault: self.fault })?;
            }
            "purpose" if self.draft.purpose.is_none() => {
                self.draft.purpose = Some(self.text(map, "the field purpose must be a text")?);
            }
            "threshold" if self.draft.threshold.is_none() && self.draft.method == Method::Verify => {
                let threshold = match map.next_value::<Scalar>()? {
                    Scalar::Number(number) => u8::try_from(number).ok().filter(|number| *number <= 100),
                    _ => None,
                };
                self.draft.threshold =
                    Some(threshold.ok_or_else(|| self.fail("the field threshold must be a number from 0 to 100"))?);
            }
            "nik" | "elements" | "purpose" | "threshold" if self.draft.method == Method::Verify || key != "threshold" => {
                return Err(self.fail("a field stands there twice"));
            }
            _ => return Err(self.fail("unknown field")),
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Body<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Body<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            self.field(&key, &mut map)?;
        }
        Ok(())
    }
}

struct Elements<'a> {
    draft: &'a mut Draft,
    fault: &'a mut Option<&'static str>,
}

impl Elements<'_> {
    fn fail<E: serde::de::Error>(&mut self, what: &'static str) -> E {
        self.fault.get_or_insert(what);
        E::custom(what)
    }

    fn add<E: serde::de::Error>(&mut self, name: &str, value: Option<Secret<String>>) -> Result<(), E> {
        if self.draft.elements.len() >= BODY_KEYS_MAX {
            return Err(self.fail("too many elements"));
        }
        self.draft.add(name, value).map_err(|what| self.fail(what))
    }
}

impl<'de> DeserializeSeed<'de> for Elements<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.draft.method {
            Method::Verify => deserializer.deserialize_map(self),
            Method::Retrieve | Method::Family | Method::Agreement => deserializer.deserialize_seq(self),
        }
    }
}

impl<'de> Visitor<'de> for Elements<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the elements")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(name)) = map.next_key()? {
            let value = match map.next_value::<Scalar>()? {
                Scalar::Text(ref mut text) if (1..=ASKED_VALUE_BYTES_MAX).contains(&text.len()) => std::mem::take(text),
                _ => return Err(self.fail("the value of an element must be a text of 1 to 512 bytes")),
            };
            self.add(&name, Some(Secret::new(value)))?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while let Some(name) = items.next_element::<Scalar>()? {
            let Scalar::Text(name) = &name else { return Err(self.fail("the elements must be names")) };
            self.add(name, None)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn detail(method: Method, body: &str) -> String {
        let refusal = question(method, body.as_bytes()).err().unwrap();
        assert_eq!(refusal.reason, Reason::BodyMalformed);
        refusal.detail.unwrap()
    }

    #[test]
    fn reads_a_verification() {
        let body = r#"{"nik":"6305014507850001","elements":{"NAMA_LGKP":"SITI AMINAH","TGL_LHR":"05-07-1985"},"threshold":90,"purpose":"kyc"}"#;
        let ask = question(Method::Verify, body.as_bytes()).ok().unwrap();
        assert!(ask.nik.is_ok());
        assert_eq!(ask.elements(), [Elemen::NamaLgkp, Elemen::TglLhr].into_iter().collect());
        assert_eq!((ask.threshold, ask.purpose.as_deref()), (Some(90), Some("kyc")));
    }

    #[test]
    fn reads_a_retrieval() {
        let ask = question(Method::Retrieve, br#"{"elements":["ALAMAT","NO_RT"],"nik":"1"}"#).ok().unwrap();
        assert!(ask.nik.is_err(), "malformed, but asked");
        assert_eq!(ask.elements(), [Elemen::Alamat, Elemen::NoRt].into_iter().collect());
    }

    #[test]
    fn refuses_what_is_wrong_and_names_it_without_quoting() {
        let nik = r#""nik":"6305014507850001""#;
        for (body, what) in [
            (format!("{{{nik}"), "not JSON (line 1, column 25)"),
            (format!(r#"{{{nik},"elements":{{"NAMA_LGKP":"SITI"}}}}x"#), "not JSON"),
            ("[]".to_owned(), "not the object this route takes"),
            (format!("{{{nik},{nik}}}"), "a field stands there twice"),
            (format!(r#"{{{nik},"elements":{{"NAMA_LGKP":"SITI","NAMA_LGKP":"SITI"}}}}"#), "an element stands there twice"),
            (format!(r#"{{{nik},"elements":{{"NAMA_LGKP":"SITI"}},"elements":{{"AGAMA":"SITI"}}}}"#), "a field stands there twice"),
            (format!(r#"{{{nik},"colour":"SITI"}}"#), "unknown field"),
            (format!(r#"{{{nik},"elements":{{"SITI":"SITI"}}}}"#), "unknown element"),
            (format!(r#"{{{nik},"elements":{{"NAMA_LGKP":7}}}}"#), "the value of an element must be a text"),
            (format!(r#"{{{nik},"elements":{{"NAMA_LGKP":""}}}}"#), "the value of an element must be a text"),
            (format!(r#"{{{nik},"elements":{{}}}}"#), "the field elements is missing or empty"),
            (format!(r#"{{{nik},"elements":"SITI"}}"#), "not the object this route takes"),
            (r#"{"elements":{"NAMA_LGKP":"SITI"}}"#.to_owned(), "the field nik is missing"),
            (r#"{"nik":6305014507850001}"#.to_owned(), "the field nik must be a text"),
            (format!(r#"{{{nik},"threshold":101}}"#), "the field threshold must be a number from 0 to 100"),
            (format!(r#"{{{nik},"threshold":"90"}}"#), "the field threshold must be a number from 0 to 100"),
            (format!(r#"{{{nik},"elements":{{"NAMA_LGKP":{}}}}}"#, "[".repeat(5000)), "not JSON"),
        ] {
            let detail = detail(Method::Verify, &body);
            assert!(detail.starts_with(what), "{what}: {detail}");
            assert!(!detail.contains("SITI") && !detail.contains("6305"), "{detail}");
        }
        assert!(detail(Method::Retrieve, &format!(r#"{{{nik},"threshold":90}}"#)).starts_with("unknown field"));
        let long = format!(r#"{{{nik},"elements":{{"ALAMAT":"{}"}}}}"#, "A".repeat(513));
        assert!(detail(Method::Verify, &long).contains("1 to 512 bytes"));
    }

    proptest! {
        #[test]
        fn never_panics(body in "[\\PC\"{}:,\\[\\]]{0,80}") {
            let _any = question(Method::Verify, body.as_bytes()).is_ok();
            let _any = question(Method::Retrieve, body.as_bytes()).is_ok();
        }
    }
}
