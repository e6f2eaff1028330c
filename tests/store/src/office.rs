//! The administration API over a shop's table, as an operator calls it.

use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
use ponte_console::trinks::{messages, salons};
use ponte_console::{Console, DeployKey, stores};
use ponte_platform::aws::Aws;
use ponte_platform::table::Table;
use ponte_trinks::message::EventPublisher;
use serde_json::Value;

use crate::cloud::Cloud;
use crate::shop::{CNPJ, Shop};

const KEY: &str = "the-first-key";

/// The console's Lambdas.
pub struct Office {
    table: Table,
    aws: Aws,
}

impl Office {
    /// The office of a shop.
    #[must_use]
    pub fn of(shop: &Shop) -> Self {
        let credentials = aws_credential_types::Credentials::from_keys("test", "test", None);
        let aws = Aws::with_http(credentials, shop.faults.http_client(), shop.endpoint.clone());
        Self { table: shop.table.clone(), aws }
    }

    /// The same, with services that can be out of order.
    #[must_use]
    pub fn with(shop: &Shop, cloud: &Cloud) -> Self {
        Self { table: shop.table.clone(), aws: cloud.aws(&shop.endpoint) }
    }

    fn console(&self) -> Console {
        Console::new(self.table.clone(), DeployKey::known(self.aws.secrets(), KEY), None)
    }

    /// A call about a salon, at this time: `PUT`, `DELETE` or `GET`.
    pub async fn salon(&self, method: &str, id: u64, body: &Value, now: Timestamp) -> (u16, Value) {
        let request = request(method, &format!("trinks/salons/{id}"), body);
        read(salons::handle(&self.console(), &request, now).await)
    }

    /// The shop's first store, as it is shown.
    pub async fn store(&self) -> Value {
        let request = request("GET", &format!("stores/1/{CNPJ}"), &Value::Null);
        read(stores::handle(&self.console(), &request, Timestamp::now()).await).1
    }

    /// A call about a webhook or a report.
    pub async fn message(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let publisher = EventPublisher::new(self.aws.sns_of(self.aws.region()), "arn:aws:sns:x".to_owned());
        let messages = messages::Messages::new(self.console(), publisher);
        let request = request(method, &format!("trinks/{path}"), body);
        read(messages::handle(&messages, &request, Timestamp::now()).await)
    }

    /// What needs a person and has not been resolved.
    pub async fn open_messages(&self) -> Vec<Value> {
        let (status, list) = self.message("GET", "odd-messages", &Value::Null).await;
        assert_eq!(status, 200, "{list}");
        list["odd_messages"].as_array().unwrap().clone()
    }
}

fn request(method: &str, path: &str, body: &Value) -> Request {
    lambda_http::http::Request::builder()
        .method(method)
        .uri(format!("https://example.com/console/v1/{path}"))
        .header("authorization", format!("Bearer {KEY}"))
        .body(if body.is_null() { Body::Empty } else { Body::Text(body.to_string()) })
        .unwrap()
}

fn read(response: Response<Body>) -> (u16, Value) {
    let status = response.status().as_u16();
    let Body::Text(text) = response.into_body() else { panic!("an answer is text") };
    (status, serde_json::from_str(&text).unwrap())
}
