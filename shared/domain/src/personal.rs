//! Personal data whose `Debug` and `Display` are masked: they cannot reach a log by being printed.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits;
use crate::written_id::WrittenId;

macro_rules! masked_text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text itself, for storage, delivery and the wire. Never for logs.
            #[must_use]
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(concat!(stringify!($name), "(***)"))
            }
        }
    };
}

masked_text!(
    /// Any personal text: a name, a street.
    PersonalText
);
masked_text!(
    /// A mobile phone in E.164, Brazilian: `+55`, area code, eight or nine digits.
    Phone
);
masked_text!(
    /// An e-mail address that has the shape of one.
    Email
);

impl PersonalText {
    /// Trims; `None` when nothing is left. Text beyond [`limits::PERSONAL_TEXT_CHARS`] is cut, because a name
    /// that is too long must not stop a sale.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let kept: String = text.trim().chars().filter(|c| !c.is_control()).take(limits::PERSONAL_TEXT_CHARS).collect();
        (!kept.is_empty()).then_some(Self(kept))
    }
}

/// Digits behind the last punctuation of a Brazilian phone, at the least: (11) 9.3333-4444.
const LAST_GROUP: usize = 4;

impl Phone {
    /// Reads a Brazilian phone as people type it: with or without `+`, 55, a trunk zero and punctuation.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // A number that became a float must not lend its zero to the number: the result would be somebody else's.
        let written = WrittenId::from_text(text);
        let text = written.as_str();
        let broken = text.rsplit_once('.').is_some_and(|(_, last)| last.len() < LAST_GROUP);
        if broken || text.chars().any(char::is_alphabetic) {
            return None;
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let digits = digits.trim_start_matches('0');
        let national = match digits.len() {
            12 | 13 => digits.strip_prefix("55")?,
            10 | 11 => digits,
            _ => return None,
        };
        // Area codes start at 11 and have no zero; a nine-digit number is a mobile and starts with 9.
        let (area, number) = national.split_at_checked(2)?;
        let right = !area.contains('0') && (number.len() == 8 || number.starts_with('9'));
        right.then(|| Self(format!("+55{national}")))
    }

    /// A short text can be sent to it: nine digits after the area code, or eight that start like a mobile.
    #[must_use]
    pub fn is_mobile(&self) -> bool {
        self.0.get(5..).is_some_and(|number| number.len() == 9 || number.starts_with(['6', '7', '8', '9']))
    }
}

impl Email {
    /// Reads an address: one `@`, something before it, a dot after it, no blanks.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (local, host) = text.split_once('@')?;
        let plain = text.len() <= 254
            && text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>' | ',' | ';' | '"'));
        let shaped = !local.is_empty()
            && !host.contains('@')
            && host.contains('.')
            && !host.starts_with('.')
            && !host.ends_with('.');
        (plain && shaped).then(|| Self(text.to_ascii_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_is_one_number_however_it_was_typed() {
        let expected = Phone::parse("11900000000");
        assert!(expected.is_some());
        for text in ["(11) 90000-0000", "+55 11 90000-0000", "5511900000000", "011900000000"] {
            assert_eq!(Phone::parse(text), expected, "{text}");
        }
        for text in ["", "123", "00000000000", "11 9000-000x", "551190000000000"] {
            assert_eq!(Phone::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_phone_that_became_a_float_is_not_somebody_elses() {
        assert_eq!(Phone::parse("1193334444.0"), Phone::parse("1193334444"));
        assert_eq!(Phone::parse("11.90000.0000"), Phone::parse("11900000000"));
        for text in ["1193334444.5", "1193334444.000"] {
            assert_eq!(Phone::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_address_must_look_like_one() {
        assert!(Email::parse("Cliente@Example.com").is_some_and(|email| email.expose() == "cliente@example.com"));
        for text in ["", "cliente", "@example.com", "a@b", "a b@example.com", "a@b@example.com", "a@.com"] {
            assert_eq!(Email::parse(text), None, "{text}");
        }
    }

    #[test]
    fn personal_data_prints_masked() {
        let text = format!(
            "{:?} {:?} {:?}",
            PersonalText::parse("Maria"),
            Phone::parse("11900000000"),
            Email::parse("a@example.com")
        );
        assert_eq!(text, "Some(PersonalText(***)) Some(Phone(***)) Some(Email(***))");
    }
}
