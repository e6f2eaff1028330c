//! A chatbot of the demonstration's salon, and the quota that it lives on.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{Answer, Stack};

/// A service of the salon.
pub const CORTE: u64 = 1_300_001;
/// A professional of the salon.
pub const PROFESSIONAL: u64 = 700_001;

/// Asks again while no call of Trinks is left in this minute; any other answer is the answer.
pub async fn patiently(stack: &Stack, method: &str, path: &str, key: &str, body: Option<&Value>) -> Answer {
    patiently_as(&stack.fact("/agenda_key"), stack, method, path, key, body).await
}

/// The same of another salon's chatbot, by its key.
pub async fn patiently_as(
    chatbot: &str,
    stack: &Stack,
    method: &str,
    path: &str,
    key: &str,
    body: Option<&Value>,
) -> Answer {
    for _ in 0..90 {
        let answer = stack.agenda_as(chatbot, method, path, key, body).await;
        if answer.status != 429 {
            return answer;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    panic!("no call was left for a minute and a half");
}

/// A day that no other test books.
pub fn day(number: u32) -> String {
    let day = jiff::Zoned::now().date().checked_add(jiff::Span::new().days(20 + number)).unwrap();
    day.to_string()
}

/// What a client books.
pub fn booking(client: u64, day: &str, hour: &str) -> Value {
    json!({ "service": CORTE, "professional": PROFESSIONAL, "starts": format!("{day}T{hour}"), "client": { "id": client } })
}

/// What somebody books whom the salon does not know yet.
pub fn booking_of_a_stranger(phone: &str, day: &str, hour: &str) -> Value {
    let mut body = booking(0, day, hour);
    body["client"] = json!({ "name": "Pessoa Teste", "phone": phone });
    body
}

/// Changes what the connection's key may call in a month.
pub async fn limit_month(stack: &Stack, path: &str, per_month: u64) {
    let current = stack.console("GET", path, None).await.json();
    let mut quota = json!({ "per_month": per_month });
    for name in ["per_minute", "reset_day", "time_zone"] {
        quota[name] = current["quota"][name].clone();
    }
    let body = json!({ "name": current["name"], "api_key_secret": current["api_key_secret"], "pinning": "automatic", "quota": quota });
    let changed = stack.console("PUT", path, Some(&body)).await;
    assert!(matches!(changed.status, 200 | 201), "{changed:?}");
    // Warm Lambdas trust what they read for a second on the local stack.
    tokio::time::sleep(Duration::from_secs(2)).await;
}
