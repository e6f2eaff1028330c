//! What needs a person: webhooks that no consumer could work on, and reports on accounts; listed once, shown, and resolved.
#![allow(clippy::unwrap_used)]

use jiff::Timestamp;
use ponte_domain::trinks::{ConnectionId, EstablishmentId, TrinksTransactionId};
use ponte_platform::keys;
use ponte_platform::table::Unless;
use ponte_store_tests::cloud::Cloud;
use ponte_store_tests::office::Office;
use ponte_store_tests::salon::{SALON, Salon, closing};
use ponte_trinks::connection::{BonusSource, Connection, Establishment};
use ponte_trinks::message::{OddMessage, OddStatus, StoredMessage, TrinksMessage};
use ponte_trinks_functions::consumers;
use ponte_trinks_functions::desk::Desk;
use serde_json::{Value, json};

const CPF: &str = "11144477735";

fn salon_key() -> keys::Key {
    keys::trinks_establishment(EstablishmentId::new(SALON).unwrap())
}

/// A webhook of an account, which the receiver stored a second before.
async fn webhook(salon: &Salon, id: &str, connection: &str) -> String {
    let received_at: Timestamp = "2026-11-22T10:00:00.123Z".parse().unwrap();
    let stored = StoredMessage {
        message_id: id.to_owned(),
        connection: ConnectionId::parse(connection).unwrap(),
        received_at,
        sent_at: received_at,
        raw: json!({
            "Type": "Notification", "MessageId": id, "TopicArn": "arn:aws:sns:us-east-1:441135549897:prd",
            "Message": closing(1, 10, Some(CPF), 10_000).to_string(), "Timestamp": "2026-11-22T10:00:00.123Z",
            "SignatureVersion": "1", "Signature": "AAAA",
            "SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
        })
        .to_string(),
        published: true,
        ttl: i64::MAX,
    };
    salon.shop.table.put(&keys::trinks_message(id), &stored, Unless::Anything).await.unwrap();
    let message = TrinksMessage {
        message_id: id.to_owned(),
        connection: stored.connection,
        sent_at: received_at,
        message: closing(1, 10, Some(CPF), 10_000).to_string(),
    };
    serde_json::to_string(&message).unwrap()
}

async fn deliver(desk: &Desk, body: &str) {
    consumers::account_news(desk, body, Timestamp::now()).await.unwrap();
}

#[tokio::test]
async fn an_event_of_a_salon_that_is_not_linked_is_listed_once_where_the_receiver_lists_it() {
    let salon = Salon::open(BonusSource::Trinks).await;
    let office = Office::of(&salon.shop);
    salon.shop.table.delete(&salon_key()).await.unwrap();
    let body = webhook(&salon, "m1", "rede").await;
    for _ in 0..2 {
        deliver(&salon.another_desk(), &body).await;
    }
    let open = office.open_messages().await;
    assert_eq!(open.len(), 1, "{open:?}");
    assert_eq!(
        (&open[0]["message"], &open[0]["kind"], &open[0]["establishment"]),
        (&json!("m1"), &json!(1), &json!(SALON))
    );
    assert_eq!(open[0]["at"], "2026-11-22T10:00:00.123Z");
    assert!(open[0]["reason"].as_str().unwrap().contains("link it, then replay"), "{open:?}");
}

#[tokio::test]
async fn what_was_replayed_in_vain_is_open_again_and_what_was_dropped_stays_so() {
    let salon = Salon::open(BonusSource::Trinks).await;
    let office = Office::of(&salon.shop);
    salon.shop.table.delete(&salon_key()).await.unwrap();
    let body = webhook(&salon, "m1", "rede").await;
    deliver(&salon.another_desk(), &body).await;
    let key = keys::trinks_odd("2026-11-22T10:00:00.123Z".parse().unwrap(), "m1");
    for (status, open) in [(OddStatus::Replayed, 1), (OddStatus::Dropped, 0)] {
        let odd: OddMessage = salon.shop.table.get(&key).await.unwrap().unwrap();
        salon.shop.table.put(&key, &OddMessage { status, ..odd }, Unless::Anything).await.unwrap();
        deliver(&salon.another_desk(), &body).await;
        assert_eq!(office.open_messages().await.len(), open, "{status:?}");
    }
}

