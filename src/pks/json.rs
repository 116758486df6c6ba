//! JSON read so strictly that two readers can't understand it differently.
//!
//! A signature covers the canonical form (RFC 8785), which is only as good as the reading before it. Refused here: a key that comes
//! twice in one object (at any depth), a number that is no integer within ±2^53, nesting beyond [`DEPTH_MAX`], anything after the
//! end, and texts over the limit that the caller names.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::fault::PksFault;
use crate::kernel::limits::PKS_DOCUMENT_BYTES_MAX;

/// How deep arrays and objects may nest: the agreement itself needs five.
const DEPTH_MAX: u8 = 16;

/// Members that mean something by being null: a merge patch sets them so instead of taking them away.
const NULLABLE: [&str; 2] = ["hours", "balikan"];

/// The largest integer that every JSON reader holds exactly.
const INTEGER_MAX: u64 = 1 << 53;

/// Reads one JSON text as a tree.
pub(super) fn read(bytes: &[u8], bytes_max: usize) -> Result<Value, PksFault> {
    if bytes.len() > bytes_max {
        return Err(PksFault::new("", format!("naskah berukuran {} bita; paling banyak {bytes_max}", bytes.len())));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let tree = Strict { depth: 0 }.deserialize(&mut reader).map_err(|e| PksFault::new("", sentence(&e)))?;
    reader.end().map_err(|e| PksFault::new("", sentence(&e)))?;
    Ok(tree)
}

/// Reads one JSON text of at most a document's size as a tree: for data that goes into a document.
pub fn read_json(bytes: &[u8]) -> Result<Value, PksFault> {
    read(bytes, PKS_DOCUMENT_BYTES_MAX)
}

/// Changes a tree by a merge patch (RFC 7396): members are replaced one by one, anything else as a whole, null takes away.
pub fn merge(target: &mut Value, patch: Value) {
    match (target, patch) {
        (Value::Object(object), Value::Object(changes)) => {
            for (key, change) in changes {
                if change.is_null() && !NULLABLE.contains(&key.as_str()) {
                    object.remove(&key);
                } else {
                    merge(object.entry(key).or_insert(Value::Null), change);
                }
            }
        }
        (target, patch) => *target = patch,
    }
}

/// Reads one JSON text strictly, then as a type; the type refuses unknown members by itself.
pub(super) fn read_as<T: for<'de> Deserialize<'de>>(bytes: &[u8], bytes_max: usize) -> Result<(Value, T), PksFault> {
    let tree = read(bytes, bytes_max)?;
    // A second pass over the text and not over the tree: only so do faults tell line and column.
    let typed = serde_json::from_slice(bytes).map_err(|e| PksFault::new("", sentence(&e)))?;
    Ok((tree, typed))
}

/// The canonical form (RFC 8785) of a tree that [`read`] has passed.
pub(super) fn canonical(tree: &Value) -> Result<Vec<u8>, PksFault> {
    serde_json_canonicalizer::to_vec(tree).map_err(|e| PksFault::new("", sentence(&e)))
}

fn sentence(error: &serde_json::Error) -> String {
    format!("naskah tidak terbaca sebagai JSON: {error}")
}

/// Builds the tree, refusing what the module's first lines name.
#[derive(Clone, Copy)]
struct Strict {
    depth: u8,
}

impl Strict {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth >= DEPTH_MAX {
            return Err(E::custom(format_args!("bersarang lebih dari {DEPTH_MAX} tingkat")));
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        if value > INTEGER_MAX { Err(out_of_range()) } else { Ok(value.into()) }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        if value.unsigned_abs() > INTEGER_MAX { Err(out_of_range()) } else { Ok(value.into()) }
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Value, E> {
        Err(out_of_range())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(format_args!("isian {key:?} disebut dua kali dalam satu kelompok")));
            }
            let value = members.next_value_seed(inner)?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

fn out_of_range<E: Error>() -> E {
    E::custom("bilangan harus bulat dan tidak lebih dari 2^53; selain itu tulis sebagai teks")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fault(text: &str) -> String {
        read(text.as_bytes(), 1000).err().map(|f| f.sentence).unwrap_or_default()
    }

    #[test]
    fn refuses_a_key_that_comes_twice_at_any_depth() {
        assert!(fault(r#"{"a":1,"a":1}"#).contains("disebut dua kali"));
        assert!(fault(r#"{"b":[{"c":{"a":1,"a":2}}]}"#).contains("disebut dua kali"));
        assert!(fault(r#"{"a":1,"\u0061":2}"#).contains("disebut dua kali"), "the same key in two spellings");
        assert_eq!(fault(r#"{"a":{"a":1},"b":{"a":1}}"#), "");
    }

    #[test]
    fn refuses_numbers_that_readers_understand_differently() {
        for wrong in ["1.5", "1.0", "1e2", "-0", "9007199254740993", "-9007199254740993", "18446744073709551616"] {
            assert!(fault(&format!("[{wrong}]")).contains("2^53"), "{wrong}");
        }
        for right in ["0", "-1", "9007199254740992", "-9007199254740992"] {
            assert_eq!(fault(&format!("[{right}]")), "", "{right}");
        }
    }

    #[test]
    fn refuses_deep_nesting_long_texts_and_anything_after_the_end() {
        assert_eq!(fault(&format!("{}{}", "[".repeat(16), "]".repeat(16))), "");
        assert!(fault(&format!("{}{}", "[".repeat(17), "]".repeat(17))).contains("bersarang lebih"));
        assert!(fault(&"[".repeat(999)).contains("bersarang lebih"));
        assert!(fault(&" ".repeat(1001)).contains("paling banyak 1000"));
        assert!(fault("{} {}").contains("trailing"));
    }

    #[test]
    fn the_canonical_form_is_that_of_rfc_8785() {
        let tree = read(r#" {"peach":"\u20ac\n","b":[true,null,-3],"\ud83d\ude00":"é","a":{}} "#.as_bytes(), 1000);
        let bytes = tree.and_then(|t| canonical(&t)).unwrap_or_default();
        assert_eq!(String::from_utf8_lossy(&bytes), "{\"a\":{},\"b\":[true,null,-3],\"peach\":\"€\\n\",\"😀\":\"é\"}");
    }

    proptest! {
        #[test]
        fn never_panics_and_its_canonical_form_is_a_fixed_point(text in "[\\[\\]{}\",:0-9a-c. \\\\-]{0,60}") {
            if let Ok(tree) = read(text.as_bytes(), 1000) {
                let once = canonical(&tree).unwrap_or_default();
                let twice = read(&once, 1000).and_then(|t| canonical(&t)).unwrap_or_default();
                prop_assert_eq!(once, twice);
            }
        }
    }
}
