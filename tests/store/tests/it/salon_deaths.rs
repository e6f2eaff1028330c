//! Deliveries of Trinks' news that die after each of their calls: no bonus stays taken for a sale that nobody posts.
#![allow(clippy::unwrap_used)]

use ponte_domain::trinks::{EstablishmentId, SalonClientId, TrinksTransactionId};
use ponte_platform::keys;
use ponte_platform::table::Unless;
use ponte_store_tests::Fault;
use ponte_store_tests::salon::{Salon, client_with_cpf, closing, closing_with_redemption, reversal, with_phone};
use ponte_trinks::connection::BonusSource;
use serde_json::Value;

const CPF: &str = "11144477735";
const OTHER_CPF: &str = "52998224725";
const PHONE: &str = "(11) 98888-7777";

#[tokio::test]
async fn wherever_it_dies_and_is_reversed_before_it_comes_again_nothing_of_an_account_remains() {
    for calls in 0..16 {
        let salon = Salon::open(BonusSource::Trinks).await;
        salon.deliver(&closing(1, 10, Some(CPF), 10_000)).await;
        let spending = closing_with_redemption(2, 10, Some(CPF), 9_000, 1_000);
        deliver_and_die(&salon, &spending, calls).await;
        salon.deliver(&reversal(2)).await;
        salon.deliver(&spending).await;
        assert_eq!(salon.ledger_balance(CPF).await, "15.00", "after {calls} calls");
        assert!(salon.shop.account(CPF).await.open.is_empty(), "after {calls} calls");
        salon.shop.audit().await;
    }
}

/// Delivers what dies after so many calls, and leaves everything working.
async fn deliver_and_die(salon: &Salon, event: &Value, calls: usize) {
    salon.shop.faults.plan(std::iter::repeat_n(Fault::None, calls).chain([Fault::CrashAfter]));
    let _ = salon.deliver_once(event, jiff::Timestamp::now()).await;
    salon.shop.faults.plan([]);
}

/// A salon where one member has 15.00 and the phone, and an account of client 11 that spends 10.00 of it.
async fn salon_with_spending() -> (Salon, Value) {
    let salon = Salon::open(BonusSource::Trinks).await;
    salon.deliver(&with_phone(closing(1, 10, Some(CPF), 10_000), PHONE)).await;
    assert_eq!(salon.ledger_balance(CPF).await, "15.00");
    (salon, closing_with_redemption(2, 11, None, 9_000, 1_000))
}

/// Calls after which a delivery dies in turn: more than any of them makes.
const CALLS: usize = 24;

#[tokio::test]
async fn wherever_it_dies_a_redemption_of_one_whom_a_cpf_tells_not_to_be_the_client_is_given_back() {
    for calls in 0..CALLS {
        let (salon, spending) = salon_with_spending().await;
        let spending = with_phone(spending, PHONE);
        deliver_and_die(&salon, &spending, calls).await;
        salon.deliver(&client_with_cpf(11, OTHER_CPF)).await;
        salon.deliver(&spending).await;
        let balances = [salon.ledger_balance(CPF).await, salon.ledger_balance(OTHER_CPF).await];
        let posted_before = balances == ["18.50", "0.00"];
        assert!(posted_before || balances == ["15.00", "13.50"], "after {calls} calls: {balances:?}");
        assert!(salon.shop.account(CPF).await.open.is_empty(), "after {calls} calls");
        salon.shop.audit().await;
    }
}

#[tokio::test]
async fn wherever_it_dies_a_reversal_gives_back_what_was_taken_from_one_who_is_not_the_client() {
    for calls in 0..CALLS {
        let (salon, spending) = salon_with_spending().await;
        let spending = with_phone(spending, PHONE);
        deliver_and_die(&salon, &spending, calls).await;
        salon.deliver(&client_with_cpf(11, OTHER_CPF)).await;
        salon.deliver(&reversal(2)).await;
        salon.deliver(&spending).await;
        let balances = [salon.ledger_balance(CPF).await, salon.ledger_balance(OTHER_CPF).await];
        assert_eq!(balances, ["15.00", "0.00"], "after {calls} calls");
        assert!(salon.shop.account(CPF).await.open.is_empty(), "after {calls} calls");
        salon.shop.audit().await;
    }
}

