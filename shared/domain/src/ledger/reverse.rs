//! Reversal: gives back what was redeemed, takes back what was earned, once.

use super::account::{Account, ReleasedRedemption, is_recent};
use super::posting::{Books, Decision, Detail, PostingKey, ReversedThing, Scope};
use super::sale::{Reversal, Sale};
use crate::ids::{Operation, StoreId, TransactionId};
use crate::limits;
use crate::money::Money;
use crate::refusal::Refusal;

/// Who asks for a reversal, and the store's rule for expired money.
#[derive(Debug, Clone)]
pub struct ReversalTerms {
    /// The `IdentificadorTransacao` of the reversal itself.
    pub transaction: TransactionId,
    /// Which store.
    pub store: StoreId,
    /// The request named a note, which we do not know.
    pub names_note: bool,
    /// Days that given-back money lives when its own time is over; 0 for none.
    pub grace_days: u16,
}

/// A reversed sale.
#[derive(Debug, Clone)]
pub struct ReverseSaleOutcome {
    /// The sale to write, with its reversal.
    pub sale: Sale,
    /// The figures to answer.
    pub reversal: Reversal,
    /// The sale had an open difference, which goes with it.
    pub voids_pending: bool,
}

/// Undoes a closed sale that has not been reversed yet.
///
/// # Errors
/// The figures of the first reversal when there was one already: nothing is posted then.
pub fn reverse_sale(
    mut books: Books,
    sale: Sale,
    terms: &ReversalTerms,
) -> Result<Decision<ReverseSaleOutcome>, Reversal> {
    if let Some(done) = sale.reversal {
        return Err(done);
    }
    books.sweep();
    let mut sale = sale;
    let given_back = sale.redemption.as_ref().map_or(Money::ZERO, |redemption| redemption.amount);
    let mut taken_back = Money::ZERO;
    books.post(reversal_key(terms, Operation::Reverse), |account, now| {
        if let Some(redemption) = &sale.redemption {
            account.give_back(&redemption.taken, terms.grace_days, now);
        }
        if let Some(bonus) = &sale.bonus {
            taken_back = account.take_back(bonus.lot, bonus.amount);
        }
        Detail::Reverse { of: ReversedThing::Sale(sale.note.clone()), given_back, taken_back }
    });
    let reversal = Reversal { given_back, taken_back, balance: books.account.balance(books.now), at: books.now };
    let voids_pending = std::mem::take(&mut sale.pending);
    sale.reversal = Some(reversal);
    sale.version += 1;
    Ok(books.close(ReverseSaleOutcome { sale, reversal, voids_pending }))
}

/// What a reversal without a (known) note came to.
#[derive(Debug)]
pub enum OpenReversal {
    /// The open redemption was given back.
    Released(Box<Decision<Reversal>>),
    /// It had been given back before: these were the figures.
    Repeated(Reversal),
}

/// Gives back a redemption that never got its note: the one with the reversal's own
/// `IdentificadorTransacao`, else the only open one of this CPF in this store.
///
/// # Errors
/// [`Refusal::NothingToReverse`], or [`Refusal::SeveralOpenRedemptions`] when it cannot be told which is meant.
pub fn reverse_open(mut books: Books, terms: &ReversalTerms) -> Result<OpenReversal, Refusal> {
    let transaction = match select(&books.account, terms, books.now)? {
        Selected::Open(transaction) => transaction,
        Selected::Released(reversal) => return Ok(OpenReversal::Repeated(reversal)),
    };
    books.sweep();
    let here = |store: StoreId, id: &TransactionId| store == terms.store && *id == transaction;
    let position = books.account.open.iter().position(|open| here(open.store, &open.transaction));
    let Some(open) = position.map(|index| books.account.open.remove(index)) else {
        return Err(Refusal::NothingToReverse);
    };
    books.post(reversal_key(terms, Operation::Release), |account, now| {
        account.give_back(&open.taken, terms.grace_days, now);
        Detail::Reverse {
            of: ReversedThing::Redemption(open.transaction.clone()),
            given_back: open.amount,
            taken_back: Money::ZERO,
        }
    });
    let balance = books.account.balance(books.now);
    let reversal = Reversal { given_back: open.amount, taken_back: Money::ZERO, balance, at: books.now };
    remember(&mut books.account, ReleasedRedemption { transaction, store: open.store, reversal });
    Ok(OpenReversal::Released(Box::new(books.close(reversal))))
}

enum Selected {
    Open(TransactionId),
    Released(Reversal),
}

fn select(account: &Account, terms: &ReversalTerms, now: jiff::Timestamp) -> Result<Selected, Refusal> {
    let here = account.open.iter().filter(|open| open.store == terms.store);
    if let Some(open) = here.clone().find(|open| open.transaction == terms.transaction) {
        return Ok(Selected::Open(open.transaction.clone()));
    }
    let released = || account.released.iter().rev().filter(|done| done.store == terms.store);
    if let Some(done) = released().find(|done| done.transaction == terms.transaction) {
        return Ok(Selected::Released(done.reversal));
    }
    let recent: Vec<_> = account.recent_open(terms.store, now).collect();
    match recent.as_slice() {
        [only] => Ok(Selected::Open(only.transaction.clone())),
        // A cancelled note that we never saw must not be told the figures of something else.
        [] => released()
            .find(|done| !terms.names_note && is_recent(done.reversal.at, now))
            .map(|done| Selected::Released(done.reversal))
            .ok_or(Refusal::NothingToReverse),
        _ => Err(Refusal::SeveralOpenRedemptions),
    }
}

fn remember(account: &mut Account, released: ReleasedRedemption) {
    account.released.push(released);
    let surplus = account.released.len().saturating_sub(limits::RELEASED_REDEMPTIONS_PER_ACCOUNT);
    account.released.drain(..surplus);
}

fn reversal_key(terms: &ReversalTerms, operation: Operation) -> PostingKey {
    PostingKey { scope: Scope::Store(terms.store), transaction: terms.transaction.clone(), operation }
}
