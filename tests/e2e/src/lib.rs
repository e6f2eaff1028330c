//! A till and an operator, talking to the stack that `PONTE_STACK` describes.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};

pub mod aws;
pub mod chatbot;
pub mod listener;
pub mod salon;

/// The deployed stack.
pub struct Stack {
    /// `stack.json`.
    pub facts: Value,
    http: Client,
}

/// An answer: status and body.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Body, as text: figures compare as they are written.
    pub text: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// A figure, as it is written.
    pub fn figure(&self, name: &str) -> String {
        let rest = self.text.split_once(&format!("\"{name}\":")).unwrap_or_else(|| panic!("no {name} in {self:?}")).1;
        rest.split([',', '}']).next().unwrap_or_default().trim_matches('"').to_owned()
    }
}

impl Stack {
    /// Reads `PONTE_STACK`.
    pub fn open() -> Self {
        let path =
            std::env::var("PONTE_STACK").expect("PONTE_STACK must name a stack.json; run `cargo xtask test e2e`");
        let facts = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        // Built together with the Lambdas, reqwest has TLS without a provider; here all is plain HTTP.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder().timeout(Duration::from_secs(60)).build().unwrap();
        Self { facts, http }
    }

    fn http(&self) -> &Client {
        &self.http
    }

    /// A text of `stack.json`.
    pub fn fact(&self, pointer: &str) -> String {
        self.facts
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("no {pointer} in stack.json"))
            .to_owned()
    }

    /// A call of a store's till (`demo` or `demo_no_pin`) at a path under the prefix.
    pub async fn till(&self, store: &str, path: &str, body: &Value) -> Answer {
        self.till_with(&self.fact(&format!("/{store}/token")), store, path, body).await
    }

    /// The same with another token.
    pub async fn till_with(&self, token: &str, store: &str, path: &str, body: &Value) -> Answer {
        let request = self
            .http
            .post(format!("{}/{path}", self.fact("/hub")))
            .header("authorization", token)
            .header("cnpj", self.fact(&format!("/{store}/cnpj")))
            .header("tipo_ambiente", "1")
            .json(body);
        answer(request).await
    }

    /// A call of the administration API with the first key.
    pub async fn console(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.console_as(&self.fact("/admin_key"), method, path, body).await
    }

    /// The same with another key.
    pub async fn console_as(&self, key: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let method = method.parse().unwrap();
        let request = self.http.request(method, format!("{}/{path}", self.fact("/console"))).bearer_auth(key);
        answer(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    /// A new customer of the programme, with so much bonus money.
    pub async fn customer(&self, store: &str, cents: u32) -> String {
        let cpf = fresh_cpf();
        self.register(store, &cpf, &json!({ "Celular": "11900000000" })).await;
        if cents > 0 {
            self.credit(store, &cpf, cents, 90).await;
        }
        cpf
    }

    /// The store's till tells who somebody is, and how to reach them (`Contato`).
    pub async fn register(&self, store: &str, cpf: &str, contact: &Value) {
        let body = json!({ "IdentificadorTransacao": guid(), "CPF": cpf, "Nome": "Cliente Teste", "Contato": contact });
        let answer = self.till(store, "AtualizarCliente", &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// Gives bonus money that can be spent for so many days.
    pub async fn credit(&self, store: &str, cpf: &str, cents: u32, valid_days: u32) {
        let program = self.fact(&format!("/{store}/program"));
        let amount = format!("{}.{:02}", cents / 100, cents % 100);
        let body = json!({
            "id": guid(), "cpf": cpf, "amount": amount, "valid_days": valid_days, "reason": "saldo do teste", "author": "teste",
        });
        let answer = self.console("POST", &format!("programs/{program}/adjustments"), Some(&body)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }

    /// `SaldoAtual`.
    pub async fn balance(&self, store: &str, cpf: &str) -> String {
        let body = json!({ "IdentificadorTransacao": guid(), "Venda": { "Cpf": cpf } });
        self.till(store, "ConsultarSaldoCliente", &body).await.figure("SaldoAtual")
    }

    /// The first PIN that was "sent" to somebody: a phone, or an e-mail address. Waits for it.
    pub async fn pin(&self, to: &str) -> String {
        for _ in 0..100 {
            if let Some(message) = self.sent_to(to).first() {
                let text = message["text"].as_str().unwrap().to_owned();
                let after = text.split(" e ").last().unwrap();
                return after.chars().take_while(char::is_ascii_digit).collect();
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("no PIN was sent within 20 s");
    }

    /// What was "sent" to somebody so far.
    pub fn sent_to(&self, to: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.fact("/outbox")).unwrap_or_default();
        // The last line may be half written.
        let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        messages.filter(|message| message["to"].as_str().is_some_and(|known| known.ends_with(to))).collect()
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    Answer { status: response.status().as_u16(), text: response.text().await.unwrap() }
}

/// A fresh `IdentificadorTransacao`.
pub fn guid() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// A fresh note number.
pub fn note() -> String {
    uuid::Uuid::new_v4().as_u128().to_string().chars().take(20).collect()
}

/// A mobile phone that nobody else has.
pub fn fresh_phone() -> String {
    format!("119{:08}", uuid::Uuid::new_v4().as_u128() % 100_000_000)
}

/// A CPF with right check digits that no other test uses.
pub fn fresh_cpf() -> String {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let seed = uuid::Uuid::new_v4().as_u128() as u32 % 90_000_000 + MADE.fetch_add(1, Ordering::Relaxed);
    with_check_digits(&format!("{:09}", 100_000_000 + seed), 11)
}

/// The same for a CNPJ.
pub fn fresh_cnpj() -> String {
    with_check_digits(&format!("{:08}0001", uuid::Uuid::new_v4().as_u128() % 90_000_000 + 10_000_000), 9)
}

/// Adds two check digits. Weights go up from 2, from the right, and begin again after `most`.
fn with_check_digits(number: &str, most: u32) -> String {
    let mut digits: Vec<u32> = number.bytes().map(|byte| u32::from(byte - b'0')).collect();
    for _ in 0..2 {
        let sum: u32 = digits.iter().rev().zip((2..=most).cycle()).map(|(digit, weight)| digit * weight).sum();
        digits.push(if sum % 11 < 2 { 0 } else { 11 - sum % 11 });
    }
    digits.iter().map(ToString::to_string).collect()
}
