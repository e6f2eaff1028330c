//! What of an exchange a log may show, and what of a stored message a screen: its shape, numbers and times; of texts only
//! those that name no person.

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
];
/// Numbers that are personal all the same.
const HIDDEN: &[&str] = &["cpf", "telefone", "numero", "ddd", "ddi", "cep", "dataNascimento"];
/// Query parameters whose values are personal.
const PERSONAL_QUERY: &[&str] = &["cpf", "nome", "email", "telefone"];
/// Elements of a list, and characters of a body, that are shown.
const ELEMENTS: usize = 3;
const CHARS: usize = 1_500;

/// Properties of webhooks, of queued requests and of their wrappings whose values name no person: everything else is hidden.
const HARMLESS: &[&str] = &[
    // Webhooks (contract trinks.md, section 9).
    "Action",
    "TipoDeEvento",
    "EventId",
    "Id",
    "IdEstabelecimento",
    "EstabelecimentoId",
    "Quantidade",
    "Valor",
    "ValorDaCompra",
    "ValorUnitario",
    "DescontoTotal",
    "MotivoDesconto",
    "FormaPagamento",
    "EAN",
    "DataDoFechamento",
    "DataHoraInicioDoAgendamento",
    "DataHoraFimDoAgendamento",
    "DataHoraEventoGerado",
    "DataFimContrato",
    "PrecoDoServicoNoAgendamento",
    "DuracaoDoAgendamento",
    "NomeDoServicoNoEstabelecimento",
    "Status",
    "Origem",
    // Our own messages and requests.
    "message_id",
    "connection",
    "sent_at",
    "salon",
    "lane",
    "kind",
    "list",
    "queued_at",
    "failures",
    "releases",
    "client",
    "known",
    "service",
    "professional",
    "starts",
    "minutes",
    "price_cents",
    // What Lambda tells of a batch of the table's stream that it gave up.
    "condition",
    "approximateInvokeCount",
    "timestamp",
    "shardId",
    "startSequenceNumber",
    "endSequenceNumber",
    "approximateArrivalOfFirstRecord",
    "approximateArrivalOfLastRecord",
    "batchSize",
];
/// How names of Trinks' ids begin: an id alone names nobody.
const ID_PREFIXES: &[&str] = &["IdDo", "IdDa", "IdsDo", "IdPessoaDo"];
/// Texts that hold JSON are opened so often: an event within a message within an envelope.
const OPENED: u8 = 3;

/// A stored message for an operator's screen: its shape is whole, and of its values only harmless ones are shown. What is
/// no JSON is not shown at all.
#[must_use]
pub fn masked(body: &str) -> Value {
    let hidden = || Value::String(format!("({} bytes)", body.len()));
    serde_json::from_str::<Value>(body).map_or_else(|_| hidden(), |value| mask("", value, OPENED))
}

fn mask(name: &str, value: Value, opened: u8) -> Value {
    match value {
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| (name.clone(), mask(&name, value, opened))).collect())
        }
        Value::Array(elements) => {
            Value::Array(elements.into_iter().map(|element| mask(name, element, opened)).collect())
        }
        Value::String(text) => match serde_json::from_str::<Value>(&text) {
            Ok(inner @ (Value::Object(_) | Value::Array(_))) if opened > 0 => mask(name, inner, opened - 1),
            _ if text.is_empty() || is_harmless(name, &text) => Value::String(text),
            _ => Value::String("***".into()),
        },
        Value::Number(number) if !is_harmless(name, &number.to_string()) => Value::String("***".into()),
        other => other,
    }
}

fn is_harmless(name: &str, text: &str) -> bool {
    let is_id = || {
        let begins = |prefix: &&str| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        ID_PREFIXES.iter().any(begins) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    HARMLESS.iter().any(|known| known.eq_ignore_ascii_case(name)) || is_id()
}

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

    #[test]
    fn a_message_is_shown_without_its_person_however_it_is_wrapped() {
        let event = r#"{"TipoDeEvento":1,"IdDaTransacao":"47999","ValorDaCompra":"95,00","NomeDoCliente":"Cliente Exemplo",
            "CPFDoCliente":11144477735,"TelefoneDoCliente":[{"TelefoneCompleto":"(11) 90000-0000","Numero":900000000}],
            "EmailDoCliente":"a@example.com","Observacao":"prefere a Maria","Itens":[{"Nome":"Corte","Quantidade":1}]}"#;
        let message = serde_json::json!({ "message_id": "m", "connection": "demo", "message": event });
        for body in
            [event.to_owned(), message.to_string(), serde_json::json!({ "Message": message.to_string() }).to_string()]
        {
            let text = masked(&body).to_string();
            for secret in ["Exemplo", "11144477735", "90000", "example.com", "Maria"] {
                assert!(!text.contains(secret), "{text}");
            }
            for shown in ["47999", "95,00", "\"TipoDeEvento\":1", "TelefoneCompleto", "\"Quantidade\":1"] {
                assert!(text.contains(shown), "{shown} in {text}");
            }
        }
        assert_eq!(masked("Cliente Exemplo"), "(15 bytes)");
    }

    #[test]
    fn an_id_that_is_text_is_not_shown_as_one() {
        let text =
            masked(r#"{"IdDoCliente":"Cliente Exemplo","Identidade":"12.345.678-9","IdsDosItens":[7]}"#).to_string();
        assert_eq!(text, r#"{"IdDoCliente":"***","Identidade":"***","IdsDosItens":[7]}"#);
    }
}
