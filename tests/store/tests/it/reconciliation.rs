//! What no webhook brought is found in Trinks itself, however Trinks' lists fail.
#![allow(clippy::unwrap_used)]

use jiff::{Timestamp, ToSpan};
use ponte_domain::trinks::{AccountState, AccountStory, EstablishmentId, TrinksTransactionId};
use ponte_platform::keys;
use ponte_store_tests::at_trinks::SalonAtTrinks;
use ponte_store_tests::salon::{SALON, client_with_cpf, closing_with_redemption, reversal};
use ponte_trinks::connection::BonusSource;
use ponte_trinks::progress::Step;
use serde_json::{Value, json};

const CPF: &str = "11144477735";

async fn open() -> SalonAtTrinks {
    let salon = SalonAtTrinks::open(BonusSource::Trinks).await;
    salon.salon.deliver(&client_with_cpf(8_000_001, CPF)).await;
    salon
}

/// An account of R$ 100 that no webhook tells.
async fn close(salon: &SalonAtTrinks) -> u64 {
    let body = json!({ "clienteId": 8_000_001, "itens": [{ "nome": "Corte", "valor": 100 }], "silent": true });
    salon.control("POST", "accounts/close", &body).await["id"].as_u64().unwrap()
}

/// The same with a discount, whose reason REST does not tell.
async fn close_with_discount(salon: &SalonAtTrinks) -> u64 {
    let item = json!({ "nome": "Corte", "valor": 100, "desconto": 10, "motivo_desconto": "Fidelidade" });
    let body = json!({ "clienteId": 8_000_001, "itens": [item], "silent": true });
    salon.control("POST", "accounts/close", &body).await["id"].as_u64().unwrap()
}

async fn state(salon: &SalonAtTrinks, transaction: u64) -> Option<AccountState> {
    let id = EstablishmentId::new(SALON).unwrap();
    let key = keys::trinks_story(id, TrinksTransactionId::new(transaction).unwrap());
    let story: Option<AccountStory> = salon.salon.shop.table.get(&key).await.unwrap();
    story.map(|story| story.status)
}

/// The second list that is asked for is that of the accounts that stand.
fn empty(after: u64, times: u64) -> Value {
    json!([{ "method": "GET", "path_prefix": "/v1/transacoes", "kind": "empty_list", "after": after, "times": times }])
}

#[tokio::test]
async fn closings_and_reversals_that_no_webhook_brought_are_posted_once() {
    let salon = open().await;
    let (kept, undone) = (close(&salon).await, close(&salon).await);
    let first = salon.reconcile(Timestamp::now()).await;
    assert_eq!((first.step, first.repaired.closings, first.last_good), (Step::Done, 2, Some(first.day)));
    salon.control("POST", &format!("accounts/{undone}/reverse"), &json!({ "silent": true })).await;
    let second = salon.reconcile(tomorrow()).await;
    assert_eq!((second.repaired.closings, second.repaired.reversals), (0, 1));
    assert_eq!(state(&salon, kept).await, Some(AccountState::Posted));
    assert_eq!(state(&salon, undone).await, Some(AccountState::Reversed));
    assert_eq!(salon.salon.ledger_balance(CPF).await, "15.00");
}

#[tokio::test]
async fn a_list_that_is_empty_by_mistake_is_read_again_and_loses_no_closing() {
    let salon = open().await;
    let account = close(&salon).await;
    salon.faults(&empty(1, 1)).await;
    let progress = salon.reconcile(Timestamp::now()).await;
    assert_eq!(state(&salon, account).await, Some(AccountState::Posted), "the second walk posts it");
    assert_eq!((progress.repaired.closings, progress.repaired.reversals), (1, 0));
}

#[tokio::test]
async fn a_day_whose_accounts_could_not_be_seen_is_walked_again() {
    let salon = open().await;
    let account = close(&salon).await;
    salon.faults(&empty(1, 2)).await;
    let blind = salon.reconcile(Timestamp::now()).await;
    assert_eq!((state(&salon, account).await, blind.last_good), (None, None));
    let seeing = salon.reconcile(tomorrow()).await;
    assert!(seeing.from < blind.day);
    assert_eq!(state(&salon, account).await, Some(AccountState::Posted));
    assert_eq!(seeing.last_good, Some(seeing.day));
}

#[tokio::test]
async fn accounts_that_a_mistake_hides_are_not_taken_for_reversed() {
    let salon = open().await;
    let account = close(&salon).await;
    salon.reconcile(Timestamp::now()).await;
    salon.faults(&empty(1, 2)).await;
    let blind = salon.reconcile(tomorrow()).await;
    assert_eq!((blind.repaired.reversals, state(&salon, account).await), (0, Some(AccountState::Posted)));
}

#[tokio::test]
async fn a_discount_that_may_be_the_programmes_is_for_one_person_to_debit_once() {
    let salon = open().await;
    let account = close_with_discount(&salon).await;
    salon.reconcile(Timestamp::now()).await;
    let asked = salon.salon.reported().await;
    assert!(asked.len() == 1 && asked[0].contains("if it was the programme's bonus"), "{asked:?}");
    // The webhook, which was late, knows the reason.
    salon.salon.deliver(&closing_with_redemption(account, 8_000_001, Some(CPF), 9_000, 1_000)).await;
    let told = salon.salon.reported().await;
    assert!(told.len() == 1 && told[0].contains("debit its redemption of 10.00"), "{told:?}");
}

#[tokio::test]
async fn a_discount_of_a_salon_whose_till_gives_the_bonuses_is_no_ones_to_debit() {
    let salon = SalonAtTrinks::open(BonusSource::Till).await;
    close_with_discount(&salon).await;
    salon.reconcile(Timestamp::now()).await;
    assert_eq!(salon.salon.reported().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_day_on_which_all_was_reversed_is_good_when_we_know_it() {
    let salon = open().await;
    let account = close(&salon).await;
    salon.reconcile(Timestamp::now()).await;
    salon.control("POST", &format!("accounts/{account}/reverse"), &json!({ "silent": true })).await;
    salon.salon.deliver(&reversal(account)).await;
    let progress = salon.reconcile(tomorrow()).await;
    assert_eq!((progress.gaps, progress.last_good), (false, Some(progress.day)));
}

fn tomorrow() -> Timestamp {
    let zone = jiff::tz::TimeZone::get("America/Sao_Paulo").unwrap();
    Timestamp::now().to_zoned(zone).saturating_add(1.day()).timestamp()
}
