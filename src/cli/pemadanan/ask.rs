//! Which columns are asked about, and how a row becomes a question and its result cells.

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Map, Value, json};

use super::outcome::Outcome;
use crate::kernel::Elemen;
use crate::kernel::elemen::CATALOGUE;
use crate::kernel::limits::ASKED_VALUE_BYTES_MAX;

/// What is asked of each row.
pub(super) struct Questions {
    /// The column of the NIK.
    nik: usize,
    /// The columns to compare, with their elements.
    compared: Vec<(usize, Elemen)>,
    purpose: Option<String>,
    threshold: Option<u8>,
}

impl Questions {
    /// From the names of the columns. `given` names elements of columns that do not bear their names; `wanted` narrows them down.
    pub(super) fn new(
        header: &[String],
        given: &[String],
        wanted: &[String],
        purpose: Option<String>,
        threshold: Option<u8>,
    ) -> Result<Self> {
        let mut elements: Vec<Option<Elemen>> = header.iter().map(|name| element(name)).collect();
        for pair in given {
            let (column, name) = pair.split_once('=').with_context(|| format!("--columns {pair}: not COLUMN=ELEMENT"))?;
            let place = header.iter().position(|own| own == column.trim());
            let place = place.with_context(|| format!("--columns {pair}: the table has no column {column}"))?;
            let named = element(name).with_context(|| format!("--columns {pair}: {name} is no element"))?;
            for (other, own) in elements.iter_mut().enumerate() {
                if other == place {
                    *own = Some(named);
                } else if *own == Some(named) {
                    // What is given goes before what a name suggests.
                    *own = None;
                }
            }
        }
        for (place, own) in elements.iter().enumerate().filter_map(|(place, own)| Some((place, (*own)?))) {
            let twice = elements.iter().skip(place + 1).any(|other| *other == Some(own));
            ensure!(!twice, "two columns hold {own}: say by --columns which of them is meant");
        }
        let nik = elements.iter().position(|own| *own == Some(Elemen::Nik)).context("the table has no column NIK")?;
        let mut compared: Vec<(usize, Elemen)> = elements
            .into_iter()
            .enumerate()
            .filter_map(|(place, own)| Some((place, own.filter(|own| *own != Elemen::Nik)?)))
            .collect();
        if !wanted.is_empty() {
            let wanted: Vec<Elemen> = wanted
                .iter()
                .map(|name| element(name).with_context(|| format!("--elements: {name} is no element")))
                .collect::<Result<_>>()?;
            if let Some(missing) = wanted.iter().find(|own| !compared.iter().any(|(_, other)| other == *own)) {
                bail!("--elements: the table has no column {missing}");
            }
            compared.retain(|(_, own)| wanted.contains(own));
        }
        ensure!(!compared.is_empty(), "the table has no column with an element to compare");
        Ok(Self { nik, compared, purpose, threshold })
    }

    /// All that decides what is asked, as text: a run may go on only where it is the same.
    pub(super) fn text(&self) -> String {
        let compared: Vec<String> = self.compared.iter().map(|(place, own)| format!("{place}={own}")).collect();
        json!({"nik": self.nik, "compared": compared, "purpose": self.purpose, "threshold": self.threshold}).to_string()
    }

