//! The files of a demo for any client to use, beside those of the gateway itself.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use crate::config::{Raw, RawAudit, RawDirectory, RawFile, RawLimits, RawListen, RawTls, RawWarehouse};
use crate::disk::{self, Disk};
use crate::kernel::limits::COMMIT_INTERVAL_US;
use crate::pks::Document;
use crate::warehouse::Persona;

/// What an account is told about itself.
pub(super) struct AccountFile<'a> {
    pub(super) document: &'a Document,
    pub(super) user: &'a str,
    pub(super) password: &'a str,
}

impl AccountFile<'_> {
    /// `account.json`.
    pub(super) fn render(&self) -> Result<String> {
        let elements: Vec<Value> =
            self.document.elements.iter().map(|element| json!({"name": element.name, "rights": element.rights})).collect();
        let account = json!({
            "customer_id": self.document.lembaga.customer_id,
            "user_id": self.user,
            "password": self.password,
            "client_id": self.document.lembaga.id,
            "elements": elements,
        });
        pretty(&account)
    }
}

/// `personas.json`.
pub(super) fn personas(personas: &[Persona]) -> Result<String> {
    let list: Vec<Value> = personas
        .iter()
        .map(|persona| {
            let row: Map<String, Value> =
                persona.row.iter().map(|(elemen, value)| (elemen.name().to_owned(), Value::from(value.as_str()))).collect();
            json!({"nik": persona.nik, "code": persona.code, "note": persona.note, "row": row})
        })
        .collect();
    pretty(&Value::from(list))
}

/// `gerbang.toml`, written last: a directory with it is a finished demo.
pub(super) fn configuration(listen: RawListen) -> Result<String> {
    let raw = Raw {
        tls: RawTls {
            certificate: "keys/server.pem".into(),
            key: "keys/server.key".into(),
            client_ca: "ca.pem".into(),
            client_crls: None,
        },
        policies: RawDirectory { directory: "policies".into() },
        accounts: RawFile { file: "accounts.toml".into() },
        warehouse: RawWarehouse {
            directory: "warehouse".into(),
            cache_bytes: 64 * 1024 * 1024,
            cache_ttl_s: 300,
            max_age_days: 7,
            compact_after_deltas: 0,
            compact_rows_per_second: 100_000,
        },
        audit: RawAudit {
            directory: "audit".into(),
            pseudonym_key: "keys/pseudonym.key".into(),
            log: format!("{}/audit", listen.api),
            strangers_every_s: 60,
            commit_interval_us: COMMIT_INTERVAL_US,
        },
        listen,
        regions: None,
        honey: None,
        limits: RawLimits::default(),
    };
    toml::to_string_pretty(&raw).context("the configuration as text")
}

/// Writes a file of the demo; `private` for those with a key or a password.
pub(super) fn write(disk: &dyn Disk, path: &Path, bytes: &[u8], private: bool) -> Result<()> {
    let written = if private { disk::replace_private(disk, path, bytes) } else { disk::replace(disk, path, bytes) };
    written.with_context(|| format!("cannot write {}", path.display()))
}

fn pretty(value: &Value) -> Result<String> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    Ok(text)
}
