//! Reading JSON as the vendors send it: names in any case, numbers as strings, absent as null as empty.
//!
//! Numbers are read from their own text into exact decimals; a float never sees them. Nothing is interpreted before it
//! is asked for, so an unknown property of any shape is ignored.

use std::borrow::Cow;
use std::fmt;

use ponte_domain::money::{Balance, Money, NotMoney};
use ponte_domain::refusal::Refusal;
use ponte_domain::written_id::WrittenId;
use rust_decimal::Decimal;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Text or a number, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text, or the number's digits.
    pub text: String,
    /// It came as a number: its dot can only be a decimal point, which a text's dot need not be.
    pub is_number: bool,
}

impl Scalar {
    /// The text, or the number's digits: of a whole number without the fraction that a float adds.
    #[must_use]
    fn into_text(self) -> String {
        let whole = self.is_number.then(|| WrittenId::from_json_number(&self.text)).flatten();
        whole.map_or(self.text, WrittenId::into_text)
    }

    /// As an identifier; `None` for a number that has a fraction or a sign, and for `true` and `false`.
    #[must_use]
    pub fn identifier(&self) -> Option<WrittenId> {
        if self.is_number { WrittenId::from_json_number(&self.text) } else { Some(WrittenId::from_text(&self.text)) }
    }
}

/// The properties of one JSON object, unread.
pub struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// Properties of one object that are looked at. Far above any real body; it bounds the work of a hostile one.
const PROPERTIES: usize = 2_000;

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Properties;
        impl<'de> Visitor<'de> for Properties {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut properties = Vec::new();
                while let Some((name, value)) = map.next_entry::<PropertyName<'de>, &'de RawValue>()? {
                    if properties.len() == PROPERTIES {
                        return Err(serde::de::Error::custom("too many properties"));
                    }
                    properties.push((name.0, value));
                }
                Ok(properties)
            }
        }
        deserializer.deserialize_map(Properties).map(Self)
    }
}

