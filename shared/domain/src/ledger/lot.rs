//! Lots: bonus money earned at once, with its own time and its own terms.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{CampaignId, LotId};
use crate::limits;
use crate::money::{Money, Rate};

/// Bonus money that was earned at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// Unique within its account.
    pub id: LotId,
    /// The campaign that made it; `None` for a manual credit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<CampaignId>,
    /// What it was worth when it was made.
    #[serde(rename = "amount_cents")]
    pub amount: Money,
    /// What is left: never above `amount`.
    #[serde(rename = "remaining_cents")]
    pub remaining: Money,
    /// The first instant in which it can be spent.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub valid_from: Timestamp,
    /// The first instant in which it can no longer be spent.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub valid_until: Timestamp,
    /// The terms it was earned under. They travel with the money: a later change of the campaign does not
    /// change what a customer was promised.
    #[serde(default, skip_serializing_if = "RedemptionTerms::is_free")]
    pub terms: RedemptionTerms,
    /// Lots that merged into this one, so that a reversal of the sale that made them still finds their money.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absorbed: Vec<LotId>,
}

impl Lot {
    /// Its time is over.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.valid_until <= now
    }

    /// It can be spent at this instant.
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.valid_from <= now && !self.is_expired(now)
    }

    /// Whether the money of the lot with this id is (or would be) here.
    #[must_use]
    pub fn holds(&self, id: LotId) -> bool {
        self.id == id || self.absorbed.contains(&id)
    }
}

/// What a sale must be like for a lot to be spent in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedemptionTerms {
    /// The least the sale must come to.
    #[serde(rename = "minimum_sale_cents")]
    pub minimum_sale: Money,
    /// The most that lots of one campaign may pay of the sale.
    #[serde(rename = "maximum_share_bp")]
    pub maximum_share: Rate,
}

impl RedemptionTerms {
    /// No terms at all.
    pub const FREE: RedemptionTerms = RedemptionTerms { minimum_sale: Money::ZERO, maximum_share: Rate::WHOLE };

    /// Nothing is asked of the sale.
    #[must_use]
    pub fn is_free(&self) -> bool {
        *self == Self::FREE
    }
}

impl Default for RedemptionTerms {
    fn default() -> Self {
        Self::FREE
    }
}

/// Money that a redemption took out of a lot, with the lot as it was, so that it can be given back even when
/// the lot is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// The lot as it was before.
    pub lot: Lot,
    /// How much was taken.
    #[serde(rename = "taken_cents")]
    pub amount: Money,
}

/// Keeps an account within [`limits::LOTS_PER_ACCOUNT`] by merging the oldest compatible lots.
///
/// Compatible means of one campaign, with the same terms, and spendable at the same times from now on. The merged lot
/// lives as long as the longer-lived of the two. Where no two are compatible, the two that expire first merge
/// under the better terms of both: at the bound the customer gains a little time, and nobody's money changes.
pub(super) fn merge_to_bound(lots: &mut Vec<Lot>, now: Timestamp) {
    while lots.len() > limits::LOTS_PER_ACCOUNT {
        lots.sort_by_key(|lot| (lot.valid_until, lot.id));
        let (kept, gone) = compatible_pair(lots, now).unwrap_or((0, 1));
        let gone = lots.remove(gone);
        if let Some(kept) = lots.get_mut(kept) {
            absorb(kept, gone);
        }
    }
}

/// The first two lots, in order of expiry, that differ only in how long they live.
fn compatible_pair(lots: &[Lot], now: Timestamp) -> Option<(usize, usize)> {
    let alike = |a: &Lot, b: &Lot| {
        a.campaign == b.campaign && a.terms == b.terms && a.valid_from.max(now) == b.valid_from.max(now)
    };
    lots.iter().enumerate().find_map(|(i, a)| {
        let (offset, _) = lots.iter().skip(i + 1).enumerate().find(|(_, b)| alike(a, b))?;
        Some((i, i + 1 + offset))
    })
}

fn absorb(kept: &mut Lot, gone: Lot) {
    kept.amount = kept.amount.plus(gone.amount);
    kept.remaining = kept.remaining.plus(gone.remaining);
    kept.valid_from = kept.valid_from.min(gone.valid_from);
    kept.valid_until = kept.valid_until.max(gone.valid_until);
    kept.terms.minimum_sale = kept.terms.minimum_sale.min(gone.terms.minimum_sale);
    kept.terms.maximum_share = kept.terms.maximum_share.max(gone.terms.maximum_share);
    kept.absorbed.push(gone.id);
    kept.absorbed.extend(gone.absorbed);
    // A reversal of a sale this old is rare, and without the link its money only becomes a debt instead.
    let surplus = kept.absorbed.len().saturating_sub(limits::LOTS_PER_ACCOUNT);
    kept.absorbed.drain(..surplus);
}
