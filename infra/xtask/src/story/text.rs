//! Money and JSON as a person reads them. Money is counted in cents, never in floats.

use anyhow::{Context, Result};
use serde_json::{Number, Value};

/// An amount of an answer, in cents: a JSON number or a string, with at most two decimals.
pub(crate) fn cents(answer: &Value, field: &str) -> Result<i64> {
    let value = answer.get(field).with_context(|| format!("the answer has no {field}: {answer}"))?;
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    parse_cents(&text).with_context(|| format!("{field} is no amount of money: {value}"))
}

fn parse_cents(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    // 80.0 and 80.10 both come; anything finer than a cent is an error.
    let fraction = match fraction.trim_end_matches('0') {
        "" => 0,
        one if one.len() == 1 => one.parse::<i64>().ok()? * 10,
        two if two.len() == 2 => two.parse().ok()?,
        _ => return None,
    };
    Some(sign * (whole.parse::<i64>().ok()? * 100 + fraction))
}

/// Cents as a JSON number with two decimals.
pub(crate) fn number(cents: i64) -> Value {
    let decimal = decimal(cents);
    decimal.parse::<Number>().map_or(Value::String(decimal), Value::Number)
}

fn decimal(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
}

/// Cents as a person reads them.
pub(crate) fn reais(cents: i64) -> String {
    format!("R$ {}", decimal(cents))
}

/// One line: names and values, without the GUID and the contents of long lists.
pub(crate) fn summary(value: &Value) -> String {
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, value)| *name != "IdentificadorTransacao" && !value.is_null())
            .map(|(name, value)| match value {
                Value::Object(_) => format!("{name} ({})", summary(value)),
                Value::Array(items) => list(name, items),
                _ => format!("{name} {}", summary(value)),
            })
            .collect::<Vec<_>>()
            .join(", "),
        Value::String(text) => format!("\"{text}\""),
        Value::Number(number) if number.is_f64() => {
            let text = number.to_string();
            parse_cents(&text).map_or(text, decimal)
        }
        other => other.to_string(),
    }
}

fn list(name: &str, items: &[Value]) -> String {
    if name == "Campanhas" {
        let shown: Vec<_> = items.iter().map(|item| format!("({})", summary(item))).collect();
        return format!("{name} [{}]", shown.join(", "));
    }
    format!("{name} [{}]", items.len())
}

/// The first run of 4 to 8 digits.
pub(crate) fn pin_in(message: &str) -> Option<String> {
    message
        .split(|character: char| !character.is_ascii_digit())
        .find(|run| (4..=8).contains(&run.len()))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn amounts_are_read_to_the_cent() {
        for (text, cents) in [("80", 8000), ("80.0", 8000), ("-0.05", -5), ("15.1", 1510), ("1234.56", 123_456)] {
            assert_eq!(parse_cents(text), Some(cents), "{text}");
        }
        assert_eq!(parse_cents("0.001"), None);
        assert_eq!(parse_cents("many"), None);
    }

    #[test]
    fn amounts_are_written_with_two_decimals() {
        assert_eq!(reais(-5), "R$ -0.05");
        assert_eq!(cents(&json!({ "v": number(1510) }), "v").ok(), Some(1510));
    }

    #[test]
    fn a_pin_is_found_in_its_message() {
        assert_eq!(pin_in("Loja 12: seu código é 004213, vale 10 minutos").as_deref(), Some("004213"));
        assert_eq!(pin_in("sem código"), None);
    }
}
