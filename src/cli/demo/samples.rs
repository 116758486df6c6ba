//! Sample calls of a demo that can be pasted.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

#[derive(Deserialize)]
struct Persona {
    nik: String,
    code: String,
    row: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Account {
    customer_id: String,
    user_id: String,
    password: String,
}

/// The calls, with a persona of this demo.
pub(super) fn text(dir: &Path, api: SocketAddr, admin: SocketAddr) -> Result<String> {
    let personas: Vec<Persona> = read(&dir.join("personas.json"))?;
    let persona = personas.iter().find(|persona| persona.code == "01").context("personas.json names no resident")?;
    let row = |name: &str| persona.row.get(name).cloned().unwrap_or_default();
    let account: Account = read(&dir.join("clients/bank-antasari/account.json"))?;
    let verify = json!({
        "nik": persona.nik,
        "elements": {"NAMA_LGKP": row("NAMA_LGKP"), "TGL_LHR": row("TGL_LHR"), "TMPT_LHR": row("TMPT_LHR")},
    });
    let dwh = json!({
        "NIK": persona.nik, "NAMA_LGKP": row("NAMA_LGKP"), "TGL_LHR": row("TGL_LHR"), "TRESHOLD": "90",
        "user_id": account.user_id, "password": account.password, "ip_user": "127.0.0.1",
    });
    let customer = account.customer_id;
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _infallible = write!(
        text,
        "\n# a verification\n{curl} https://{api}/v1/verify \\\n  --json {verify}\n\
         \n# the same in the words of the DWH web service\n{curl} https://{api}/dukcapil/get_json/{customer}/CALL_VERIFY_BY_ELEMEN \\\n  --json {dwh}\n\
         \n# what the agreement allows\n{curl} https://{api}/v1/agreement\n\
         \n# health and figures\ncurl -s http://{admin}/readyz\n\
         \n# the audit log, checked and shown from its files alone\ngerbang audit verify --dir {audit}\ngerbang audit show --dir {audit} --json\n",
        curl = curl(dir),
        verify = quoted(&verify.to_string()),
        dwh = quoted(&dwh.to_string()),
        audit = quoted(&dir.join("audit").display().to_string()),
    );
    Ok(text)
}

fn curl(dir: &Path) -> String {
    let file = |name: &str| quoted(&dir.join(name).display().to_string());
    format!(
        "curl -s --cacert {} --cert {} --key {}",
        file("ca.pem"),
        file("clients/bank-antasari/cert.pem"),
        file("clients/bank-antasari/key.pem")
    )
}

/// A word for a POSIX shell.
fn quoted(text: &str) -> String {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("{} is not what a demo writes", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_word_survives_the_shell() {
        assert_eq!(quoted("/a/b.pem"), "/a/b.pem");
        assert_eq!(quoted("/a b"), "'/a b'");
        assert_eq!(quoted("ST. MU'MINAH"), r"'ST. MU'\''MINAH'");
        assert_eq!(quoted(""), "''");
    }
}
