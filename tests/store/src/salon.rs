//! A salon of Trinks over a shop's table: its news, as the consumers get them.

use std::time::Duration;

use jiff::Timestamp;
use ponte_domain::ids::StoreId;
use ponte_domain::quota::QuotaSettings;
use ponte_domain::sns::AwsAccountId;
use ponte_domain::store::BonusTurns;
use ponte_domain::trinks::{ConnectionId, EstablishmentId};
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::secrets::Secret;
use ponte_platform::store_directory::StoreDirectory;
use ponte_platform::table::Unless;
use ponte_trinks::connection::{
    BonusSource, Connection, Establishment, Pinning, Subscription, SubscriptionStatus, TrinksDirectory,
};
use ponte_trinks::message::{OddMessage, TrinksMessage};
use ponte_trinks_functions::consumers;
use ponte_trinks_functions::desk::Desk;
use serde_json::{Value, json};

use crate::shop::{CNPJ, SECRET, Shop};

/// The salon's id in Trinks.
pub const SALON: u64 = 1253;

/// A salon whose store is the shop's.
pub struct Salon {
    /// The shop, with its table and faults.
    pub shop: Shop,
    /// Its key and quota.
    pub connection: Connection,
    desk: Desk,
}

impl Salon {
    /// Opens a shop and links it to a salon of Trinks.
    pub async fn open(bonus_source: BonusSource) -> Self {
        let shop = Shop::open(|_| {}).await;
        let connection = ConnectionId::parse("rede").unwrap();
        let record = Connection {
            id: connection.clone(),
            name: "Rede".into(),
            api_key_secret: "none".into(),
            aws_account: AwsAccountId::parse("441135549897").unwrap(),
            region: "us-east-1".into(),
            topic: None,
            pinning: Pinning::Automatic,
            subscription: Subscription {
                status: SubscriptionStatus::Confirmed,
                since: Timestamp::UNIX_EPOCH,
                arn: None,
            },
            own_address_since: None,
            quota: QuotaSettings::default(),
            version: 1,
        };
        shop.table.put(&keys::trinks_connection(&connection), &record, Unless::Anything).await.unwrap();
        let id = EstablishmentId::new(SALON).unwrap();
        let store: StoreId = format!("1#{CNPJ}").parse().unwrap();
        let reasons = vec!["Fidelidade".to_owned()];
        let salon = Establishment {
            id,
            connection,
            store,
            bonus_source,
            bonus_source_since: Timestamp::UNIX_EPOCH,
            former_bonus_turns: BonusTurns::default(),
            redemption_reasons: reasons,
            version: 1,
        };
        shop.table.put(&keys::trinks_establishment(id), &salon, Unless::Anything).await.unwrap();
        let desk = desk(&shop);
        Self { shop, connection: record, desk }
    }

    /// What another Lambda of the salon builds.
    #[must_use]
    pub fn another_desk(&self) -> Desk {
        desk(&self.shop)
    }

    /// One delivery of an event to its consumer; `None` when the Lambda died.
    pub async fn deliver_once(&self, event: &Value, sent_at: Timestamp) -> Option<Result<(), Failure>> {
        let message = TrinksMessage {
            message_id: "test".into(),
            connection: ConnectionId::parse("rede").unwrap(),
            sent_at,
            message: event.to_string(),
        };
        let body = serde_json::to_string(&message).unwrap();
        let now = Timestamp::now();
        let work = async {
            match event["TipoDeEvento"].as_u64().unwrap() {
                1 | 2 => consumers::account_news(&self.desk, &body, now).await,
                3 | 4 => consumers::client_news(&self.desk, &body, now).await,
                5..=7 => consumers::professional_news(&self.desk, &body, now).await,
                8..=10 => consumers::establishment_news(&self.desk, &body, now).await,
                _ => consumers::appointment_news(&self.desk, &body, now).await,
            }
        };
        tokio::select! {
            outcome = work => Some(outcome),
            () = self.shop.faults.crashed() => None,
        }
    }

    /// Delivers an event until its consumer is done with it, as a queue would.
    pub async fn deliver(&self, event: &Value) {
        self.deliver_at(event, Timestamp::now()).await;
    }

    /// The same with the time at which SNS was given it.
    pub async fn deliver_at(&self, event: &Value, sent_at: Timestamp) {
        for _ in 0..30 {
            if let Some(Ok(())) = self.deliver_once(event, sent_at).await {
                return;
            }
        }
        panic!("thirty deliveries were not enough for {event}");
    }