#[tokio::test]
async fn what_a_consumer_lists_while_it_is_replayed_stays_open() {
    let salon = Salon::open(BonusSource::Trinks).await;
    let cloud = Cloud::default();
    let office = Office::with(&salon.shop, &cloud);
    salon.shop.table.delete(&salon_key()).await.unwrap();
    let body = webhook(&salon, "m1", "rede").await;
    deliver(&salon.another_desk(), &body).await;
    let publishes = cloud.hold("Publish");
    let nothing = json!({});
    let faster_consumer = async {
        while cloud.take_calls("Publish").is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        deliver(&salon.another_desk(), &body).await;
        publishes.notify_one();
    };
    let ((status, told), ()) = tokio::join!(office.message("POST", "messages/m1/replay", &nothing), faster_consumer);
    assert_eq!((status, &told["odd"]["status"]), (200, &json!("open")), "{told}");
    assert_eq!(office.open_messages().await.len(), 1);
    // Nobody is faster this time.
    publishes.notify_one();
    let (status, told) = office.message("POST", "messages/m1/replay", &nothing).await;
    assert_eq!((status, &told["odd"]["status"]), (200, &json!("replayed")), "{told}");
    assert!(office.open_messages().await.is_empty());
}

#[tokio::test]
async fn a_salon_that_moved_to_another_connection_is_found_by_a_lambda_that_remembers_the_former() {
    let salon = Salon::open(BonusSource::Trinks).await;
    let desk = salon.another_desk();
    assert!(desk.place(EstablishmentId::new(SALON)).await.unwrap().is_some(), "it remembers");
    let other = Connection { id: ConnectionId::parse("outra").unwrap(), ..salon.connection.clone() };
    salon.shop.table.put(&keys::trinks_connection(&other.id), &other, Unless::Anything).await.unwrap();
    let link: Establishment = salon.shop.table.get(&salon_key()).await.unwrap().unwrap();
    let moved = Establishment { connection: other.id, ..link };
    salon.shop.table.put(&salon_key(), &moved, Unless::Anything).await.unwrap();
    deliver(&desk, &webhook(&salon, "m1", "outra").await).await;
    assert_eq!(salon.ledger_balance(CPF).await, "15.00");
    deliver(&desk, &webhook(&salon, "m2", "rede").await).await;
    let open = Office::of(&salon.shop).open_messages().await;
    assert_eq!((open.len(), &open[0]["message"]), (1, &json!("m2")), "a topic speaks for its own salons: {open:?}");
}

/// An account that was reported, and the id of its report.
async fn reported() -> (Salon, Office, String) {
    let salon = Salon::open(BonusSource::Trinks).await;
    let office = Office::of(&salon.shop);
    report(&salon, "debit its redemption of 10.00 by hand").await;
    let id = office.open_messages().await[0]["message"].as_str().unwrap().to_owned();
    (salon, office, id)
}

async fn report(salon: &Salon, reason: &str) {
    let desk = salon.another_desk();
    let place = desk.place(EstablishmentId::new(SALON)).await.unwrap().unwrap();
    desk.report(&place, TrinksTransactionId::new(77).unwrap(), reason.to_owned(), Timestamp::now()).await.unwrap();
}