#[tokio::test]
async fn wherever_it_dies_a_redemption_of_one_who_shares_a_phone_since_is_given_back() {
    for calls in 0..CALLS {
        let (salon, spending) = salon_with_spending().await;
        let spending = with_phone(spending, PHONE);
        deliver_and_die(&salon, &spending, calls).await;
        salon.deliver(&with_phone(client_with_cpf(12, OTHER_CPF), PHONE)).await;
        salon.deliver(&spending).await;
        let balance = salon.ledger_balance(CPF).await;
        assert!(balance == "18.50" || balance == "15.00", "after {calls} calls: {balance}");
        assert!(salon.shop.account(CPF).await.open.is_empty(), "after {calls} calls");
        salon.shop.audit().await;
    }
}

#[tokio::test]
async fn wherever_a_claim_dies_and_the_account_is_reversed_before_it_comes_again_its_redemption_is_given_back() {
    for calls in 0..CALLS {
        let (salon, spending) = salon_with_spending().await;
        salon.deliver(&spending).await;
        deliver_and_die(&salon, &client_with_cpf(11, CPF), calls).await;
        salon.deliver(&reversal(2)).await;
        salon.deliver(&client_with_cpf(11, CPF)).await;
        assert_eq!(salon.ledger_balance(CPF).await, "15.00", "after {calls} calls");
        assert!(salon.shop.account(CPF).await.open.is_empty(), "after {calls} calls");
        salon.shop.audit().await;
    }
}

#[tokio::test]
async fn wherever_a_claim_dies_it_takes_and_gives_once_when_it_comes_again() {
    for calls in 0..CALLS {
        let (salon, spending) = salon_with_spending().await;
        salon.deliver(&spending).await;
        deliver_and_die(&salon, &client_with_cpf(11, CPF), calls).await;
        salon.deliver(&client_with_cpf(11, CPF)).await;
        assert_eq!(salon.ledger_balance(CPF).await, "18.50", "after {calls} calls");
        let report = salon.shop.audit().await;
        assert!(salon.shop.account(CPF).await.open.is_empty(), "after {calls} calls: {report:?}");
    }
}

#[tokio::test]
async fn wherever_a_claim_dies_that_read_what_waited_before_its_reversal_it_has_taken_nothing() {
    let (salon_id, account) = (EstablishmentId::new(1253).unwrap(), TrinksTransactionId::new(2).unwrap());
    let waiting = keys::unclaimed(salon_id, SalonClientId::new(11).unwrap(), account);
    for calls in 0..CALLS {
        let (salon, spending) = salon_with_spending().await;
        salon.deliver(&spending).await;
        let read: Value = salon.shop.table.get(&waiting).await.unwrap().unwrap();
        salon.deliver(&reversal(2)).await;
        salon.shop.table.put(&waiting, &read, Unless::Anything).await.unwrap();
        deliver_and_die(&salon, &client_with_cpf(11, CPF), calls).await;
        assert_eq!(salon.ledger_balance(CPF).await, "15.00", "after {calls} calls");
        assert!(salon.shop.account(CPF).await.open.is_empty(), "after {calls} calls");
        salon.shop.audit().await;
    }
}

/// A salon where the bonus of account 2 was taken, and the delivery died before its sale was posted.
async fn salon_with_taken_bonus() -> (Salon, Value) {
    for calls in 0..CALLS {
        let (salon, mut spending) = salon_with_spending().await;
        spending["CPFDoCliente"] = CPF.into();
        deliver_and_die(&salon, &spending, calls).await;
        if !salon.shop.account(CPF).await.open.is_empty() {
            return (salon, spending);
        }
    }
    panic!("no delivery dies between the redemption and its sale");
}

#[tokio::test]
async fn an_account_that_is_reversed_while_it_comes_again_gives_back_what_was_taken() {
    for calls in 0..12 {
        let (salon, spending) = salon_with_taken_bonus().await;
        salon.shop.faults.take_calls();
        let reversed_meanwhile = async {
            let mut seen = 0;
            for _ in 0..1_000 {
                seen += salon.shop.faults.take_calls().len();
                if seen >= calls {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_micros(50)).await;
            }
            salon.deliver(&reversal(2)).await;
        };
        tokio::join!(salon.deliver(&spending), reversed_meanwhile);
        assert_eq!(salon.ledger_balance(CPF).await, "15.00", "after {calls} calls");
        assert!(salon.shop.account(CPF).await.open.is_empty(), "after {calls} calls");
        salon.shop.audit().await;
    }
}