    /// The line to be asked about a row; in words why there is none.
    pub(super) fn line(&self, cells: &[String]) -> Result<String, &'static str> {
        let cell = |place: usize| cells.get(place).map_or("", |cell| cell.trim());
        let mut elements = Map::new();
        for (place, own) in &self.compared {
            let value = cell(*place);
            if value.len() > ASKED_VALUE_BYTES_MAX {
                return Err("a value is longer than 512 bytes");
            }
            if !value.is_empty() {
                elements.insert(own.name().to_owned(), Value::from(value));
            }
        }
        if elements.is_empty() {
            return Err("no value to compare");
        }
        if cell(self.nik).len() > ASKED_VALUE_BYTES_MAX {
            return Err("a value is longer than 512 bytes");
        }
        let mut line = json!({"nik": cell(self.nik), "elements": elements});
        if let Value::Object(line) = &mut line {
            line.extend(self.purpose.as_ref().map(|purpose| ("purpose".to_owned(), Value::from(purpose.as_str()))));
            line.extend(self.threshold.map(|threshold| ("threshold".to_owned(), Value::from(threshold))));
        }
        Ok(line.to_string())
    }

    /// The names of the result columns.
    pub(super) fn result_header(&self) -> Vec<String> {
        let mut names = vec!["KODE".to_owned(), "KETERANGAN".to_owned()];
        for (_, own) in &self.compared {
            names.push(format!("HASIL_{own}"));
            if own.scored() {
                names.push(format!("SKOR_{own}"));
            }
        }
        names
    }

    /// The result cells of a row.
    pub(super) fn result_cells(&self, outcome: &Outcome) -> Vec<String> {
        let mut cells = vec![outcome.code.clone(), outcome.text.clone()];
        for (_, own) in &self.compared {
            let result = outcome.results.get(own.name());
            cells.push(result.map_or("", |(matched, _)| if *matched { "SESUAI" } else { "TIDAK SESUAI" }).to_owned());
            if own.scored() {
                cells.push(result.and_then(|(_, score)| *score).map_or_else(String::new, |score| score.to_string()));
            }
        }
        cells
    }
}

/// The element that a column's name tells: DWH or SIAK spelling, in any case, blanks for underscores.
fn element(name: &str) -> Option<Elemen> {
    let name = name.trim().to_ascii_uppercase().replace([' ', '-'], "_");
    CATALOGUE.iter().find(|entry| entry.name == name || entry.siak == name).map(|entry| entry.elemen)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn columns_are_known_by_dwh_and_siak_names_and_what_is_given() {
        let header = texts(&["No", "nik", "Nama Lgkp", "STAT_KWN", "Tanggal"]);
        let questions = Questions::new(&header, &texts(&["Tanggal=TGL_LHR"]), &[], Some("kyc".to_owned()), Some(80)).unwrap();
        let line = questions.line(&texts(&["1", " 6305 ", "SITI", "", "1985-07-05"])).unwrap();
        let expected =
            json!({"nik": "6305", "elements": {"NAMA_LGKP": "SITI", "TGL_LHR": "1985-07-05"}, "purpose": "kyc", "threshold": 80});
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), expected);
        assert_eq!(
            questions.result_header(),
            ["KODE", "KETERANGAN", "HASIL_NAMA_LGKP", "SKOR_NAMA_LGKP", "HASIL_STATUS_KAWIN", "HASIL_TGL_LHR"]
        );
        let narrow = Questions::new(&header, &[], &texts(&["nama_lgkp"]), None, None).unwrap();
        assert_eq!(narrow.result_header().len(), 4);
        assert!(narrow.line(&texts(&["1", "6305", " ", "X", "Y"])).is_err(), "nothing to compare");
    }

    #[test]
    fn what_is_unclear_is_refused() {
        let header = texts(&["NIK", "STAT_KWN", "STATUS_KAWIN"]);
        let told = |header: &[String], given: &[&str], wanted: &[&str]| {
            Questions::new(header, &texts(given), &texts(wanted), None, None).err().unwrap().to_string()
        };
        assert!(told(&header, &[], &[]).contains("two columns hold STATUS_KAWIN"));
        assert!(Questions::new(&header, &texts(&["STAT_KWN=STATUS_KAWIN"]), &[], None, None).is_ok());
        assert!(told(&texts(&["AGAMA"]), &[], &[]).contains("no column NIK"));
        assert!(told(&texts(&["NIK", "x"]), &[], &[]).contains("to compare"));
        assert!(told(&texts(&["NIK", "AGAMA"]), &["y=AGAMA"], &[]).contains("no column y"));
        assert!(told(&texts(&["NIK", "AGAMA"]), &["AGAMA"], &[]).contains("COLUMN=ELEMENT"));
        assert!(told(&texts(&["NIK", "AGAMA"]), &["AGAMA=z"], &[]).contains("no element"));
        assert!(told(&texts(&["NIK", "AGAMA"]), &[], &["ALAMAT"]).contains("no column ALAMAT"));
    }
}
