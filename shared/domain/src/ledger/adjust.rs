//! Manual adjustments: a person corrects a balance, with a name and a reason.

use jiff::Timestamp;

use super::account::SaleTotal;
use super::lot::{Lot, RedemptionTerms};
use super::posting::{Books, Decision, Detail};
use super::sale::{PendingAdjustment, PendingStatus, Sale, TiedRedemption};
use crate::ids::{Operation, TransactionId};
use crate::money::{Balance, Money};
use crate::refusal::Refusal;

/// Who adjusts, and why.
#[derive(Debug, Clone)]
pub struct Author {
    /// The person or key that asks.
    pub name: String,
    /// What for.
    pub reason: String,
}

/// A manual credit or debit.
#[derive(Debug, Clone)]
pub struct AdjustRequest {
    /// The id that makes a repetition harmless.
    pub transaction: TransactionId,
    /// Positive gives, negative takes.
    pub amount: Balance,
    /// When a credit's money expires.
    pub valid_until: Timestamp,
    /// Who and why.
    pub author: Author,
}

/// Posts a manual credit or debit and returns the customer's balance. A debit takes from any unexpired money;
/// it never makes a debt.
///
/// # Errors
/// [`Refusal::InsufficientBalance`] when a debit is more than there is.
pub fn adjust(mut books: Books, request: &AdjustRequest) -> Result<Decision<Money>, Refusal> {
    books.sweep();
    let now = books.now;
    let amount = request.amount.magnitude();
    let balance = books.account.balance(now);
    if request.amount.is_negative() && amount > balance {
        return Err(Refusal::InsufficientBalance { available: balance });
    }
    let key = books.program_key(request.transaction.clone(), Operation::Adjust);
    books.post(key, |account, now| {
        if request.amount.is_negative() {
            debit(account, amount, now);
        } else {
            let id = account.next_lot_id();
            account.add_lot(credit_lot(id, amount, now, request.valid_until), now);
        }
        Detail::Adjust { reason: request.author.reason.clone(), author: request.author.name.clone(), settles: None }
    });
    let balance = books.account.balance(now);
    Ok(books.close(balance))
}

/// Settles the difference of a sale: the account pays what the till took off (what it does not have becomes a
/// debt), or gets back what the till did not use. The sale remembers it as its redemption, so that a
/// later reversal gives it back.
///
/// # Errors
/// [`Refusal::PendingAlreadyResolved`] when it is no longer open, or its sale was reversed meanwhile.
pub fn settle_pending(
    mut books: Books,
    pending: PendingAdjustment,
    sale: Sale,
    author: &Author,
) -> Result<Decision<(PendingAdjustment, Sale)>, Refusal> {
    if pending.status != PendingStatus::Open || sale.reversal.is_some() {
        return Err(Refusal::PendingAlreadyResolved);
    }
    books.sweep();
    let (mut pending, mut sale) = (pending, sale);
    let amount = pending.amount.magnitude();
    let transaction = TransactionId::derive(&["settle", &pending.store.to_string(), pending.id.as_str()]);
    let key = books.program_key(transaction.clone(), Operation::Adjust);
    books.post(key, |account, now| {
        let late = late_redemption(account, &pending, &sale);
        let redemption = sale.redemption.take();
        sale.redemption = if let Some(late) = late {
            Some(late.into())
        } else if pending.amount.is_negative() {
            redemption.and_then(|tied| give_back_part(account, tied, amount, now))
        } else {
            Some(debit_for_sale(account, redemption, transaction, amount, now))
        };
        Detail::Adjust { reason: author.reason.clone(), author: author.name.clone(), settles: Some(pending.id.clone()) }
    });
    pending.status = PendingStatus::Settled;
    pending.resolution = Some(format!("{}: {}", author.name, author.reason));
    sale.pending = false;
    sale.version += 1;
    Ok(books.close((pending, sale)))
}

/// Takes from the money that expires first, whatever its terms; money not yet spendable pays last.
fn debit(account: &mut super::Account, amount: Money, now: Timestamp) -> Vec<super::Taken> {
    let mut taken = account.take(amount, SaleTotal::NoSale, now);
    let mut missing = amount.minus_or_zero(taken.iter().map(|part| part.amount).sum());
    for lot in account.lots.iter_mut().filter(|lot| !lot.is_expired(now)) {
        let part = lot.remaining.min(missing);
        taken.push(super::Taken { lot: lot.clone(), amount: part });
        lot.remaining = lot.remaining.minus_or_zero(part);
        missing = missing.minus_or_zero(part);
    }
    taken.retain(|part| !part.amount.is_zero());
    account.drop_empty_lots();
    taken
}

/// The redemption that the difference is about may have arrived after its sale was closed: then the money is taken
/// already, and settling only ties it.
fn late_redemption(
    account: &mut super::Account,
    pending: &PendingAdjustment,
    sale: &Sale,
) -> Option<super::OpenRedemption> {
    let fits = |open: &super::OpenRedemption| {
        let same_sale = open.transaction == pending.id || open.sale_net.is_none_or(|net| net == sale.net);
        open.store == pending.store && Balance::from(open.amount) == pending.amount && same_sale
    };
    let late = account.open.iter().position(fits).filter(|_| sale.redemption.is_none())?;
    Some(account.open.remove(late))
}

fn debit_for_sale(
    account: &mut super::Account,
    redemption: Option<TiedRedemption>,
    transaction: TransactionId,
    amount: Money,
    now: Timestamp,
) -> TiedRedemption {
    let mut taken = debit(account, amount, now);
    let paid: Money = taken.iter().map(|part| part.amount).sum();
    let owed = amount.minus_or_zero(paid);
    account.debt = account.debt.plus(owed);
    if !owed.is_zero() {
        // The owed part comes back as money of its own when the sale is reversed.
        let id = account.next_lot_id();
        let lot = credit_lot(id, owed, now, super::account::days_after(now, OWED_PART_DAYS));
        taken.push(super::Taken { lot, amount: owed });
    }
    let mut tied = redemption.unwrap_or(TiedRedemption { transaction, amount: Money::ZERO, taken: Vec::new() });
    tied.amount = tied.amount.plus(amount);
    tied.taken.extend(taken);
    tied
}

/// Days in which the owed part of a settled difference lives if its sale is reversed.
const OWED_PART_DAYS: u16 = 90;

/// Gives back the part of a redemption that the till did not use; what is left stays the sale's redemption.
fn give_back_part(
    account: &mut super::Account,
    mut tied: TiedRedemption,
    amount: Money,
    now: Timestamp,
) -> Option<TiedRedemption> {
    let mut missing = amount;
    let mut back = Vec::new();
    for part in tied.taken.iter_mut().rev() {
        let returned = part.amount.min(missing);
        back.push(super::Taken { lot: part.lot.clone(), amount: returned });
        part.amount = part.amount.minus_or_zero(returned);
        missing = missing.minus_or_zero(returned);
    }
    back.retain(|part| !part.amount.is_zero());
    tied.taken.retain(|part| !part.amount.is_zero());
    tied.amount = tied.amount.minus_or_zero(amount.minus_or_zero(missing));
    account.give_back(&back, OWED_PART_DAYS, now);
    (!tied.taken.is_empty()).then_some(tied)
}

fn credit_lot(id: crate::ids::LotId, amount: Money, now: Timestamp, valid_until: Timestamp) -> Lot {
    Lot {
        id,
        campaign: None,
        amount,
        remaining: amount,
        valid_from: now,
        valid_until,
        terms: RedemptionTerms::FREE,
        absorbed: Vec::new(),
    }
}
