//! How Trinks writes things: fields in any case, money three ways, validation errors, pages.

use crate::call::{Call, Reply};
use serde_json::{Number, Value, json};

/// The most a page holds; what is asked beyond is cut without a word.
const PAGE_MOST: i64 = 50;

/// A field by its name in any case (`TipoId`, `tipoId`); `null` counts as absent.
pub(crate) fn field<'a>(body: &'a Value, name: &str) -> Option<&'a Value> {
    let found = body.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value).filter(|value| !value.is_null())
}

/// A text field; numbers are taken as their text.
pub(crate) fn text(body: &Value, name: &str) -> Option<String> {
    let text = match field(body, name)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// A whole number, or a text that holds one.
pub(crate) fn number(body: &Value, name: &str) -> Option<i64> {
    match field(body, name)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A boolean, off unless set.
pub(crate) fn flag(body: &Value, name: &str) -> bool {
    field(body, name).and_then(Value::as_bool).unwrap_or_default()
}

/// A list, empty unless set.
pub(crate) fn list<'a>(body: &'a Value, name: &str) -> &'a [Value] {
    field(body, name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// An amount as cents: a JSON number or a text with a decimal point or comma.
pub(crate) fn cents(body: &Value, name: &str) -> Option<i64> {
    let written = match field(body, name)? {
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.contains(',') => text.replace('.', "").replace(',', "."),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    let (sign, digits) = written.strip_prefix('-').map_or((1, written.as_str()), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = format!("{fraction:0<2}");
    let whole: i64 = whole.parse().ok()?;
    let fraction: i64 = fraction.get(..2)?.parse().ok()?;
    Some(sign * (whole.checked_mul(100)? + fraction))
}

/// Money in the REST answers: a JSON number, without decimals when it has none (`45`, `45.5`).
pub(crate) fn money(cents: i64) -> Value {
    let text = if cents % 100 == 0 { (cents / 100).to_string() } else { money_point(cents) };
    text.parse::<Number>().map_or(Value::Null, Value::Number)
}

/// Money in events 11-13: `100.00`.
pub(crate) fn money_point(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
}

/// Money in events 1 and 2: `1.234,56`.
pub(crate) fn money_comma(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let whole = (cents.abs() / 100).to_string();
    let mut grouped = String::new();
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped},{:02}", cents.abs() % 100)
}

/// The digits of a text.
pub(crate) fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Whether a name contains what was asked for, whatever the case.
pub(crate) fn contains(name: &str, asked: &str) -> bool {
    name.to_lowercase().contains(&asked.to_lowercase())
}

/// Errors of one request, all told at once in Trinks' shape.
#[derive(Default)]
pub(crate) struct Validation(Vec<Value>);

impl Validation {
    /// The value, or its default with an error noted: [`Self::finish`] stops before that default is used.
    pub(crate) fn require<T: Default>(&mut self, property: &str, value: Option<T>) -> T {
        if value.is_none() {
            self.refuse(property, "must not be empty.");
        }
        value.unwrap_or_default()
    }

    pub(crate) fn refuse(&mut self, property: &str, complaint: &str) {
        let message = format!("'{}' {complaint}", words(property));
        self.0.push(json!({ "PropertyName": property, "ErrorMessage": message }));
    }

    pub(crate) fn finish(self) -> Result<(), Reply> {
        if self.0.is_empty() { Ok(()) } else { Err(Reply::json(400, json!({ "Errors": self.0 }))) }
    }
}

/// `Telefones[0].TipoId` as the message has it: `Tipo Id`.
fn words(property: &str) -> String {
    let name = property.rsplit('.').next().unwrap_or(property);
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(letter);
    }
    words
}

/// One page of a list in Trinks' envelope.
pub(crate) fn page(call: &Call, items: &[Value]) -> Result<Reply, Reply> {
    let size = call.query_number("pageSize")?.unwrap_or(PAGE_MOST).clamp(1, PAGE_MOST);
    let page = call.query_number("page")?.unwrap_or(1).max(1);
    let total = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let skipped = usize::try_from(page.saturating_sub(1).saturating_mul(size)).unwrap_or(usize::MAX);
    let data: Vec<&Value> = items.iter().skip(skipped).take(usize::try_from(size).unwrap_or(usize::MAX)).collect();
    let pages = total.saturating_add(size - 1) / size;
    Ok(Reply::ok(json!({ "data": data, "page": page, "pageSize": size, "totalPages": pages, "totalRecords": total })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_three_ways_and_read_back() {
        assert_eq!(money_comma(-500), "-5,00");
        assert_eq!(money_comma(123_456_789), "1.234.567,89");
        assert_eq!(money_point(10_000), "100.00");
        assert_eq!((money(4500).to_string(), money(4550).to_string()), ("45".to_owned(), "45.5".to_owned()));
        for written in [json!(1234.56), json!("1.234,56"), json!("1234.56")] {
            assert_eq!(cents(&json!({ "valor": written }), "Valor"), Some(123_456));
        }
    }

    #[test]
    fn an_error_names_the_property_in_words() {
        assert_eq!(words("Telefones[0].TipoId"), "Tipo Id");
    }
}
