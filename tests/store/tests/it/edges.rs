//! The edges towards Trinks: its webhooks in, its keys, and domain events out, while AWS is out of order or strangers call.
#![allow(clippy::unwrap_used)]

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use lambda_http::Body;
use ponte_domain::door::DoorKey;
use ponte_domain::quota::Lane;
use ponte_domain::sns::TopicArn;
use ponte_domain::trinks::ConnectionId;
use ponte_events::{GivenUp, Outbox, Publisher};
use ponte_platform::keys;
use ponte_platform::secrets::{RotatingSecrets, Secret};
use ponte_platform::table::{Table, Unless};
use ponte_store_tests::SECRET;
use ponte_store_tests::at_trinks::SalonAtTrinks;
use ponte_store_tests::cloud::Cloud;
use ponte_store_tests::salon::{SALON, Salon};
use ponte_trinks::client::{Trinks, TrinksError};
use ponte_trinks::connection::{AwaitingTopic, BonusSource, Connection, SubscriptionStatus};
use ponte_trinks::message::{OddMessage, OddStatus};
use ponte_trinks_functions::receiver::{Door, NotReceived, Received, Receiver, SnsSandbox};
use ponte_trinks_sandbox::{Options, Sandbox, TOPIC_ARN, http, seed};
use serde_json::{Value, json};

const OTHER_TOPIC: &str = "arn:aws:sns:us-east-1:441135549897:prd_integracao_outra";

/// Takes whatever is posted, and answers all with one status.
struct Mailbox {
    url: String,
    came: mpsc::Receiver<String>,
}

impl Mailbox {
    fn open(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (keep, came) = mpsc::channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let text = read(&mut stream);
                let _ = keep.send(text);
                let _ = write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            }
        });
        Self { url, came }
    }

    fn next(&self) -> String {
        self.came.recv_timeout(Duration::from_secs(10)).unwrap()
    }
}

/// A request's body, as long as its head says.
fn read(stream: &mut impl std::io::Read) -> String {
    let mut bytes = Vec::new();
    let mut part = [0_u8; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return body.to_owned();
            }
        }
        match stream.read(&mut part).unwrap() {
            0 => return String::new(),
            count => bytes.extend_from_slice(&part[..count]),
        }
    }
}

/// A receiver with its salon, and the sandbox that signs for it.
struct Edge {
    salon: Salon,
    cloud: Cloud,
    sandbox: Sandbox,
    mailbox: Mailbox,
    receiver: Receiver,
}

impl Edge {
    /// `topic` is what the connection has pinned.
    async fn open(topic: Option<&str>) -> Self {
        let salon = Salon::open(BonusSource::Trinks).await;
        let mut connection = connection(&salon.shop.table).await;
        connection.topic = topic.map(|topic| TopicArn::parse(topic).unwrap());
        salon.shop.table.put(&keys::trinks_connection(&connection.id), &connection, Unless::Anything).await.unwrap();
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let mailbox = Mailbox::open(200);
        control(&sandbox, "PUT", "webhook", &json!({ "url": mailbox.url })).await;
        let cloud = Cloud::default();
        let receiver = receiver(&cloud, &salon, &sandbox, &sandbox.url);
        Self { salon, cloud, sandbox, mailbox, receiver }
    }

    fn table(&self) -> &Table {
        &self.salon.shop.table
    }

    /// A signed notification.
    async fn notification(&self, topic: &str) -> String {
        let message = json!({ "Action": 1, "TipoDeEvento": 8, "IdDoEstabelecimento": SALON, "NomeFantasia": "Salao" });
        let notice = json!({ "message": message, "force": true, "topic_arn": topic });
        control(&self.sandbox, "POST", "webhook/notify", &notice).await;
        self.mailbox.next()
    }

    /// A signed confirmation.
    async fn confirmation(&self, topic: &str) -> String {
        control(&self.sandbox, "POST", "webhook/subscribe", &json!({ "topic_arn": topic })).await;
        self.mailbox.next()
    }

