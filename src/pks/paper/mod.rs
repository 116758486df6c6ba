//! The agreement and its Juknis (technical annex) as a document for people, in Indonesian: every clause of a `pks.json` in words.
//!
//! One list of blocks, three forms: text for a terminal, HTML, PDF. Nothing of the document is left out, save the digest of the paper:
//! this may be that paper. Characters that steer a terminal or turn the direction of writing are shown as U+FFFD.

mod clauses;
mod fonts;
mod html;
mod juknis;
mod layout;
mod pdf;
mod text;
pub(super) mod words;

use super::document::Document;
use super::fault::PksFault;
use super::verified::VerifiedPks;

/// A document for people.
pub struct Paper {
    /// Lines above everything else, the first being what kind of document it is.
    title: Vec<String>,
    blocks: Vec<Block>,
}

/// A piece of a paper, from top to bottom.
enum Block {
    /// Begins a part of its own, on a new page.
    Part(String),
    Heading(String),
    Sentence(String),
    /// A fact with its name.
    Fact(String, String),
    Table(Table),
}

/// Rows of cells under a head; all of one length.
struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Paper {
    /// The paper of a document, signed or not, sensible or not.
    #[must_use]
    pub fn of(document: &Document) -> Self {
        let mut blocks = clauses::blocks(document);
        blocks.extend(juknis::blocks(document));
        let title = vec![
            "PERJANJIAN KERJA SAMA".to_owned(),
            format!("antara {}", words::plain(&document.office.name)),
            format!("dan {}", words::plain(&document.lembaga.name)),
            "tentang pemanfaatan NIK dan data kependudukan".to_owned(),
            format!("Nomor {} / {}", words::plain(&document.number.office), words::plain(&document.number.lembaga)),
            format!("Versi {}", document.version),
        ];
        Self { title, blocks }
    }

    /// The same with a line under its title: that it is a draft, an example, not in force.
    #[must_use]
    pub fn with_note(mut self, note: &str) -> Self {
        self.title.push(words::plain(note));
        self
    }

    /// The same with who signed it, when, and by which certificate.
    #[must_use]
    pub fn with_signers(mut self, pks: &VerifiedPks) -> Self {
        self.blocks.push(Block::Part("PENGESAHAN".to_owned()));
        self.blocks.push(Block::Sentence("Ditandatangani secara elektronik oleh kedua pihak.".to_owned()));
        for signer in pks.signers() {
            let zone = pks.agreement().term.zone;
            let moment = format!("{} {} {}", words::date(zone.date(signer.signed_at)), zone.time(signer.signed_at), zone.word());
            self.blocks.push(Block::Fact(words::party(signer.party).to_owned(), words::plain(&signer.name)));
            self.blocks.push(Block::Fact("Waktu tanda tangan".to_owned(), moment));
            self.blocks.push(Block::Fact("Sertifikat (SHA-256)".to_owned(), crate::kernel::to_hex(signer.certificate.digest())));
        }
        self.blocks.push(Block::Fact("Sidik naskah (SHA-256)".to_owned(), crate::kernel::to_hex(pks.digest())));
        self.blocks
            .push(Block::Fact("Sidik naskah kertas (SHA-256)".to_owned(), crate::kernel::to_hex(&pks.agreement().paper_sha256)));
        self
    }

    /// As text, lines of at most 100 characters where words allow.
    #[must_use]
    pub fn text(&self) -> String {
        text::write(self)
    }

    /// As one HTML page that loads nothing from elsewhere.
    #[must_use]
    pub fn html(&self) -> String {
        html::write(self)
    }

    /// As PDF 1.4 on A4, in the reader's own Helvetica. Refuses characters which that font lacks, for a contract must not lose any.
    pub fn pdf(&self) -> Result<Vec<u8>, PksFault> {
        pdf::write(self)
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
