//! An account: a member's bonus money in a programme.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::lot::{Lot, RedemptionTerms, Taken, merge_to_bound};
use super::posting::PostingKey;
use super::sale::Reversal;
use crate::ids::{CampaignId, LotId, StoreId, TransactionId};
use crate::limits;
use crate::money::{Balance, Money, Rate};

/// A member's bonus money in a programme.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Account {
    /// How many postings it has had. Also its version: every change is a posting, so writing on the condition
    /// that this is unchanged loses nothing.
    #[serde(rename = "version")]
    pub postings: u64,
    /// The newest posting; each posting names the one before it, so the chain tells the whole story.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<PostingKey>,
    /// How many lots it has ever had: where the next lot's id comes from.
    pub lots_made: u64,
    /// Lots with money in them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lots: Vec<Lot>,
    /// Bonus that was taken back after it was spent. The next bonus pays it first.
    #[serde(rename = "debt_cents")]
    pub debt: Money,
    /// Redemptions that wait for their fiscal note.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<OpenRedemption>,
    /// Redemptions that were given back before they had a note; kept for repeated reversals.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub released: Vec<ReleasedRedemption>,
    /// What expired unspent, so that reversing its sale does not make it a debt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expired: Vec<ExpiredLot>,
}

/// A redemption that waits for its fiscal note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRedemption {
    /// The till's `IdentificadorTransacao` of the redemption.
    pub transaction: TransactionId,
    /// Where it was spent.
    pub store: StoreId,
    /// `ValorResgatado`.
    #[serde(rename = "amount_cents")]
    pub amount: Money,
    /// `VendaValorLiquido`, where the till sent it.
    #[serde(rename = "sale_net_cents", default, skip_serializing_if = "Option::is_none")]
    pub sale_net: Option<Money>,
    /// When.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub at: Timestamp,
    /// Which lots paid.
    pub taken: Vec<Taken>,
}

/// A redemption that was given back before it had a note, with the figures that were answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleasedRedemption {
    /// The redemption's own `IdentificadorTransacao`.
    pub transaction: TransactionId,
    /// Where it had been spent.
    pub store: StoreId,
    /// The figures of its reversal.
    pub reversal: Reversal,
}

/// What a lot still held when its time was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpiredLot {
    /// The lot.
    pub lot: LotId,
    /// What expired with it.
    #[serde(rename = "amount_cents")]
    pub amount: Money,
}

/// What is known of the sale that money is to be spent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaleTotal {
    /// The sale's total before the redemption.
    Known(Money),
    /// A question outside any sale (the customer menu): what could be used in a sale that meets all terms.
    NoSale,
    /// A redemption whose sale the till did not tell: money with terms stays untouched.
    Unstated,
}

impl Account {
    /// What the postings add up to: all lots, also those whose expiry has not been posted yet, less the debt.
    #[must_use]
    pub fn ledger_balance(&self) -> Balance {
        self.lots.iter().map(|lot| lot.remaining).sum::<Money>().signed_minus(self.debt)
    }

    /// `SaldoAtual`: all unexpired money, less the debt; nothing when the debt is more.
    #[must_use]
    pub fn balance(&self, now: Timestamp) -> Money {
        let unexpired: Money = self.lots.iter().filter(|lot| !lot.is_expired(now)).map(|lot| lot.remaining).sum();
        unexpired.minus_or_zero(self.debt)
    }

    /// `SaldoDisponivel`: what this sale may use now. `store_share` is the most of a sale that the store lets
    /// bonus money pay.
    #[must_use]
    pub fn available(&self, sale: SaleTotal, store_share: Rate, now: Timestamp) -> Money {
        let usable: Money = self.usable(sale, now).into_iter().map(|(_, amount)| amount).sum();
        let spendable = usable.minus_or_zero(self.debt);
        match sale {
            SaleTotal::Known(total) => spendable.min(store_share.limit(total)).min(total),
            // Of a sale that the till does not tell, no share can be taken.
            SaleTotal::Unstated if store_share < Rate::WHOLE => Money::ZERO,
            SaleTotal::NoSale | SaleTotal::Unstated => spendable,
        }
    }

    /// How much of each lot this sale may use, the lot that expires first in front.
    fn usable(&self, sale: SaleTotal, now: Timestamp) -> Vec<(LotId, Money)> {
        let mut valid: Vec<&Lot> = self.lots.iter().filter(|lot| lot.is_valid(now)).collect();
        valid.sort_by_key(|lot| (lot.valid_until, lot.id));
        let mut used: Vec<((Option<CampaignId>, RedemptionTerms), Money)> = Vec::new();
        let mut usable = Vec::with_capacity(valid.len());
        for lot in valid {
            let group = (lot.campaign, lot.terms);
            let of_group = used.iter().find(|(key, _)| *key == group).map_or(Money::ZERO, |(_, amount)| *amount);
            let amount = lot.remaining.min(term_limit(&lot.terms, sale).minus_or_zero(of_group));
            used.retain(|(key, _)| *key != group);
            used.push((group, of_group.plus(amount)));
            usable.push((lot.id, amount));
        }
        usable
    }

