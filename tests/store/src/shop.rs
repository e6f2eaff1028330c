//! A programme, its stores, and a till.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use jiff::Timestamp;
use jiff::civil::date;
use lambda_http::{Body, Request};
use ponte_audit::Report;
use ponte_domain::campaign::{Campaign, Reward, default_barren_forms};
use ponte_domain::documents::{Cnpj, Cpf};
use ponte_domain::ids::{CampaignId, Environment, IdentityKey, MemberId, ProgramId, StoreId};
use ponte_domain::ledger::{Account, RedemptionTerms};
use ponte_domain::money::{Money, Rate, Rounding};
use ponte_domain::store::{BonusTurns, Store, StoreSettings, TokenHash};
use ponte_hub_fidelidade::hub::{Hub, Operation};
use ponte_platform::aws::Aws;
use ponte_platform::keys;
use ponte_platform::member_store::MemberKey;
use ponte_platform::secrets::Secret;
use ponte_platform::store_directory::{StoreDirectory, StoreRecord, token_hash};
use ponte_platform::table::{Table, Unless};
use serde_json::Value;
use uuid::Uuid;

use crate::faults::Faults;

/// The token of every store of a shop.
pub const TOKEN: &str = "token-of-the-test-store";
/// The secret of member ids and PIN hashes.
pub const SECRET: &str = "a-test-secret-of-more-than-thirty-two-characters";
/// The first store.
pub const CNPJ: &str = "11222333000181";

/// What the till got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Body, byte for byte.
    pub body: String,
}

impl Answer {
    /// One property of the body, as it is written: `15.00`.
    #[must_use]
    pub fn figure(&self, name: &str) -> String {
        let marker = format!("\"{name}\":");
        let rest = self.body.split_once(&marker).unwrap_or_else(|| panic!("no {name} in {}", self.body)).1;
        rest.split([',', '}']).next().unwrap().trim_matches('"').to_owned()
    }

    /// `Codigo` of a refusal.
    #[must_use]
    pub fn code(&self) -> u64 {
        let body: Value = serde_json::from_str(&self.body).unwrap();
        body["Codigo"].as_u64().unwrap_or_else(|| panic!("not a refusal: {}", self.body))
    }
}

/// Which store's till calls.
#[derive(Debug, Clone, Copy)]
pub struct StoreAt {
    /// Certification or production.
    pub environment: Environment,
    /// The store's CNPJ.
    pub cnpj: &'static str,
}

/// A shop over an embedded DynamoDB.
pub struct Shop {
    /// The Lambdas' shared part.
    pub hub: Hub,
    /// The table itself, without faults.
    pub table: Table,
    /// The faults on the Lambdas' way to the table.
    pub faults: Faults,
    /// Where the embedded DynamoDB listens.
    pub endpoint: String,
}

/// An amount of cents.
#[must_use]
pub fn money(cents: u32) -> Money {
    Money::from_cents(cents)
}

impl Shop {
    /// Opens a shop with one programme (campaign 12: 15 % for 30 days) and one store, whose settings can be changed.
    pub async fn open(change: impl FnOnce(&mut StoreSettings)) -> Self {
        let endpoint = start_table_server().await;
        let faults = Faults::default();
        let credentials = Credentials::from_keys("test", "test", None);
        let calm = Aws::with_http(credentials.clone(), Faults::default().http_client(), endpoint.clone());
        let faulty = Aws::with_http(credentials, faults.http_client(), endpoint.clone());
        let table = Table::new(calm.dynamodb(), "ponte".to_owned());
        create_table(&table).await;
        let lambda_table = Table::new(faulty.dynamodb(), "ponte".to_owned());
        let hub = Hub {
            directory: StoreDirectory::new(lambda_table.clone(), Duration::from_secs(60)),
            identity: Secret::known(faulty.secrets(), SECRET.to_owned()),
            pin_queue: None,
            table: lambda_table,
        };
        let shop = Self { hub, table, faults, endpoint };
        let mut settings = StoreSettings::default();
        change(&mut settings);
        shop.add_store(Environment::Producao, CNPJ, "rede", settings.clone()).await;
        shop.add_campaign(campaign(12)).await;
        shop
    }

    /// Adds a store.
    pub async fn add_store(&self, environment: Environment, cnpj: &str, program: &str, settings: StoreSettings) {
        let id = StoreId { environment, cnpj: Cnpj::parse(cnpj).unwrap() };
        let store = Store {
            id,
            program: program_id(program),
            name: "Loja".into(),
            active: true,
            settings,
            bonuses: BonusTurns::default(),
        };
        let tokens = vec![TokenHash { sha256: token_hash(TOKEN).unwrap(), valid_until: None }];
        let record = StoreRecord { store, tokens, version: 1 };
        self.table.put(&keys::store(id), &record, Unless::Anything).await.unwrap();
    }

