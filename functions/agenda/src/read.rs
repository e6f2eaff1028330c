//! Reading bodies and queries: everything that is wrong is listed, not only the first.

use std::fmt::Display;

use jiff::civil::{Date, DateTime};
use ponte_domain::money::{MAXIMUM, Money};
use ponte_domain::written_id::WrittenId;
use ponte_platform::fields::Fields;

use crate::limits;
use crate::problem::{Detail, Problem};

/// What is wrong so far.
#[derive(Default)]
pub(crate) struct Checks {
    wrong: Vec<Detail>,
}

impl Checks {
    /// Lists a field with what it must be.
    pub(crate) fn wrong(&mut self, field: &str, must: impl Display) {
        self.add(field, format!("must be {must}."));
    }

    fn add(&mut self, field: &str, message: String) {
        if self.wrong.len() < limits::DETAILS {
            self.wrong.push(Detail { field: field.to_owned(), message });
        }
    }

    /// Lists a field that is missing, unless it is listed as wrong already.
    pub(crate) fn required<T>(&mut self, field: &str, value: Option<T>) -> Option<T> {
        if value.is_none() && !self.wrong.iter().any(|detail| detail.field == field) {
            self.add(field, "is missing or empty.".to_owned());
        }
        value
    }

    /// Reads a text that may be absent.
    pub(crate) fn parse<T>(
        &mut self,
        field: &str,
        given: Option<String>,
        must: impl Display,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let given = given?;
        let value = read(&given);
        if value.is_none() {
            self.wrong(field, must);
        }
        value
    }

    /// Whether nothing is wrong.
    pub(crate) fn are_fine(&self) -> bool {
        self.wrong.is_empty()
    }

    /// All that is wrong.
    pub(crate) fn problem(self) -> Problem {
        Problem::fields(self.wrong)
    }
}

/// An object of a body.
pub(crate) struct Object<'a> {
    fields: Fields<'a>,
    /// What its fields are called by: `client.` for those of the object `client`.
    within: &'static str,
}

impl<'a> Object<'a> {
    /// Reads a body. A property that is not known is listed: a mistyped wish must not be lost silently.
    pub(crate) fn parse(text: &'a str, known: &[&str], checks: &mut Checks) -> Result<Self, Problem> {
        let fields = Fields::parse(text).map_err(|_| Problem::invalid_json())?;
        Ok(Self { fields, within: "" }.with_known_only(known, checks))
    }

    fn with_known_only(self, known: &[&str], checks: &mut Checks) -> Self {
        for name in self.fields.names().filter(|name| !known.iter().any(|known| known.eq_ignore_ascii_case(name))) {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
            let message = format!("is not known here. Known: {}.", known.join(", "));
            checks.add(&format!("{}{shown}", self.within), message);
        }
        self
    }

    fn name(&self, field: &str) -> String {
        format!("{}{field}", self.within)
    }

    /// An object within this one.
    pub(crate) fn inner(
        &self,
        field: &'static str,
        within: &'static str,
        known: &[&str],
        checks: &mut Checks,
    ) -> Option<Self> {
        let Ok(fields) = self.fields.object(field) else {
            checks.wrong(&self.name(field), "an object");
            return None;
        };
        fields.map(|fields| Self { fields, within }.with_known_only(known, checks))
    }

