//! The shape of a `pks.json`: which members it has, and what kind of value stands where. Every fault of shape is found at once.
//!
//! serde stops at the first fault; an official who mends one wants to see the others. What has a fault is repaired for the moment
//! (an empty list, an empty text), so that what the rest means can be judged in the same go.

use serde_json::{Map, Value};

use super::fault::PksFault;

/// What kind of value stands at a place.
enum Shape {
    Text,
    Flag,
    /// A whole number from 0 up to this.
    Count(u64),
    /// One of these words.
    Word(&'static [&'static str]),
    List(&'static Shape),
    Object(&'static [Member]),
    OrNull(&'static Shape),
    TextOrList,
}

/// A member of an object.
struct Member {
    name: &'static str,
    needed: bool,
    shape: Shape,
}

const fn must(name: &'static str, shape: Shape) -> Member {
    Member { name, needed: true, shape }
}

const fn may(name: &'static str, shape: Shape) -> Member {
    Member { name, needed: false, shape }
}

const NUMBER_MAX: u64 = u32::MAX as u64;
const ZONES: Shape = Shape::Word(&["WIB", "WITA", "WIT"]);
const TEXTS: Shape = Shape::List(&Shape::Text);
const SIGNATORY: Shape = Shape::Object(&[must("name", Shape::Text), must("title", Shape::Text)]);
const PURPOSE: Shape = Shape::Object(&[must("code", Shape::Text), must("text", Shape::Text)]);
const OWN_METHODS: Shape = Shape::Object(&[may("verify", TEXTS), may("retrieve", TEXTS)]);
const FORMER: Shape = Shape::Object(&[must("version", Shape::Count(NUMBER_MAX)), must("digest", Shape::Text)]);
const ELEMENT: Shape = Shape::Object(&[
    must("name", Shape::Text),
    must("rights", TEXTS),
    may("threshold_min", Shape::OrNull(&Shape::Count(255))),
    may("legal_ground", Shape::OrNull(&Shape::Text)),
]);
const HOURS: Shape =
    Shape::Object(&[must("zone", ZONES), must("days", TEXTS), must("from", Shape::Text), must("until", Shape::Text)]);
const BALIKAN: Shape = Shape::Object(&[must("fields", TEXTS), must("period", Shape::Word(&["quarterly", "semester"]))]);
const LEMBAGA: Shape = Shape::Object(&[
    must("id", Shape::Text),
    must("name", Shape::Text),
    must("kind", Shape::Text),
    must("customer_id", Shape::Text),
    must("signatory", SIGNATORY),
]);
const QUOTA: Shape = Shape::Object(&[
    must("per_second", Shape::Count(NUMBER_MAX)),
    must("burst", Shape::Count(NUMBER_MAX)),
    must("per_day", Shape::Count(u64::MAX)),
]);
const GUESSING: Shape = Shape::Object(&[
    may("wrong_per_day", Shape::Count(255)),
    may("consecutive", Shape::Count(NUMBER_MAX)),
    may("same_value_per_hour", Shape::Count(NUMBER_MAX)),
    may("score_changes", Shape::Count(255)),
    may("brake_minutes", Shape::Count(NUMBER_MAX)),
]);
const DOCUMENT: Shape = Shape::Object(&[
    must("format", Shape::Text),
    must("number", Shape::Object(&[must("office", Shape::Text), must("lembaga", Shape::Text)])),
    must("version", Shape::Count(NUMBER_MAX)),
    may("supersedes", Shape::OrNull(&FORMER)),
    must("office", Shape::Object(&[must("name", Shape::Text), must("signatory", SIGNATORY)])),
    must("lembaga", LEMBAGA),
    must("purposes", Shape::List(&PURPOSE)),
    must("purpose_required", Shape::Flag),
    must("term", Shape::Object(&[must("from", Shape::Text), must("until", Shape::Text), must("zone", ZONES)])),
    may("suspended", Shape::Flag),
    must("methods", TEXTS),
    may("dwh_methods", Shape::OrNull(&OWN_METHODS)),
    must("elements", Shape::List(&ELEMENT)),
    must("quota", QUOTA),
    may("guessing", Shape::OrNull(&GUESSING)),
    must("hours", Shape::OrNull(&HOURS)),
    must("networks", TEXTS),
    must("certificates", TEXTS),
    must("password_without_certificate", Shape::Flag),
    must("regions", Shape::TextOrList),
    must("operator_card", Shape::Flag),
    must("tell_status", Shape::Flag),
    must("balikan", Shape::OrNull(&BALIKAN)),
    must("paper_sha256", Shape::Text),
]);

/// Finds every fault of shape, and repairs the tree so that it can be read as a document.
pub(super) fn mend(tree: &mut Value) -> Vec<PksFault> {
    let mut faults = Vec::new();
    walk(tree, &DOCUMENT, String::new(), &mut faults);
    faults
}

fn walk(value: &mut Value, shape: &Shape, at: String, faults: &mut Vec<PksFault>) {
    match shape {
        Shape::OrNull(inner) if !value.is_null() => walk(value, inner, at, faults),
        Shape::List(item) if value.is_array() => items(value, item, &at, faults),
        Shape::TextOrList if value.is_array() => items(value, &Shape::Text, &at, faults),
        Shape::Object(members) if value.is_object() => {
            if let Value::Object(object) = value {
                walk_object(object, members, &at, faults);
            }
        }
        _ if fits(value, shape) => {}
        _ => {
            faults.push(PksFault::new(at, format!("harus berupa {}", wanted(shape))));
            *value = neutral(shape);
        }
    }
}

fn items(value: &mut Value, shape: &Shape, at: &str, faults: &mut Vec<PksFault>) {
    for (index, item) in value.as_array_mut().into_iter().flatten().enumerate() {
        walk(item, shape, format!("{at}/{index}"), faults);
    }
}

fn walk_object(object: &mut Map<String, Value>, members: &[Member], at: &str, faults: &mut Vec<PksFault>) {
    let known = |name: &String| members.iter().any(|member| member.name == name);
    let names = || members.iter().map(|member| member.name).collect::<Vec<_>>().join(", ");
    let unknown: Vec<String> = object.keys().filter(|name| !known(name)).cloned().collect();
    for name in unknown {
        // RFC 6901: these two characters are written otherwise in a pointer.
        let place = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        faults.push(PksFault::new(place, format!("isian ini tidak dikenal; yang dikenal di sini: {}", names())));
        object.remove(&name);
    }
    for member in members {
        let place = format!("{at}/{}", member.name);
        match object.get_mut(member.name) {
            Some(value) => walk(value, &member.shape, place, faults),
            None if member.needed => {
                faults.push(PksFault::new(place, format!("belum diisi; harus berupa {}", wanted(&member.shape))));
                object.insert(member.name.to_owned(), neutral(&member.shape));
            }
            None => {}
        }
    }
}

fn fits(value: &Value, shape: &Shape) -> bool {
    match shape {
        Shape::Text | Shape::TextOrList => value.is_string(),
        Shape::Flag => value.is_boolean(),
        Shape::Count(max) => value.as_u64().is_some_and(|number| number <= *max),
        Shape::Word(words) => value.as_str().is_some_and(|word| words.contains(&word)),
        Shape::OrNull(_) => value.is_null(),
        Shape::List(_) | Shape::Object(_) => false,
    }
}

fn wanted(shape: &Shape) -> String {
    match shape {
        Shape::Text => "teks dalam tanda kutip".to_owned(),
        Shape::Flag => "true (ya) atau false (tidak)".to_owned(),
        Shape::Count(max) if *max < u64::MAX => format!("bilangan bulat dari 0 sampai {max}"),
        Shape::Count(_) => "bilangan bulat, tidak negatif".to_owned(),
        Shape::Word(words) => format!("salah satu dari {}", words.join(", ")),
        Shape::List(_) => "daftar dalam kurung siku [..]".to_owned(),
        Shape::Object(members) => {
            format!("kelompok isian {{..}} dengan {}", members.iter().map(|member| member.name).collect::<Vec<_>>().join(", "))
        }
        Shape::OrNull(inner) => format!("{}, atau null", wanted(inner)),
        Shape::TextOrList => "\"all\" atau daftar dalam kurung siku [..]".to_owned(),
    }
}

/// The value put in the place of one that is amiss.
fn neutral(shape: &Shape) -> Value {
    match shape {
        Shape::Text => Value::from(""),
        Shape::Flag => Value::from(false),
        Shape::Count(_) => Value::from(0),
        Shape::Word(words) => words.first().copied().map_or(Value::Null, Value::from),
        Shape::List(_) | Shape::TextOrList => Value::Array(Vec::new()),
        Shape::OrNull(_) => Value::Null,
        Shape::Object(members) => {
            Value::Object(members.iter().filter(|m| m.needed).map(|m| (m.name.to_owned(), neutral(&m.shape))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::document::Document;
    use super::super::{template, template_names};
    use super::*;

    fn pointers(value: &Value, at: &str, into: &mut Vec<String>) {
        into.push(at.to_owned());
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| pointers(value, &format!("{at}/{key}"), into)),
            Value::Array(list) => list.iter().enumerate().for_each(|(n, value)| pointers(value, &format!("{at}/{n}"), into)),
            _ => {}
        }
    }

    /// The shape and what serde takes are one: every place of every template with a value of every kind.
    #[test]
    fn finds_a_fault_exactly_where_serde_does_and_repairs_it() {
        let kinds = [
            json!(null),
            json!(true),
            json!(1),
            json!(-1),
            json!(300),
            json!(u64::MAX),
            json!("x"),
            json!("WIB"),
            json!([]),
            json!(["x"]),
            json!([1]),
            json!({}),
            json!({"x": 1}),
        ];
        let (mut good, mut bad) = (0, 0);
        for name in template_names() {
            let tree = serde_json::to_value(template(name).unwrap()).unwrap();
            let mut places = Vec::new();
            pointers(&tree, "", &mut places);
            for place in places {
                for kind in &kinds {
                    let mut changed = tree.clone();
                    *changed.pointer_mut(&place).unwrap() = kind.clone();
                    let taken = serde_json::from_value::<Document>(changed.clone()).is_ok();
                    let faults = mend(&mut changed);
                    assert_eq!(faults.is_empty(), taken, "{name} {place} {kind}: {faults:?}");
                    assert!(serde_json::from_value::<Document>(changed).is_ok(), "{name} {place} {kind} is not repaired");
                    if taken { good += 1 } else { bad += 1 }
                }
            }
        }
        assert!(good > 100 && bad > 1000, "{good} {bad}");
    }
}