    /// Adds a campaign to the programme `rede`.
    pub async fn add_campaign(&self, campaign: Campaign) {
        self.table.put(&keys::campaign(&program_id("rede"), campaign.id), &campaign, Unless::Anything).await.unwrap();
    }

    /// The same shop with Lambdas that trust nothing they read before.
    #[must_use]
    pub fn with_fresh_lambda(self) -> Self {
        let directory = StoreDirectory::new(self.hub.table.clone(), Duration::ZERO);
        Self { hub: Hub { directory, ..self.hub }, ..self }
    }

    /// One call of the production store's till.
    pub async fn call<O: Operation>(&self, body: &str) -> Answer {
        self.call_from::<O>(StoreAt { environment: Environment::Producao, cnpj: CNPJ }, body).await
    }

    /// One call of a till.
    pub async fn call_from<O: Operation>(&self, store: StoreAt, body: &str) -> Answer {
        let request = request(store, TOKEN, body);
        let response = self.hub.answer::<O>(&request).await;
        let status = response.status().as_u16();
        let body = match response.into_body() {
            Body::Text(text) => text,
            other => panic!("an answer is text, not {other:?}"),
        };
        Answer { status, body }
    }

    /// One call of a till, whose Lambda may die: then there is no answer.
    pub async fn call_or_crash<O: Operation>(&self, body: &str) -> Option<Answer> {
        tokio::select! {
            answer = self.call::<O>(body) => Some(answer),
            () = self.faults.crashed() => None,
        }
    }

    /// A call with a request of one's own making.
    pub async fn call_raw<O: Operation>(&self, request: Request) -> Answer {
        let response = self.hub.answer::<O>(&request).await;
        let status = response.status().as_u16();
        let Body::Text(body) = response.into_body() else { panic!("an answer is text") };
        Answer { status, body }
    }

    /// A member's account as it is stored.
    pub async fn account(&self, cpf: &str) -> Account {
        let member = self.member(cpf);
        self.table.get(&keys::account(&member.program, &member.member)).await.unwrap().unwrap_or_default()
    }

    /// A member's keys.
    #[must_use]
    pub fn member(&self, cpf: &str) -> MemberKey {
        let program = program_id("rede");
        let key = IdentityKey::new(SECRET.as_bytes()).unwrap();
        MemberKey { member: MemberId::derive(&key, &program, Cpf::parse(cpf).unwrap()), program }
    }

    /// Proves the invariants over the whole table.
    pub async fn audit(&self) -> Report {
        let report = ponte_audit::audit(&self.table, Timestamp::now()).await.unwrap();
        assert!(report.broken.is_empty(), "broken invariants: {:#?}", report.broken);
        report
    }
}

/// A till's request.
#[must_use]
pub fn request(store: StoreAt, token: &str, body: &str) -> Request {
    lambda_http::http::Request::builder()
        .method("POST")
        .uri("https://example.com/hub-fidelidade/v1/x")
        .header("authorization", token)
        .header("cnpj", store.cnpj)
        .header("tipo_ambiente", store.environment.code().to_string())
        .header("produto_descricao", "Microvix")
        .body(Body::Text(body.to_owned()))
        .unwrap()
}

/// A campaign of 15 % for 30 days.
#[must_use]
pub fn campaign(id: u32) -> Campaign {
    Campaign {
        id: CampaignId(id),
        description: "Giftback".into(),
        text: "Válido por 30 dias".into(),
        active: true,
        from: date(2020, 1, 1),
        to: date(2099, 12, 31),
        weekdays: Vec::new(),
        stores: Vec::new(),
        minimum_sale: Money::ZERO,
        reward: Reward::Percentage(Rate::from_percentage(15.into()).unwrap()),
        cap: None,
        rounding: Rounding::HalfEven,
        rounding_unit: Money::from_cents(1),
        start_delay_days: 0,
        valid_days: 30,
        included_products: Vec::new(),
        excluded_products: Vec::new(),
        barren_payment_forms: default_barren_forms(),
        redeemed_part_earns: false,
        priority: 0,
        terms: RedemptionTerms::FREE,
    }
}

fn program_id(slug: &str) -> ProgramId {
    ProgramId::try_from(slug.to_owned()).unwrap()
}

/// A fresh `IdentificadorTransacao`.
#[must_use]
pub fn guid() -> String {
    Uuid::new_v4().to_string()
}

async fn start_table_server() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
    endpoint
}

async fn create_table(table: &Table) {
    let attribute = |name: &str| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build().unwrap()
    };
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    table
        .client()
        .create_table()
        .table_name(table.name())
        .attribute_definitions(attribute("pk"))
        .attribute_definitions(attribute("sk"))
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .unwrap();
}
