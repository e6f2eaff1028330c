//! Quota and faults.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use crate::common::{api, booking, control, get, sandbox};
use ponte_trinks_sandbox::Sandbox;
use serde_json::{Value, json};
use std::time::Duration;

/// Waits for the next minute if this one is about to end: the quota is of the calendar's minute.
async fn early_in_a_minute() {
    let second = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs() % 60;
    if second > 55 {
        tokio::time::sleep(Duration::from_secs(61 - second)).await;
    }
}

#[tokio::test]
async fn the_sixty_first_call_of_a_minute_is_refused_and_costs_nothing() {
    let sandbox = sandbox().await;
    early_in_a_minute().await;
    for _ in 0..60 {
        assert_eq!(get(&sandbox, "servicos").await.status, 200);
    }
    let refused = get(&sandbox, "servicos").await;
    assert_eq!((refused.status, refused.retry_after), (429, None));
    control(&sandbox, "PUT", "quota", json!({ "send_retry_after": true })).await;
    let seconds: u64 = get(&sandbox, "servicos").await.retry_after.unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds));
    let calls = control(&sandbox, "GET", "calls", Value::Null).await;
    assert_eq!((&calls["total"], &calls["this_month"], &calls["refused_429"]), (&json!(62), &json!(60), &json!(2)));
    assert_eq!(calls["maximum_in_a_minute"], 62);
    control(&sandbox, "POST", "reset", Value::Null).await;
    assert_eq!(get(&sandbox, "servicos").await.status, 200);
}

#[tokio::test]
async fn the_month_ends_too_and_the_consumption_shown_is_wrong() {
    let sandbox = sandbox().await;
    control(&sandbox, "PUT", "quota", json!({ "per_month": 100, "used_this_month": 98 })).await;
    let shown = get(&sandbox, "consumo").await.json();
    assert_eq!(shown["cotaTotal"], 100);
    assert_ne!(shown["totalUtilizado"], 99);
    assert_eq!(get(&sandbox, "servicos").await.status, 200);
    assert_eq!(get(&sandbox, "servicos").await.status, 429);
}

async fn fault(sandbox: &Sandbox, kind: &str, ms: u64) {
    let rule = json!({ "path_prefix": "/v1/agendamentos", "kind": kind, "times": 1, "ms": ms });
    control(sandbox, "PUT", "faults", json!({ "rules": [rule] })).await;
}

/// Books and hangs up after a moment; whether an answer came.
async fn book_impatiently(sandbox: &Sandbox) -> Option<u16> {
    let booking = api(sandbox, "POST", "agendamentos", booking(8_000_001, "2026-08-12T14:00:00"));
    tokio::time::timeout(Duration::from_millis(300), booking).await.ok().map(|answer| answer.status)
}

async fn appointments(sandbox: &Sandbox) -> i64 {
    get(sandbox, "agendamentos").await.json()["totalRecords"].as_i64().unwrap()
}

#[tokio::test]
async fn a_call_that_hangs_may_have_taken_effect() {
    let sandbox = sandbox().await;
    fault(&sandbox, "hang_before_effect", 60_000).await;
    assert_eq!(book_impatiently(&sandbox).await, None);
    assert_eq!(appointments(&sandbox).await, 0);
    fault(&sandbox, "hang_after_effect", 60_000).await;
    assert_eq!(book_impatiently(&sandbox).await, None);
    assert_eq!(appointments(&sandbox).await, 1);
    assert_eq!(book_impatiently(&sandbox).await, Some(409), "the same hour again: its own booking is in the way");
}

#[tokio::test]
async fn a_slow_call_takes_effect_though_nobody_waits() {
    let sandbox = sandbox().await;
    fault(&sandbox, "slow_ms", 600).await;
    assert_eq!(book_impatiently(&sandbox).await, None);
    assert_eq!(appointments(&sandbox).await, 0);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(appointments(&sandbox).await, 1);
}

#[tokio::test]
async fn statuses_and_spurious_lists_come_as_often_as_asked() {
    let sandbox = sandbox().await;
    fault(&sandbox, "status_500", 0).await;
    assert_eq!(book_impatiently(&sandbox).await, Some(500));
    fault(&sandbox, "status_429", 0).await;
    assert_eq!(book_impatiently(&sandbox).await, Some(429));
    assert_eq!(book_impatiently(&sandbox).await, Some(201), "once each, and nothing was booked");
    fault(&sandbox, "empty_list", 0).await;
    assert_eq!((appointments(&sandbox).await, appointments(&sandbox).await), (0, 1));
    fault(&sandbox, "null_data", 0).await;
    assert_eq!(get(&sandbox, "agendamentos?clienteId=1").await.json()["data"], Value::Null);
    control(&sandbox, "DELETE", "faults", Value::Null).await;
}
