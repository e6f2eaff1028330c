//! Identities. Ids of different spaces are different types, so one can never stand in for another.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

use crate::documents::{Cnpj, Cpf};
use crate::limits;

/// Which world a call belongs to. The two never see each other's money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Environment {
    /// `tipo_ambiente` 0: certification.
    Homologacao,
    /// `tipo_ambiente` 1: real money.
    Producao,
}

impl Environment {
    /// The wire's number.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Homologacao => 0,
            Self::Producao => 1,
        }
    }

    /// Reads the wire's number, `0` or `1`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "0" => Some(Self::Homologacao),
            "1" => Some(Self::Producao),
            _ => None,
        }
    }
}

/// One store in one environment: who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StoreId {
    /// Certification or production.
    pub environment: Environment,
    /// The company.
    pub cnpj: Cnpj,
}

impl fmt::Display for StoreId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}#{}", self.environment.code(), self.cnpj)
    }
}

impl std::str::FromStr for StoreId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let (environment, cnpj) = text.split_once('#').ok_or(NotAnId("store"))?;
        Ok(Self {
            environment: Environment::parse(environment).ok_or(NotAnId("store"))?,
            cnpj: Cnpj::parse(cnpj).ok_or(NotAnId("store"))?,
        })
    }
}

/// A stored or given text is not an id of the space it should be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {0} id")]
pub struct NotAnId(pub &'static str);

/// A bonus programme: a slug of its operator's choice, 1 to 40 of `a-z`, `0-9` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProgramId(String);

impl ProgramId {
    /// The slug.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ProgramId {
    type Error = NotAnId;

    fn try_from(text: String) -> Result<Self, NotAnId> {
        let fits = (1..=40).contains(&text.len());
        let plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if fits && plain { Ok(Self(text)) } else { Err(NotAnId("programme")) }
    }
}

impl From<ProgramId> for String {
    fn from(id: ProgramId) -> Self {
        id.0
    }
}

impl fmt::Display for ProgramId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A campaign's number, as the till knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CampaignId(pub u32);

/// A lot within its account: the sequence number of the posting that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LotId(pub u64);

/// The secret that member ids and PIN hashes are keyed with. Whoever holds only the table cannot turn an id
/// back into a CPF, though CPFs are few enough to be tried one by one.
#[derive(Clone)]
pub struct IdentityKey(Vec<u8>);

impl IdentityKey {
    /// The least number of bytes; fewer could be guessed.
    pub const MINIMUM_BYTES: usize = 32;

    /// Takes the secret; `None` when it is too short to protect anything.
    #[must_use]
    pub fn new(secret: &[u8]) -> Option<Self> {
        (secret.len() >= Self::MINIMUM_BYTES).then(|| Self(secret.to_vec()))
    }

    /// HMAC-SHA256 over the parts, each with its length in front, so that no two lists of parts coincide.
    #[must_use]
    #[allow(clippy::missing_panics_doc)]
    pub fn digest(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        #[allow(clippy::expect_used)]
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        for part in std::iter::once(&purpose.as_bytes()).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for IdentityKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("IdentityKey(***)")
    }
}

/// A member of a programme, under a pseudonym: a keyed hash of programme and CPF. Erasing a member's profile
/// leaves the money's trail without the person.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MemberId(String);

impl MemberId {
    /// The pseudonym of a CPF in a programme: 128 bits, in 22 URL-safe characters.
    #[must_use]
    pub fn derive(key: &IdentityKey, program: &ProgramId, cpf: Cpf) -> Self {
        use base64::Engine as _;
        let digest = key.digest("member", &[program.as_str().as_bytes(), cpf.expose_digits().as_bytes()]);
        Self(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&digest[..16]))
    }

    /// A pseudonym as a stored key holds it. It is not checked: only what [`MemberId::derive`] made is ever stored.
    #[must_use]
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The pseudonym.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MemberId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// What a posting is called by: the till's `IdentificadorTransacao` in one comparable form.
///
/// GUIDs compare whatever their case, braces or hyphens; any other text up to
/// [`limits::TRANSACTION_ID_CHARS`] printable ASCII characters compares as it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TransactionId(String);

impl TransactionId {
    /// Reads an id as it was sent. `None` when it is empty, too long or not printable.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(guid) = Uuid::try_parse(text) {
            return Some(Self::from_uuid(guid));
        }
        let printable = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        (!text.is_empty() && text.len() <= limits::TRANSACTION_ID_CHARS && printable).then(|| Self(text.to_owned()))
    }

    /// A GUID made by us.
    #[must_use]
    pub fn from_uuid(guid: Uuid) -> Self {
        Self(guid.hyphenated().to_string())
    }

    /// The id of a posting that no till named: the same parts always give the same id, so that a redelivery
    /// posts nothing twice (design section 4, point 4).
    #[must_use]
    pub fn derive(parts: &[&str]) -> Self {
        /// UUIDv5 namespace of derived postings, made once for this product.
        const NAMESPACE: Uuid = Uuid::from_u128(0x6b1f_4d52_0f0e_4c58_9d0a_7a3f_51c2_e8b4);
        // The unit separator cannot stand in a part, so that ["a", "bc"] and ["ab", "c"] differ.
        Self::from_uuid(Uuid::new_v5(&NAMESPACE, parts.join("\u{1f}").as_bytes()))
    }

    /// The comparable form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The kinds of posting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// `ResgatarSaldo`.
    Redeem,
    /// `GerarBonus`.
    Earn,
    /// `EstornarBonus` of a closed sale.
    Reverse,
    /// `EstornarBonus` of a redemption that has no note yet. An operation of its own: a till with one id for a whole sale
    /// may release a redemption, close the sale without it, and reverse that sale later.
    Release,
    /// A person's manual correction.
    Adjust,
    /// Money whose time is over.
    Expire,
}

