//! PKCS#11 URIs (RFC 7512), as far as they name one private key: `pkcs11:token=Kantor;object=ttd?module-path=/usr/lib/x.so`.
//!
//! Refused: an attribute that is not understood here, one that comes twice, `pin-value` (a PIN on a command line is read by everyone
//! on the machine), and a URI that names neither an object nor an id, or no module.

use std::path::PathBuf;

/// Where a private key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenUri {
    /// The label of the token; any token where left out, if there is but one.
    pub token: Option<String>,
    /// The label of the key.
    pub object: Option<String>,
    /// The id of the key.
    pub id: Option<Vec<u8>>,
    /// The module that speaks to the token.
    pub module_path: PathBuf,
    /// A file with the PIN.
    pub pin_source: Option<PathBuf>,
}

/// Why a text names no key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the PKCS#11 URI {what}")]
pub struct UriFault {
    what: String,
}

/// The scheme of these URIs.
const SCHEME: &str = "pkcs11:";

impl TokenUri {
    /// Whether a text is meant as such a URI, rather than as the path of a file.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(SCHEME)
    }

    /// Reads a URI.
    pub fn parse(text: &str) -> Result<Self, UriFault> {
        let rest = text.strip_prefix(SCHEME).ok_or_else(|| fault("must begin with pkcs11:"))?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (mut token, mut object, mut id, mut module, mut pin) = (None, None, None, None, None);
        let pairs = path.split(';').filter(|pair| !pair.is_empty()).map(|pair| (false, pair));
        for (in_query, pair) in pairs.chain(query.split('&').filter(|pair| !pair.is_empty()).map(|pair| (true, pair))) {
            let (name, value) = pair.split_once('=').ok_or_else(|| fault("has an attribute without a value"))?;
            let bytes = decoded(value)?;
            let place = match (name, in_query) {
                ("token", false) => &mut token,
                ("object", false) => &mut object,
                ("id", false) => &mut id,
                ("type", false) if bytes == b"private" => continue,
                ("module-path", true) => &mut module,
                ("pin-source", true) => &mut pin,
                ("pin-value", true) => return Err(fault("must not hold the PIN: name a file by pin-source")),
                _ => return Err(fault(&format!("has an attribute that is not understood here: {name}"))),
            };
            if place.replace(bytes).is_some() {
                return Err(fault(&format!("has the attribute {name} twice")));
            }
        }
        if object.is_none() && id.is_none() {
            return Err(fault("names no key: add object=LABEL or id=%01"));
        }
        let text_of = |bytes: Option<Vec<u8>>| bytes.map(|b| String::from_utf8(b).map_err(|_| fault("is not UTF-8"))).transpose();
        let module_path = text_of(module)?.ok_or_else(|| fault("names no module: add ?module-path=/path/of/the/module.so"))?;
        // RFC 7512 lets a file be named as a URI too.
        let pin_source = text_of(pin)?.map(|path| PathBuf::from(path.strip_prefix("file:").unwrap_or(&path)));
        Ok(Self { token: text_of(token)?, object: text_of(object)?, id, module_path: module_path.into(), pin_source })
    }
}

fn fault(what: &str) -> UriFault {
    UriFault { what: what.to_owned() }
}

/// Bytes with `%XX` put back.
fn decoded(text: &str) -> Result<Vec<u8>, UriFault> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes().iter();
    while let Some(byte) = rest.next() {
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let mut digit =
            || rest.next().and_then(|byte| char::from(*byte).to_digit(16)).ok_or_else(|| fault("has a % without two digits"));
        let value = digit()? * 16 + digit()?;
        bytes.push(u8::try_from(value).unwrap_or_default());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_one_key() {
        let uri = TokenUri::parse(
            "pkcs11:token=Kantor%20Dinas;object=ttd;type=private?module-path=/usr/lib/x.so&pin-source=file:/run/pin",
        );
        assert_eq!(
            uri,
            Ok(TokenUri {
                token: Some("Kantor Dinas".into()),
                object: Some("ttd".into()),
                id: None,
                module_path: "/usr/lib/x.so".into(),
                pin_source: Some("/run/pin".into()),
            })
        );
        assert_eq!(TokenUri::parse("pkcs11:id=%01%fF?module-path=m").unwrap().id, Some(vec![1, 255]));
    }

    #[test]
    fn refuses_what_names_no_key_or_tells_a_pin() {
        for (text, what) in [
            ("/etc/key.pem", "begin"),
            ("pkcs11:?module-path=m", "names no key"),
            ("pkcs11:object=a", "names no module"),
            ("pkcs11:object=a;object=b?module-path=m", "twice"),
            ("pkcs11:object=a?module-path=m&pin-value=1234", "must not hold the PIN"),
            ("pkcs11:object=%4?module-path=m", "two digits"),
            ("pkcs11:object=%zz?module-path=m", "two digits"),
            ("pkcs11:colour=red;object=a?module-path=m", "colour"),
            ("pkcs11:object?module-path=m", "without a value"),
            ("pkcs11:object=a;type=public?module-path=m", "type"),
        ] {
            let fault = TokenUri::parse(text).err().unwrap().to_string();
            assert!(fault.contains(what) && !fault.contains("1234"), "{text}: {fault}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "pkcs11:[a-z;?&=%0-9]{0,40}") {
            let _either = TokenUri::parse(&text);
        }
    }
}
