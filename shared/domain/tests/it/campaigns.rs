//! What campaigns give for a sale.
#![allow(clippy::unwrap_used)]

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;
use ponte_domain::campaign::{
    Campaign, Payment, Reward, SaleFacts, SaleItem, chosen_bonus, default_barren_forms, offers,
};
use ponte_domain::documents::Cnpj;
use ponte_domain::ids::{CampaignId, Environment, StoreId};
use ponte_domain::ledger::RedemptionTerms;
use ponte_domain::money::{Money, Rate, Rounding};
use ponte_domain::refusal::Refusal;

fn campaign() -> Campaign {
    Campaign {
        id: CampaignId(1),
        description: String::new(),
        text: String::new(),
        active: true,
        from: date(2026, 3, 1),
        to: date(2026, 3, 31),
        weekdays: Vec::new(),
        stores: Vec::new(),
        minimum_sale: Money::ZERO,
        reward: Reward::Percentage(Rate::from_percentage(10.into()).unwrap()),
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

fn sale(cents: u32) -> SaleFacts {
    let store = StoreId { environment: Environment::Producao, cnpj: Cnpj::parse("11222333000181").unwrap() };
    SaleFacts { store, total: Money::from_cents(cents), redeemed: Money::ZERO, items: Vec::new(), payments: Vec::new() }
}

fn item(code: &str, cents: u32) -> SaleItem {
    SaleItem { code: code.into(), ean: format!("ean-{code}"), net: Money::from_cents(cents) }
}

fn pay(form: u32, cents: u32) -> Payment {
    Payment { form, paid: Money::from_cents(cents) }
}

fn zone() -> TimeZone {
    TimeZone::get("America/Sao_Paulo").unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn bonus(campaign: &Campaign, sale: &SaleFacts) -> String {
    campaign.bonus_for(sale).to_string()
}

#[test]
fn a_percentage_is_of_what_was_paid_with_earning_money() {
    let mut sale = sale(10_000);
    assert_eq!(bonus(&campaign(), &sale), "10.00");
    sale.redeemed = Money::from_cents(2_000);
    assert_eq!(bonus(&campaign(), &sale), "8.00");
    sale.payments = vec![pay(17, 5_000), pay(21, 3_000)];
    assert_eq!(bonus(&campaign(), &sale), "5.00");
    let all_earns = Campaign { redeemed_part_earns: true, barren_payment_forms: Vec::new(), ..campaign() };
    assert_eq!(bonus(&all_earns, &sale), "10.00");
}

#[test]
fn a_redemption_that_the_till_also_books_as_cashback_counts_once() {
    let mut sale = sale(10_000);
    sale.redeemed = Money::from_cents(2_000);
    sale.payments = vec![pay(17, 8_000), pay(19, 2_000)];
    assert_eq!(bonus(&campaign(), &sale), "8.00");
}

#[test]
fn only_eligible_products_earn_their_share() {
    let mut sale = sale(10_000);
    sale.items = vec![item("1", 6_000), item("2", 4_000)];
    let only_first = Campaign { included_products: vec!["1".into()], ..campaign() };
    assert_eq!(bonus(&only_first, &sale), "6.00");
    let not_first = Campaign { excluded_products: vec!["ean-1".into()], ..campaign() };
    assert_eq!(bonus(&not_first, &sale), "4.00");
    sale.redeemed = Money::from_cents(5_000);
    assert_eq!(bonus(&only_first, &sale), "3.00");
    sale.items.clear();
    assert_eq!(bonus(&only_first, &sale), "0.00");
    assert_eq!(bonus(&not_first, &sale), "5.00");
}

#[test]
fn minimum_cap_and_rounding_are_kept() {
    let minimum = Campaign { minimum_sale: Money::from_cents(10_000), ..campaign() };
    assert_eq!(bonus(&minimum, &sale(9_999)), "0.00");
    assert_eq!(bonus(&minimum, &sale(10_000)), "10.00");
    let capped = Campaign { cap: Some(Money::from_cents(500)), ..campaign() };
    assert_eq!(bonus(&capped, &sale(10_000)), "5.00");
    let whole_reais = Campaign { rounding: Rounding::Down, rounding_unit: Money::from_cents(100), ..campaign() };
    assert_eq!(bonus(&whole_reais, &sale(19_990)), "19.00");
    assert_eq!(bonus(&campaign(), &sale(25)), "0.02", "half to even");
    let fixed = Campaign { reward: Reward::Fixed(Money::from_cents(1_500)), ..campaign() };
    assert_eq!(bonus(&fixed, &sale(1)), "15.00");
    assert_eq!(bonus(&fixed, &sale(0)), "0.00");
}

#[test]
fn a_campaign_runs_by_the_stores_calendar() {
    let campaigns = [campaign()];
    let offered = |now: &str| !offers(&campaigns, &sale(10_000), &zone(), at(now)).is_empty();
    // Midnight in São Paulo is 03:00 UTC.
    assert!(!offered("2026-03-01T02:59:59Z"));
    assert!(offered("2026-03-01T03:00:00Z"));
    assert!(offered("2026-04-01T02:59:59Z"));
    assert!(!offered("2026-04-01T03:00:00Z"));
}

#[test]
fn weekdays_stores_and_the_switch_are_kept() {
    let now = at("2026-03-14T15:00:00Z"); // a Saturday
    let offered = |campaign: Campaign| !offers(&[campaign], &sale(10_000), &zone(), now).is_empty();
    assert!(offered(Campaign { weekdays: vec![6], ..campaign() }));
    assert!(!offered(Campaign { weekdays: vec![1, 7], ..campaign() }));
    assert!(!offered(Campaign { stores: vec!["12ABC34501DE35".into()], ..campaign() }));
    assert!(!offered(Campaign { active: false, ..campaign() }));
}

#[test]
fn the_best_bonus_comes_first_then_priority() {
    let fixed = |id, cents, priority| Campaign {
        id: CampaignId(id),
        priority,
        reward: Reward::Fixed(Money::from_cents(cents)),
        ..campaign()
    };
    let campaigns = [fixed(1, 500, 0), fixed(2, 900, 2), fixed(3, 900, 1)];
    let order: Vec<u32> = offers(&campaigns, &sale(10_000), &zone(), at("2026-03-14T15:00:00Z"))
        .iter()
        .map(|offer| offer.campaign.id.0)
        .collect();
    assert_eq!(order, [3, 2, 1]);
}

#[test]
fn a_sale_that_crosses_the_campaigns_last_midnight_still_closes() {
    let chosen = |id, now: &str| {
        chosen_bonus(&[campaign()], CampaignId(id), &sale(10_000), &zone(), at(now)).map(|bonus| bonus.is_some())
    };
    assert_eq!(chosen(1, "2026-04-01T03:30:00Z"), Ok(true));
    assert_eq!(chosen(1, "2026-04-01T05:00:01Z"), Err(Refusal::CampaignNotRunning));
    assert_eq!(chosen(2, "2026-03-14T15:00:00Z"), Err(Refusal::CampaignUnknown));
}

#[test]
fn a_bonus_can_be_spent_from_its_day_until_the_end_of_its_last() {
    let now = at("2026-03-14T15:00:00Z");
    let validity = |campaign: Campaign| {
        let bonus = chosen_bonus(&[campaign], CampaignId(1), &sale(10_000), &zone(), now).unwrap().unwrap();
        (bonus.valid_from, bonus.valid_until)
    };
    assert_eq!(validity(Campaign { valid_days: 1, ..campaign() }), (now, at("2026-03-16T03:00:00Z")));
    let delayed = Campaign { start_delay_days: 1, valid_days: 2, ..campaign() };
    assert_eq!(validity(delayed), (at("2026-03-15T03:00:00Z"), at("2026-03-17T03:00:00Z")));
}
