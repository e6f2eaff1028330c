//! The booking API on the deployed template, against the Trinks sandbox with its quota, conflicts and faults.
//!
//! One key has 60 calls a minute, of which bookings have some 48: the tests take turns (.config/nextest.toml), and say what
//! they cost.

use std::collections::HashMap;

use ponte_e2e::chatbot::{CORTE, PROFESSIONAL, booking, day, limit_month, patiently};
use ponte_e2e::salon::eventually;
use ponte_e2e::{Stack, fresh_phone, guid};
use serde_json::json;

async fn client(stack: &Stack) -> u64 {
    stack.trinks_client(None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_tell_their_age_and_answer_while_trinks_is_down() {
    let stack = Stack::open();
    for list in ["services", "professionals", "payment-forms"] {
        let answer = patiently(&stack, "GET", list, "", None).await;
        assert_eq!(answer.status, 200, "{list}: {answer:?}");
        assert!(answer.json()["read_at"].is_string() && answer.json()["age_seconds"].is_number(), "{list}: {answer:?}");
    }
    let services = stack.agenda("GET", "services", "", None).await;
    assert!(services.text.contains("\"price\":100.00"), "{services:?}");
    let rule = json!({ "rules": [{ "method": "GET", "path_prefix": "/v1/", "kind": "status_500" }] });
    stack.trinks("PUT", "/sandbox/faults", &rule).await;
    let down = stack.agenda("GET", "services", "", None).await;
    stack.trinks("DELETE", "/sandbox/faults", &json!({})).await;
    assert_eq!(down.status, 200, "{down:?}");
    assert_eq!(down.json()["items"], services.json()["items"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_is_made_once_however_often_it_is_sent() {
    let stack = Stack::open();
    let (day, key) = (day(1), guid());
    let free = patiently(
        &stack,
        "GET",
        &format!("free-hours?service={CORTE}&date={day}&professional={PROFESSIONAL}"),
        "",
        None,
    )
    .await;
    assert_eq!(free.status, 200, "{free:?}");
    let hour = free.json()["professionals"][0]["hours"][0].as_str().unwrap_or_else(|| panic!("{free:?}")).to_owned();
    let body = booking(client(&stack).await, &day, &hour);
    let first = patiently(&stack, "POST", "appointments", &key, Some(&body)).await;
    assert_eq!(first.status, 201, "{first:?}");
    for _ in 0..3 {
        assert_eq!(stack.agenda("POST", "appointments", &key, Some(&body)).await, first);
    }
    let mut other = body.clone();
    other["minutes"] = 60.into();
    assert_eq!(stack.agenda("POST", "appointments", &key, Some(&other)).await.status, 422);
    assert_eq!(stack.agenda("POST", "appointments", "", Some(&body)).await.status, 400, "without a key");
    let told = stack.agenda("GET", &format!("requests/{key}"), "", None).await;
    assert_eq!(told.json()["status"], "booked", "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_six_who_want_one_hour_one_gets_it_and_five_get_the_hours_beside_it() {
    let stack = Stack::open();
    let day = day(2);
    let mut racers = Vec::new();
    for _ in 0..6 {
        let body = booking(client(&stack).await, &day, "14:00");
        racers.push(tokio::spawn(async move {
            let (stack, key) = (Stack::open(), guid());
            patiently(&stack, "POST", "appointments", &key, Some(&body)).await
        }));
    }
    let mut statuses: HashMap<u16, usize> = HashMap::new();
    for racer in racers {
        let answer = racer.await.unwrap();
        *statuses.entry(answer.status).or_default() += 1;
        if answer.status == 409 {
            let nearest =
                answer.json()["alternatives"][0]["starts"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned();
            assert!(nearest.starts_with(&day), "{answer:?}");
        }
    }
    assert_eq!(statuses, HashMap::from([(201, 1), (409, 5)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_found_by_phone_and_created_once() {
    let stack = Stack::open();
    let phone = fresh_phone();
    let mut clients = Vec::new();
    for hour in ["09:00", "10:00"] {
        let mut body = booking(0, &day(3), hour);
        body["client"] = json!({ "name": "Pessoa Teste", "phone": phone });
        let booked = patiently(&stack, "POST", "appointments", &guid(), Some(&body)).await;
        assert_eq!(booked.status, 201, "{booked:?}");
        clients.push(booked.json()["client"].as_u64().unwrap());
    }
    assert_eq!(clients[0], clients[1], "one person, one client");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_whose_answer_was_lost_is_found_and_not_made_twice() {
    let stack = Stack::open();
    let client = client(&stack).await;
    let rule = json!({ "rules": [{ "method": "POST", "path_prefix": "/v1/agendamentos", "kind": "hang_after_effect", "times": 1, "ms": 30_000 }] });
    stack.trinks("PUT", "/sandbox/faults", &rule).await;
    let booked = patiently(&stack, "POST", "appointments", &guid(), Some(&booking(client, &day(4), "11:00"))).await;
    stack.trinks("DELETE", "/sandbox/faults", &json!({})).await;
    assert_eq!(booked.status, 201, "{booked:?}");
    assert!(booked.json()["appointment"].is_u64(), "{booked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appointment_is_moved_confirmed_and_cancelled() {
    let stack = Stack::open();
    let day = day(5);
    let body = booking(client(&stack).await, &day, "09:00");
    let booked = patiently(&stack, "POST", "appointments", &guid(), Some(&body)).await;
    let path = format!("appointments/{}", booked.json()["appointment"]);
    let moved = patiently(&stack, "PUT", &path, &guid(), Some(&json!({ "starts": format!("{day}T15:00") }))).await;
    assert_eq!(moved.status, 200, "{moved:?}");
    let confirmed = patiently(&stack, "POST", &format!("{path}/confirmation"), &guid(), Some(&json!({}))).await;
    assert_eq!(confirmed.status, 200, "{confirmed:?}");
    let shown = patiently(&stack, "GET", &path, "", None).await;
    assert!(shown.text.contains(&format!("{day}T15:00")) && shown.text.contains("confirmed"), "{shown:?}");
    let reason = json!({ "reason": "cliente desistiu" });
    let cancelled = patiently(&stack, "POST", &format!("{path}/cancellation"), &guid(), Some(&reason)).await;
    assert_eq!(cancelled.status, 200, "{cancelled:?}");
    let again = patiently(&stack, "POST", &format!("{path}/cancellation"), &guid(), Some(&reason)).await;
    assert_eq!(again.status, 200, "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_ours_is_refused() {
    let stack = Stack::open();
    let answer = stack.console("GET", "../../agenda/v1/services", None).await;
    assert!(matches!(answer.status, 401 | 403 | 404), "{answer:?}");
}

/// The whole minute is spent: the sandbox must never have counted more than 60, and never have answered 429.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_load_the_key_never_goes_past_its_minute_and_a_queued_booking_is_made_later() {
    let stack = Stack::open();
    // Sixteen chatbots at a time: more Lambdas at once are more than this machine's emulated table answers in time.
    let mut callers = Vec::new();
    for caller in 0..16_u32 {
        callers.push(tokio::spawn(async move {
            let (stack, mut answers) = (Stack::open(), Vec::new());
            for number in 0..10 {
                let path = format!("free-hours?service={CORTE}&date={}", day(30 + caller * 10 + number));
                answers.push(stack.agenda("GET", &path, "", None).await);
            }
            answers
        }));
    }
    let mut statuses: HashMap<u16, usize> = HashMap::new();
    for caller in callers {
        for answer in caller.await.unwrap() {
            assert!(matches!(answer.status, 200 | 429), "{answer:?}");
            *statuses.entry(answer.status).or_default() += 1;
        }
    }
    assert!(statuses.contains_key(&429), "160 calls do not fit into a minute: {statuses:?}");
    let mut body = booking(client(&stack).await, &day(6), "16:00");
    let refused = stack.agenda("POST", "appointments", &guid(), Some(&body)).await;
    body["queue"] = true.into();
    let key = guid();
    let queued = stack.agenda("POST", "appointments", &key, Some(&body)).await;
    // The minute may have turned meanwhile: then both are booked or taken at once.
    if queued.status == 202 {
        assert_eq!(refused.status, 429, "{refused:?}");
        let booked =
            async || stack.agenda("GET", &format!("requests/{key}"), "", None).await.json()["status"] == "booked";
        assert!(
            eventually(booked).await || eventually(booked).await,
            "{:?}",
            stack.agenda("GET", &format!("requests/{key}"), "", None).await
        );
    }
    let calls = stack.trinks("GET", "/sandbox/calls", &json!({})).await.json();
    assert!(calls["maximum_in_a_minute"].as_u64().unwrap() <= 60, "{calls}");
    assert_eq!(calls["refused_429"], 0, "{calls}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spent_month_parks_what_can_wait_and_releases_it_when_there_is_room() {
    let stack = Stack::open();
    let path = format!("trinks/connections/{}", stack.fact("/trinks_connection"));
    let quota = stack.console("GET", &format!("{path}/quota"), None).await;
    let used = quota.json()["month"]["used"].as_u64().unwrap_or_else(|| panic!("{quota:?}"));
    limit_month(&stack, &path, used.max(1)).await;
    let cpf = ponte_e2e::fresh_cpf();
    let client = stack.trinks_client(Some(&cpf)).await;
    stack.close_account(client, json!({ "with_cpf": false })).await;
    let parked = async || {
        let list = stack.console("GET", &format!("{path}/parked"), None).await;
        assert_eq!(list.status, 200, "{list:?}");
        list.text.contains("learn_client")
    };
    let is_parked = eventually(parked).await;
    limit_month(&stack, &path, 5_000).await;
    assert!(is_parked, "nothing was parked");
    assert_eq!(stack.ledger_balance(&cpf).await, "0.00");
    let released = stack.invoke("trinks-release", &json!({})).await;
    assert_eq!(released.status, 200, "{released:?}");
    stack.wait_for_balance(&cpf, "15.00").await;
}
