//! Which system gives a store's bonuses: the till or Trinks, and never both, through changes, unlinking and late news.
#![allow(clippy::unwrap_used)]

use jiff::{SignedDuration, Timestamp};
use ponte_hub_fidelidade::routes::{ConsultarCampanha, EstornarBonus, GerarBonus, ResgatarSaldo};
use ponte_platform::keys;
use ponte_store_tests::office::Office;
use ponte_store_tests::salon::{SALON, Salon, closing};
use ponte_store_tests::{Answer, CNPJ, Shop, guid};
use ponte_trinks::connection::BonusSource;
use ponte_trinks::message::TrinksMessage;
use ponte_trinks_functions::consumers;
use serde_json::{Value, json};

const CPF: &str = "11144477735";

/// A store that is not linked yet, and its operator. Every Lambda is a fresh one: what is remembered is tested elsewhere.
struct Place {
    salon: Salon,
    office: Office,
}

impl Place {
    async fn unlinked() -> Self {
        let mut salon = Salon::open(BonusSource::Till).await;
        salon.shop = salon.shop.with_fresh_lambda();
        let id = ponte_domain::trinks::EstablishmentId::new(SALON).unwrap();
        salon.shop.table.delete(&keys::trinks_establishment(id)).await.unwrap();
        Self { office: Office::of(&salon.shop), salon }
    }

    async fn linked(source: &str, at: Timestamp) -> Self {
        let place = Self::unlinked().await;
        place.link(source, at).await;
        place
    }

    async fn link(&self, source: &str, at: Timestamp) -> Value {
        let body =
            json!({ "connection": "rede", "store": { "tipo_ambiente": 1, "cnpj": CNPJ }, "bonus_source": source });
        self.put(&body, at).await
    }

    async fn put(&self, body: &Value, at: Timestamp) -> Value {
        let (status, shown) = self.office.salon("PUT", SALON, body, at).await;
        assert_eq!(status, 200, "{shown}");
        shown
    }

    async fn unlink(&self, at: Timestamp) -> Value {
        let (status, told) = self.office.salon("DELETE", SALON, &Value::Null, at).await;
        assert_eq!(status, 200, "{told}");
        told
    }

    /// An account of R$ 100.00 that was closed some minutes ago is told of now.
    async fn hear_of_account(&self, transaction: u64, minutes_ago: i64) {
        let zone = jiff::tz::TimeZone::get("America/Sao_Paulo").unwrap();
        let mut event = closing(transaction, 10, Some(CPF), 10_000);
        event["DataDoFechamento"] = ago(minutes_ago).to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S").to_string().into();
        let message = TrinksMessage {
            message_id: format!("webhook-{transaction}"),
            connection: self.salon.connection.id.clone(),
            sent_at: ago(minutes_ago),
            message: event.to_string(),
        };
        let body = serde_json::to_string(&message).unwrap();
        consumers::account_news(&self.salon.another_desk(), &body, Timestamp::now()).await.unwrap();
    }

    async fn balance(&self) -> String {
        self.salon.ledger_balance(CPF).await
    }

    fn shop(&self) -> &Shop {
        &self.salon.shop
    }

