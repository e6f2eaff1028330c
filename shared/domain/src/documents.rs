//! CPF and CNPJ: a value of these types exists only if its check digits are right.

use std::fmt;

use crate::written_id::WrittenId;

/// A person's CPF: eleven digits with valid check digits.
///
/// `Debug` and `Display` show only the last two digits, so it cannot leak by being logged.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cpf([u8; 11]);

impl Cpf {
    /// Reads a CPF as text: eleven bare digits, or `ddd.ddd.ddd-dd`. `None` for anything else, be it one digit less: what
    /// was lost from a text nobody can know.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut digits: [u8; 11] = unpunctuated(text.trim(), b"ddd.ddd.ddd-dd")?;
        for digit in &mut digits {
            *digit = digit.is_ascii_digit().then(|| *digit - b'0')?;
        }
        let first = check_digit(&digits[..9], 11);
        let second = check_digit(&digits[..10], 11);
        let all_equal = digits.iter().all(|digit| *digit == digits[0]);
        (digits[9] == first && digits[10] == second && !all_equal).then_some(Self(digits))
    }

    /// Reads a CPF as a system sent it: a JSON number may have lost its leading zeros, a text has all its digits.
    #[must_use]
    pub fn from_written(written: &WrittenId) -> Option<Self> {
        Self::parse(&written.padded(11))
    }

    /// The eleven digits, for keys, storage and the wire. Never for logs.
    #[must_use]
    pub fn expose_digits(&self) -> String {
        self.0.iter().map(|digit| char::from(b'0' + digit)).collect()
    }
}

impl fmt::Debug for Cpf {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "***.***.***-{}{}", self.0[9], self.0[10])
    }
}

impl fmt::Display for Cpf {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, out)
    }
}

/// A store's CNPJ: fourteen characters with valid check digits; twelve may be letters (the alphanumeric
/// CNPJ in force since July 2026). A company's number is public, so it prints in full.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cnpj([u8; 14]);

impl Cnpj {
    /// Reads a CNPJ as text, in either case: fourteen bare characters, or `cc.ccc.ccc/cccc-dd`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut characters: [u8; 14] = unpunctuated(text.trim(), b"cc.ccc.ccc/cccc-dd")?;
        characters.make_ascii_uppercase();
        if !characters.iter().all(u8::is_ascii_alphanumeric) {
            return None;
        }
        let numeric_tail = characters[12..].iter().all(u8::is_ascii_digit);
        let all_equal = characters.iter().all(|character| *character == characters[0]);
        if !numeric_tail || all_equal {
            return None;
        }
        // Each character counts as its ASCII code less 48: digits keep their value, letters go from 17 to 42.
        let values = characters.map(|character| character.wrapping_sub(b'0'));
        let right = values[12] == check_digit(&values[..12], 9) && values[13] == check_digit(&values[..13], 9);
        right.then_some(Self(characters))
    }

    /// Reads a CNPJ as a system sent it: a JSON number may have lost its leading zeros, a text has all its characters.
    #[must_use]
    pub fn from_written(written: &WrittenId) -> Option<Self> {
        Self::parse(&written.padded(14))
    }

    /// The fourteen characters without punctuation.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Built from ASCII letters and digits only.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Cnpj {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl fmt::Display for Cnpj {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// A text's characters without the punctuation of `form`; `None` unless the text is bare, or has exactly that punctuation.
fn unpunctuated<const N: usize>(text: &str, form: &[u8]) -> Option<[u8; N]> {
    let text = text.as_bytes();
    if let Ok(bare) = text.try_into() {
        return Some(bare);
    }
    if text.len() != form.len() {
        return None;
    }
    let mut kept = Vec::with_capacity(N);
    for (byte, place) in text.iter().zip(form) {
        if place.is_ascii_alphabetic() {
            kept.push(*byte);
        } else if byte != place {
            return None;
        }
    }
    kept.try_into().ok()
}

