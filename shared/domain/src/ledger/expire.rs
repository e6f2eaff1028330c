//! Expiry: money whose time is over leaves the ledger with a posting of its own.

use super::ExpiredLot;
use super::account::Account;
use super::posting::{Books, Decision, Detail};
use crate::ids::{Operation, TransactionId};
use crate::limits;
use crate::money::Money;

/// Posts the expiry of all lots whose time is over, on its own. No posting when there are none.
#[must_use]
pub fn expire(mut books: Books) -> Decision<()> {
    books.sweep();
    books.close(())
}

impl Books {
    /// Posts what has expired, before anything else is posted: a lot never pays after its time.
    ///
    /// An expiring lot pays an open debt first: while it was valid the customer had that money.
    pub(super) fn sweep(&mut self) {
        let now = self.now;
        if !self.account.lots.iter().any(|lot| lot.is_expired(now)) {
            return;
        }
        // The account's version makes the id: two Lambdas that sweep the same state derive the same posting.
        let version = self.account.postings.to_string();
        let transaction = TransactionId::derive(&["expire", self.member().as_str(), &version]);
        let key = self.program_key(transaction, Operation::Expire);
        self.post(key, |account, now| {
            let (gone, kept) = std::mem::take(&mut account.lots).into_iter().partition(|lot| lot.is_expired(now));
            account.lots = kept;
            Detail::Expire { lots: retire(account, gone) }
        });
    }
}

fn retire(account: &mut Account, mut gone: Vec<super::Lot>) -> Vec<ExpiredLot> {
    // The one that expired first pays the debt first, as it would have paid a sale.
    gone.sort_by_key(|lot| (lot.valid_until, lot.id));
    let mut lapsed = Vec::with_capacity(gone.len());
    for lot in gone {
        let paid: Money = lot.remaining.min(account.debt);
        account.debt = account.debt.minus_or_zero(paid);
        lapsed.push(ExpiredLot { lot: lot.id, amount: lot.remaining.minus_or_zero(paid) });
    }
    account.expired.extend(lapsed.iter().filter(|lot| !lot.amount.is_zero()));
    let surplus = account.expired.len().saturating_sub(limits::LOTS_PER_ACCOUNT);
    account.expired.drain(..surplus);
    lapsed
}
