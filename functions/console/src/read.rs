//! Reading bodies: each helper reads one field and says what is wrong with it.

use std::ops::RangeInclusive;

use jiff::civil::Date;
use ponte_domain::documents::{Cnpj, Cpf};
use ponte_domain::money::{Money, Rate};
use ponte_domain::refusal::Refusal;
use ponte_domain::written_id::WrittenId;
use ponte_platform::fields::{Element, Fields};
use rust_decimal::Decimal;

use crate::limits;
use crate::problem::Problem;

/// Text of at most so many characters, without control characters.
pub(crate) fn text(fields: &Fields<'_>, name: &'static str, most: usize) -> Result<Option<String>, Problem> {
    let Some(text) = fields.text(name)? else { return Ok(None) };
    checked_text(text, name, most).map(Some)
}

pub(crate) fn required_text(fields: &Fields<'_>, name: &'static str, most: usize) -> Result<String, Problem> {
    required(text(fields, name, most)?, name)
}

fn checked_text(text: String, name: &str, most: usize) -> Result<String, Problem> {
    if text.chars().count() > most || text.chars().any(char::is_control) {
        return Err(Problem::field(name, format!("text of at most {most} characters, without line breaks")));
    }
    Ok(text)
}

/// What must be there.
pub(crate) fn required<T>(value: Option<T>, name: &'static str) -> Result<T, Problem> {
    value.ok_or_else(|| Refusal::MissingField(name).into())
}

/// A whole number within a range.
pub(crate) fn whole<T: TryFrom<u64>>(
    fields: &Fields<'_>,
    name: &'static str,
    range: &RangeInclusive<u64>,
) -> Result<Option<T>, Problem> {
    let must = || Problem::field(name, format!("a whole number from {} to {}", range.start(), range.end()));
    let Some(value) = fields.integer(name).map_err(|_| must())? else { return Ok(None) };
    if !range.contains(&value) {
        return Err(must());
    }
    T::try_from(value).map(Some).map_err(|_| must())
}

/// A whole number within a range that may begin below zero.
pub(crate) fn signed_whole(
    fields: &Fields<'_>,
    name: &'static str,
    range: &RangeInclusive<i64>,
) -> Result<Option<i64>, Problem> {
    let must = || Problem::field(name, format!("a whole number from {} to {}", range.start(), range.end()));
    let Some(value) = fields.decimal(name).map_err(|_| must())? else { return Ok(None) };
    let whole = value.fract().is_zero().then(|| i64::try_from(value.trunc()).ok()).flatten();
    whole.filter(|value| range.contains(value)).map(Some).ok_or_else(must)
}

/// An amount above zero.
pub(crate) fn amount_above_zero(fields: &Fields<'_>, name: &'static str) -> Result<Option<Money>, Problem> {
    let amount = fields.money(name)?;
    if amount.is_some_and(Money::is_zero) {
        return Err(Problem::field(name, "above zero"));
    }
    Ok(amount)
}

/// A percentage above zero, with at most two decimals.
pub(crate) fn percentage(fields: &Fields<'_>, name: &'static str, highest: Decimal) -> Result<Option<Rate>, Problem> {
    let must = || Problem::field(name, format!("a percentage above 0, at most {highest}, with at most two decimals"));
    let Some(value) = fields.decimal(name).map_err(|_| must())? else { return Ok(None) };
    let within = value > Decimal::ZERO && value <= highest;
    within.then(|| Rate::from_percentage(value)).flatten().map(Some).ok_or_else(must)
}

/// A calendar day.
pub(crate) fn date(fields: &Fields<'_>, name: &'static str) -> Result<Option<Date>, Problem> {
    let must = || Problem::field(name, "a date as 2026-12-31");
    let Some(text) = fields.text(name)? else { return Ok(None) };
    // The parser knows longer forms too; a time of day would be dropped silently.
    let date = (text.len() == "2026-12-31".len()).then(|| text.parse().ok()).flatten();
    date.map(Some).ok_or_else(must)
}

/// A list of texts; each must pass `read`. Repetitions are dropped.
pub(crate) fn list<T: PartialEq>(
    fields: &Fields<'_>,
    name: &'static str,
    limit: usize,
    must: &str,
    read: impl Fn(String) -> Option<T>,
) -> Result<Vec<T>, Problem> {
    elements(fields, name, limit, must, |element| element.text().and_then(&read))
}

