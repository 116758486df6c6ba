//! The clauses of the agreement proper: parties, purpose, term, elements, duties.

use super::super::document::{Document, Signatory};
use super::words;
use super::{Block, Table};

/// The blocks, from the parties to the duties.
pub(super) fn blocks(document: &Document) -> Vec<Block> {
    let mut blocks = Vec::new();
    parties(document, &mut blocks);
    heading(&mut blocks, "Pasal 2 - Tujuan pemanfaatan");
    blocks.push(sentence("Data kependudukan hanya dimanfaatkan untuk:"));
    let rows = document.purposes.iter().map(|purpose| vec![words::plain(&purpose.code), words::plain(&purpose.text)]).collect();
    blocks.push(table(&["Kode", "Tujuan"], rows));
    blocks.push(sentence(if document.purpose_required {
        "Setiap permintaan wajib menyebutkan salah satu tujuan tersebut."
    } else {
        "Permintaan boleh tidak menyebutkan tujuan; tujuan yang disebutkan harus salah satu di atas."
    }));
    term(document, &mut blocks);
    heading(&mut blocks, "Pasal 4 - Metode akses dan elemen data");
    let methods = document.methods.iter().map(|word| words::method(word)).collect::<Vec<_>>().join("; ");
    fact(&mut blocks, "Metode akses", methods);
    blocks.push(sentence("Elemen data yang dapat diakses, dengan hak untuk masing-masing:"));
    blocks.push(elements(document));
    grounds(document, &mut blocks);
    heading(&mut blocks, "Pasal 5 - Penduduk yang dapat ditanyakan");
    fact(&mut blocks, "Wilayah domisili", words::regions(&document.regions));
    fact(&mut blocks, "Status NIK diberitahukan", words::yes(document.tell_status).to_owned());
    heading(&mut blocks, "Pasal 6 - Data balikan");
    match &document.balikan {
        None => blocks.push(sentence("Tidak ada data balikan yang wajib diserahkan menurut perjanjian ini.")),
        Some(balikan) => {
            blocks.push(sentence("Pihak Kedua wajib menyerahkan data balikan."));
            fact(&mut blocks, "Isian", words::plain(&balikan.fields.join(", ")));
            fact(&mut blocks, "Waktu", words::period(balikan.period).to_owned());
        }
    }
    heading(&mut blocks, "Pasal 7 - Keadaan perjanjian");
    blocks.push(sentence(if document.suspended {
        "Perjanjian ini DITANGGUHKAN oleh Pihak Kesatu: selama penangguhan tidak ada akses."
    } else {
        "Perjanjian ini tidak sedang ditangguhkan."
    }));
    if let Some(former) = &document.supersedes {
        let text = format!(
            "Perjanjian ini mengubah dan menggantikan versi {} (sidik naskah {}).",
            former.version,
            words::plain(&former.digest)
        );
        blocks.push(Block::Sentence(text));
    }
    blocks
}

fn parties(document: &Document, blocks: &mut Vec<Block>) {
    heading(blocks, "Pasal 1 - Para pihak");
    fact(blocks, "Pihak Kesatu", words::plain(&document.office.name));
    signatory(blocks, &document.office.signatory);
    fact(blocks, "Nomor", words::plain(&document.number.office));
    fact(blocks, "Pihak Kedua", words::plain(&document.lembaga.name));
    fact(blocks, "Jenis lembaga", words::plain(&document.lembaga.kind));
    signatory(blocks, &document.lembaga.signatory);
    fact(blocks, "Nomor", words::plain(&document.number.lembaga));
}

fn signatory(blocks: &mut Vec<Block>, signatory: &Signatory) {
    fact(blocks, "Diwakili oleh", format!("{}, {}", words::plain(&signatory.name), words::plain(&signatory.title)));
}

fn term(document: &Document, blocks: &mut Vec<Block>) {
    heading(blocks, "Pasal 3 - Jangka waktu");
    let term = &document.term;
    let text = format!(
        "Berlaku sejak {} sampai dengan {}, kedua hari termasuk, menurut {}.",
        words::date_text(&term.from),
        words::date_text(&term.until),
        term.zone.word()
    );
    blocks.push(Block::Sentence(text));
}

fn elements(document: &Document) -> Block {
    let rows = document
        .elements
        .iter()
        .map(|element| {
            let rights = element.rights.iter().map(|word| words::right(word)).collect::<Vec<_>>().join(", ");
            let floor = element.threshold_min.map_or_else(|| "-".to_owned(), |floor| floor.to_string());
            vec![words::plain(&element.name), words::element(&element.name).to_owned(), rights, floor]
        })
        .collect();
    table(&["Elemen", "Arti", "Hak", "Ambang"], rows)
}

fn grounds(document: &Document, blocks: &mut Vec<Block>) {
    for element in &document.elements {
        if let Some(ground) = &element.legal_ground {
            fact(blocks, &format!("Dasar hukum {}", words::plain(&element.name)), words::plain(ground));
        }
    }
}

pub(super) fn heading(blocks: &mut Vec<Block>, text: &str) {
    blocks.push(Block::Heading(text.to_owned()));
}

pub(super) fn fact(blocks: &mut Vec<Block>, name: &str, value: String) {
    blocks.push(Block::Fact(name.to_owned(), value));
}

pub(super) fn sentence(text: &str) -> Block {
    Block::Sentence(text.to_owned())
}

pub(super) fn table(head: &[&str], rows: Vec<Vec<String>>) -> Block {
    Block::Table(Table { head: head.iter().map(|cell| (*cell).to_owned()).collect(), rows })
}
