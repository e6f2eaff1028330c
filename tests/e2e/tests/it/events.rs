//! What is told of, late or not at all: money that ends soon, and changes that nobody can read.

use std::cell::RefCell;

use ponte_e2e::listener::Listener;
use ponte_e2e::salon::{SALON, eventually};
use ponte_e2e::{Stack, guid};
use serde_json::{Value, json};

const STORE: &str = "demo_no_pin";

#[tokio::test(flavor = "multi_thread")]
async fn whose_money_ends_soon_is_told_of_and_whose_does_not_is_not() {
    let stack = Stack::open();
    let listener = Listener::new(&stack).await;
    let (soon, later) = (stack.customer(STORE, 0).await, stack.customer(STORE, 0).await);
    stack.credit(STORE, &soon, 1_000, 3).await;
    stack.credit(STORE, &later, 2_000, 60).await;
    let member = async |cpf: &str| stack.statement(cpf).await.unwrap()["member"].clone();
    let (soon, later) = (member(&soon).await, member(&later).await);
    let heard = RefCell::new(Vec::new());
    let of = |member: &Value| {
        let is_news = |event: &&Value| event["kind"] == "bonus_expiring" && event["member"] == *member;
        heard.borrow().iter().filter(is_news).cloned().collect::<Vec<Value>>()
    };
    // The pointer follows the money by the table's stream.
    let is_told = eventually(async || {
        let run = stack.invoke("bonus-expiring", &json!({})).await;
        assert_eq!(run.status, 200, "{run:?}");
        let received = listener.receive().await;
        heard.borrow_mut().extend(received);
        !of(&soon).is_empty()
    });
    assert!(is_told.await, "{heard:?}");
    assert_eq!(of(&soon)[0]["amount_cents"], 1_000, "{:?}", of(&soon));
    assert!(of(&later).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_nobody_can_read_holds_up_no_other_and_is_dropped_by_a_person() {
    let stack = Stack::open();
    let key = json!({ "pk": { "S": format!("TRINKSAPPOINTMENT#{SALON}#{}", guid()) }, "sk": { "S": "APPOINTMENT" } });
    let mut broken = key.clone();
    broken["salon"] = json!({ "S": "no number" });
    stack.table("PutItem", json!({ "Item": broken })).await;
    let put_aside = async || {
        let list = stack.console("GET", "trinks/dead-letters/outbox", None).await;
        assert_eq!(list.status, 200, "{list:?}");
        list.text.contains("it cannot be read")
    };
    let is_put_aside = eventually(put_aside).await;
    stack.table("DeleteItem", json!({ "Key": key })).await;
    assert!(is_put_aside);
    // Behind it the stream goes on.
    let listener = Listener::new(&stack).await;
    let cpf = stack.customer(STORE, 1_000).await;
    let member = stack.statement(&cpf).await.unwrap()["member"].clone();
    listener.hears(&|event| event["member"] == member && event["change_cents"] == 1_000).await;
    drop_all(&stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_was_given_up_is_told_when_it_is_replayed() {
    let stack = Stack::open();
    let listener = Listener::new(&stack).await;
    let appointment = 950_000_000 + uuid::Uuid::new_v4().as_u128() as u64 % 1_000_000;
    let text = |text: &str| json!({ "S": text });
    let number = |number: u64| json!({ "N": number.to_string() });
    let keys = json!({ "pk": text(&format!("TRINKSAPPOINTMENT#{SALON}#{appointment}")), "sk": text("APPOINTMENT") });
    let now = jiff::Timestamp::now();
    let mut image = keys.clone();
    for (name, value) in [
        ("salon", number(SALON)),
        ("program", text(&stack.fact("/demo_salon/program"))),
        ("id", number(appointment)),
        ("status", text("confirmed")),
        ("heard_at", number(u64::try_from(now.as_millisecond()).unwrap())),
        ("version", number(1)),
    ] {
        image[name] = value;
    }
    let record = json!({
        "eventID": guid(), "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": stack.fact("/region"), "eventSourceARN": stack.fact("/stream_arn"),
        "dynamodb": {
            "ApproximateCreationDateTime": now.as_second(), "Keys": keys, "NewImage": image, "OldImage": {},
            "SequenceNumber": "1", "SizeBytes": 1, "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    });
    let queue = stack.dead_letter_queue("outbox").await;
    stack.put_into(&queue, &json!({ "Records": [record] }).to_string()).await;
    let replayed = eventually(async || {
        let answer = stack.console("POST", "trinks/dead-letters/outbox/replay", Some(&json!({ "limit": 1 }))).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["done"] == 1
    });
    assert!(replayed.await);
    listener.hears(&|event| event["kind"] == "appointment_created" && event["appointment"] == appointment).await;
}

async fn drop_all(stack: &Stack) {
    let body = json!({ "limit": 1, "reason": "feito pelo teste" });
    let dropped = eventually(async || {
        let answer = stack.console("POST", "trinks/dead-letters/outbox/drop", Some(&body)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["done"].as_u64().is_some_and(|done| done > 0)
    });
    assert!(dropped.await);
}
