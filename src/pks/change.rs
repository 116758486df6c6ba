//! What a new version gives and takes, element by element and limit by limit.
//!
//! Two documents are compared as they are written, so that drafts can be; every field is told of, save white space and order.
//! *Gives* is more access for the lembaga, *takes* is less (or a duty more), and what is neither is a change.

use std::collections::BTreeMap;
use std::fmt;

use super::document::{Document, ElementText, RegionsText, Signatory};
use super::paper::words;

/// Which way a change goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// More for the lembaga.
    Gives,
    /// Less for the lembaga, or one duty more.
    Takes,
    /// Neither.
    Changes,
}

impl Way {
    /// The word for it in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Gives => "gives",
            Self::Takes => "takes",
            Self::Changes => "changes",
        }
    }

    const fn sign(self) -> char {
        match self {
            Self::Gives => '+',
            Self::Takes => '-',
            Self::Changes => '~',
        }
    }

    /// More is given, less is taken.
    fn of<T: PartialOrd>(old: &T, new: &T) -> Self {
        if new > old { Self::Gives } else { Self::Takes }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which way it goes.
    pub way: Way,
    /// What it is about: an element's name, or a field in Indonesian words.
    pub about: String,
    /// What was, and what is, in Indonesian.
    pub sentence: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.way.sign(), self.about, self.sentence)
    }
}

/// Everything in which `new` differs from `old`; empty where they say the same.
#[must_use]
pub fn changes(old: &Document, new: &Document) -> Vec<Change> {
    let mut list = Changes(Vec::new());
    list.parties(old, new);
    list.term(old, new);
    list.elements(old, new);
    list.limits(old, new);
    list.admission(old, new);
    list.duties(old, new);
    list.0
}

struct Changes(Vec<Change>);

impl Changes {
    fn add(&mut self, way: Way, about: &str, sentence: String) {
        self.0.push(Change { way, about: words::plain(about), sentence: words::plain(&sentence) });
    }

    /// A text that became another.
    fn text(&mut self, about: &str, old: &str, new: &str) {
        if old != new {
            self.add(Way::Changes, about, format!("{old:?} menjadi {new:?}"));
        }
    }

    /// Words of a list that came and went.
    fn lists(&mut self, about: &str, old: &[String], new: &[String], more: Way) {
        let less = if more == Way::Gives { Way::Takes } else { Way::Gives };
        for word in new.iter().filter(|word| !old.contains(word)) {
            self.add(more, about, format!("ditambah {word}"));
        }
        for word in old.iter().filter(|word| !new.contains(word)) {
            self.add(less, about, format!("dihapus {word}"));
        }
    }

    /// A switch; `gives` is what turning it on means for the lembaga.
    fn switch(&mut self, about: &str, old: bool, new: bool, gives: bool) {
        if old != new {
            let way = if new == gives { Way::Gives } else { Way::Takes };
            self.add(way, about, format!("{} menjadi {}", words::yes(old), words::yes(new)));
        }
    }

    fn parties(&mut self, old: &Document, new: &Document) {
        self.text("bentuk naskah", &old.format, &new.format);
        self.text("nomor Pihak Kesatu", &old.number.office, &new.number.office);
        self.text("nomor Pihak Kedua", &old.number.lembaga, &new.number.lembaga);
        if old.version != new.version {
            self.add(Way::Changes, "versi", format!("{} menjadi {}", old.version, new.version));
        }
        if old.supersedes != new.supersedes {
            let words = |document: &Document| {
                document
                    .supersedes
                    .as_ref()
                    .map_or_else(|| "tidak ada".to_owned(), |f| format!("versi {} ({})", f.version, f.digest))
            };
            self.add(Way::Changes, "versi yang digantikan", format!("{} menjadi {}", words(old), words(new)));
        }
        self.text("nama Pihak Kesatu", &old.office.name, &new.office.name);
        self.signatory("wakil Pihak Kesatu", &old.office.signatory, &new.office.signatory);
        self.text("nama Pihak Kedua", &old.lembaga.name, &new.lembaga.name);
        self.text("jenis lembaga", &old.lembaga.kind, &new.lembaga.kind);
        self.signatory("wakil Pihak Kedua", &old.lembaga.signatory, &new.lembaga.signatory);
        self.text("kode lembaga", &old.lembaga.id, &new.lembaga.id);
        self.text("customer id DWH", &old.lembaga.customer_id, &new.lembaga.customer_id);
        self.text("sidik naskah kertas", &old.paper_sha256, &new.paper_sha256);
    }

