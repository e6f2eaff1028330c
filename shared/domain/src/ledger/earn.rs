//! `GerarBonus`: a sale is closed. Its redemption gets its note, its bonus becomes a lot.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::account::OpenRedemption;
use super::lot::{Lot, RedemptionTerms};
use super::posting::{Books, Decision, Detail, PostingKey, Scope};
use super::sale::{GeneratedBonus, PendingAdjustment, PendingStatus, Sale, TiedRedemption};
use crate::ids::{CampaignId, Note, Operation, StoreId, TransactionId};
use crate::money::{Balance, Money};

/// A till closes a sale.
#[derive(Debug, Clone)]
pub struct EarnRequest {
    /// The till's `IdentificadorTransacao`.
    pub transaction: TransactionId,
    /// Which store.
    pub store: StoreId,
    /// The sale's fiscal note.
    pub note: Note,
    /// `ValorLiquido` as it was sent.
    pub net: Money,
    /// `ValorResgate` as it was sent; `None` when the till did not say.
    pub redeemed: Option<Money>,
    /// The bonus that the campaign gives; `None` when none does.
    pub bonus: Option<Bonus>,
    /// The fingerprint of the request's meaning, kept with the sale.
    pub fingerprint: String,
}

/// A bonus, as its campaign computed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bonus {
    /// The campaign.
    pub campaign: CampaignId,
    /// How much, above zero.
    #[serde(rename = "amount_cents")]
    pub amount: Money,
    /// From when it can be spent.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub valid_from: Timestamp,
    /// Until when.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub valid_until: Timestamp,
    /// What a sale must be like for it to be spent.
    pub terms: RedemptionTerms,
}

/// What closing the sale came to.
#[derive(Debug, Clone)]
pub struct EarnOutcome {
    /// The sale to write.
    pub sale: Sale,
    /// The customer's balance now.
    pub balance: Money,
    /// What the till says it took off the sale beyond what we redeemed. Positive: the till kept a discount that
    /// the account never paid. Negative: the account paid more than the till used. Never zero.
    pub unbacked: Option<Balance>,
}

impl EarnOutcome {
    /// The difference that a person has to settle, where there is one.
    #[must_use]
    pub fn pending_adjustment(&self) -> Option<PendingAdjustment> {
        Some(PendingAdjustment {
            id: self.sale.transaction.clone(),
            program: self.sale.program.clone(),
            store: self.sale.store,
            note: self.sale.note.clone(),
            member: self.sale.member.clone(),
            amount: self.unbacked?,
            at: self.sale.at,
            status: PendingStatus::Open,
            resolution: None,
        })
    }
}

/// Closes a sale. It never refuses: the note exists, and the customer has left with the discount.
#[must_use]
pub fn earn(mut books: Books, request: EarnRequest) -> Decision<EarnOutcome> {
    books.sweep();
    let tied = tie(&mut books.account.open, &request);
    let backed = tied.as_ref().map_or(Money::ZERO, |redemption| redemption.amount);
    let unbacked = request.redeemed.map(|said| said.signed_minus(backed)).filter(|gap| *gap != Balance::ZERO);
    let mut generated = None;
    let key = PostingKey {
        scope: Scope::Store(request.store),
        transaction: request.transaction.clone(),
        operation: Operation::Earn,
    };
    books.post(key, |account, now| {
        if let Some(bonus) = &request.bonus {
            let lot = account.next_lot_id();
            generated = Some(GeneratedBonus { lot, amount: bonus.amount, campaign: bonus.campaign });
            account.add_lot(new_lot(lot, bonus), now);
        }
        Detail::Earn {
            note: request.note.clone(),
            bonus: request.bonus.as_ref().map_or(Money::ZERO, |bonus| bonus.amount),
            campaign: request.bonus.as_ref().map(|bonus| bonus.campaign),
            redemption: tied.as_ref().map(|open| open.transaction.clone()),
        }
    });
    let sale = Sale {
        store: request.store,
        note: request.note,
        program: books.program().clone(),
        member: books.member().clone(),
        transaction: request.transaction,
        at: books.now,
        net: request.net,
        redemption: tied.map(TiedRedemption::from),
        bonus: generated,
        pending: unbacked.is_some(),
        reversal: None,
        version: 1,
        fingerprint: request.fingerprint,
    };
    let balance = books.account.balance(books.now);
    books.close(EarnOutcome { sale, balance, unbacked })
}

fn new_lot(id: crate::ids::LotId, bonus: &Bonus) -> Lot {
    Lot {
        id,
        campaign: Some(bonus.campaign),
        amount: bonus.amount,
        remaining: bonus.amount,
        valid_from: bonus.valid_from,
        valid_until: bonus.valid_until,
        terms: bonus.terms,
        absorbed: Vec::new(),
    }
}

/// Finds the open redemption of this sale: by the same `IdentificadorTransacao`, else by the value redeemed and
/// the sale's value (design section 4, point 6), else by the value redeemed where the redemption did not tell its sale.
///
/// A till that says it redeemed nothing ties only what carries the sale's own id: that redemption was taken and its
/// answer lost, and the difference becomes visible.
fn tie(open: &mut Vec<OpenRedemption>, request: &EarnRequest) -> Option<OpenRedemption> {
    let redeemed = request.redeemed.filter(|amount| !amount.is_zero());
    let by_id = |candidate: &OpenRedemption| candidate.transaction == request.transaction;
    let by_value = |candidate: &OpenRedemption, net: Option<Money>| {
        redeemed == Some(candidate.amount) && candidate.sale_net == net
    };
    let newest = |fits: &dyn Fn(&OpenRedemption) -> bool| {
        open.iter().rposition(|candidate| candidate.store == request.store && fits(candidate))
    };
    let index = newest(&by_id)
        .or_else(|| newest(&|candidate| by_value(candidate, Some(request.net))))
        .or_else(|| newest(&|candidate| by_value(candidate, None)))?;
    Some(open.remove(index))
}