    async fn ring_up(&self, id: &str, note: &str, redeemed: &str) -> Answer {
        let body = format!(
            r#"{{"IdentificadorTransacao":"{id}","Venda":{{"Cpf":"{CPF}","ValorLiquido":100,"ValorResgate":{redeemed},
            "DocumentoNF":"{note}","SerieNF":"1"}},"CampanhaId":12}}"#
        );
        self.shop().call::<GerarBonus>(&body).await
    }

    async fn campaigns(&self) -> Value {
        let body = format!(r#"{{"IdentificadorTransacao":"{}","Venda":{{"Cpf":"{CPF}","ValorLiquido":100}}}}"#, guid());
        let answer = self.shop().call::<ConsultarCampanha>(&body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        serde_json::from_str::<Value>(&answer.body).unwrap()["Campanhas"].clone()
    }
}

fn message_of(answer: &Answer) -> String {
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    body["MensagemComplementar"].as_str().unwrap_or_default().to_owned()
}

fn ago(minutes: i64) -> Timestamp {
    Timestamp::now().saturating_sub(SignedDuration::from_mins(minutes)).unwrap()
}

#[tokio::test]
async fn a_visit_that_is_rung_up_at_the_till_and_closed_in_trinks_earns_once() {
    for (source, campaigns, message) in [("till", 1, "Você ganhou R$ 15,00"), ("trinks", 0, "salão")] {
        let place = Place::linked(source, ago(60)).await;
        assert_eq!(place.campaigns().await.as_array().unwrap().len(), campaigns, "{source}");
        let answer = place.ring_up(&guid(), "1", "0").await;
        assert_eq!(answer.status, 200, "{source}: {}", answer.body);
        assert!(message_of(&answer).contains(message), "{source}: {}", answer.body);
        place.hear_of_account(1, 5).await;
        assert_eq!(place.balance().await, "15.00", "{source}");
        place.shop().audit().await;
    }
}

#[tokio::test]
async fn where_trinks_gives_the_bonuses_the_till_still_redeems_ties_and_reverses() {
    let place = Place::linked("trinks", ago(60)).await;
    place.hear_of_account(1, 5).await;
    let id = guid();
    let redeem =
        format!(r#"{{"IdentificadorTransacao":"{id}","Cpf":"{CPF}","VendaValorLiquido":100,"ValorResgatado":5}}"#);
    assert_eq!(place.shop().call::<ResgatarSaldo>(&redeem).await.status, 200);
    let closed = place.ring_up(&id, "7", "5").await;
    assert_eq!(closed.figure("SaldoBonusGeradoVenda"), "0.00");
    assert_eq!(
        message_of(&closed),
        "Você usou R$ 5,00 de bônus nesta compra. O bônus vem com a conta fechada no salão."
    );
    assert!(place.shop().account(CPF).await.open.is_empty(), "it is tied to its note");
    let reverse = format!(r#"{{"IdentificadorTransacao":"{}","DocumentoNF":"7","SerieNF":"1","Cpf":"{CPF}"}}"#, guid());
    let reversed = place.shop().call::<EstornarBonus>(&reverse).await;
    assert_eq!(
        (reversed.figure("ValorEstornadoUtilizado"), reversed.figure("ValorEstornadoGerado")),
        ("5.00".into(), "0.00".into())
    );
    place.shop().audit().await;
}

#[tokio::test]
async fn the_till_knows_who_gives_the_bonuses_without_another_read() {
    let mut place = Place::linked("trinks", ago(60)).await;
    // A warm Lambda, which remembers its store.
    let directory = ponte_platform::store_directory::StoreDirectory::new(
        place.shop().hub.table.clone(),
        std::time::Duration::from_secs(60),
    );
    place.salon.shop.hub.directory = directory;
    place.campaigns().await;
    place.shop().faults.take_calls();
    place.campaigns().await;
    assert!(place.shop().faults.take_calls().is_empty());
    place.ring_up(&guid(), "1", "0").await;
    assert_eq!(place.shop().faults.take_calls(), ["GetItem", "TransactWriteItems"]);
}

#[tokio::test]
async fn a_sale_of_before_the_change_that_the_till_repeats_gets_its_first_answer() {
    let place = Place::linked("till", ago(60)).await;
    let id = guid();
    let first = place.ring_up(&id, "1", "0").await;
    assert_eq!(first.figure("SaldoBonusGeradoVenda"), "15.00");
    place.put(&json!({ "bonus_source": "trinks" }), Timestamp::now()).await;
    assert_eq!(place.ring_up(&id, "1", "0").await, first);
    assert_eq!(place.ring_up(&guid(), "1", "0").await.figure("SaldoBonusGeradoVenda"), "15.00", "the note is known");
    assert_eq!(place.ring_up(&guid(), "2", "0").await.figure("SaldoBonusGeradoVenda"), "0.00");
    assert_eq!(place.balance().await, "15.00");
}

#[tokio::test]
async fn what_was_closed_in_trinks_before_the_change_to_the_till_earns_however_late_it_is_told() {
    let place = Place::linked("trinks", ago(120)).await;
    let shown = place.put(&json!({ "bonus_source": "till" }), ago(30)).await;
    assert_eq!((&shown["bonus_source"], &shown["former_bonus_source"]), (&json!("till"), &json!("trinks")));
    place.hear_of_account(1, 60).await;
    assert_eq!(place.balance().await, "15.00", "the till never saw it");
    place.hear_of_account(2, 10).await;
    place.hear_of_account(3, 180).await;
    assert_eq!(place.balance().await, "15.00", "the till's, and what was before the link");
    assert_eq!(place.ring_up(&guid(), "1", "0").await.figure("SaldoBonusGeradoVenda"), "15.00");
}

#[tokio::test]
async fn what_was_closed_before_the_change_to_trinks_was_the_tills() {
    let place = Place::linked("till", ago(120)).await;
    place.put(&json!({ "bonus_source": "trinks" }), ago(30)).await;
    place.hear_of_account(1, 60).await;
    assert_eq!(place.balance().await, "0.00");
    place.hear_of_account(2, 10).await;
    assert_eq!(place.balance().await, "15.00");
}

#[tokio::test]
async fn a_salon_that_is_linked_again_earns_what_was_closed_meanwhile() {
    let place = Place::linked("trinks", ago(120)).await;
    let told = place.unlink(ago(90)).await;
    assert_eq!((&told["was_linked"], &told["bonus_source"]), (&json!(true), &json!("trinks")));
    place.hear_of_account(1, 60).await;
    let answer = place.ring_up(&guid(), "1", "0").await;
    assert_eq!((place.balance().await.as_str(), answer.status), ("0.00", 200), "nobody earns meanwhile");
    assert_eq!(place.office.store().await["bonus_source"], "trinks");
    let open = place.office.open_messages().await;
    assert_eq!((open.len(), &open[0]["message"]), (1, &json!("webhook-1")), "{open:?}");
    place.link("trinks", ago(0)).await;
    place.hear_of_account(1, 60).await;
    assert_eq!(place.balance().await, "15.00", "linked again, then replayed");
    assert_eq!(place.unlink(ago(0)).await["was_linked"], true);
    assert_eq!(
        place.unlink(ago(0)).await,
        json!({ "establishment": SALON, "was_linked": false, "bonus_source": null })
    );
}

#[tokio::test]
async fn an_operator_lets_accounts_from_before_the_first_link_earn() {
    let place = Place::linked("trinks", ago(30)).await;
    place.hear_of_account(1, 60).await;
    assert_eq!(place.balance().await, "0.00");
    let since = ago(90);
    let shown = place.put(&json!({ "bonus_source_since": since.to_string() }), Timestamp::now()).await;
    assert_eq!(shown["bonus_source_since"], Timestamp::from_second(since.as_second()).unwrap().to_string());
    place.hear_of_account(2, 60).await;
    assert_eq!(place.balance().await, "15.00");
    let (status, told) = place
        .office
        .salon("PUT", SALON, &json!({ "bonus_source_since": "2999-01-01T00:00:00Z" }), Timestamp::now())
        .await;
    assert_eq!((status, &told["error"]["code"]), (400, &json!("invalid_field")));
}

#[tokio::test]
async fn what_is_shown_of_a_salon_is_sent_back_and_changes_nothing() {
    let place = Place::linked("trinks", ago(120)).await;
    let (_, mut shown) = place.office.salon("GET", SALON, &Value::Null, Timestamp::now()).await;
    let again = place.put(&shown, Timestamp::now()).await;
    assert_eq!(again["bonus_source_since"], shown["bonus_source_since"]);
    // With another source, the moment that came back with it is not the change's.
    shown["bonus_source"] = "till".into();
    shown["version"] = again["version"].clone();
    place.put(&shown, ago(30)).await;
    place.hear_of_account(1, 60).await;
    assert_eq!(place.balance().await, "15.00");
}

#[tokio::test]
async fn a_salon_that_was_linked_before_stores_knew_is_told_to_its_store_by_the_next_put() {
    let salon = Salon::open(BonusSource::Trinks).await;
    let place = Place { office: Office::of(&salon.shop), salon };
    assert_eq!(place.office.store().await["bonus_source"], "till");
    place.put(&json!({}), Timestamp::now()).await;
    assert_eq!(place.office.store().await["bonus_source"], "trinks");
}