/// The modulo-11 check digit both documents use: weights grow from 2 at the right end and start again
/// after `highest_weight` (CNPJ: 9; CPF's go up to 11, so they never start again).
fn check_digit(values: &[u8], highest_weight: u32) -> u8 {
    let weights = (2..=highest_weight).cycle();
    let sum: u32 = values.iter().rev().zip(weights).map(|(value, weight)| u32::from(*value) * weight).sum();
    match sum % 11 {
        0 | 1 => 0,
        // A remainder from 2 to 10, so the result is one digit.
        remainder => u8::try_from(11 - remainder).unwrap_or_default(),
    }
}

/// A CPF as stored text: serde's default would mask it, by design.
pub mod cpf_digits {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Cpf;

    /// Writes the eleven digits.
    pub fn serialize<S: Serializer>(cpf: &Cpf, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&cpf.expose_digits())
    }

    /// Reads them.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cpf, D::Error> {
        // The text itself must not reach the error: errors are logged.
        Cpf::parse(&String::deserialize(deserializer)?)
            .ok_or_else(|| serde::de::Error::custom("a stored CPF is not valid"))
    }
}

/// The same of a CPF that may not be known.
pub mod optional_cpf_digits {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Cpf;

    #[derive(Serialize, Deserialize)]
    struct Stored(#[serde(with = "super::cpf_digits")] Cpf);

    /// Writes the eleven digits, or null.
    #[allow(clippy::ref_option, reason = "serde gives it so")]
    pub fn serialize<S: Serializer>(cpf: &Option<Cpf>, serializer: S) -> Result<S::Ok, S::Error> {
        cpf.map(Stored).serialize(serializer)
    }

    /// Reads them.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cpf>, D::Error> {
        Ok(Option::<Stored>::deserialize(deserializer)?.map(|stored| stored.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cpf_is_read_in_every_form_systems_send() {
        for text in ["11144477735", "111.444.777-35", " 11144477735 "] {
            assert_eq!(Cpf::parse(text).map(|cpf| cpf.expose_digits()).as_deref(), Some("11144477735"), "{text}");
        }
    }

    #[test]
    fn a_number_that_lost_its_leading_zeros_or_became_a_float_is_still_the_same_cpf() {
        let expected = Cpf::parse("06274911545");
        assert!(expected.is_some());
        for number in ["6274911545", "6274911545.0", "6.274911545e9"] {
            let written = WrittenId::from_json_number(number);
            assert_eq!(written.as_ref().and_then(Cpf::from_written), expected, "{number}");
        }
        assert_eq!(Cpf::from_written(&WrittenId::from_text("06274911545.0")), expected);
    }

    #[test]
    fn a_text_that_lost_a_digit_or_holds_a_fraction_is_nobodys_cpf() {
        // The first two would otherwise be the valid CPFs 06274911545 and 62749115450.
        for text in ["6274911545", "6274911545.0", "627.491.154-5", "06274911545.5", "1114447773.5", "111.44477735"] {
            assert_eq!(Cpf::from_written(&WrittenId::from_text(text)), None, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_valid_cpf_is_refused() {
        for text in [
            "",
            "0",
            "11111111111",
            "00000000000",
            "11144477734",
            "***.444.777-**",
            "111444777350",
            "1114447773é",
            "111 444 777 35",
            "111-444-777.35",
        ] {
            assert_eq!(Cpf::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_cpf_never_prints_in_full() {
        let printed = Cpf::parse("11144477735").map(|cpf| format!("{cpf:?} {cpf}"));
        assert_eq!(printed.as_deref(), Some("***.***.***-35 ***.***.***-35"));
    }

    #[test]
    fn a_cnpj_is_read_numeric_punctuated_and_alphanumeric() {
        for text in ["11222333000181", "11.222.333/0001-81", "12.ABC.345/01DE-35", "12abc34501de35"] {
            assert!(Cnpj::parse(text).is_some(), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_valid_cnpj_is_refused() {
        for text in [
            "",
            "11222333000180",
            "1122233300018",
            "00000000000000",
            "12ABC34501DE3A",
            "12ABC34501DE36",
            "11.222333/000181",
            "11 222 333 0001 81",
        ] {
            assert_eq!(Cnpj::parse(text), None, "{text}");
        }
    }
}