impl Operation {
    /// The name that keys and logs use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Redeem => "redeem",
            Self::Earn => "earn",
            Self::Reverse => "reverse",
            Self::Release => "release",
            Self::Adjust => "adjust",
            Self::Expire => "expire",
        }
    }
}

/// The fiscal note of a sale within its store: series and number, without the leading zeros that one system
/// prints and another drops.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Note {
    /// `SerieNF`; may be empty.
    pub series: String,
    /// `DocumentoNF`.
    pub number: String,
}

impl Note {
    /// Reads a note; `None` when the number is empty, or either part is too long or not printable.
    #[must_use]
    pub fn parse(series: &str, number: &str) -> Option<Self> {
        let note = Self { series: note_part(series)?, number: note_part(number)? };
        (!note.number.is_empty()).then_some(note)
    }
}

fn note_part(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = text.len() <= limits::NOTE_CHARS && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    let stripped = text.trim_start_matches('0');
    // "000" is series zero, not no series.
    let kept = if stripped.is_empty() && !text.is_empty() { "0" } else { stripped };
    fits.then(|| kept.to_ascii_uppercase())
}

macro_rules! stored_as_text {
    ($($type:ty),+) => {$(
        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

stored_as_text!(StoreId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_compares_whatever_its_form() {
        let one = TransactionId::parse("3F2504E0-4F89-41D3-9A0C-0305E82C3301");
        assert!(one.is_some());
        for other in [
            "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
            "{3F2504E0-4F89-41D3-9A0C-0305E82C3301}",
            " 3F2504E04F8941D39A0C0305E82C3301 ",
        ] {
            assert_eq!(TransactionId::parse(other), one, "{other}");
        }
    }

    #[test]
    fn what_cannot_name_a_transaction_is_refused() {
        for text in ["", "   ", "a#b", "ação", "a b", &"x".repeat(limits::TRANSACTION_ID_CHARS + 1)] {
            assert_eq!(TransactionId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn derived_ids_depend_on_where_the_parts_end() {
        assert_ne!(TransactionId::derive(&["a", "bc"]), TransactionId::derive(&["ab", "c"]));
        assert_eq!(TransactionId::derive(&["a", "bc"]), TransactionId::derive(&["a", "bc"]));
    }

    #[test]
    fn a_note_compares_without_leading_zeros() {
        assert_eq!(Note::parse("001", "000123"), Note::parse("1", "123"));
        assert_ne!(Note::parse("", "123"), Note::parse("0", "123"));
        assert_eq!(Note::parse("1", ""), None);
    }

    #[test]
    fn the_same_person_has_unrelated_pseudonyms_in_two_programmes() {
        let key = IdentityKey::new(&[7; 32]);
        let program = |slug: &str| ProgramId::try_from(slug.to_owned()).ok();
        let cpf = Cpf::parse("11144477735");
        let derive = |slug: &str| Some(MemberId::derive(key.as_ref()?, &program(slug)?, cpf?));
        assert!(derive("rede-a").is_some());
        assert_eq!(derive("rede-a"), derive("rede-a"));
        assert_ne!(derive("rede-a"), derive("rede-b"));
    }
}