#[tokio::test]
async fn an_account_is_reported_once_however_often_it_is_told() {
    let (salon, office, id) = reported().await;
    report(&salon, "debit its redemption of 10.00 by hand").await;
    assert_eq!(office.open_messages().await.len(), 1);
    report(&salon, "debit its redemption of 12.00 by hand").await;
    let open = office.open_messages().await;
    assert_eq!(open.len(), 1, "whoever reads two debits twice: {open:?}");
    assert_eq!(open[0]["reason"], "debit its redemption of 12.00 by hand", "what is known better counts");
    let dropped = office.message("POST", &format!("messages/{id}/drop"), &json!({ "reason": "debited" })).await;
    assert_eq!(dropped.0, 200, "{dropped:?}");
    report(&salon, "debit its redemption of 10.00 by hand").await;
    assert!(office.open_messages().await.is_empty(), "what was resolved stays so");
}

#[tokio::test]
async fn a_report_is_shown_without_an_event_and_cannot_be_replayed() {
    let (_salon, office, id) = reported().await;
    let (status, shown) = office.message("GET", &format!("messages/{id}"), &Value::Null).await;
    assert_eq!((status, &shown["type"], &shown["event"]), (200, &json!("Report"), &Value::Null), "{shown}");
    assert_eq!(shown["odd"]["reason"], "debit its redemption of 10.00 by hand");
    for body in [json!({}), json!({ "at": shown["odd"]["at"] })] {
        let (status, told) = office.message("POST", &format!("messages/{id}/replay"), &body).await;
        assert_eq!((status, &told["error"]["code"]), (409, &json!("no_webhook")), "{told}");
    }
    let (status, _) = office.message("GET", "messages/account-1-2-none", &Value::Null).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn a_report_is_dropped_by_the_moment_that_the_list_gives_or_by_its_id_alone() {
    for by_moment in [true, false] {
        let (_salon, office, id) = reported().await;
        let at = office.open_messages().await[0]["at"].clone();
        let mut body = json!({ "reason": "debited by hand" });
        if by_moment {
            body["at"] = at;
        }
        let wrong = json!({ "reason": "debited", "at": "2020-01-01T00:00:00Z" });
        assert_eq!(office.message("POST", &format!("messages/{id}/drop"), &wrong).await.0, 404);
        let (status, dropped) = office.message("POST", &format!("messages/{id}/drop"), &body).await;
        assert_eq!((status, &dropped["status"], &dropped["resolution"]), (200, &json!("dropped"), &body["reason"]));
        assert!(office.open_messages().await.is_empty());
        assert_eq!(office.message("POST", &format!("messages/{id}/drop"), &body).await.1, dropped, "repeated");
    }
}

#[tokio::test]
async fn of_two_operators_who_drop_at_once_one_decides() {
    let (_salon, office, id) = reported().await;
    let path = format!("messages/{id}/drop");
    let (mine, yours) = (json!({ "reason": "mine" }), json!({ "reason": "yours" }));
    let (mine, yours) = tokio::join!(office.message("POST", &path, &mine), office.message("POST", &path, &yours));
    let (_, kept) = office.message("GET", &format!("messages/{id}"), &Value::Null).await;
    let resolution = &kept["odd"]["resolution"];
    for (reason, (status, told)) in [("mine", mine), ("yours", yours)] {
        if status == 200 {
            assert_eq!(&told["resolution"], resolution, "{reason} is told what was decided");
        } else {
            assert_eq!((status, &told["error"]["code"]), (409, &json!("already_resolved")), "{told}");
            assert_ne!(resolution, reason);
        }
    }
}

#[tokio::test]
async fn an_odd_message_whose_webhook_is_not_stored_can_be_dropped() {
    let salon = Salon::open(BonusSource::Trinks).await;
    let office = Office::of(&salon.shop);
    salon.shop.table.delete(&salon_key()).await.unwrap();
    let body = webhook(&salon, "m1", "rede").await;
    salon.shop.table.delete(&keys::trinks_message("m1")).await.unwrap();
    deliver(&salon.another_desk(), &body).await;
    let at = office.open_messages().await[0]["at"].clone();
    let (status, told) =
        office.message("POST", "messages/m1/drop", &json!({ "reason": "a test of ours", "at": at })).await;
    assert_eq!(status, 200, "{told}");
}