    async fn receive(&self, body: &str) -> Result<Received, NotReceived> {
        self.receiver.receive(&Door::Shared, body, Timestamp::now()).await
    }

    /// A delivery over HTTP: its status.
    async fn post(&self, path: &str, body: &str) -> u16 {
        let uri = format!("https://example.com{path}");
        let request = lambda_http::http::Request::post(uri).body(Body::Text(body.to_owned())).unwrap();
        self.receiver.answer(&request).await.status().as_u16()
    }

    /// The address of the connection, as the console shows it.
    async fn own_address(&self) -> String {
        let id = connection(self.table()).await.id;
        let part = DoorKey::new(SECRET.as_bytes()).unwrap().part("trinks", id.as_str());
        format!("/trinks/webhook/{id}/{part}")
    }

    async fn odd(&self) -> Vec<OddMessage> {
        self.table().query(keys::TRINKS_ODD, "", 100).await.unwrap()
    }

    async fn awaiting(&self, topic: &str) -> Option<AwaitingTopic> {
        self.table().get(&keys::trinks_topic(topic)).await.unwrap()
    }
}

fn receiver(cloud: &Cloud, salon: &Salon, sandbox: &Sandbox, url: &str) -> Receiver {
    let aws = cloud.aws(&salon.shop.endpoint);
    let table = Table::new(aws.dynamodb(), salon.shop.table.name().to_owned());
    let root = sandbox.ca_pem().lines().filter(|line| !line.starts_with("-----")).collect();
    let sandbox = SnsSandbox { url: url.to_owned(), root };
    let addresses = Secret::known(aws.secrets(), SECRET.to_owned());
    let (keep, topic) = (Duration::from_secs(3_600), "arn:aws:sns:us-east-1:1:t".to_owned());
    Receiver::new(&aws, table, addresses, keep, topic, Some(sandbox)).unwrap()
}

async fn connection(table: &Table) -> Connection {
    table.query(keys::TRINKS, keys::TRINKS_CONNECTION_PREFIX, 1).await.unwrap().remove(0)
}

