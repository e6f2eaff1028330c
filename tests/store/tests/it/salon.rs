//! Accounts closed in Trinks, in the ledger of the till: whatever the order, the repetitions and the faults.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use ponte_domain::ids::StoreId;
use ponte_domain::ledger::PendingAdjustment;
use ponte_domain::trinks::{EstablishmentId, TrinksTransactionId, posting_id};
use ponte_hub_fidelidade::routes::{GerarBonus, ResgatarSaldo};
use ponte_platform::keys;
use ponte_platform::table::Unless;
use ponte_store_tests::programmes::try_programmes;
use ponte_store_tests::salon::{
    Salon, client_with_cpf, client_with_phone, closing, closing_with_redemption, reversal, with_phone,
};
use ponte_store_tests::{Fault, guid};
use ponte_trinks::connection::BonusSource;
use proptest::prelude::*;
use serde_json::Value;

const CPF: &str = "11144477735";
const OTHER_CPF: &str = "52998224725";
const THIRD_CPF: &str = "12345678909";
const PHONE: &str = "(11) 98888-7777";

#[tokio::test]
async fn a_closed_account_earns_what_the_till_would_have_earned() {
    let salon = Salon::open(BonusSource::Trinks).await;
    salon.deliver(&closing(1, 10, Some(CPF), 10_000)).await;
    assert_eq!(salon.ledger_balance(CPF).await, "15.00");
    let redeem =
        format!(r#"{{"IdentificadorTransacao":"{}","Cpf":"{CPF}","VendaValorLiquido":50,"ValorResgatado":5}}"#, guid());
    assert_eq!(salon.shop.call::<ResgatarSaldo>(&redeem).await.status, 200, "the till spends it");
    salon.shop.audit().await;
}

#[tokio::test]
async fn a_redelivered_closing_earns_once() {
    let salon = Salon::open(BonusSource::Trinks).await;
    for _ in 0..3 {
        salon.deliver(&closing(1, 10, Some(CPF), 10_000)).await;
    }
    assert_eq!(salon.ledger_balance(CPF).await, "15.00");
}

#[tokio::test]
async fn where_the_till_gives_the_bonuses_a_closing_gives_none() {
    let salon = Salon::open(BonusSource::Till).await;
    salon.deliver(&closing(1, 10, Some(CPF), 10_000)).await;
    assert_eq!(salon.ledger_balance(CPF).await, "0.00");
    let earn = format!(
        r#"{{"IdentificadorTransacao":"{}","Venda":{{"Cpf":"{CPF}","ValorLiquido":100,"ValorResgate":0,"DocumentoNF":"1","SerieNF":"1"}},"CampanhaId":12}}"#,
        guid()
    );
    assert_eq!(salon.shop.call::<GerarBonus>(&earn).await.status, 200);
    assert_eq!(salon.ledger_balance(CPF).await, "15.00");
}

#[tokio::test]
async fn a_bonus_without_a_cpf_waits_until_the_client_tells_it() {
    let salon = Salon::open(BonusSource::Trinks).await;
    salon.deliver(&closing(1, 10, None, 10_000)).await;
    salon.deliver(&closing(2, 10, None, 20_000)).await;
    assert_eq!(salon.ledger_balance(CPF).await, "0.00");
    salon.deliver(&client_with_cpf(10, CPF)).await;
    assert_eq!(salon.ledger_balance(CPF).await, "45.00");
    salon.deliver(&closing(3, 10, None, 10_000)).await;
    assert_eq!(salon.ledger_balance(CPF).await, "60.00", "known by the client's id from now on");
    salon.shop.audit().await;
}

#[tokio::test]
async fn a_masked_cpf_is_nobodys() {
    let salon = Salon::open(BonusSource::Trinks).await;
    salon.deliver(&closing(1, 10, Some("***.444.777-**"), 10_000)).await;
    assert_eq!(salon.ledger_balance(CPF).await, "0.00");
}

#[tokio::test]
async fn a_client_without_cpf_is_known_by_a_phone_that_one_member_has() {
    let salon = Salon::open(BonusSource::Trinks).await;
    salon.deliver(&with_phone(client_with_cpf(10, CPF), PHONE)).await;
    salon.deliver(&with_phone(closing(1, 11, None, 10_000), PHONE)).await;
    assert_eq!(salon.ledger_balance(CPF).await, "15.00");
    salon.deliver(&with_phone(client_with_cpf(12, OTHER_CPF), PHONE)).await;
    salon.deliver(&with_phone(closing(2, 13, None, 10_000), PHONE)).await;
    assert_eq!(salon.ledger_balance(CPF).await, "15.00", "two members share the phone: it is nobody's");
    assert_eq!(salon.ledger_balance(OTHER_CPF).await, "0.00");
}

#[tokio::test]
async fn a_bonus_waits_until_the_client_tells_the_phone_of_one_member() {
    let salon = Salon::open(BonusSource::Trinks).await;
    salon.deliver(&with_phone(client_with_cpf(10, CPF), PHONE)).await;
    salon.deliver(&closing(1, 11, None, 10_000)).await;
    assert_eq!(salon.ledger_balance(CPF).await, "0.00");
    for _ in 0..2 {
        salon.deliver(&client_with_phone(11, PHONE)).await;
        assert_eq!(salon.ledger_balance(CPF).await, "15.00");
    }
    salon.deliver(&with_phone(client_with_cpf(12, OTHER_CPF), PHONE)).await;
    salon.deliver(&closing(2, 13, None, 10_000)).await;
    salon.deliver(&client_with_phone(13, PHONE)).await;
    assert_eq!(salon.ledger_balance(CPF).await, "15.00", "two members share the phone: it is nobody's");
    assert_eq!(salon.ledger_balance(OTHER_CPF).await, "0.00");
    salon.shop.audit().await;
}

#[tokio::test]
async fn a_bonus_whose_note_met_another_transaction_waits_all_the_same() {
    for calls in 0..12 {
        let salon = Salon::open(BonusSource::Trinks).await;
        salon.shop.faults.plan(std::iter::repeat_n(Fault::None, calls).chain([Fault::TransactionConflict]));
        salon.deliver(&closing(1, 10, None, 10_000)).await;
        salon.shop.faults.plan([]);
        salon.deliver(&client_with_cpf(10, CPF)).await;
        assert_eq!(salon.ledger_balance(CPF).await, "15.00", "after {calls} calls");
    }
}

#[tokio::test]
async fn a_reversal_takes_the_bonus_back_once() {
    let salon = Salon::open(BonusSource::Trinks).await;
    salon.deliver(&closing(1, 10, Some(CPF), 10_000)).await;
    salon.deliver(&reversal(1)).await;
    salon.deliver(&reversal(1)).await;
    assert_eq!(salon.ledger_balance(CPF).await, "0.00");
    salon.shop.audit().await;
}

#[tokio::test]
async fn a_reversal_that_comes_first_leaves_nothing_to_earn() {
    let salon = Salon::open(BonusSource::Trinks).await;
    salon.deliver(&reversal(1)).await;
    salon.deliver(&closing(1, 10, Some(CPF), 10_000)).await;
    assert_eq!(salon.ledger_balance(CPF).await, "0.00");
}

#[tokio::test]
async fn a_reversal_ends_a_bonus_that_still_waits() {
    let salon = Salon::open(BonusSource::Trinks).await;
    salon.deliver(&closing(1, 10, None, 10_000)).await;
    salon.deliver(&reversal(1)).await;
    salon.deliver(&client_with_cpf(10, CPF)).await;
    assert_eq!(salon.ledger_balance(CPF).await, "0.00");
}

#[tokio::test]
async fn a_reversed_bonus_that_was_spent_becomes_a_debt() {
    let salon = Salon::open(BonusSource::Trinks).await;
    salon.deliver(&closing(1, 10, Some(CPF), 10_000)).await;
    let redeem =
        format!(r#"{{"IdentificadorTransacao":"{}","Cpf":"{CPF}","VendaValorLiquido":50,"ValorResgatado":5}}"#, guid());
    assert_eq!(salon.shop.call::<ResgatarSaldo>(&redeem).await.status, 200);
    salon.deliver(&reversal(1)).await;
    assert_eq!(salon.ledger_balance(CPF).await, "-5.00");
    salon.deliver(&closing(2, 10, Some(CPF), 10_000)).await;
    assert_eq!(salon.ledger_balance(CPF).await, "10.00", "the next bonus pays it first");
    salon.shop.audit().await;
}

#[tokio::test]
async fn a_discount_for_the_programme_spends_the_bonus_and_its_reversal_gives_it_back() {
    let salon = Salon::open(BonusSource::Trinks).await;
    salon.deliver(&closing(1, 10, Some(CPF), 10_000)).await;
    salon.deliver(&closing_with_redemption(2, 10, Some(CPF), 9_000, 1_000)).await;
    assert_eq!(salon.ledger_balance(CPF).await, "18.50", "15.00 less 10.00, and 15 % of what was paid");
    salon.deliver(&reversal(2)).await;
    assert_eq!(salon.ledger_balance(CPF).await, "15.00");
    salon.shop.audit().await;
}

#[tokio::test]
async fn a_discount_that_the_account_cannot_pay_shows_as_a_difference() {
    let salon = Salon::open(BonusSource::Trinks).await;
    salon.deliver(&closing_with_redemption(1, 10, Some(CPF), 9_000, 1_000)).await;
    assert_eq!(salon.ledger_balance(CPF).await, "13.50");
    let id = posting_id(EstablishmentId::new(1253).unwrap(), TrinksTransactionId::new(1).unwrap());
    let store: StoreId = "1#11222333000181".parse().unwrap();
    let member = salon.shop.member(CPF);
    let pending: Option<PendingAdjustment> =
        salon.shop.table.get(&keys::pending(&member.program, store, &id)).await.unwrap();
    assert_eq!(pending.unwrap().amount.to_string(), "10.00");
    salon.shop.audit().await;
}

#[tokio::test]
async fn a_walk_in_waits_for_nobody() {
    let salon = Salon::open(BonusSource::Trinks).await;
    let mut event = closing(1, 10, None, 10_000);
    event["IdDoClienteNoEstabelecimento"] = 0.into();
    salon.deliver(&event).await;
    salon.shop.audit().await;
}

#[tokio::test]
async fn a_redemption_that_names_nobody_is_reported_to_a_person() {
    let salon = Salon::open(BonusSource::Trinks).await;
    salon.deliver(&closing(1, 0, None, 10_000)).await;
    assert_eq!(salon.reported().await, Vec::<String>::new(), "nothing was redeemed");
    for _ in 0..2 {
        salon.deliver(&closing_with_redemption(2, 0, None, 9_000, 1_000)).await;
    }
    let reported = salon.reported().await;
    assert_eq!(reported.len(), 1, "{reported:?}");
    assert!(reported[0].contains("10.00"), "{reported:?}");
}

#[tokio::test]
async fn an_account_closed_before_trinks_gave_the_bonuses_earns_nothing() {
    let salon = Salon::open(BonusSource::Trinks).await;
    let key = keys::trinks_establishment(EstablishmentId::new(1253).unwrap());
    let mut link: ponte_trinks::connection::Establishment = salon.shop.table.get(&key).await.unwrap().unwrap();
    link.bonus_source_since = jiff::Timestamp::now().saturating_add(jiff::SignedDuration::from_mins(5)).unwrap();
    salon.shop.table.put(&key, &link, Unless::Anything).await.unwrap();
    salon.deliver(&closing(1, 10, Some(CPF), 10_000)).await;
    assert_eq!(salon.ledger_balance(CPF).await, "0.00");
}

#[tokio::test]
async fn a_phone_on_file_is_not_replaced_by_what_trinks_says() {
    let salon = Salon::open(BonusSource::Trinks).await;
    let with_phone = |phone: &str| {
        let mut event = client_with_cpf(10, CPF);
        event["Telefone"] = serde_json::json!([{ "TelefoneCompleto": phone }]);
        event
    };
    salon.deliver(&with_phone("(11) 98888-7777")).await;
    salon.deliver(&with_phone("(11) 97777-6666")).await;
    let member = salon.shop.member(CPF);
    let key = keys::profile(&member.program, &member.member);
    let profile: ponte_domain::member::Profile = salon.shop.table.get(&key).await.unwrap().unwrap();
    assert_eq!(profile.phone, ponte_domain::personal::Phone::parse("11988887777"));
}

#[tokio::test]
async fn older_news_of_a_client_overwrite_nothing() {
    let salon = Salon::open(BonusSource::Trinks).await;
    let named = |name: &str| {
        let mut event = client_with_cpf(10, CPF);
        event["Nome"] = name.into();
        event
    };
    salon.deliver_at(&named("Nome Novo"), "2026-03-14T15:00:00Z".parse().unwrap()).await;
    salon.deliver_at(&named("Nome Velho"), "2026-03-14T14:00:00Z".parse().unwrap()).await;
    assert_eq!(picture(&salon).await.name, ponte_domain::personal::PersonalText::parse("Nome Novo"));
}

async fn picture(salon: &Salon) -> ponte_trinks::picture::ClientPicture {
    let key =
        keys::trinks_client(EstablishmentId::new(1253).unwrap(), ponte_domain::trinks::SalonClientId::new(10).unwrap());
    salon.shop.table.get(&key).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_cancelled_appointment_stays_cancelled_when_its_booking_is_told_late() {
    let salon = Salon::open(BonusSource::Trinks).await;
    let event = |kind: u64, at: &str| {
        serde_json::json!({ "TipoDeEvento": kind, "IdDoEstabelecimento": 1253, "IdDoAgendamento": 71_429, "Status": "Confirmado",
            "DataHoraInicioDoAgendamento": "2026-09-04T16:00:00", "DuracaoDoAgendamento": 40, "DataHoraEventoGerado": at })
    };
    for (kind, at) in [(13, "2026-09-04T10:00:00"), (11, "2026-09-04T09:00:00"), (12, "2026-09-04T10:00:00")] {
        salon.deliver(&event(kind, at)).await;
    }
    let id = ponte_domain::trinks::AppointmentId::new(71_429).unwrap();
    let key = keys::trinks_appointment(EstablishmentId::new(1253).unwrap(), id);
    let kept: ponte_trinks::picture::AppointmentPicture = salon.shop.table.get(&key).await.unwrap().unwrap();
    assert!(kept.status.is_cancelled(), "{kept:?}");
}

/// News of a salon, of few accounts and clients, so that they meet.
#[derive(Debug, Clone)]
enum News {
    Closed { account: u64, says_who: bool },
    Reversed { account: u64 },
    ClientTold { client: u64 },
}

/// The client who never tells a CPF: the phone is that of one member, who is there before all news.
const CLIENT_WITH_PHONE: u64 = 12;

/// What an account is, whenever it is told of: its client and its total follow from its number.
fn client_of(account: u64) -> u64 {
    10 + account % 3
}

fn cpf_of(client: u64) -> &'static str {
    match client {
        10 => CPF,
        11 => OTHER_CPF,
        _ => THIRD_CPF,
    }
}

fn total_of(account: u64) -> u32 {
    u32::try_from(account).unwrap() * 1_000
}

impl News {
    fn event(&self) -> Value {
        match *self {
            Self::Closed { account, says_who: false } => closing(account, client_of(account), None, total_of(account)),
            Self::Closed { account, says_who: true } => {
                let (client, total) = (client_of(account), total_of(account));
                if client == CLIENT_WITH_PHONE {
                    return with_phone(closing(account, client, None, total), PHONE);
                }
                closing(account, client, Some(cpf_of(client)), total)
            }
            Self::Reversed { account } => reversal(account),
            Self::ClientTold { client: CLIENT_WITH_PHONE } => client_with_phone(CLIENT_WITH_PHONE, PHONE),
            Self::ClientTold { client } => client_with_cpf(client, cpf_of(client)),
        }
    }
}

/// What must be in the ledger, whatever the order: 15 % of each closed account that nobody reversed, once anything told who
/// its client is.
fn expected(news: &[News]) -> BTreeMap<&'static str, String> {
    let (mut closed, mut reversed, mut told) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for one in news {
        match *one {
            News::Closed { account, says_who } => {
                closed.insert(account);
                if says_who {
                    told.insert(client_of(account));
                }
            }
            News::Reversed { account } => {
                reversed.insert(account);
            }
            News::ClientTold { client } => {
                told.insert(client);
            }
        }
    }
    let balance = |cpf: &'static str| {
        let earns = |account: &&u64| {
            !reversed.contains(*account) && cpf_of(client_of(**account)) == cpf && told.contains(&client_of(**account))
        };
        let cents: u32 = closed.iter().filter(earns).map(|account| total_of(*account) * 15 / 100).sum();
        (cpf, format!("{}.{:02}", cents / 100, cents % 100))
    };
    BTreeMap::from([CPF, OTHER_CPF, THIRD_CPF].map(balance))
}

