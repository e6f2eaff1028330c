//! Identifiers as other systems write them, before it is known what they identify.
//!
//! A system that keeps numbers as floats turns the CPF 06274911545 into `6274911545.0`, as a JSON number or as text. Read
//! carelessly, its digits are those of somebody else. So the form is settled here, once, for every kind of identifier.

use std::borrow::Cow;

use rust_decimal::Decimal;

/// An identifier in one comparable form: a number without the fraction that a float adds, or a text as it was written.
#[derive(Clone, PartialEq, Eq)]
pub struct WrittenId {
    text: String,
    is_number: bool,
}

impl WrittenId {
    /// Reads a JSON number: `123`, `123.0` and `1.23e2` are 123. `None` for a number with any other fraction, or a sign.
    #[must_use]
    pub fn from_json_number(text: &str) -> Option<Self> {
        let text = match text.split_once('.') {
            None if all_digits(text) => text.to_owned(),
            Some((whole, fraction)) if all_digits(whole) && is_zeros(fraction) => whole.to_owned(),
            // A float's own notation for large numbers.
            _ if text.contains(['e', 'E']) => {
                let value = Decimal::from_scientific(text).ok()?;
                let whole = value.fract().is_zero() && !value.is_sign_negative();
                whole.then(|| value.trunc().normalize().to_string())?
            }
            _ => return None,
        };
        Some(Self { text, is_number: true })
    }

    /// Takes a text as it was written. Digits with `.0` or `.00` behind them are a number that became text: they lose it. `.000`
    /// stays, because it may mean thousands: `1.000` is not 1.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let text = text.trim();
        let whole =
            text.split_once('.').filter(|(whole, fraction)| all_digits(whole) && matches!(*fraction, "0" | "00"));
        Self { text: whole.map_or(text, |(whole, _)| whole).to_owned(), is_number: false }
    }

    /// The digits of a number, or the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The digits of a number, or the text.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }

    /// The same for an identifier of so many digits: a JSON number gets back the leading zeros that numbers lose. A text
    /// keeps what it has, because text loses none.
    #[must_use]
    pub fn padded(&self, digits: usize) -> Cow<'_, str> {
        if self.is_number && self.text.len() < digits {
            Cow::Owned(format!("{:0>digits$}", self.text))
        } else {
            Cow::Borrowed(&self.text)
        }
    }

    /// As a whole number; `None` for text that is anything but digits, and for numbers beyond 64 bits.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        all_digits(&self.text).then(|| self.text.parse().ok()).flatten()
    }
}

/// Masked: an identifier may be a person's.
impl std::fmt::Debug for WrittenId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("WrittenId(***)")
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_zeros(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte == b'0')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_that_became_a_float_is_the_integer_it_was() {
        for text in ["6274911545", "6274911545.0", "6274911545.000", "6.274911545e9", "6274911545E0"] {
            let id = WrittenId::from_json_number(text).unwrap();
            assert_eq!((id.as_str(), id.padded(11).as_ref()), ("6274911545", "06274911545"), "{text}");
        }
        for text in ["6274911545.0", "6274911545.00", " 6274911545 "] {
            assert_eq!(WrittenId::from_text(text).as_str(), "6274911545", "{text}");
        }
    }

    #[test]
    fn a_fraction_or_a_sign_makes_no_identifier() {
        for text in ["123.5", "-1", "-1.0", "0.1", "1.5e0", "1e-3", "1e99", "true", ""] {
            assert_eq!(WrittenId::from_json_number(text), None, "{text}");
        }
    }

    #[test]
    fn text_that_may_mean_thousands_is_no_smaller_number() {
        for text in ["1.000", "1.5", "1,0", "-1.0", "1.0.0", ".0", "a.0", "1."] {
            let id = WrittenId::from_text(text);
            assert_eq!((id.as_str(), id.number()), (text, None));
        }
    }

    #[test]
    fn only_a_number_gets_its_leading_zeros_back() {
        assert_eq!(WrittenId::from_text("6274911545").padded(11), "6274911545");
        assert_eq!(WrittenId::from_text("6274911545.0").padded(11), "6274911545");
        assert_eq!(WrittenId::from_json_number("12345678901234567890").unwrap().padded(11), "12345678901234567890");
    }

    #[test]
    fn it_prints_masked() {
        assert_eq!(format!("{:?}", WrittenId::from_text("11144477735")), "WrittenId(***)");
    }

    proptest! {
        /// Whatever form a float's printer chooses, the number stays the number.
        #[test]
        fn every_form_of_a_whole_number_is_that_number(number in 0_u64..10_000_000_000_000_000, zeros in 1_usize..4) {
            let plain = number.to_string();
            let fraction = format!("{plain}.{}", "0".repeat(zeros));
            let (first, rest) = plain.split_at(1);
            let scientific = format!("{first}.{rest}0e{}", rest.len());
            for form in [&plain, &fraction, &scientific] {
                prop_assert_eq!(WrittenId::from_json_number(form).and_then(|id| id.number()), Some(number), "{}", form);
            }
        }

        #[test]
        fn no_text_is_read_as_a_number_it_does_not_show(text in "[0-9]{1,4}[.,][0-9]{1,4}") {
            let (whole, fraction) = text.split_once(['.', ',']).unwrap();
            let read = WrittenId::from_text(&text).number();
            let expected = (text.contains('.') && matches!(fraction, "0" | "00")).then(|| whole.parse().unwrap());
            prop_assert_eq!(read, expected);
        }
    }
}