/// A name that borrows from the body where it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct PropertyName<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Fields<'a> {
    /// Reads a body. A byte-order mark in front is skipped.
    ///
    /// # Errors
    /// [`Refusal::InvalidJson`] when it is not one JSON object.
    pub fn parse(body: &'a str) -> Result<Self, Refusal> {
        serde_json::from_str(body.trim_start_matches('\u{feff}')).map_err(|_| Refusal::InvalidJson)
    }

    /// The names, for the diagnosis of a body that no route matches. Names only: values may be personal.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_ref())
    }

    /// Whether a property is there with something in it.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// Whether a property is there as an empty list, where "none" differs from "not said".
    #[must_use]
    pub fn is_empty_list(&self, name: &str) -> bool {
        let mut named = self.0.iter().filter(|(given, _)| given.eq_ignore_ascii_case(name));
        named.any(|(_, value)| value.get().strip_prefix('[').is_some_and(|rest| rest.trim_start() == "]"))
    }

    /// The first property of this name, in any case, that is neither null nor empty.
    fn raw(&self, name: &str) -> Option<&'a RawValue> {
        let named = self.0.iter().filter(|(given, _)| given.eq_ignore_ascii_case(name));
        named.map(|(_, value)| *value).find(|value| !matches!(value.get(), "null" | "\"\"" | "[]" | "{}"))
    }

    /// Text. A number counts as the text of its digits, a whole one without the fraction that a float adds.
    ///
    /// # Errors
    /// [`Refusal::WrongType`] for anything else.
    pub fn text(&self, name: &'static str) -> Result<Option<String>, Refusal> {
        Ok(self.scalar(name)?.map(Scalar::into_text))
    }

    /// What identifies somebody or something: a CPF, a phone, a note, a transaction.
    ///
    /// # Errors
    /// [`Refusal::WrongType`] for a number with a fraction, which identifies nothing, and for an object or a list.
    pub fn identifier(&self, name: &'static str) -> Result<Option<WrittenId>, Refusal> {
        let identified = |scalar: Scalar| scalar.identifier().ok_or(Refusal::WrongType(name));
        self.scalar(name)?.map(identified).transpose()
    }

    /// Text or a number, and which of them it is.
    ///
    /// # Errors
    /// [`Refusal::WrongType`] for an object or a list.
    pub fn scalar(&self, name: &'static str) -> Result<Option<Scalar>, Refusal> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        let scalar = scalar(raw).ok_or(Refusal::WrongType(name))?;
        Ok((!scalar.text.is_empty()).then_some(scalar))
    }

    /// Text under the first of several names that has any.
    ///
    /// # Errors
    /// [`Refusal::WrongType`].
    pub fn text_of(&self, names: &[&'static str]) -> Result<Option<String>, Refusal> {
        for name in names {
            if let Some(text) = self.text(name)? {
                return Ok(Some(text));
            }
        }
        Ok(None)
    }

    /// An exact decimal, out of a number or of text (with a point, or as Brazilians write it: `1.234,56`).
    ///
    /// # Errors
    /// [`Refusal::WrongType`], [`Refusal::AbsurdAmount`] or [`Refusal::FractionOfCent`] for numbers that no decimal holds.
    pub fn decimal(&self, name: &'static str) -> Result<Option<Decimal>, Refusal> {
        self.scalar(name)?.map(|scalar| decimal(&scalar.text, name)).transpose()
    }

    /// An amount of money.
    ///
    /// # Errors
    /// Each kind of bad amount has its own: negative, absurd, fraction of a cent, not a number.
    pub fn money(&self, name: &'static str) -> Result<Option<Money>, Refusal> {
        let amount = self.decimal(name)?.map(Money::from_decimal).transpose();
        amount.map_err(|reason| bad_money(reason, name))
    }

    /// A signed amount of money.
    ///
    /// # Errors
    /// As [`Fields::money`], but for the sign.
    pub fn signed_money(&self, name: &'static str) -> Result<Option<Balance>, Refusal> {
        let amount = self.decimal(name)?.map(Balance::from_decimal).transpose();
        amount.map_err(|reason| bad_money(reason, name))
    }

    /// A whole number from 0; `7.0`, `"7.0"` and `"07"` are 7, `"7.000"` may be 7,000 and is neither.
    ///
    /// # Errors
    /// [`Refusal::WrongType`].
    pub fn integer(&self, name: &'static str) -> Result<Option<u64>, Refusal> {
        let whole = |written: WrittenId| written.number().ok_or(Refusal::WrongType(name));
        self.identifier(name)?.map(whole).transpose()
    }

    /// Yes or no: `true`, `1`, `"true"`.
    ///
    /// # Errors
    /// [`Refusal::WrongType`].
    pub fn boolean(&self, name: &'static str) -> Result<Option<bool>, Refusal> {
        match self.text(name)?.map(|text| text.to_ascii_lowercase()).as_deref() {
            None => Ok(None),
            Some("true" | "1") => Ok(Some(true)),
            Some("false" | "0") => Ok(Some(false)),
            Some(_) => Err(Refusal::WrongType(name)),
        }
    }

    /// An object within this one.
    ///
    /// # Errors
    /// [`Refusal::WrongType`] when it is something else.
    pub fn object(&self, name: &'static str) -> Result<Option<Fields<'a>>, Refusal> {
        let read = |raw: &'a RawValue| serde_json::from_str(raw.get()).map_err(|_| Refusal::WrongType(name));
        self.raw(name).map(read).transpose()
    }

    /// A list's elements, unread; a single value counts as a list of one.
    ///
    /// # Errors
    /// [`Refusal::LimitExceeded`] beyond `limit`.
    pub fn list(&self, name: &'static str, limit: usize) -> Result<Vec<Element<'a>>, Refusal> {
        let Some(raw) = self.raw(name) else { return Ok(Vec::new()) };
        if !raw.get().starts_with('[') {
            return Ok(vec![Element(raw)]);
        }
        let elements: Vec<&'a RawValue> = serde_json::from_str(raw.get()).map_err(|_| Refusal::WrongType(name))?;
        if elements.len() > limit {
            return Err(Refusal::LimitExceeded(name));
        }
        Ok(elements.into_iter().map(Element).collect())
    }
}

/// One element of a list.
pub struct Element<'a>(&'a RawValue);

impl<'a> Element<'a> {
    /// As an object; `None` when it is something else.
    #[must_use]
    pub fn object(&self) -> Option<Fields<'a>> {
        serde_json::from_str(self.0.get()).ok()
    }

    /// As text; `None` when it is an object or a list.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        scalar(self.0).map(Scalar::into_text)
    }

    /// As an identifier; `None` when it is an object, a list, or a number with a fraction.
    #[must_use]
    pub fn identifier(&self) -> Option<WrittenId> {
        scalar(self.0)?.identifier()
    }
}