    /// Takes money out of the lots that `sale` may use, the one that expires first in front. The caller has
    /// checked [`Account::available`]; what the lots do not hold is not taken.
    pub(super) fn take(&mut self, amount: Money, sale: SaleTotal, now: Timestamp) -> Vec<Taken> {
        let mut missing = amount;
        let mut taken = Vec::new();
        for (id, usable) in self.usable(sale, now) {
            let part = usable.min(missing);
            let Some(lot) = self.lots.iter_mut().find(|lot| lot.id == id && !part.is_zero()) else { continue };
            taken.push(Taken { lot: lot.clone(), amount: part });
            lot.remaining = lot.remaining.minus_or_zero(part);
            missing = missing.minus_or_zero(part);
        }
        self.drop_empty_lots();
        taken
    }

    /// Makes a lot's id.
    pub(super) fn next_lot_id(&mut self) -> LotId {
        self.lots_made += 1;
        LotId(self.lots_made)
    }

    /// Adds new money: it pays the debt first, the rest becomes spendable.
    pub(super) fn add_lot(&mut self, mut lot: Lot, now: Timestamp) {
        let paid = lot.remaining.min(self.debt);
        self.debt = self.debt.minus_or_zero(paid);
        lot.remaining = lot.remaining.minus_or_zero(paid);
        if !lot.remaining.is_zero() {
            self.lots.push(lot);
            merge_to_bound(&mut self.lots, now);
        }
    }

    /// Gives back what a redemption took. Money whose time is over meanwhile gets `grace` more days from now;
    /// with no grace it comes back expired, and the next posting says so.
    pub(super) fn give_back(&mut self, taken: &[Taken], grace_days: u16, now: Timestamp) {
        for Taken { lot, amount } in taken {
            let extended = lot.is_expired(now) && grace_days > 0;
            let home = self.lots.iter_mut().find(|present| !extended && present.holds(lot.id));
            if let Some(home) = home {
                home.remaining = home.remaining.plus(*amount).min(home.amount);
                continue;
            }
            let mut back = Lot { remaining: *amount, ..lot.clone() };
            if extended {
                back.id = self.next_lot_id();
                back.amount = *amount;
                back.absorbed.clear();
                back.valid_until = days_after(now, grace_days);
            }
            self.lots.push(back);
        }
        merge_to_bound(&mut self.lots, now);
    }

    /// Takes back a bonus. What the lot no longer holds was spent and becomes a debt, unless it expired.
    /// Returns what was taken back, debt included.
    pub(super) fn take_back(&mut self, id: LotId, generated: Money) -> Money {
        let lapsed = self.expired.iter().filter(|gone| gone.lot == id).map(|gone| gone.amount).sum();
        let due = generated.minus_or_zero(lapsed);
        let mut missing = due;
        if let Some(lot) = self.lots.iter_mut().find(|lot| lot.holds(id)) {
            let part = lot.remaining.min(missing);
            lot.remaining = lot.remaining.minus_or_zero(part);
            missing = missing.minus_or_zero(part);
        }
        self.drop_empty_lots();
        self.debt = self.debt.plus(missing);
        due
    }

    pub(super) fn drop_empty_lots(&mut self) {
        self.lots.retain(|lot| !lot.remaining.is_zero());
    }

    /// Redemptions of a store that can still be found by CPF alone.
    pub(super) fn recent_open(&self, store: StoreId, now: Timestamp) -> impl Iterator<Item = &OpenRedemption> {
        self.open.iter().filter(move |open| open.store == store && is_recent(open.at, now))
    }
}

/// Within the window in which a redemption is found without its note.
pub(super) fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(at) <= SignedDuration::from_hours(limits::OPEN_REDEMPTION_WINDOW_HOURS)
}

/// An instant so many days later. Beyond the calendar's end it is the calendar's end.
pub(super) fn days_after(now: Timestamp, days: u16) -> Timestamp {
    now.saturating_add(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MAX)
}

/// How much of a sale the lots under these terms may pay.
fn term_limit(terms: &RedemptionTerms, sale: SaleTotal) -> Money {
    match sale {
        SaleTotal::Known(total) if total < terms.minimum_sale => Money::ZERO,
        SaleTotal::Known(total) => terms.maximum_share.limit(total),
        SaleTotal::Unstated if !terms.is_free() => Money::ZERO,
        SaleTotal::NoSale | SaleTotal::Unstated => crate::money::MAXIMUM,
    }
}
