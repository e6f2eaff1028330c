//! Redemption: bonus money pays a part of a sale, before the sale has a note.

use jiff::SignedDuration;

use super::account::{OpenRedemption, SaleTotal, is_recent};
use super::posting::{Books, Decision, Detail, PostingKey, Scope};
use crate::ids::{Operation, StoreId, TransactionId};
use crate::limits;
use crate::money::{Money, Rate};
use crate::refusal::Refusal;

/// A till asks to spend.
#[derive(Debug, Clone)]
pub struct RedeemRequest {
    /// The till's `IdentificadorTransacao`.
    pub transaction: TransactionId,
    /// Which store.
    pub store: StoreId,
    /// `ValorResgatado`, above zero.
    pub amount: Money,
    /// `VendaValorLiquido` as it was sent; the note's sale will repeat it.
    pub sale_net: Option<Money>,
    /// The sale's total before the redemption, after the store's reading of `VendaValorLiquido`.
    pub sale: SaleTotal,
    /// The most of a sale that the store lets bonus money pay.
    pub store_share: Rate,
}

/// How soon a second redemption of the same value looks like a repetition under another id.
const PROBABLE_REPEAT: SignedDuration = SignedDuration::from_mins(10);

/// Takes the money, or says why not. The lot that expires first pays first.
///
/// # Errors
/// [`Refusal::InsufficientBalance`], [`Refusal::RedeemAboveLimit`], [`Refusal::TooManyOpenRedemptions`].
pub fn redeem(mut books: Books, request: &RedeemRequest) -> Result<Decision<()>, Refusal> {
    books.sweep();
    let now = books.now;
    let available = books.account.available(request.sale, request.store_share, now);
    if request.amount > available {
        let has_it = request.amount <= books.account.balance(now);
        return Err(if has_it {
            Refusal::RedeemAboveLimit { available }
        } else {
            Refusal::InsufficientBalance { available }
        });
    }
    make_room(&mut books)?;
    let probable_repeat = books.account.recent_open(request.store, now).any(|open| {
        let soon = now.duration_since(open.at) <= PROBABLE_REPEAT;
        soon && open.amount == request.amount && open.sale_net == request.sale_net
    });
    let key = PostingKey {
        scope: Scope::Store(request.store),
        transaction: request.transaction.clone(),
        operation: Operation::Redeem,
    };
    books.post(key, |account, now| {
        let taken = account.take(request.amount, request.sale, now);
        account.open.push(OpenRedemption {
            transaction: request.transaction.clone(),
            store: request.store,
            amount: request.amount,
            sale_net: request.sale_net,
            at: now,
            taken,
        });
        Detail::Redeem { amount: request.amount, probable_repeat }
    });
    Ok(books.close(()))
}

/// Keeps the list of open redemptions bounded: one that outlived its window makes room (it stays spent, and its
/// story stays readable); when all are recent, the till has to close or reverse one first.
fn make_room(books: &mut Books) -> Result<(), Refusal> {
    let now = books.now;
    if books.account.open.len() < limits::OPEN_REDEMPTIONS_PER_ACCOUNT {
        return Ok(());
    }
    let stale = books.account.open.iter().position(|open| !is_recent(open.at, now));
    let stale = stale.ok_or(Refusal::TooManyOpenRedemptions)?;
    books.account.open.remove(stale);
    Ok(())
}