fn scalar(raw: &RawValue) -> Option<Scalar> {
    let written = raw.get();
    match written.as_bytes().first()? {
        b'"' => {
            let PropertyName(text) = serde_json::from_str(written).ok()?;
            Some(Scalar { text: text.trim().to_owned(), is_number: false })
        }
        b'{' | b'[' => None,
        first => Some(Scalar { text: written.to_owned(), is_number: *first == b'-' || first.is_ascii_digit() }),
    }
}

fn decimal(text: &str, name: &'static str) -> Result<Decimal, Refusal> {
    let text: Cow<'_, str> =
        if text.contains(',') { Cow::Owned(text.replace('.', "").replace(',', ".")) } else { text.into() };
    let plain = text.strip_prefix(['-', '+']).unwrap_or(&text);
    if let Some((mantissa, _)) = plain.split_once(['e', 'E']) {
        let shaped = !mantissa.is_empty() && mantissa.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let value = Decimal::from_scientific(&text).or(Err(Refusal::AbsurdAmount(name)));
        return if shaped { value } else { Err(Refusal::WrongType(name)) };
    }
    if plain.is_empty()
        || !plain.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        || plain.matches('.').count() > 1
    {
        return Err(Refusal::WrongType(name));
    }
    // What an exact decimal cannot hold is either too large or too fine.
    let too_large = plain.split('.').next().is_some_and(|whole| whole.trim_start_matches('0').len() > 12);
    let unholdable = if too_large { Refusal::AbsurdAmount(name) } else { Refusal::FractionOfCent(name) };
    Decimal::from_str_exact(&text).map_err(|_| unholdable)
}

