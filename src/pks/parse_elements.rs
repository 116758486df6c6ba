//! The part of the agreement that grants: methods, and elements with their rights and thresholds.

use super::agreement::Grants;
use super::document::{Document, ElementText};
use super::parse::{Faults, upper_word};
use crate::kernel::{Elemen, ElemenSet, Method};

/// Method names of the DWH service that mean the same for everyone: no agreement can give them another meaning.
pub const DWH_METHODS: [(&str, Method); 6] = [
    ("CALL_NIK", Method::Retrieve),
    ("GET_NIK", Method::Retrieve),
    ("BYNIK", Method::Retrieve),
    ("CALL_NIK_GET_KK", Method::Family),
    ("CALL_VERIFY_BY_ELEMEN", Method::Verify),
    ("KONEKSITAS_VERIFBY_ELEMEN", Method::Verify),
];

/// The methods granted.
pub(super) struct Methods {
    pub(super) may_verify: bool,
    pub(super) may_retrieve: bool,
    pub(super) may_family: bool,
    pub(super) dwh_methods: Vec<(String, Method)>,
}

/// Reads `methods` and `dwh_methods`.
pub(super) fn methods(document: &Document, faults: &mut Faults) -> Methods {
    let mut methods = Methods { may_verify: false, may_retrieve: false, may_family: false, dwh_methods: Vec::new() };
    for (index, word) in document.methods.iter().enumerate() {
        let pointer = format!("/methods/{index}");
        let granted = match word.as_str() {
            "verify" => &mut methods.may_verify,
            "retrieve" => &mut methods.may_retrieve,
            "family" => &mut methods.may_family,
            _ => {
                faults.add(pointer, format!("{word:?} is no method; write verify, retrieve or family"));
                continue;
            }
        };
        if *granted {
            faults.add(pointer, format!("{word} is named twice"));
        }
        *granted = true;
    }
    if document.methods.is_empty() {
        faults.add("/methods", "names no method; write verify, retrieve or both");
    }
    if methods.may_family && !methods.may_retrieve {
        faults.add("/methods", "family means nothing without retrieve");
    }
    let Some(own) = &document.dwh_methods else { return methods };
    let (may_verify, may_retrieve) = (methods.may_verify, methods.may_retrieve);
    for (word, names, method, granted) in
        [("verify", &own.verify, Method::Verify, may_verify), ("retrieve", &own.retrieve, Method::Retrieve, may_retrieve)]
    {
        if !names.is_empty() && !granted {
            faults.add(format!("/dwh_methods/{word}"), format!("names methods for {word}, which is not granted"));
        }
        faults.length(&format!("/dwh_methods/{word}"), names.len());
        for (index, name) in names.iter().enumerate() {
            let pointer = format!("/dwh_methods/{word}/{index}");
            if !upper_word(name) {
                faults.add(&pointer, "must be 1-64 characters of A-Z, 0-9 and _, beginning with a letter");
            }
            if DWH_METHODS.iter().any(|(common, _)| common == name) {
                faults.add(&pointer, format!("{name} means the same for every lembaga and needs no mention"));
            }
            if methods.dwh_methods.iter().any(|(other, _)| other == name) {
                faults.add(&pointer, format!("{name} comes twice"));
            }
            methods.dwh_methods.push((name.clone(), method));
        }
    }
    methods
}

/// Reads `elements`.
pub(super) fn elements(document: &Document, methods: &Methods, faults: &mut Faults) -> (Grants, Vec<(Elemen, String)>) {
    let mut grants =
        Grants { verify: ElemenSet::EMPTY, score: ElemenSet::EMPTY, read: ElemenSet::EMPTY, floors: [100; Elemen::COUNT] };
    let mut legal_grounds = Vec::new();
    let mut named = ElemenSet::EMPTY;
    for (index, text) in document.elements.iter().enumerate() {
        let pointer = format!("/elements/{index}");
        let Some(elemen) = Elemen::parse(&text.name) else {
            faults.add(format!("{pointer}/name"), format!("{:?} is no element of the catalogue", text.name));
            continue;
        };
        if !named.insert(elemen) {
            faults.add(format!("{pointer}/name"), format!("{elemen} comes twice"));
            continue;
        }
        rights(elemen, text, &pointer, &mut grants, faults);
        floor(elemen, text, &pointer, &mut grants, faults);
        match (&text.legal_ground, elemen.protected()) {
            (Some(ground), true) => {
                faults.text(&format!("{pointer}/legal_ground"), ground);
                legal_grounds.push((elemen, ground.clone()));
            }
            (None, true) => {
                let sentence = format!("{elemen} is protected (UU 24/2013 Pasal 84): the legal ground must be named");
                faults.add(format!("{pointer}/legal_ground"), sentence);
            }
            (Some(_), false) => faults.add(format!("{pointer}/legal_ground"), format!("{elemen} is not protected and needs none")),
            (None, false) => {}
        }
    }
    for (word, granted, set) in [("verify", methods.may_verify, grants.verify), ("read", methods.may_retrieve, grants.read)] {
        if granted && set.is_empty() {
            faults.add("/elements", format!("no element has the right {word}, which a method granted needs"));
        }
        if !granted && !set.is_empty() {
            faults.add("/elements", format!("elements have the right {word}, but its method is not granted"));
        }
    }
    if methods.may_family && !grants.read.contains(Elemen::NoKk) {
        faults.add("/elements", "a family card is found by NO_KK, which must have the right read for the method family");
    }
    (grants, legal_grounds)
}

fn rights(elemen: Elemen, text: &ElementText, pointer: &str, grants: &mut Grants, faults: &mut Faults) {
    for (index, right) in text.rights.iter().enumerate() {
        let set = match right.as_str() {
            "verify" => &mut grants.verify,
            "score" => &mut grants.score,
            "read" => &mut grants.read,
            _ => {
                faults.add(format!("{pointer}/rights/{index}"), format!("{right:?} is no right; write verify, score or read"));
                continue;
            }
        };
        if !set.insert(elemen) {
            faults.add(format!("{pointer}/rights/{index}"), format!("{right} is named twice"));
        }
    }
    if text.rights.is_empty() {
        faults.add(format!("{pointer}/rights"), "grants nothing; leave the element out");
    }
    if grants.score.contains(elemen) {
        if !elemen.scored() {
            faults.add(format!("{pointer}/rights"), format!("{elemen} has no score"));
        }
        if !grants.verify.contains(elemen) {
            faults.add(format!("{pointer}/rights"), "score means nothing without verify");
        }
    }
}

fn floor(elemen: Elemen, text: &ElementText, pointer: &str, grants: &mut Grants, faults: &mut Faults) {
    let pointer = format!("{pointer}/threshold_min");
    match (text.threshold_min, elemen.scored() && grants.verify.contains(elemen)) {
        (Some(floor @ 1..=100), true) => {
            if let Some(own) = grants.floors.get_mut(usize::from(elemen.bit())) {
                *own = floor;
            }
        }
        (Some(_), true) => faults.add(pointer, "must be 1-100"),
        (None, true) => faults.add(pointer, "must be given: how much alike is enough is for the parties to say"),
        (Some(_), false) => faults.add(pointer, format!("{elemen} is not verified by a score here: no threshold can apply")),
        (None, false) => {}
    }
}
