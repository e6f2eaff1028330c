//! Campaigns: the rules that turn a sale into a bonus.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::documents::Cnpj;
use crate::ids::{CampaignId, StoreId};
use crate::ledger::{Bonus, RedemptionTerms};
use crate::limits;
use crate::money::{Money, Rate, Rounding};
use crate::refusal::Refusal;

/// Payment form 19 of the contract's table: loyalty, cashback, virtual credit.
pub const FORM_CASHBACK: u32 = 19;
/// Payment form 21: store credit.
pub const FORM_STORE_CREDIT: u32 = 21;

/// A rule that turns a sale into a bonus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// The number the till knows it by.
    pub id: CampaignId,
    /// `Descricao`, shown to the seller.
    pub description: String,
    /// `TextoComplementar`.
    #[serde(default)]
    pub text: String,
    /// Switched on.
    pub active: bool,
    /// First day, in the store's time zone.
    pub from: Date,
    /// Last day, inclusive.
    pub to: Date,
    /// Days of the week on which it runs, 1 Monday to 7 Sunday; empty means every day.
    #[serde(default)]
    pub weekdays: Vec<u8>,
    /// Stores (CNPJ) in which it runs; empty means all of the programme.
    #[serde(default)]
    pub stores: Vec<String>,
    /// The least that a sale must come to.
    #[serde(rename = "minimum_sale_cents")]
    pub minimum_sale: Money,
    /// What it gives.
    pub reward: Reward,
    /// The most that one sale gives.
    #[serde(rename = "cap_cents", default)]
    pub cap: Option<Money>,
    /// How the bonus is rounded.
    #[serde(default)]
    pub rounding: Rounding,
    /// To a multiple of what; zero means cents.
    #[serde(rename = "rounding_unit_cents", default = "one_cent")]
    pub rounding_unit: Money,
    /// Days before the bonus can be spent; 0 means at once.
    #[serde(default)]
    pub start_delay_days: u16,
    /// Days in which it can be spent, at least 1; it ends with the last one's midnight in the store's zone.
    pub valid_days: u16,
    /// Only these products earn (`Codigo` or `Ean`); empty means all.
    #[serde(default)]
    pub included_products: Vec<String>,
    /// These products never earn.
    #[serde(default)]
    pub excluded_products: Vec<String>,
    /// Payment forms that earn nothing.
    #[serde(default = "default_barren_forms")]
    pub barren_payment_forms: Vec<u32>,
    /// Whether the part of the sale that bonus money paid earns again.
    #[serde(default)]
    pub redeemed_part_earns: bool,
    /// Between equal bonuses the lower number comes first.
    #[serde(default)]
    pub priority: i32,
    /// What a sale must be like for the bonus to be spent in it.
    #[serde(default)]
    pub terms: RedemptionTerms,
}

fn one_cent() -> Money {
    Money::from_cents(1)
}

/// Cashback and store credit were earned or paid before: they do not earn again by default.
#[must_use]
pub fn default_barren_forms() -> Vec<u32> {
    vec![FORM_CASHBACK, FORM_STORE_CREDIT]
}

/// What a campaign gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reward {
    /// A share of what earns.
    Percentage(Rate),
    /// A fixed bonus for a sale of which anything earns.
    Fixed(Money),
}

/// What a campaign looks at.
#[derive(Debug, Clone)]
pub struct SaleFacts {
    /// Where.
    pub store: StoreId,
    /// The sale's total before the redemption.
    pub total: Money,
    /// What bonus money pays of it.
    pub redeemed: Money,
    /// Its items, where the till sent them.
    pub items: Vec<SaleItem>,
    /// Its payments, where the till sent them.
    pub payments: Vec<Payment>,
}

/// One line of a sale.
#[derive(Debug, Clone)]
pub struct SaleItem {
    /// `Codigo`.
    pub code: String,
    /// `Ean`.
    pub ean: String,
    /// `ValorLiquido`.
    pub net: Money,
}

/// One payment of a sale.
#[derive(Debug, Clone, Copy)]
pub struct Payment {
    /// `Id` of the contract's table; unknown ones count as 99.
    pub form: u32,
    /// `ValorPago`.
    pub paid: Money,
}

/// A campaign that a sale may choose, with what it would give.
#[derive(Debug, Clone)]
pub struct Offer<'a> {
    /// The campaign.
    pub campaign: &'a Campaign,
    /// `ValorDesconto`: the bonus it gives for this sale.
    pub bonus: Money,
}

/// The campaigns a sale may choose, the best for the customer first: the till preselects the first.
/// Campaigns that would give nothing are not offered.
#[must_use]
pub fn offers<'a>(campaigns: &'a [Campaign], sale: &SaleFacts, zone: &TimeZone, now: Timestamp) -> Vec<Offer<'a>> {
    let mut offers: Vec<Offer<'a>> = campaigns
        .iter()
        .filter(|campaign| campaign.includes(sale.store.cnpj) && campaign.runs_at(now, zone))
        .map(|campaign| Offer { campaign, bonus: campaign.bonus_for(sale) })
        .filter(|offer| !offer.bonus.is_zero())
        .collect();
    offers.sort_by_key(|offer| (std::cmp::Reverse(offer.bonus), offer.campaign.priority, offer.campaign.id));
    offers
}

