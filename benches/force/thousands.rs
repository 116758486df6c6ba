//! A house with thousands of signed agreements, each with all elements.

use gerbang::disk::RealDisk;
use gerbang::kernel::{Clock as _, Elemen};
use gerbang::pks::{ElementText, template};

use crate::support::House;
use crate::support::asks::BANK;

/// Signs this many agreements beside the three of the house, and puts them in force.
pub(crate) fn sign(house: &House, count: u32) {
    let policies = house.path("policies");
    for number in 0..count {
        let mut document = template(BANK).expect("the bank's template");
        document.lembaga.id = id(number);
        document.lembaga.name = format!("Lembaga {number}");
        document.lembaga.customer_id = format!("{:015}", 900_000_000_000_000 + u64::from(number));
        document.number.lembaga = format!("PKS/{number}/2026");
        document.elements = Elemen::all().map(element).collect();
        house.signatories.conclude(&RealDisk, &policies, &mut document, house.clock.now()).expect("signed");
    }
    house.reload();
}

/// The id of one of them.
pub(crate) fn id(number: u32) -> String {
    format!("lembaga-{number:05}")
}

fn element(elemen: Elemen) -> ElementText {
    let mut rights = vec!["verify".to_owned(), "read".to_owned()];
    rights.extend(elemen.scored().then(|| "score".to_owned()));
    ElementText {
        name: elemen.name().to_owned(),
        rights,
        threshold_min: elemen.scored().then_some(80),
        legal_ground: Some("UU 8/2016 Pasal 22".to_owned()).filter(|_| elemen.name() == "PNYDNG_CCT"),
    }
}
