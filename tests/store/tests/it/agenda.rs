//! The agenda's routes over Trinks' sandbox, where answers get lost.
#![allow(clippy::unwrap_used)]

use jiff::{Timestamp, ToSpan};
use lambda_http::{Body, Request};
use ponte_store_tests::at_trinks::SalonAtTrinks;
use ponte_trinks::connection::BonusSource;
use serde_json::{Value, json};

/// A chatbot with a key.
struct Chatbot {
    trinks: SalonAtTrinks,
    key: String,
}

impl Chatbot {
    async fn start() -> Self {
        let trinks = SalonAtTrinks::open(BonusSource::Trinks).await;
        let key = trinks.agenda_key().await;
        Self { trinks, key }
    }

    /// Sends a booking under this key of its own; each call is a new Lambda.
    async fn book(&self, id: &str, body: &Value) -> (u16, Value) {
        let request = Request::new(Body::Text(body.to_string()));
        let (mut parts, body) = request.into_parts();
        parts.method = lambda_http::http::Method::POST;
        parts.uri = "https://example.com/agenda/v1/appointments".parse().unwrap();
        parts.headers.insert("authorization", format!("Bearer {}", self.key).parse().unwrap());
        parts.headers.insert("idempotency-key", id.parse().unwrap());
        let request = Request::from_parts(parts, body);
        let response = ponte_agenda::book::handle(&self.trinks.agenda(), &request, Timestamp::now()).await;
        let status = response.status().as_u16();
        let Body::Text(text) = response.into_body() else { panic!("an answer is text") };
        (status, serde_json::from_str(&text).unwrap())
    }
}

/// In some days, at ten.
fn wish() -> Value {
    let zone = jiff::tz::TimeZone::get("America/Sao_Paulo").unwrap();
    let day = Timestamp::now().to_zoned(zone).date().saturating_add(20.days());
    json!({ "service": 1_300_001, "professional": 700_001, "starts": format!("{day}T10:00"), "client": { "id": 8_000_001 } })
}

#[tokio::test]
async fn an_id_that_trinks_did_not_tell_is_told_to_a_repetition() {
    let chatbot = Chatbot::start().await;
    chatbot
        .trinks
        .faults(&json!([
            { "method": "POST", "path_prefix": "/v1/agendamentos", "kind": "no_body" },
            { "method": "GET", "path_prefix": "/v1/agendamentos", "kind": "status_500", "times": 1 },
        ]))
        .await;
    let (status, first) = chatbot.book("k1", &wish()).await;
    assert_eq!((status, &first["appointment"]), (201, &Value::Null), "{first}");
    let (status, again) = chatbot.book("k1", &wish()).await;
    assert_eq!(status, 201);
    assert!(again["appointment"].is_u64(), "without it nobody could cancel: {again}");
    let (_, third) = chatbot.book("k1", &wish()).await;
    assert_eq!(third, again);
    assert_eq!(chatbot.trinks.calls("POST", "/v1/agendamentos").await, 1);
}

#[tokio::test]
async fn a_booking_whose_answer_was_lost_is_found_and_not_made_again() {
    let chatbot = Chatbot::start().await;
    let lost = json!([{ "method": "POST", "path_prefix": "/v1/agendamentos", "kind": "hang_after_effect", "ms": 50, "times": 1 }]);
    chatbot.trinks.faults(&lost).await;
    let (status, first) = chatbot.book("k1", &wish()).await;
    assert_eq!(status, 201, "{first}");
    assert_eq!(chatbot.book("k1", &wish()).await, (status, first));
    assert_eq!(chatbot.trinks.calls("POST", "/v1/agendamentos").await, 1);
}

#[tokio::test]
async fn the_same_key_for_another_booking_is_refused() {
    let chatbot = Chatbot::start().await;
    chatbot.book("k1", &wish()).await;
    let mut other = wish();
    other["minutes"] = 60.into();
    let (status, refused) = chatbot.book("k1", &other).await;
    assert_eq!((status, refused["error"].as_str()), (422, Some("idempotency_key_reused")));
}