/// What the chosen campaign gives when the sale closes; `None` when this sale earns nothing by it.
///
/// # Errors
/// [`Refusal::CampaignUnknown`] for a number the programme or this store does not have,
/// [`Refusal::CampaignNotRunning`] when its time is over by more than
/// [`limits::CAMPAIGN_CLOSING_MINUTES`], has not come, or it is switched off.
pub fn chosen_bonus(
    campaigns: &[Campaign],
    chosen: CampaignId,
    sale: &SaleFacts,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Option<Bonus>, Refusal> {
    let known = campaigns.iter().find(|campaign| campaign.id == chosen && campaign.includes(sale.store.cnpj));
    let campaign = known.ok_or(Refusal::CampaignUnknown)?;
    let offered_at = now.saturating_sub(SignedDuration::from_mins(limits::CAMPAIGN_CLOSING_MINUTES)).unwrap_or(now);
    if !campaign.runs_at(now, zone) && !campaign.runs_at(offered_at, zone) {
        return Err(Refusal::CampaignNotRunning);
    }
    let amount = campaign.bonus_for(sale);
    if amount.is_zero() {
        return Ok(None);
    }
    let (valid_from, valid_until) = campaign.validity(now, zone);
    Ok(Some(Bonus { campaign: chosen, amount, valid_from, valid_until, terms: campaign.terms }))
}

impl Campaign {
    /// Whether it runs in this store.
    #[must_use]
    pub fn includes(&self, store: Cnpj) -> bool {
        self.stores.is_empty() || self.stores.iter().any(|cnpj| cnpj == store.as_str())
    }

    /// Whether it runs at this instant, by the store's calendar.
    #[must_use]
    pub fn runs_at(&self, now: Timestamp, zone: &TimeZone) -> bool {
        let today = now.to_zoned(zone.clone()).date();
        let weekday = today.weekday().to_monday_one_offset();
        let right_weekday =
            self.weekdays.is_empty() || self.weekdays.iter().any(|day| i8::try_from(*day) == Ok(weekday));
        self.active && self.from <= today && today <= self.to && right_weekday
    }

    /// `DataInicio` and `DataFinal`: the first and last second, by the store's calendar.
    #[must_use]
    pub fn period(&self) -> (DateTime, DateTime) {
        (self.from.at(0, 0, 0, 0), self.to.at(23, 59, 59, 0))
    }

    /// What it gives for a sale; nothing when the sale does not meet its terms.
    #[must_use]
    pub fn bonus_for(&self, sale: &SaleFacts) -> Money {
        if sale.total < self.minimum_sale {
            return Money::ZERO;
        }
        let base = self.earning_base(sale);
        if base <= Decimal::ZERO {
            return Money::ZERO;
        }
        let bonus = match self.reward {
            Reward::Percentage(rate) => Money::rounded_to(rate.exact_share(base), self.rounding_unit, self.rounding),
            Reward::Fixed(amount) => amount,
        };
        self.cap.map_or(bonus, |cap| bonus.min(cap))
    }

    /// How much of the sale earns: the eligible products' share of what was paid with money that earns.
    fn earning_base(&self, sale: &SaleFacts) -> Decimal {
        let barren_forms = |payment: &&Payment| self.barren_payment_forms.contains(&payment.form);
        let barren: Money = sale.payments.iter().filter(barren_forms).map(|payment| payment.paid).sum();
        let cashback: Money =
            sale.payments.iter().filter(|payment| payment.form == FORM_CASHBACK).map(|payment| payment.paid).sum();
        let redeemed = if self.redeemed_part_earns { Money::ZERO } else { sale.redeemed };
        // A till that books the redemption as payment form 19 sends the same money twice.
        let counted_twice =
            if self.barren_payment_forms.contains(&FORM_CASHBACK) { redeemed.min(cashback) } else { Money::ZERO };
        let earning = sale.total.minus_or_zero(redeemed.plus(barren).minus_or_zero(counted_twice)).decimal();
        let (eligible, all) = self.eligible_share(sale);
        earning.saturating_mul(eligible).checked_div(all).unwrap_or_default()
    }

    /// Eligible items' value over all items' value. Without items, a list of included products earns nothing:
    /// it cannot be shown that any was bought.
    fn eligible_share(&self, sale: &SaleFacts) -> (Decimal, Decimal) {
        let whole = (Decimal::ONE, Decimal::ONE);
        if self.included_products.is_empty() && self.excluded_products.is_empty() {
            return whole;
        }
        let all: Money = sale.items.iter().map(|item| item.net).sum();
        if all.is_zero() {
            return if self.included_products.is_empty() { whole } else { (Decimal::ZERO, Decimal::ONE) };
        }
        let listed =
            |list: &[String], item: &SaleItem| list.iter().any(|product| *product == item.code || *product == item.ean);
        let eligible: Money = sale
            .items
            .iter()
            .filter(|item| self.included_products.is_empty() || listed(&self.included_products, item))
            .filter(|item| !listed(&self.excluded_products, item))
            .map(|item| item.net)
            .sum();
        (eligible.decimal(), all.decimal())
    }

    /// From when to when a bonus earned now can be spent. With no delay it counts at once; a delayed one starts
    /// at the midnight of its day. The last day counts whole.
    fn validity(&self, now: Timestamp, zone: &TimeZone) -> (Timestamp, Timestamp) {
        let today = now.to_zoned(zone.clone()).date();
        let midnight = |days: i32| -> Timestamp {
            let date = today.checked_add(days.days()).unwrap_or(Date::MAX);
            date.to_zoned(zone.clone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
        };
        let delay = i32::from(self.start_delay_days);
        let from = if delay == 0 { now } else { midnight(delay) };
        (from, midnight(delay + i32::from(self.valid_days.max(1)) + i32::from(delay == 0)))
    }
}
