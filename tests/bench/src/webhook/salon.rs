//! A salon of Trinks whose webhooks come: its table, the sandbox that signs, and what stands for AWS.

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::extract::State;
use ponte_domain::sns::TopicArn;
use ponte_domain::trinks::ConnectionId;
use ponte_platform::keys;
use ponte_platform::table::Unless;
use ponte_store_tests::salon::{Salon, closing};
use ponte_trinks::connection::{BonusSource, Connection};
use ponte_trinks_sandbox::{Options, Sandbox, TOPIC_ARN, http};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::environment;
use crate::json::{at, set};
use crate::table_front::TableFront;
use crate::till;

/// Messages of one call of the sandbox: it sends them all at once.
const AT_ONCE: usize = 100;

/// Everything that the two programs meet.
pub(super) struct Webhooks {
    /// What they take for AWS.
    pub(super) front: TableFront,
    /// Kept: its table ends with it.
    salon: Salon,
    sandbox: Sandbox,
    /// Signed, and not delivered to anybody yet.
    waiting: Vec<String>,
}

impl Webhooks {
    /// Opens a salon whose connection has the sandbox's topic, and has the sandbox sign so many messages, each with a
    /// `MessageId` of its own.
    pub(super) async fn open(messages: usize) -> Result<Self> {
        let salon = Salon::open(BonusSource::Till).await;
        let table = &salon.shop.table;
        let key = keys::trinks_connection(&ConnectionId::parse("rede").context("not a connection")?);
        let mut connection: Connection = table.get(&key).await?.context("the salon has no connection")?;
        connection.topic = Some(TopicArn::parse(TOPIC_ARN)?);
        table.put(&key, &connection, Unless::Anything).await?;
        let front = TableFront::start(salon.shop.endpoint.clone()).await?;
        let sandbox = Sandbox::start(Options::default()).await?;
        let waiting = signed(&sandbox, messages).await?;
        Ok(Self { front, salon, sandbox, waiting })
    }

    /// The environment of either program.
    pub(super) fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = environment::of_lambda(&self.front.endpoint, self.salon.shop.table.name());
        let root = self.sandbox.ca_pem().lines().filter(|line| !line.starts_with("-----")).collect();
        variables.extend([
            ("PONTE_TRINKS_EVENTS_TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:trinks-events".to_owned()),
            ("PONTE_SNS_SANDBOX_URL", self.sandbox.url.clone()),
            ("PONTE_SNS_SANDBOX_ROOT", root),
        ]);
        variables
    }

    /// The event of a message that nobody has had.
    pub(super) fn next(&mut self) -> Result<Value> {
        let body = self.waiting.pop().context("too few messages were signed")?;
        event(body)
    }
}

/// The event of a delivery that is refused without any AWS call: it is no message of SNS.
pub(super) fn forged() -> Result<Value> {
    event("{}".to_owned())
}

/// A delivery as API Gateway brings it.
fn event(body: String) -> Result<Value> {
    let mut event = till::template("trinks-webhook")?;
    set(&mut event, "/body", body)?;
    Ok(event)
}

/// Closed accounts, each signed under an id of its own, by turns with signature version 1 and 2.
async fn signed(sandbox: &Sandbox, messages: usize) -> Result<Vec<String>> {
    let mut inbox = subscribe(sandbox).await?;
    let mut envelopes = Vec::new();
    let message = closing(1_000_001, 313_603, Some("11144477735"), 12_000);
    while envelopes.len() < messages {
        let first = batch(sandbox, &mut inbox, &message, "1").await?;
        let second = batch(sandbox, &mut inbox, &message, "2").await?;
        envelopes.extend(first.into_iter().zip(second).flat_map(<[String; 2]>::from));
    }
    ensure!(distinct(&envelopes)? == envelopes.len(), "the sandbox repeated a MessageId");
    Ok(envelopes)
}

/// Envelopes of one signature version. The sandbox answers once all are delivered.
async fn batch(
    sandbox: &Sandbox,
    inbox: &mut mpsc::UnboundedReceiver<String>,
    message: &Value,
    version: &str,
) -> Result<Vec<String>> {
    let notice = json!({
        "message": message, "signature_version": version, "copies": AT_ONCE, "distinct": true, "force": true,
    });
    control(sandbox, "POST", "webhook/notify", &notice).await?;
    let mut envelopes = Vec::new();
    while let Ok(envelope) = inbox.try_recv() {
        envelopes.push(envelope);
    }
    ensure!(envelopes.len() == AT_ONCE, "the sandbox delivered {} messages instead of {AT_ONCE}", envelopes.len());
    Ok(envelopes)
}

/// Where the sandbox delivers to; what it delivers is kept.
async fn subscribe(sandbox: &Sandbox) -> Result<mpsc::UnboundedReceiver<String>> {
    let (keep, inbox) = mpsc::unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.context("no port for the messages")?;
    let url = format!("http://{}/", listener.local_addr()?);
    let router = Router::new().fallback(take).with_state(keep);
    tokio::spawn(async move {
        // Lives as long as the program.
        let _ = axum::serve(listener, router).await;
    });
    control(sandbox, "PUT", "webhook", &json!({ "url": url })).await?;
    Ok(inbox)
}

async fn take(State(keep): State<mpsc::UnboundedSender<String>>, body: String) {
    // Nobody keeps them any more once all are signed.
    let _ = keep.send(body);
}

async fn control(sandbox: &Sandbox, method: &str, path: &str, body: &Value) -> Result<()> {
    let url = format!("{}/sandbox/{path}", sandbox.url);
    let answer = http::send(method, &url, &[], body.to_string()).await?;
    ensure!(answer.status == 200, "the sandbox answered {path} with {}: {}", answer.status, answer.text);
    Ok(())
}

fn distinct(envelopes: &[String]) -> Result<usize> {
    let mut ids = std::collections::HashSet::new();
    for envelope in envelopes {
        ids.insert(at(&serde_json::from_str(envelope)?, "/MessageId")?.to_string());
    }
    Ok(ids.len())
}