async fn control(sandbox: &Sandbox, method: &str, path: &str, body: &Value) {
    let answer = http::send(method, &format!("{}/sandbox/{path}", sandbox.url), &[], body.to_string()).await.unwrap();
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_did_not_get_through_is_listed_until_a_later_try_does() {
    let edge = Edge::open(Some(TOPIC_ARN)).await;
    let body = edge.notification(TOPIC_ARN).await;
    edge.cloud.fail("Publish");
    for _ in 0..3 {
        assert!(matches!(edge.receive(&body).await, Err(NotReceived::Failed(_))));
        let listed = edge.odd().await;
        assert_eq!(listed.len(), 1, "each try notes it in the same place");
        assert!(listed[0].status == OddStatus::Open && listed[0].reason.contains("replay it"), "{listed:?}");
        let id = serde_json::from_str::<Value>(&body).unwrap()["MessageId"].clone();
        assert_eq!(id, listed[0].message_id.as_str());
    }
    edge.cloud.mend();
    assert_eq!(edge.receive(&body).await.unwrap(), Received::Published);
    assert!(edge.odd().await.is_empty(), "nobody has to see to it any more");
    assert_eq!(edge.receive(&body).await.unwrap(), Received::Repeated);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_of_another_topic_waits_for_a_person_while_the_pinned_one_goes_on() {
    let edge = Edge::open(Some(TOPIC_ARN)).await;
    let moved = edge.confirmation(OTHER_TOPIC).await;
    assert_eq!(edge.receive(&moved).await.unwrap(), Received::AwaitsApproval);
    assert!(edge.cloud.take_calls("ConfirmSubscription").is_empty(), "nothing is confirmed by itself");
    assert!(edge.awaiting(OTHER_TOPIC).await.is_some_and(|waiting| !waiting.token.is_empty()));
    assert_eq!(connection(edge.table()).await.topic.unwrap().as_str(), TOPIC_ARN);
    let news = edge.notification(TOPIC_ARN).await;
    assert_eq!(edge.receive(&news).await.unwrap(), Received::Published);
    let news = edge.notification(OTHER_TOPIC).await;
    assert!(matches!(edge.receive(&news).await, Err(NotReceived::UnknownTopic)));
    let stranger = edge.confirmation("arn:aws:sns:us-east-1:123456789012:prd").await;
    assert!(matches!(edge.receive(&stranger).await, Err(NotReceived::UnknownTopic)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_made_a_moment_ago_takes_the_topic_that_it_awaits() {
    let edge = Edge::open(Some(TOPIC_ARN)).await;
    let news = edge.notification(TOPIC_ARN).await;
    assert_eq!(edge.receive(&news).await.unwrap(), Received::Published);
    let old = connection(edge.table()).await;
    let id = ConnectionId::parse("another").unwrap();
    let made = Connection { id: id.clone(), topic: None, api_key_secret: "other".into(), ..old };
    edge.table().put(&keys::trinks_connection(&id), &made, Unless::Anything).await.unwrap();
    let body = edge.confirmation(OTHER_TOPIC).await;
    assert_eq!(edge.receive(&body).await.unwrap(), Received::Confirmed, "what is remembered knows the old one alone");
    let made: Connection = edge.table().get(&keys::trinks_connection(&id)).await.unwrap().unwrap();
    assert_eq!(made.topic.unwrap().as_str(), OTHER_TOPIC);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_nobody_was_given_is_turned_away() {
    let edge = Edge::open(Some(TOPIC_ARN)).await;
    let (address, body) = (edge.own_address().await, edge.notification(TOPIC_ARN).await);
    let (door, part) = address.rsplit_once('/').unwrap();
    for wrong in [
        format!("{door}/"),
        format!("{door}/{}A", &part[1..]),
        format!("/trinks/webhook/other/{part}"),
        format!("/trinks/webhook/../{part}"),
        format!("{address}/more"),
    ] {
        assert_eq!(edge.post(&wrong, &body).await, 404, "{wrong}");
    }
    assert_eq!(edge.post(&address, &body).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shared_address_closes_a_week_after_the_connections_own_was_confirmed() {
    let edge = Edge::open(Some(TOPIC_ARN)).await;
    let (shared, own) = ("/trinks/webhook", edge.own_address().await);
    assert_eq!(edge.post(shared, &edge.notification(TOPIC_ARN).await).await, 200, "nobody has moved yet");
    assert_eq!(edge.post(&own, &edge.confirmation(TOPIC_ARN).await).await, 200);
    let mut moved = connection(edge.table()).await;
    assert!(moved.own_address_since.is_some());
    assert_eq!(edge.post(shared, &edge.notification(TOPIC_ARN).await).await, 200, "Trinks is still moving");
    moved.own_address_since = Some(Timestamp::now() - SignedDuration::from_hours(8 * 24));
    edge.salon.shop.table.put(&keys::trinks_connection(&moved.id), &moved, Unless::Anything).await.unwrap();
    let edge = Edge { receiver: receiver(&edge.cloud, &edge.salon, &edge.sandbox, &edge.sandbox.url), ..edge };
    let late = edge.notification(TOPIC_ARN).await;
    assert_eq!(edge.post(shared, &late).await, 403);
    assert_eq!(edge.post(&own, &late).await, 200, "what was refused at the old address is taken at the new one");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_connections_that_await_a_topic_the_one_whose_address_was_called_takes_it() {
    let edge = Edge::open(None).await;
    let first = connection(edge.table()).await;
    let second = Connection { id: ConnectionId::parse("second").unwrap(), ..first.clone() };
    edge.table().put(&keys::trinks_connection(&second.id), &second, Unless::Anything).await.unwrap();
    let body = edge.confirmation(TOPIC_ARN).await;
    assert_eq!(edge.receive(&body).await.unwrap(), Received::AwaitsApproval, "the shared address does not say whose");
    assert_eq!(edge.post(&edge.own_address().await, &body).await, 200);
    let taken = connection(edge.table()).await;
    assert_eq!((taken.id, taken.topic.map(String::from)), (first.id, Some(TOPIC_ARN.to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_sns_does_not_take_stays_with_the_operator_until_it_does() {
    let edge = Edge::open(None).await;
    let body = edge.confirmation(TOPIC_ARN).await;
    edge.cloud.fail("ConfirmSubscription");
    // The sandbox forgets its tokens: a visit is refused as well.
    control(&edge.sandbox, "PUT", "webhook", &json!({ "url": "http://127.0.0.1:9/" })).await;
    assert!(matches!(edge.receive(&body).await, Err(NotReceived::Failed(_))));
    assert!(edge.awaiting(TOPIC_ARN).await.is_some(), "PUT .../topic can finish it");
    assert_eq!(connection(edge.table()).await.subscription.status, SubscriptionStatus::Confirming);
    edge.cloud.mend();
    assert_eq!(edge.receive(&body).await.unwrap(), Received::Confirmed);
    assert!(edge.awaiting(TOPIC_ARN).await.is_none());
    assert_eq!(connection(edge.table()).await.subscription.status, SubscriptionStatus::Confirmed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_aws_does_not_have_makes_a_forgery_and_is_asked_for_once() {
    let edge = Edge::open(Some(TOPIC_ARN)).await;
    let body = edge.notification(TOPIC_ARN).await;
    for status in [403, 404] {
        let aws = Mailbox::open(status);
        let receiver = receiver(&edge.cloud, &edge.salon, &edge.sandbox, &aws.url);
        for _ in 0..3 {
            let request = lambda_http::Request::new(Body::Text(body.clone()));
            assert_eq!(receiver.answer(&request).await.status(), 403, "a stranger raises no alarm");
        }
        aws.next();
        assert!(aws.came.try_recv().is_err(), "a name that is not there is asked for once");
    }
    let aws = Mailbox::open(500);
    let receiver = receiver(&edge.cloud, &edge.salon, &edge.sandbox, &aws.url);
    let request = lambda_http::Request::new(Body::Text(body));
    assert_eq!(receiver.answer(&request).await.status(), 503, "AWS' own trouble is no forgery");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_is_pinned_while_strangers_ask_is_known_at_once() {
    let edge = Edge::open(Some(TOPIC_ARN)).await;
    let body = edge.notification(OTHER_TOPIC).await;
    for _ in 0..3 {
        assert!(matches!(edge.receive(&body).await, Err(NotReceived::UnknownTopic)));
    }
    let mut connection = connection(edge.table()).await;
    connection.topic = Some(TopicArn::parse(OTHER_TOPIC).unwrap());
    edge.table().put(&keys::trinks_connection(&connection.id), &connection, Unless::Anything).await.unwrap();
    assert_eq!(edge.receive(&body).await.unwrap(), Received::Published, "a 4xx would have lost it");
}

/// An outbox over a salon's table.
fn outbox(cloud: &Cloud, salon: &Salon) -> Outbox {
    let aws = cloud.aws(&salon.shop.endpoint);
    let table = Table::new(aws.dynamodb(), salon.shop.table.name().to_owned());
    let publisher = Publisher::new(&aws, "arn:aws:sns:us-east-1:1:domain-events.fifo".into());
    let given_up = GivenUp::new(&aws, format!("{}/outbox-dead-letters", salon.shop.endpoint));
    Outbox::new(table, publisher, given_up, SignedDuration::from_hours(24))
}

/// The change of a profile, so many hours old.
fn change(sequence: &str, hours: i64, cpf: &str) -> Value {
    let mut event: Value = serde_json::from_str(include_str!("../../../../events/outbox.json")).unwrap();
    let mut record = event["Records"][0].take();
    record["dynamodb"]["SequenceNumber"] = sequence.into();
    record["dynamodb"]["ApproximateCreationDateTime"] = (Timestamp::now().as_second() - hours * 3_600).into();
    record["dynamodb"]["NewImage"]["cpf"]["S"] = cpf.into();
    record
}

/// What was put aside, as its queue delivers it when it is replayed.
fn replayed(body: &str) -> Value {
    let sent: Value = serde_json::from_str(body).unwrap();
    json!({ "Records": [{ "messageId": "q1", "eventSource": "aws:sqs", "body": sent["MessageBody"] }] })
}

const CPF: &str = "11144477735";

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_cannot_be_read_is_put_aside_and_those_behind_it_are_told() {
    let (cloud, salon) = (Cloud::default(), Salon::open(BonusSource::Trinks).await);
    let outbox = outbox(&cloud, &salon);
    let batch = json!({ "Records": [change("1", 0, "no cpf"), change("2", 0, CPF)] });
    assert!(outbox.handle(batch.clone()).await.unwrap().is_empty());
    let aside = cloud.take_calls("SendMessage").remove(0);
    assert!(aside.contains("cannot be read"), "{aside}");
    outbox.handle(batch).await.unwrap();
    assert_eq!(cloud.take_calls("Publish").len(), 1, "the one behind it");
    let again = serde_json::to_string(&outbox.handle(replayed(&aside)).await.unwrap()).unwrap();
    assert_eq!(again, r#"{"batchItemFailures":[{"itemIdentifier":"q1"}]}"#, "its queue counts the tries");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_was_not_told_for_hours_is_kept_whole_and_told_when_it_is_replayed() {
    let (cloud, salon) = (Cloud::default(), Salon::open(BonusSource::Trinks).await);
    let outbox = outbox(&cloud, &salon);
    cloud.fail("Publish");
    let fresh = json!({ "Records": [change("1", 1, CPF), change("2", 1, CPF)] });
    let answer = serde_json::to_string(&outbox.handle(fresh).await.unwrap()).unwrap();
    assert_eq!(answer, r#"{"batchItemFailures":[{"itemIdentifier":"1"}]}"#, "all from it on come again");
    assert!(cloud.take_calls("SendMessage").is_empty());
    let old = json!({ "Records": [change("1", 6, CPF)] });
    cloud.fail("SendMessage");
    assert!(!outbox.handle(old.clone()).await.unwrap().is_empty(), "what cannot be kept is not forgotten");
    cloud.mend();
    cloud.fail("Publish");
    let _ = cloud.take_calls("SendMessage");
    assert!(outbox.handle(old).await.unwrap().is_empty());
    let aside = cloud.take_calls("SendMessage").remove(0);
    cloud.mend();
    assert!(outbox.handle(replayed(&aside)).await.unwrap().is_empty());
    assert_eq!(cloud.take_calls("Publish").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_costs_one_call_unless_it_was_replaced() {
    let salon = SalonAtTrinks::open(BonusSource::Trinks).await;
    let cloud = Cloud::default();
    cloud.put_secret("withdrawn");
    let shop = &salon.salon.shop;
    let secrets = RotatingSecrets::new(cloud.aws(&shop.endpoint).secrets());
    let trinks = Trinks::new(salon.sandbox.url.clone(), secrets, shop.hub.table.clone()).unwrap();
    let at = salon.at(Lane::Interactive);
    for calls in 1..=2 {
        let answer = trinks.services(at).await;
        assert!(matches!(answer, Err(TrinksError::KeyRefused { .. })), "{answer:?}");
        assert_eq!(salon.calls("GET", "/v1/").await, calls, "the same key is not tried twice");
    }
    cloud.put_secret(seed::API_KEY);
    trinks.services(at).await.unwrap();
}
