//! Trinks' side of the deployed stack: its sandbox, its salons, a chatbot.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{Answer, Stack, answer, fresh_cnpj, fresh_cpf};

/// The demonstration's salon at Trinks.
pub const SALON: u64 = 1_253;
/// The sandbox's other salon, which is linked to no store until a test does it.
pub const SISTER_SALON: u64 = 1_254;

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
        self.trinks_client_with(cpf.map_or(json!({}), |cpf| json!({ "cpf": cpf }))).await
    }

    /// The same, of whom more is known. `with` adds to the request.
    pub async fn trinks_client_with(&self, with: Value) -> u64 {
        let mut body = json!({ "nome": "Cliente Teste", "silent": true });
        body.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
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

    /// An active store of its own.
    pub async fn new_store(&self) -> String {
        let cnpj = fresh_cnpj();
        let body = json!({ "program": self.fact("/demo_salon/program"), "name": "Loja Teste", "active": true });
        let put = self.console("PUT", &format!("stores/1/{cnpj}"), Some(&body)).await;
        assert_eq!(put.status, 200, "{put:?}");
        cnpj
    }

    /// Links a salon of Trinks to a store, whose bonuses Trinks gives; since an hour ago.
    pub async fn link(&self, salon: u64, cnpj: &str) {
        let since = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(1);
        let body = json!({
            "connection": self.fact("/trinks_connection"), "store": { "tipo_ambiente": 1, "cnpj": cnpj },
            "bonus_source": "trinks", "bonus_source_since": since.to_string(), "redemption_reasons": ["Fidelidade"],
        });
        let put = self.console("PUT", &format!("trinks/salons/{salon}"), Some(&body)).await;
        assert_eq!(put.status, 200, "{put:?}");
    }

    /// Unlinks a salon: whoever reconciles all salons must not meet one that Trinks does not know.
    pub async fn unlink(&self, salon: u64) {
        let gone = self.console("DELETE", &format!("trinks/salons/{salon}"), None).await;
        assert_eq!((gone.status, &gone.json()["was_linked"]), (200, &true.into()), "{gone:?}");
    }

    /// All odd messages that are open.
    pub async fn odd_messages(&self) -> Vec<Value> {
        let mut all = Vec::new();
        let mut cursor = String::new();
        loop {
            let list = self.console("GET", &format!("trinks/odd-messages?limit=100{cursor}"), None).await;
            assert_eq!(list.status, 200, "{list:?}");
            let page = list.json();
            all.extend(page["odd_messages"].as_array().unwrap_or_else(|| panic!("{page}")).clone());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    }

    /// A call of the agenda, by the chatbot of the demonstration's salon.
    pub async fn agenda(&self, method: &str, path: &str, key: &str, body: Option<&Value>) -> Answer {
        self.agenda_as(&self.fact("/agenda_key"), method, path, key, body).await
    }

    /// The same by another chatbot.
    pub async fn agenda_as(&self, bot: &str, method: &str, path: &str, key: &str, body: Option<&Value>) -> Answer {
        let url = format!("{}/{path}", self.fact("/agenda"));
        let request = self.http().request(method.parse().unwrap(), url).bearer_auth(bot);
        let request = if key.is_empty() { request } else { request.header("idempotency-key", key) };
        answer(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
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