    /// Why accounts were listed for a person.
    pub async fn reported(&self) -> Vec<String> {
        let partition = keys::trinks_odd(Timestamp::UNIX_EPOCH, "").pk;
        let odd: Vec<OddMessage> = self.shop.table.query(&partition, "", 100).await.unwrap();
        odd.into_iter().map(|odd| odd.reason).collect()
    }

    /// A member's ledger balance, in cents.
    pub async fn ledger_balance(&self, cpf: &str) -> String {
        self.shop.account(cpf).await.ledger_balance().to_string()
    }
}

fn desk(shop: &Shop) -> Desk {
    let table = shop.hub.table.clone();
    let keep = Duration::from_secs(3_600);
    let credentials = aws_credential_types::Credentials::from_keys("test", "test", None);
    let aws = ponte_platform::aws::Aws::with_http(credentials, shop.faults.http_client(), shop.endpoint.clone());
    Desk {
        salons: TrinksDirectory::new(table.clone(), keep),
        stores: StoreDirectory::new(table.clone(), keep),
        identity: Secret::known(aws.secrets(), SECRET.to_owned()),
        requests: None,
        table,
    }
}

/// Event 1 of a client, with the CPF or without, in Trinks' own formats.
#[must_use]
pub fn closing(transaction: u64, client: u64, cpf: Option<&str>, total_cents: u32) -> Value {
    let comma = |cents: u32| format!("{},{:02}", cents / 100, cents % 100);
    json!({
        "Action": 1, "TipoDeEvento": 1, "IdDoEstabelecimento": SALON, "IdDaTransacao": transaction,
        "DataDoFechamento": salon_clock(), "ValorDaCompra": comma(total_cents),
        "IdDoClienteNoEstabelecimento": client, "NomeDoCliente": "Cliente Exemplo", "CPFDoCliente": cpf.unwrap_or_default(),
        "Itens": [{ "Id": 1, "Nome": "Corte", "Quantidade": 1, "ValorUnitario": comma(total_cents), "EAN": "", "DescontoTotal": "0,00", "MotivoDesconto": "" }],
        "FormasDePagamento": [{ "FormaPagamento": "PIX", "Valor": comma(total_cents) }],
    })
}

/// The same with a discount that is the programme's bonus.
#[must_use]
pub fn closing_with_redemption(
    transaction: u64,
    client: u64,
    cpf: Option<&str>,
    paid_cents: u32,
    redeemed_cents: u32,
) -> Value {
    let mut event = closing(transaction, client, cpf, paid_cents);
    let comma = |cents: u32| format!("{},{:02}", cents / 100, cents % 100);
    event["Itens"][0]["ValorUnitario"] = comma(paid_cents + redeemed_cents).into();
    event["Itens"][0]["DescontoTotal"] = format!("-{}", comma(redeemed_cents)).into();
    event["Itens"][0]["MotivoDesconto"] = "FIDELIDADE ".into();
    event
}

/// Event 2.
#[must_use]
pub fn reversal(transaction: u64) -> Value {
    json!({ "Action": 9, "TipoDeEvento": 2, "IdDoEstabelecimento": SALON, "IdDaTransacao": transaction })
}

/// Event 4, which tells a client's CPF.
#[must_use]
pub fn client_with_cpf(client: u64, cpf: &str) -> Value {
    json!({ "Action": 2, "TipoDeEvento": 4, "IdDoEstabelecimento": SALON, "IdDoClienteNoEstabelecimento": client,
        "Nome": "Cliente Exemplo", "CPF": cpf })
}

/// Event 4, which tells a client's phone and no CPF.
#[must_use]
pub fn client_with_phone(client: u64, phone: &str) -> Value {
    with_phone(client_with_cpf(client, ""), phone)
}

/// An event that tells its client's phone too.
#[must_use]
pub fn with_phone(mut event: Value, phone: &str) -> Value {
    event["TelefoneDoCliente"] = json!([{ "TelefoneCompleto": phone }]);
    event
}

/// The time on the salon's wall, as Trinks writes it.
fn salon_clock() -> String {
    let zone = jiff::tz::TimeZone::get("America/Sao_Paulo").unwrap();
    Timestamp::now().to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
