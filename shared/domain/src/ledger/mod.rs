//! The ledger: an account's lots, and the five kinds of posting that change it.
//!
//! Every function here takes the account as it was read, decides, and returns a [`Decision`]: the account as it
//! must be written and the postings that explain the change. Nothing here knows of storage or clocks.
//!
//! What always holds, and is checked by the model-based tests (design section 4, point 8):
//! the ledger balance is the sum of the postings' changes, and the sum of the lots less the debt; no lot is
//! below zero or above its amount.

mod account;
mod adjust;
mod earn;
mod expire;
mod lot;
mod posting;
mod redeem;
mod reverse;
mod sale;

pub use account::{Account, ExpiredLot, OpenRedemption, ReleasedRedemption, SaleTotal};
pub use adjust::{AdjustRequest, Author, adjust, settle_pending};
pub use earn::{Bonus, EarnOutcome, EarnRequest, earn};
pub use expire::expire;
pub use lot::{Lot, RedemptionTerms, Taken};
pub use posting::{Books, Decision, Detail, Posting, PostingKey, ReversedThing, Scope};
pub use redeem::{RedeemRequest, redeem};
pub use reverse::{OpenReversal, ReversalTerms, ReverseSaleOutcome, reverse_open, reverse_sale};
pub use sale::{GeneratedBonus, PendingAdjustment, PendingStatus, Reversal, Sale, TiedRedemption};
