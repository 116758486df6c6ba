//! Agreements to begin with: those of the three lembaga that `demo` and the repository's `policies/` show.
//!
//! Names of persons and all numbers in them are invented. The paper's digest is zero: whoever signs sets it, and the term.

use super::document::Document;
use super::fault::PksFault;

const TEMPLATES: [(&str, &str); 3] = [
    ("bank-antasari", include_str!("templates/bank-antasari.json")),
    ("rsud-tapin", include_str!("templates/rsud-tapin.json")),
    ("dinsos-tapin", include_str!("templates/dinsos-tapin.json")),
];

/// The lembaga that have a template.
pub fn template_names() -> impl Iterator<Item = &'static str> {
    TEMPLATES.iter().map(|(name, _)| *name)
}

/// The template of a lembaga.
pub fn template(lembaga: &str) -> Result<Document, PksFault> {
    match TEMPLATES.iter().find(|(name, _)| *name == lembaga) {
        Some((_, text)) => {
            Document::read(text.as_bytes()).map_err(|faults| faults.into_iter().next().unwrap_or_else(|| PksFault::new("", "")))
        }
        None => Err(PksFault::new("", format!("tidak ada templat untuk {lembaga:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_makes_sense() {
        for name in template_names() {
            let agreement = template(name).map_err(|f| vec![f]).and_then(|document| document.parse());
            assert_eq!(agreement.map(|a| a.lembaga_id.as_str().to_owned()), Ok(name.to_owned()));
        }
    }
}