fn news() -> impl Strategy<Value = News> {
    prop_oneof![
        4 => (1..7_u64, any::<bool>()).prop_map(|(account, says_who)| News::Closed { account, says_who }),
        2 => (1..7_u64).prop_map(|account| News::Reversed { account }),
        1 => (10..13_u64).prop_map(|client| News::ClientTold { client }),
    ]
}

#[test]
fn any_order_of_news_under_faults_comes_to_the_same_money() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    try_programmes(news(), |programme| {
        let (news, faults): (Vec<News>, Vec<Vec<Fault>>) = programme.into_iter().unzip();
        let balances = runtime.block_on(async {
            let salon = Salon::open(BonusSource::Trinks).await;
            salon.deliver(&with_phone(client_with_cpf(20, THIRD_CPF), PHONE)).await;
            for (one, faults) in news.iter().zip(faults) {
                salon.shop.faults.plan(faults);
                salon.deliver(&one.event()).await;
            }
            salon.shop.faults.plan([]);
            salon.shop.audit().await;
            let mut balances = BTreeMap::new();
            for cpf in [CPF, OTHER_CPF, THIRD_CPF] {
                balances.insert(cpf, salon.ledger_balance(cpf).await);
            }
            balances
        });
        prop_assert_eq!(balances, expected(&news));
        Ok(())
    });
}
