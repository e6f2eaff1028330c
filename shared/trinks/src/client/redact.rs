//! What of an exchange a log may show: its shape, numbers and times; of texts only those that name no person.

use serde_json::Value;

/// Properties whose text is shown.
const SHOWN: &[&str] = &[
    "dataHoraInicio",
    "dataHora",
    "dataReferencia",
    "data",
    "horariosVagos",
    "inicio",
    "fim",
    "categoria",
    "PropertyName",
    "ErrorMessage",
];
/// Numbers that are personal all the same.
const HIDDEN: &[&str] = &["cpf", "telefone", "numero", "ddd", "ddi", "cep", "dataNascimento"];
/// Query parameters whose values are personal.
const PERSONAL_QUERY: &[&str] = &["cpf", "nome", "email", "telefone"];
/// Elements of a list, and characters of a body, that are shown.
const ELEMENTS: usize = 3;
const CHARS: usize = 1_500;

/// A body, redacted; what is no JSON is not shown at all.
pub(super) fn shown(body: &str) -> String {
    if body.is_empty() {
        return String::new();
    }
    let Ok(value) = serde_json::from_str::<Value>(body) else { return format!("({} bytes)", body.len()) };
    redacted("", &value).to_string().chars().take(CHARS).collect()
}

/// A query, redacted.
pub(super) fn query(pairs: &[(&'static str, String)]) -> String {
    let shown = |(name, value): &(&'static str, String)| {
        let personal = PERSONAL_QUERY.contains(name);
        format!("{name}={}", if personal { "***" } else { value })
    };
    pairs.iter().map(shown).collect::<Vec<_>>().join("&")
}

fn redacted(name: &str, value: &Value) -> Value {
    let named = |list: &[&str]| list.iter().any(|known| known.eq_ignore_ascii_case(name));
    match value {
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), redacted(name, value))).collect())
        }
        Value::Array(elements) => {
            let mut shown: Vec<Value> = elements.iter().take(ELEMENTS).map(|value| redacted(name, value)).collect();
            if elements.len() > ELEMENTS {
                shown.push(Value::String(format!("and {} more", elements.len() - ELEMENTS)));
            }
            Value::Array(shown)
        }
        Value::String(_) if !named(SHOWN) => Value::String("***".into()),
        Value::Number(_) if named(HIDDEN) => Value::String("***".into()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_person_is_shown() {
        let body = r#"{"id":7,"nome":"Cliente Exemplo","cpf":11144477735,"telefones":[{"ddd":"11","numero":900000000,"tipoId":3}],"dataHoraInicio":"2026-08-12T19:00:00"}"#;
        let text = shown(body);
        for secret in ["Cliente", "11144477735", "900000000"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.contains("\"id\":7") && text.contains("2026-08-12T19:00:00"), "{text}");
        assert_eq!(query(&[("page", "1".into()), ("cpf", "11144477735".into())]), "page=1&cpf=***");
        assert_eq!(shown("Cliente Exemplo"), "(15 bytes)");
    }
}
