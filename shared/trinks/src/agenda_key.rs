//! Keys of the agenda: who may book, and for which store.
//!
//! A key looks like `agenda_<id>_<secret>` and is stored as its SHA-256 only. It is looked up on every call, so a revoked
//! one stops at once.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ponte_domain::ids::StoreId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What every key begins with.
const PREFIX: &str = "agenda_";
/// Bytes of a key's id.
const ID_BYTES: usize = 8;
/// Longest key that is looked at: ours have 67 characters.
const KEY_CHARS: usize = 200;

/// A key as it is stored at `keys::agenda_key`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgendaKey {
    /// Its public part.
    pub id: String,
    /// Who or what it is for.
    pub name: String,
    /// The store it books for.
    pub store: StoreId,
    /// SHA-256 of the whole key. A key has 256 random bits, so a plain hash cannot be turned back.
    pub sha256: [u8; 32],
    /// When it was made.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: Timestamp,
    /// When it was revoked.
    #[serde(with = "jiff::fmt::serde::timestamp::second::optional", default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

impl AgendaKey {
    /// Whether this hash is of this key, compared in constant time, and the key stands.
    #[must_use]
    pub fn accepts(&self, sha256: &[u8; 32]) -> bool {
        bool::from(self.sha256.ct_eq(sha256)) && self.revoked_at.is_none()
    }
}

/// The id and the secret of a key; `None` for anything of another shape.
#[must_use]
pub fn parse_key(text: &str) -> Option<(&str, &str)> {
    if text.len() > KEY_CHARS {
        return None;
    }
    let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
    (is_key_id(id) && !secret.is_empty()).then_some((id, secret))
}

/// Whether a text has the shape of a key's id: 16 digits of lower-case hexadecimal.
#[must_use]
pub fn is_key_id(id: &str) -> bool {
    id.len() == 2 * ID_BYTES && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// SHA-256 of a whole key.
#[must_use]
pub fn sha256_of(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// A new key's id and the whole key, out of random bytes.
#[must_use]
pub fn new_key(id_bytes: [u8; 8], secret_bytes: [u8; 32]) -> (String, String) {
    let mut id = String::with_capacity(2 * ID_BYTES);
    for byte in id_bytes {
        // Writing to a String cannot fail.
        let _ = write!(id, "{byte:02x}");
    }
    let key = format!("{PREFIX}{id}_{}", URL_SAFE_NO_PAD.encode(secret_bytes));
    (id, key)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_new_key_names_its_id_and_its_secret() {
        let (id, key) = new_key([0xab; 8], [7; 32]);
        let (found, secret) = parse_key(&key).unwrap();
        assert_eq!((found, secret.len(), key.len()), (id.as_str(), 43, 67));
    }

    #[test]
    fn what_has_another_shape_is_no_key() {
        let long = format!("agenda_00112233445566aa_{}", "x".repeat(KEY_CHARS));
        for text in [
            "",
            "agenda_",
            "agenda_short_x",
            "agenda_00112233445566AA_x",
            "agenda_00112233445566aa_",
            "ponte_00112233445566aa_x",
            &long,
        ] {
            assert_eq!(parse_key(text), None, "{text}");
        }
    }

    #[test]
    fn only_the_whole_key_is_accepted_and_never_a_revoked_one() {
        let store = "0#11222333000181".parse().unwrap();
        let mut known = AgendaKey {
            id: "00112233445566aa".into(),
            name: "chatbot".into(),
            store,
            sha256: sha256_of("agenda_00112233445566aa_secret"),
            created_at: Timestamp::UNIX_EPOCH,
            revoked_at: None,
        };
        assert!(known.accepts(&sha256_of("agenda_00112233445566aa_secret")));
        assert!(!known.accepts(&sha256_of("agenda_00112233445566aa_other")));
        known.revoked_at = Some(Timestamp::UNIX_EPOCH);
        assert!(!known.accepts(&sha256_of("agenda_00112233445566aa_secret")));
    }
}