    fn signatory(&mut self, about: &str, old: &Signatory, new: &Signatory) {
        let words = |s: &Signatory| format!("{}, {}", s.name, s.title);
        self.text(about, &words(old), &words(new));
    }

    fn term(&mut self, old: &Document, new: &Document) {
        if old.term.from != new.term.from {
            // Dates of this form are in the order of their text.
            let way = Way::of(&new.term.from, &old.term.from);
            self.add(
                way,
                "hari pertama",
                format!("{} menjadi {}", words::date_text(&old.term.from), words::date_text(&new.term.from)),
            );
        }
        if old.term.until != new.term.until {
            let way = Way::of(&old.term.until, &new.term.until);
            let sentence = format!("{} menjadi {}", words::date_text(&old.term.until), words::date_text(&new.term.until));
            self.add(way, "hari terakhir", sentence);
        }
        self.text("zona waktu", old.term.zone.word(), new.term.zone.word());
        self.switch("ditangguhkan", old.suspended, new.suspended, false);
    }

    fn elements(&mut self, old: &Document, new: &Document) {
        let by_name = |document: &Document| -> BTreeMap<String, ElementText> {
            document.elements.iter().map(|element| (element.name.clone(), element.clone())).collect()
        };
        let (before, after) = (by_name(old), by_name(new));
        let rights = |element: &ElementText| element.rights.iter().map(|word| words::right(word)).collect::<Vec<_>>().join(", ");
        for (name, element) in &before {
            if !after.contains_key(name) {
                self.add(Way::Takes, name, format!("elemen dihapus (hak: {})", rights(element)));
            }
        }
        for (name, element) in &after {
            match before.get(name) {
                None => {
                    let floor = element.threshold_min.map_or_else(String::new, |floor| format!(", ambang {floor}"));
                    self.add(Way::Gives, name, format!("elemen ditambah (hak: {}{floor})", rights(element)));
                }
                Some(former) => self.element(name, former, element),
            }
        }
    }

    fn element(&mut self, name: &str, old: &ElementText, new: &ElementText) {
        for right in new.rights.iter().filter(|right| !old.rights.contains(right)) {
            self.add(Way::Gives, name, format!("hak {} diberikan", words::right(right)));
        }
        for right in old.rights.iter().filter(|right| !new.rights.contains(right)) {
            self.add(Way::Takes, name, format!("hak {} dicabut", words::right(right)));
        }
        if old.threshold_min != new.threshold_min {
            let floor = |floor: Option<u8>| floor.map_or_else(|| "tidak ada".to_owned(), |floor| floor.to_string());
            let way = match (old.threshold_min, new.threshold_min) {
                (Some(old), Some(new)) => Way::of(&new, &old),
                _ => Way::Changes,
            };
            self.add(way, name, format!("ambang {} menjadi {}", floor(old.threshold_min), floor(new.threshold_min)));
        }
        let ground = |element: &ElementText| element.legal_ground.clone().unwrap_or_else(|| "tidak ada".to_owned());
        self.text(&format!("dasar hukum {name}"), &ground(old), &ground(new));
    }

