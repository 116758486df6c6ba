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
                faults.add(pointer, format!("{word:?} bukan metode; tulis verify, retrieve atau family"));
                continue;
            }
        };
        if *granted {
            faults.add(pointer, format!("{word} disebut dua kali"));
        }
        *granted = true;
    }
    if document.methods.is_empty() {
        faults.add("/methods", "belum menyebut metode; tulis verify, retrieve atau keduanya");
    }
    if methods.may_family && !methods.may_retrieve {
        faults.add("/methods", "family tidak berarti tanpa retrieve");
    }
    let Some(own) = &document.dwh_methods else { return methods };
    let (may_verify, may_retrieve) = (methods.may_verify, methods.may_retrieve);
    for (word, names, method, granted) in
        [("verify", &own.verify, Method::Verify, may_verify), ("retrieve", &own.retrieve, Method::Retrieve, may_retrieve)]
    {
        if !names.is_empty() && !granted {
            faults.add(format!("/dwh_methods/{word}"), format!("menyebut nama untuk metode {word}, yang tidak diberikan"));
        }
        faults.length(&format!("/dwh_methods/{word}"), names.len());
        for (index, name) in names.iter().enumerate() {
            let pointer = format!("/dwh_methods/{word}/{index}");
            if !upper_word(name) {
                faults.add(&pointer, "harus 1-64 huruf A-Z, angka atau _, diawali huruf");
            }
            if DWH_METHODS.iter().any(|(common, _)| common == name) {
                faults.add(&pointer, format!("{name} sudah berlaku umum bagi semua lembaga dan tidak perlu disebut"));
            }
            if methods.dwh_methods.iter().any(|(other, _)| other == name) {
                faults.add(&pointer, format!("{name} disebut dua kali"));
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
            faults.add(format!("{pointer}/name"), format!("{:?} tidak ada dalam katalog elemen", text.name));
            continue;
        };
        if !named.insert(elemen) {
            faults.add(format!("{pointer}/name"), format!("{elemen} disebut dua kali"));
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
                let sentence = format!("{elemen} dilindungi (UU 24/2013 Pasal 84); dasar hukumnya harus disebut");
                faults.add(format!("{pointer}/legal_ground"), sentence);
            }
            (Some(_), false) => {
                faults.add(format!("{pointer}/legal_ground"), format!("{elemen} tidak dilindungi dan tidak memerlukannya"))
            }
            (None, false) => {}
        }
    }
    for (word, granted, set) in [("verify", methods.may_verify, grants.verify), ("read", methods.may_retrieve, grants.read)] {
        if granted && set.is_empty() {
            faults.add("/elements", format!("tidak ada elemen dengan hak {word}, padahal metodenya diberikan"));
        }
        if !granted && !set.is_empty() {
            faults.add("/elements", format!("ada elemen dengan hak {word}, padahal metodenya tidak diberikan"));
        }
    }
    if methods.may_family && !grants.read.contains(Elemen::NoKk) {
        faults.add("/elements", "kartu keluarga dicari dengan NO_KK, yang memerlukan hak read untuk metode family");
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
                faults.add(format!("{pointer}/rights/{index}"), format!("{right:?} bukan hak; tulis verify, score atau read"));
                continue;
            }
        };
        if !set.insert(elemen) {
            faults.add(format!("{pointer}/rights/{index}"), format!("{right} disebut dua kali"));
        }
    }
    if text.rights.is_empty() {
        faults.add(format!("{pointer}/rights"), "tidak memberi hak apa pun; hapus elemen ini");
    }
    if grants.score.contains(elemen) {
        if !elemen.scored() {
            faults.add(format!("{pointer}/rights"), format!("{elemen} tidak memiliki nilai kemiripan (score)"));
        }
        if !grants.verify.contains(elemen) {
            faults.add(format!("{pointer}/rights"), "score tidak berarti tanpa verify");
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
        (Some(_), true) => faults.add(pointer, "harus 1-100"),
        (None, true) => faults.add(pointer, "harus diisi; para pihaklah yang menentukan seberapa mirip dianggap sesuai"),
        (Some(_), false) => {
            faults.add(pointer, format!("{elemen} di sini tidak diverifikasi dengan nilai kemiripan; ambang tidak berlaku"))
        }
        (None, false) => {}
    }
}