    /// Whether a field is there.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.fields.has(field)
    }

    /// A field, as `read` understands its text.
    pub(crate) fn read<T>(
        &self,
        checks: &mut Checks,
        field: &'static str,
        must: impl Display,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let name = self.name(field);
        let Ok(given) = self.fields.text(field) else {
            checks.wrong(&name, must);
            return None;
        };
        checks.parse(&name, given, must, read)
    }

    /// The same for a field that must be there.
    pub(crate) fn required<T>(
        &self,
        checks: &mut Checks,
        field: &'static str,
        must: impl Display,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.read(checks, field, must, read);
        checks.required(&self.name(field), value)
    }

    /// A field that identifies somebody, as `read` understands what was written.
    pub(crate) fn identifier<T>(
        &self,
        checks: &mut Checks,
        field: &'static str,
        must: &str,
        read: impl FnOnce(&WrittenId) -> Option<T>,
    ) -> Option<T> {
        let given = self.fields.identifier(field).map(|given| given.map(|written| read(&written)));
        match given {
            Ok(None) => None,
            Ok(Some(Some(value))) => Some(value),
            Ok(Some(None)) | Err(_) => {
                checks.wrong(&self.name(field), must);
                None
            }
        }
    }

    /// An amount of money.
    pub(crate) fn money(&self, checks: &mut Checks, field: &'static str) -> Option<Money> {
        let must = || format!("an amount from 0 to {MAXIMUM} with at most two decimals");
        self.fields.money(field).unwrap_or_else(|_| {
            checks.wrong(&self.name(field), must());
            None
        })
    }

    /// Yes or no; no where it is absent.
    pub(crate) fn flag(&self, checks: &mut Checks, field: &'static str) -> bool {
        let given = self.fields.boolean(field).unwrap_or_else(|_| {
            checks.wrong(&self.name(field), "true or false");
            None
        });
        given.unwrap_or(false)
    }
}

/// What a field that holds an id must be.
pub(crate) const ID: &str = "an id: a whole number above 0";

/// What a field with a time must be.
pub(crate) const LOCAL_TIME: &str =
    "a time by the salon's clock as 2026-12-01T14:00, to the minute and without an offset";

/// An id.
pub(crate) fn id<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// A calendar day.
pub(crate) fn date(text: &str) -> Option<Date> {
    // The parser knows longer forms too; a time of day would be dropped silently.
    (text.len() == "2026-12-31".len()).then(|| text.parse().ok()).flatten()
}

/// A time by the salon's clock. An offset is refused: whoever sends one means another clock.
pub(crate) fn local_time(text: &str) -> Option<DateTime> {
    let minutes = "2026-12-01T14:00".len();
    let shaped = text.get(10..11) == Some("T") && (text.len() == minutes || text.get(minutes..) == Some(":00"));
    shaped.then(|| text.parse().ok()).flatten()
}

/// What a field with a duration must be.
pub(crate) fn minutes_must() -> String {
    format!("a whole number of minutes from {} to {}", limits::MINUTES.start(), limits::MINUTES.end())
}

/// A duration.
pub(crate) fn minutes(text: &str) -> Option<u32> {
    text.parse().ok().filter(|minutes| limits::MINUTES.contains(minutes))
}

/// What a field with a text must be.
pub(crate) fn text_must(most: usize) -> String {
    format!("text of at most {most} characters, without line breaks")
}

/// Whether a text fits.
pub(crate) fn fits(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_time_has_no_offset_and_no_seconds() {
        for text in ["2026-12-01T14:00", "2026-12-01T14:00:00"] {
            assert_eq!(local_time(text), "2026-12-01T14:00:00".parse().ok(), "{text}");
        }
        for text in [
            "2026-12-01T14:00Z",
            "2026-12-01T14:00-03:00",
            "2026-12-01T14:00:30",
            "2026-12-01 14:00",
            "2026-12-01",
            "2026-02-30T14:00",
            "2026-12-01T25:00",
            "20261201T1400000",
        ] {
            assert_eq!(local_time(text), None, "{text}");
        }
    }

    #[test]
    fn everything_wrong_is_listed_at_once() {
        let mut checks = Checks::default();
        let body = Object::parse(r#"{"service":"x","price":-1,"servico":1}"#, &["service", "price"], &mut checks);
        let body = body.ok().unwrap();
        let service: Option<u64> = body.required(&mut checks, "service", ID, id);
        let price = body.money(&mut checks, "price");
        let starts = body.required(&mut checks, "starts", LOCAL_TIME, local_time);
        assert!(service.is_none() && price.is_none() && starts.is_none());
        assert_eq!(checks.problem().wrong(), ["servico", "service", "price", "starts"]);
    }
}
