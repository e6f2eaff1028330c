//! A salon whose Lambdas reach Trinks: its sandbox, in this process.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use ponte_agenda::Agenda;
use ponte_domain::quota::Lane;
use ponte_domain::trinks::EstablishmentId;
use ponte_platform::aws::Aws;
use ponte_platform::deliveries::{BatchAnswer, Deliveries, Delivery};
use ponte_platform::keys;
use ponte_platform::secrets::RotatingSecrets;
use ponte_platform::table::Unless;
use ponte_trinks::agenda_key::{AgendaKey, new_key, sha256_of};
use ponte_trinks::booking::Booker;
use ponte_trinks::client::{At, Trinks};
use ponte_trinks::connection::BonusSource;
use ponte_trinks::progress::Progress;
use ponte_trinks::queue::RequestQueue;
use ponte_trinks::requests::QueuedRequest;
use ponte_trinks_functions::dispatcher::Dispatcher;
use ponte_trinks_functions::reconciliation::Reconciler;
use ponte_trinks_sandbox::{Options, Sandbox, http, seed};
use serde_json::{Value, json};

use crate::salon::{SALON, Salon};
use crate::shop::CNPJ;

/// The salon with its Trinks.
pub struct SalonAtTrinks {
    /// The salon.
    pub salon: Salon,
    /// Its Trinks.
    pub sandbox: Sandbox,
    /// How its Lambdas call it.
    pub trinks: Trinks,
}

impl SalonAtTrinks {
    /// Opens both.
    pub async fn open(bonus_source: BonusSource) -> Self {
        let salon = Salon::open(bonus_source).await;
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let trinks = trinks(&salon, &sandbox);
        Self { salon, sandbox, trinks }
    }

    /// The salon and its key, for calls of this lane.
    #[must_use]
    pub fn at(&self, lane: Lane) -> At<'_> {
        At { connection: &self.salon.connection, salon: EstablishmentId::new(SALON).unwrap(), lane }
    }

    /// Who books at this hour of the salon's clock.
    #[must_use]
    pub fn booker(&self, now: DateTime) -> Booker<'_> {
        let table = &self.salon.shop.hub.table;
        Booker { trinks: &self.trinks, table, at: self.at(Lane::Interactive), now }
    }

    /// What somebody does at the salon's counter, or switches on: a call of the sandbox' control part.
    pub async fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let url = format!("{}/sandbox/{path}", self.sandbox.url);
        let answer = http::send(method, &url, &[], body.to_string()).await.unwrap();
        assert!((200..300).contains(&answer.status), "{method} {path}: {answer:?}");
        answer.json()
    }

    /// What goes wrong from now on.
    pub async fn faults(&self, rules: &Value) {
        self.control("PUT", "faults", &json!({ "rules": rules })).await;
    }

    /// How often Trinks was asked this so far.
    pub async fn calls(&self, method: &str, path_prefix: &str) -> usize {
        let calls = self.control("GET", "calls", &Value::Null).await;
        let recent = calls["recent"].as_array().unwrap();
        let same = |call: &&Value| call["method"] == method && call["path"].as_str().unwrap().starts_with(path_prefix);
        recent.iter().filter(same).count()
    }

    /// A call of Trinks' API by somebody else who has the key.
    pub async fn api(&self, method: &str, path: &str, body: &Value) -> Value {
        let salon = SALON.to_string();
        let headers = [("x-api-key", seed::API_KEY), ("estabelecimentoid", salon.as_str())];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = http::send(method, &format!("{}/v1/{path}", self.sandbox.url), &headers, body).await.unwrap();
        assert!((200..300).contains(&answer.status), "{method} {path}: {answer:?}");
        answer.json()
    }

    /// Gives a request to the dispatcher.
    pub async fn dispatch(&self, request: &QueuedRequest) -> BatchAnswer {
        let aws = aws(&self.salon);
        let queue = RequestQueue::new(aws.sqs(), format!("{}/queue", self.salon.shop.endpoint));
        let trinks = trinks(&self.salon, &self.sandbox);
        let dispatcher = Dispatcher::new(self.salon.another_desk(), trinks, queue, "none".to_owned());
        let body = serde_json::to_string(request).unwrap();
        let delivery = Delivery { id: "1".into(), body, receipt: None, times: 1 };
        dispatcher.batch(Deliveries::Queue(vec![delivery])).await
    }

    /// A new Lambda of the agenda.
    #[must_use]
    pub fn agenda(&self) -> Agenda {
        let queue = RequestQueue::new(aws(&self.salon).sqs(), format!("{}/queue", self.salon.shop.endpoint));
        let trinks = trinks(&self.salon, &self.sandbox);
        Agenda::new(self.salon.shop.hub.table.clone(), trinks, Some(queue), Duration::from_secs(60))
    }

    /// A key of the agenda.
    pub async fn agenda_key(&self) -> String {
        let (id, key) = new_key([7; 8], [7; 32]);
        let store = format!("1#{CNPJ}").parse().unwrap();
        let created_at = Timestamp::UNIX_EPOCH;
        let record = AgendaKey {
            id: id.clone(),
            name: "Site".into(),
            store,
            sha256: sha256_of(&key),
            created_at,
            revoked_at: None,
        };
        self.salon.shop.table.put(&keys::agenda_key(&id), &record, Unless::Anything).await.unwrap();
        key
    }

    /// A night's reconciliation.
    pub async fn reconcile(&self, at: Timestamp) -> Progress {
        let reconciler = Reconciler::new(trinks(&self.salon, &self.sandbox), self.salon.another_desk());
        reconciler.run(at, false).await.unwrap().remove(0)
    }
}

fn aws(salon: &Salon) -> Aws {
    let credentials = aws_credential_types::Credentials::from_keys("test", "test", None);
    Aws::with_http(credentials, salon.shop.faults.http_client(), salon.shop.endpoint.clone())
}

fn trinks(salon: &Salon, sandbox: &Sandbox) -> Trinks {
    let secrets = aws(salon).secrets();
    let key = RotatingSecrets::known(secrets, &salon.connection.api_key_secret, seed::API_KEY);
    Trinks::new(sandbox.url.clone(), key, salon.shop.hub.table.clone()).unwrap()
}