fn bad_money(reason: NotMoney, name: &'static str) -> Refusal {
    match reason {
        NotMoney::Negative => Refusal::NegativeAmount(name),
        NotMoney::FractionOfCent => Refusal::FractionOfCent(name),
        NotMoney::TooLarge => Refusal::AbsurdAmount(name),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn money(json: &str) -> Result<Option<String>, Refusal> {
        Fields::parse(json).unwrap().money("V").map(|amount| amount.map(|amount| amount.to_string()))
    }

    #[test]
    fn an_amount_is_read_exactly_in_every_form() {
        for (json, expected) in [
            (r#"{"V":100}"#, "100.00"),
            (r#"{"v":"100.10"}"#, "100.10"),
            (r#"{"V":"1.234,56"}"#, "1234.56"),
            (r#"{"V":0.1}"#, "0.10"),
            (r#"{"V":1e2}"#, "100.00"),
            (r#"{"V":10.500}"#, "10.50"),
        ] {
            assert_eq!(money(json).unwrap().as_deref(), Some(expected), "{json}");
        }
    }

    #[test]
    fn each_bad_amount_has_its_own_refusal() {
        for (json, expected) in [
            (r#"{"V":-1}"#, Refusal::NegativeAmount("V")),
            (r#"{"V":0.001}"#, Refusal::FractionOfCent("V")),
            (r#"{"V":99999999}"#, Refusal::AbsurdAmount("V")),
            (r#"{"V":1e400}"#, Refusal::AbsurdAmount("V")),
            (r#"{"V":123456789012345678901234567890123}"#, Refusal::AbsurdAmount("V")),
            (r#"{"V":0.00000000000000000000000000000000001}"#, Refusal::FractionOfCent("V")),
            (r#"{"V":"abc"}"#, Refusal::WrongType("V")),
            (r#"{"V":{"a":1}}"#, Refusal::WrongType("V")),
            (r#"{"V":true}"#, Refusal::WrongType("V")),
        ] {
            assert_eq!(money(json), Err(expected), "{json}");
        }
    }

    #[test]
    fn absent_null_and_empty_are_the_same() {
        for json in ["{}", r#"{"V":null}"#, r#"{"V":""}"#, r#"{"V":"  "}"#] {
            assert_eq!(money(json), Ok(None), "{json}");
        }
    }

    #[test]
    fn a_number_is_told_from_the_text_of_its_digits() {
        let fields = Fields::parse(r#"{"a":1.500,"b":"1.500","c":-2e3,"d":true,"e":" "}"#).unwrap();
        let read = |name| fields.scalar(name).unwrap().map(|scalar| (scalar.text, scalar.is_number));
        assert_eq!(read("a"), Some(("1.500".to_owned(), true)));
        assert_eq!(read("b"), Some(("1.500".to_owned(), false)));
        assert_eq!(read("c"), Some(("-2e3".to_owned(), true)));
        assert_eq!(read("d"), Some(("true".to_owned(), false)));
        assert_eq!(read("e"), None);
    }

    #[test]
    fn an_identifier_that_became_a_float_is_the_integer_it_was() {
        for (json, expected) in [
            (r#"{"n":123}"#, Some("123")),
            (r#"{"n":123.0}"#, Some("123")),
            (r#"{"n":"123.0"}"#, Some("123")),
            (r#"{"n":1.23e2}"#, Some("123")),
            (r#"{"n":"00123"}"#, Some("00123")),
            (r#"{"n":"1.000"}"#, Some("1.000")),
            (r#"{"n":"A-1"}"#, Some("A-1")),
            (r#"{"n":123.5}"#, None),
            (r#"{"n":-123}"#, None),
            (r#"{"n":[123]}"#, None),
        ] {
            let fields = Fields::parse(json).unwrap();
            let read = fields.identifier("n").ok().flatten();
            assert_eq!(read.as_ref().map(WrittenId::as_str), expected, "{json}");
        }
    }

    #[test]
    fn a_whole_number_is_not_what_may_be_thousands_of_it() {
        let integer = |json| Fields::parse(json).unwrap().integer("n");
        for json in [r#"{"n":7}"#, r#"{"n":7.0}"#, r#"{"n":7.000}"#, r#"{"n":"07"}"#, r#"{"n":"7.0"}"#] {
            assert_eq!(integer(json), Ok(Some(7)), "{json}");
        }
        for json in [r#"{"n":"7.000"}"#, r#"{"n":7.5}"#, r#"{"n":-7}"#, r#"{"n":"7,0"}"#, r#"{"n":1e30}"#] {
            assert_eq!(integer(json), Err(Refusal::WrongType("n")), "{json}");
        }
    }

    #[test]
    fn names_are_found_in_any_case_and_the_first_with_content_wins() {
        let fields = Fields::parse("\u{feff}{\"CPF\":\"\",\"cpf\":11144477735,\"Cpf\":\"x\"}").unwrap();
        assert_eq!(fields.text("Cpf"), Ok(Some("11144477735".to_owned())));
    }

    #[test]
    fn what_is_not_an_object_is_refused() {
        for body in ["", "[]", "1", "{", "{\"a\":}", "null", "\u{0}"] {
            assert_eq!(Fields::parse(body).err(), Some(Refusal::InvalidJson), "{body}");
        }
    }
}