/// A list of identifiers; each must pass `read`. Repetitions are dropped.
pub(crate) fn identifiers<T: PartialEq>(
    fields: &Fields<'_>,
    name: &'static str,
    limit: usize,
    must: &str,
    read: impl Fn(&WrittenId) -> Option<T>,
) -> Result<Vec<T>, Problem> {
    elements(fields, name, limit, must, |element| element.identifier().as_ref().and_then(&read))
}

fn elements<T: PartialEq>(
    fields: &Fields<'_>,
    name: &'static str,
    limit: usize,
    must: &str,
    read: impl Fn(&Element<'_>) -> Option<T>,
) -> Result<Vec<T>, Problem> {
    let mut kept = Vec::new();
    for element in fields.list(name, limit)? {
        let value = read(&element).ok_or_else(|| Problem::field(name, format!("a list of {must}")))?;
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    Ok(kept)
}

/// A store's CNPJ.
pub(crate) fn cnpj(written: &WrittenId) -> Result<Cnpj, Problem> {
    Cnpj::from_written(written).ok_or_else(|| Problem::field("cnpj", "a CNPJ whose check digits match"))
}

/// The member's CPF.
pub(crate) fn cpf(fields: &Fields<'_>) -> Result<Cpf, Problem> {
    let written = fields.identifier("cpf")?.ok_or(Refusal::MissingCpf)?;
    Ok(Cpf::from_written(&written).ok_or(Refusal::InvalidCpf)?)
}

pub(crate) fn reason(fields: &Fields<'_>) -> Result<String, Problem> {
    required_text(fields, "reason", limits::REASON_CHARS)
}

pub(crate) fn author(fields: &Fields<'_>) -> Result<String, Problem> {
    required_text(fields, "author", limits::AUTHOR_CHARS)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn fields(json: &str) -> Fields<'_> {
        Fields::parse(json).unwrap()
    }

    #[test]
    fn a_number_out_of_its_range_says_the_range() {
        let range = 1..=7;
        assert_eq!(whole::<u16>(&fields(r#"{"n":7}"#), "n", &range).unwrap(), Some(7));
        assert_eq!(whole::<u16>(&fields("{}"), "n", &range).unwrap(), None);
        for json in [
            r#"{"n":0}"#,
            r#"{"n":8}"#,
            r#"{"n":1.5}"#,
            r#"{"n":-1}"#,
            r#"{"n":"x"}"#,
            r#"{"n":{}, "n":[1]}"#,
            r#"{"n":1e30}"#,
        ] {
            assert_eq!(whole::<u16>(&fields(json), "n", &range).unwrap_err().code(), "invalid_field", "{json}");
        }
    }

    #[test]
    fn a_percentage_is_exact_and_bounded() {
        let hundred = Decimal::ONE_HUNDRED;
        let read =
            |json| percentage(&fields(json), "p", hundred).map(|rate| rate.map(|rate| rate.percentage().to_string()));
        assert_eq!(read(r#"{"p":12.5}"#).unwrap().as_deref(), Some("12.5"));
        assert_eq!(read(r#"{"p":"100"}"#).unwrap().as_deref(), Some("100"));
        for json in [r#"{"p":0}"#, r#"{"p":100.01}"#, r#"{"p":0.001}"#, r#"{"p":-5}"#] {
            assert!(read(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_date_is_a_real_day_and_nothing_more() {
        assert!(date(&fields(r#"{"d":"2026-02-28"}"#), "d").unwrap().is_some());
        for json in
            [r#"{"d":"2026-02-29"}"#, r#"{"d":"28/02/2026"}"#, r#"{"d":"2026-02-28T10:00:00"}"#, r#"{"d":20260228}"#]
        {
            assert!(date(&fields(json), "d").is_err(), "{json}");
        }
    }

    #[test]
    fn text_is_bounded_by_characters_and_has_one_line() {
        assert_eq!(text(&fields(r#"{"t":"ação"}"#), "t", 4).unwrap().as_deref(), Some("ação"));
        assert!(text(&fields(r#"{"t":"ações"}"#), "t", 4).is_err());
        assert!(text(&fields(r#"{"t":"a\nb"}"#), "t", 4).is_err());
    }
}
