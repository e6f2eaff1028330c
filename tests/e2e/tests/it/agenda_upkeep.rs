//! The booking API when something is old, spent or shared: lists that changed, a spent month, a pause, several salons of one key.

use ponte_e2e::chatbot::{
    CORTE, PROFESSIONAL, booking, booking_of_a_stranger, day, limit_month, patiently, patiently_as,
};
use ponte_e2e::salon::{SALON, SISTER_SALON, eventually};
use ponte_e2e::{Answer, Stack, fresh_phone, guid};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_changed_is_answered_as_it_was_and_read_anew() {
    let stack = Stack::open();
    for list in LISTS {
        assert_eq!(patiently(&stack, "GET", list, "", None).await.status, 200, "{list}");
    }
    change_the_salon(&stack).await;
    let others = async |list: &str| stack.agenda("GET", list, "", None).await;
    let (services, professionals) = tokio::join!(others("services"), others("professionals"));
    for answer in [services, professionals] {
        assert_eq!((answer.status, is_stale(&answer)), (200, true), "{answer:?}");
    }
    for list in LISTS {
        let is_fresh = async || !is_stale(&stack.agenda("GET", list, "", None).await);
        assert!(eventually(is_fresh).await, "{list} was not read anew");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_an_old_list_does_not_have_is_looked_for_in_a_new_one() {
    const NEWER: u64 = 999;
    let stack = Stack::open();
    for list in LISTS {
        assert_eq!(patiently(&stack, "GET", list, "", None).await.status, 200, "{list}");
    }
    let client = stack.trinks_client(None).await;
    let booked = patiently(&stack, "POST", "appointments", &guid(), Some(&booking(client, &day(11), "09:00"))).await;
    assert_eq!(booked.status, 201, "{booked:?}");
    // All three find the list old: the new one takes its time.
    let rule = json!({ "rules": [{ "method": "GET", "path_prefix": "/v1/servicos", "kind": "slow_ms", "ms": 3_000 }] });
    stack.trinks("PUT", "/sandbox/faults", &rule).await;
    change_the_salon(&stack).await;
    let free = format!("free-hours?service={NEWER}&date={}", day(11));
    let mut body = booking(client, &day(11), "10:00");
    body["service"] = NEWER.into();
    let path = format!("appointments/{}", booked.json()["appointment"]);
    let wanted = json!({ "starts": format!("{}T11:00", day(11)), "service": NEWER });
    let (book, reschedule) = (guid(), guid());
    let answers = tokio::join!(
        patiently(&stack, "GET", &free, "", None),
        patiently(&stack, "POST", "appointments", &book, Some(&body)),
        patiently(&stack, "PUT", &path, &reschedule, Some(&wanted)),
    );
    stack.trinks("DELETE", "/sandbox/faults", &json!({})).await;
    for answer in [answers.0, answers.1, answers.2] {
        assert_eq!((answer.status, answer.json()["error"].clone()), (422, "unknown_service".into()), "{answer:?}");
    }
    let services = patiently(&stack, "GET", "services", "", None).await;
    assert!(!is_stale(&services), "it was read just now: {services:?}");
}

const LISTS: [&str; 3] = ["services", "professionals", "payment-forms"];

fn is_stale(list: &Answer) -> bool {
    assert_eq!(list.status, 200, "{list:?}");
    list.json()["stale"] == true
}

/// Trinks tells that the salon changed, by which each of its lists is old.
async fn change_the_salon(stack: &Stack) {
    let news = json!({ "Action": 2, "TipoDeEvento": 9, "IdDoEstabelecimento": SALON, "NomeDoEstabelecimento": guid() });
    assert_eq!(stack.notify(&json!({ "message": news })).await, [200]);
    // The last of them that is marked.
    assert!(eventually(async || is_stale(&stack.agenda("GET", "payment-forms", "", None).await)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_the_next_month_is_released_by_a_person_or_dropped() {
    let stack = Stack::open();
    for list in LISTS {
        assert_eq!(patiently(&stack, "GET", list, "", None).await.status, 200, "{list}");
    }
    let path = format!("trinks/connections/{}", stack.fact("/trinks_connection"));
    let quota = stack.console("GET", &format!("{path}/quota"), None).await;
    let used = quota.json()["month"]["used"].as_u64().unwrap_or_else(|| panic!("{quota:?}"));
    limit_month(&stack, &path, used.max(1)).await;
    // Two want the same hour. Whoever waits is told of it: the day is one of the next month.
    let keys = [guid(), guid(), guid()];
    let mut answers = Vec::new();
    for (key, hour) in keys.iter().zip(["09:00", "09:00", "12:00"]) {
        let mut body = booking_of_a_stranger(&fresh_phone(), &day(12), hour);
        body["queue"] = true.into();
        answers.push(stack.agenda("POST", "appointments", key, Some(&body)).await);
    }
    let parked = async || {
        let list = stack.console("GET", &format!("{path}/parked"), None).await;
        keys.iter().all(|key| list.text.contains(key))
    };
    let are_parked = eventually(parked).await;
    limit_month(&stack, &path, 5_000).await;
    assert!(are_parked && answers.iter().all(|answer| answer.status == 202), "{answers:?}");

    let drop = format!("{path}/parked/{SALON}-{}/drop", keys[2]);
    let dropped = stack.console("POST", &drop, Some(&json!({ "reason": "o cliente desistiu" }))).await;
    assert_eq!(dropped.status, 200, "{dropped:?}");
    assert_eq!(stack.console("POST", &drop, Some(&json!({ "reason": "de novo" }))).await.status, 404);
    let released = stack.console("POST", &format!("{path}/parked/release"), None).await;
    assert_eq!((released.status, &released.json()["queued"]), (200, &2.into()), "{released:?}");

    let told = async |key: &str| stack.agenda("GET", &format!("requests/{key}"), "", None).await.json();
    let given_up = told(&keys[2]).await;
    assert_eq!((&given_up["status"], &given_up["reason"]), (&"given_up".into(), &"o cliente desistiu".into()));
    let became = async || {
        let (first, second) = (told(&keys[0]).await, told(&keys[1]).await);
        (first["status"] == "booked" && second["status"] == "hour_taken").then_some(second)
    };
    assert!(eventually(async || became().await.is_some()).await, "{} {}", told(&keys[0]).await, told(&keys[1]).await);
    let beside = told(&keys[1]).await["alternatives"][0].clone();
    assert!(beside["professional_name"].is_string(), "{beside}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_that_trinks_asked_for_is_ended_by_a_person() {
    let stack = Stack::open();
    let path = format!("trinks/connections/{}/quota", stack.fact("/trinks_connection"));
    let blocked_until = async || stack.console("GET", &path, None).await.json()["blocked_until"].clone();
    let free = format!("free-hours?service={CORTE}&professional={PROFESSIONAL}&date={}", day(14));
    let rule = json!({ "rules": [{ "method": "GET", "path_prefix": "/v1/", "kind": "status_429", "times": 1 }] });
    stack.trinks("PUT", "/sandbox/faults", &rule).await;
    let is_paused = eventually(async || {
        stack.agenda("GET", &free, "", None).await.status == 429 && blocked_until().await.is_string()
    });
    let is_paused = is_paused.await;
    stack.trinks("DELETE", "/sandbox/faults", &json!({})).await;
    let released = stack.console("POST", &format!("{path}/release"), None).await;
    assert!(is_paused);
    assert_eq!((released.status, &released.json()["blocked_until"]), (200, &Value::Null), "{released:?}");
    let answer = patiently(&stack, "GET", &free, "", None).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_salons_of_one_key_a_chatbot_touches_its_own_appointments_only() {
    let stack = Stack::open();
    let cnpj = stack.new_store().await;
    let made =
        stack.console("POST", &format!("stores/1/{cnpj}/agenda-keys"), Some(&json!({ "name": "chatbot" }))).await;
    let sister = made.json()["key"].as_str().unwrap_or_else(|| panic!("{made:?}")).to_owned();
    let client = stack.trinks_client(None).await;
    let booked = patiently(&stack, "POST", "appointments", &guid(), Some(&booking(client, &day(13), "09:00"))).await;
    assert_eq!(booked.status, 201, "{booked:?}");
    let path = format!("appointments/{}", booked.json()["appointment"]);
    let calls = [
        ("GET", path.clone(), Value::Null),
        ("PUT", path.clone(), json!({ "starts": format!("{}T15:00", day(13)) })),
        ("POST", format!("{path}/confirmation"), json!({})),
        ("POST", format!("{path}/cancellation"), json!({ "reason": "cliente desistiu" })),
    ];
    stack.link(SISTER_SALON, &cnpj).await;
    let mut refused = Vec::new();
    for (method, path, body) in &calls {
        // Whose appointment it is may have to be asked of Trinks, and both salons live on one key.
        refused.push(patiently_as(&sister, &stack, method, path, &guid(), Some(body)).await);
    }
    let mut done = Vec::new();
    for (method, path, body) in &calls {
        done.push(patiently(&stack, method, path, &guid(), Some(body)).await);
    }
    stack.unlink(SISTER_SALON).await;
    assert!(refused.iter().all(|answer| answer.status == 404), "{refused:?}");
    assert!(done.iter().all(|answer| answer.status == 200), "{done:?}");
}
