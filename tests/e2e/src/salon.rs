//! Trinks' side of the deployed stack: its sandbox, a chatbot, and the emulated AWS itself.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{Answer, Stack, answer, fresh_cpf};

/// How long news may take from Trinks to the ledger: cold starts of debug builds included.
const PATIENCE: Duration = Duration::from_secs(60);

impl Stack {
    /// A call of the sandbox that stands in for Trinks.
    pub async fn trinks(&self, method: &str, path: &str, body: &Value) -> Answer {
        let url = format!("{}{path}", self.fact("/trinks_sandbox"));
        answer(self.http().request(method.parse().unwrap(), url).json(body)).await
    }

    /// A webhook, signed by Trinks' sandbox. Returns what each copy was answered.
    pub async fn notify(&self, notification: &Value) -> Vec<u64> {
        let sent = self.trinks("POST", "/sandbox/webhook/notify", notification).await;
        assert_eq!(sent.status, 200, "{sent:?}");
        let deliveries = sent.json()["deliveries"].as_array().unwrap().clone();
        deliveries.iter().map(|delivery| delivery["status"].as_u64().unwrap()).collect()
    }

    /// A client of the salon, known to Ponte by nothing yet.
    pub async fn trinks_client(&self, cpf: Option<&str>) -> u64 {
        let mut body = json!({ "nome": "Cliente Teste", "silent": true });
        if let Some(cpf) = cpf {
            body["cpf"] = cpf.into();
        }
        let made = self.trinks("POST", "/sandbox/clients", &body).await;
        assert_eq!(made.status, 201, "{made:?}");
        made.json()["id"].as_u64().unwrap()
    }

    /// Closes an account of R$ 100.00 in Trinks. `with` adds to the request.
    pub async fn close_account(&self, client: u64, with: Value) -> u64 {
        let mut body = json!({
            "clienteId": client, "itens": [{ "nome": "Corte", "valor": 100, "profissionalId": 700_001 }],
            "formas": [{ "nome": "PIX", "valor": 100 }],
        });
        body.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        let closed = self.trinks("POST", "/sandbox/accounts/close", &body).await;
        assert_eq!(closed.status, 201, "{closed:?}");
        closed.json()["id"].as_u64().unwrap()
    }

    /// A call of the agenda.
    pub async fn agenda(&self, method: &str, path: &str, key: &str, body: Option<&Value>) -> Answer {
        let url = format!("{}/{path}", self.fact("/agenda"));
        let request = self.http().request(method.parse().unwrap(), url).bearer_auth(self.fact("/agenda_key"));
        let request = if key.is_empty() { request } else { request.header("idempotency-key", key) };
        answer(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    /// Invokes a Lambda as its schedule would.
    pub async fn invoke(&self, lambda: &str, event: &Value) -> Answer {
        let url =
            format!("{}/2015-03-31/functions/{}-{lambda}/invocations", self.fact("/aws_endpoint"), self.fact("/stack"));
        let authorization = signature(&self.fact("/region"), "lambda");
        answer(self.http().post(url).header("authorization", authorization).json(event)).await
    }

    /// A call of the emulated SQS.
    pub async fn sqs(&self, action: &str, body: &Value) -> Value {
        let request = self
            .http()
            .post(self.fact("/aws_endpoint"))
            .header("x-amz-target", format!("AmazonSQS.{action}"))
            .header("authorization", signature(&self.fact("/region"), "sqs"))
            .header("content-type", "application/x-amz-json-1.0")
            .body(body.to_string());
        let done = answer(request).await;
        assert_eq!(done.status, 200, "{action}: {done:?}");
        serde_json::from_str(&done.text).unwrap_or(Value::Null)
    }

    /// A call of the emulated SNS.
    pub async fn sns(&self, action: &str, parameters: &[(&str, &str)]) -> String {
        let mut pairs = vec![format!("Action={action}"), "Version=2010-03-31".to_owned()];
        pairs.extend(parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))));
        let request = self
            .http()
            .post(self.fact("/aws_endpoint"))
            .header("authorization", signature(&self.fact("/region"), "sns"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(pairs.join("&"));
        let done = answer(request).await;
        assert_eq!(done.status, 200, "{action}: {done:?}");
        done.text
    }

    /// A member's statement; `None` while there is no such member.
    pub async fn statement(&self, cpf: &str) -> Option<Value> {
        let path = format!("programs/{}/members/statement", self.fact("/demo_salon/program"));
        let answer = self.console("POST", &path, Some(&json!({ "cpf": cpf }))).await;
        (answer.status == 200).then(|| answer.json())
    }

    /// The ledger balance of a member, as it is written; 0.00 while there is no such member.
    pub async fn ledger_balance(&self, cpf: &str) -> String {
        let path = format!("programs/{}/members/statement", self.fact("/demo_salon/program"));
        let answer = self.console("POST", &path, Some(&json!({ "cpf": cpf }))).await;
        if answer.status == 200 { answer.figure("ledger_balance") } else { "0.00".to_owned() }
    }

    /// Waits until a member's ledger balance is so much.
    pub async fn wait_for_balance(&self, cpf: &str, expected: &str) {
        let reached = async || self.ledger_balance(cpf).await == expected;
        if !eventually(reached).await {
            panic!("the balance is {} and not {expected}", self.ledger_balance(cpf).await);
        }
    }

    /// News that were sent before are handled: an account closed after them is in the ledger. What must not happen has had its
    /// time.
    pub async fn let_news_pass(&self) {
        let cpf = fresh_cpf();
        let client = self.trinks_client(Some(&cpf)).await;
        self.close_account(client, json!({})).await;
        self.wait_for_balance(&cpf, "15.00").await;
    }
}

/// Asks until it holds, within a minute.
pub async fn eventually(holds: impl AsyncFn() -> bool) -> bool {
    let started = std::time::Instant::now();
    while started.elapsed() < PATIENCE {
        if holds().await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    false
}

/// The emulator reads service and region out of it, and checks no signature. The key `test` is root; Lambdas have their own.
fn signature(region: &str, service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=test/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=none"
    )
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