    fn limits(&mut self, old: &Document, new: &Document) {
        self.lists("metode akses", &old.methods, &new.methods, Way::Gives);
        let quota = (&old.quota, &new.quota);
        for (about, before, after) in [
            ("kuota NIK per hari", quota.0.per_day, quota.1.per_day),
            ("permintaan per detik", quota.0.per_second.into(), quota.1.per_second.into()),
            ("permintaan sekaligus", quota.0.burst.into(), quota.1.burst.into()),
        ] {
            if before != after {
                let sentence = format!("{} menjadi {}", words::number(before), words::number(after));
                self.add(Way::of(&before, &after), about, sentence);
            }
        }
        let (then, now) = (old.guessing.unwrap_or_default(), new.guessing.unwrap_or_default());
        for (about, before, after) in [
            ("tebakan salah per hari", u32::from(then.wrong_per_day), u32::from(now.wrong_per_day)),
            ("NIK berurutan per hari", then.consecutive, now.consecutive),
            ("nilai sama per jam", then.same_value_per_hour, now.same_value_per_hour),
            ("perubahan nilai kemiripan per hari", then.score_changes.into(), now.score_changes.into()),
        ] {
            if before != after {
                self.add(Way::of(&before, &after), about, format!("{before} menjadi {after}"));
            }
        }
        if then.brake_minutes != now.brake_minutes {
            let sentence = format!("{} menjadi {}", then.brake_minutes, now.brake_minutes);
            self.add(Way::of(&now.brake_minutes, &then.brake_minutes), "menit penghentian", sentence);
        }
        if old.hours != new.hours {
            let way = match (&old.hours, &new.hours) {
                (None, Some(_)) => Way::Takes,
                (Some(_), None) => Way::Gives,
                _ => Way::Changes,
            };
            self.add(
                way,
                "jam akses",
                format!("{} menjadi {}", words::hours(old.hours.as_ref()), words::hours(new.hours.as_ref())),
            );
        }
        match (&old.regions, &new.regions) {
            (before, after) if before == after => {}
            (RegionsText::List(before), RegionsText::List(after)) => self.lists("wilayah", before, after, Way::Gives),
            (before, after) => {
                let way = match (before, after) {
                    (_, RegionsText::Word(word)) if word == "all" => Way::Gives,
                    (RegionsText::Word(word), _) if word == "all" => Way::Takes,
                    _ => Way::Changes,
                };
                self.add(way, "wilayah", format!("{} menjadi {}", words::regions(before), words::regions(after)));
            }
        }
        let own =
            |document: &Document| document.dwh_methods.clone().map_or_else(Default::default, |own| (own.verify, own.retrieve));
        let ((verify, retrieve), (verify_after, retrieve_after)) = (own(old), own(new));
        self.lists("nama metode verifikasi DWH", &verify, &verify_after, Way::Gives);
        self.lists("nama metode pengambilan DWH", &retrieve, &retrieve_after, Way::Gives);
    }

    fn admission(&mut self, old: &Document, new: &Document) {
        self.lists("jaringan", &old.networks, &new.networks, Way::Gives);
        match (old.certificates.is_empty(), new.certificates.is_empty()) {
            (true, false) => {
                let sentence = format!("setiap sertifikat lembaga menjadi hanya {} sertifikat", new.certificates.len());
                self.add(Way::Takes, "sertifikat klien", sentence);
            }
            (false, true) => self.add(Way::Gives, "sertifikat klien", "menjadi setiap sertifikat lembaga".to_owned()),
            _ => self.lists("sertifikat klien", &old.certificates, &new.certificates, Way::Gives),
        }
        let before = (old.password_without_certificate, old.operator_card, old.tell_status);
        let after = (new.password_without_certificate, new.operator_card, new.tell_status);
        self.switch("kata sandi tanpa sertifikat", before.0, after.0, true);
        self.switch("kartu petugas wajib", before.1, after.1, false);
        self.switch("status NIK diberitahukan", before.2, after.2, true);
    }

    fn duties(&mut self, old: &Document, new: &Document) {
        let purposes = |document: &Document| document.purposes.iter().map(|p| p.code.clone()).collect::<Vec<_>>();
        self.lists("tujuan", &purposes(old), &purposes(new), Way::Gives);
        for purpose in &new.purposes {
            if let Some(former) = old.purposes.iter().find(|former| former.code == purpose.code) {
                self.text(&format!("tujuan {}", purpose.code), &former.text, &purpose.text);
            }
        }
        self.switch("tujuan wajib disebut", old.purpose_required, new.purpose_required, false);
        match (&old.balikan, &new.balikan) {
            (None, None) => {}
            (None, Some(owed)) => {
                let sentence = format!("wajib diserahkan: {}, {}", owed.fields.join(", "), words::period(owed.period));
                self.add(Way::Takes, "data balikan", sentence);
            }
            (Some(_), None) => self.add(Way::Gives, "data balikan", "tidak lagi wajib".to_owned()),
            (Some(before), Some(after)) => {
                self.lists("data balikan", &before.fields, &after.fields, Way::Takes);
                if before.period != after.period {
                    let sentence = format!("{} menjadi {}", words::period(before.period), words::period(after.period));
                    self.add(Way::Changes, "waktu data balikan", sentence);
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "change_tests.rs"]
mod tests;
