//! Posting a closed account: the redemption that its discount was, then its sale with its bonus, in the ledger of the till.

use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::Timestamp;
use ponte_domain::ids::{StoreId, TransactionId};
use ponte_domain::ledger::{
    Account, Books, EarnRequest, OpenReversal, RedeemRequest, ReversalTerms, SaleTotal, earn, redeem, reverse_open,
};
use ponte_domain::money::Rate;
use ponte_domain::trinks::{AccountState, posting_id, trinks_note};
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::ledger_store::{Answer, Attempt, Committed, commit};
use ponte_platform::member_store::MemberKey;
use ponte_platform::table::Unless;
use ponte_platform::until_settled;

use super::closing::{Due, story};
use crate::desk::{Desk, Place};

/// What Trinks' postings are known by where the till's have a request's fingerprint: an account has one meaning.
pub(super) const ANSWER: Answer<'static> = Answer { fingerprint: "trinks", response: "" };

/// What posting came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is in the ledger.
    Posted,
    /// It was before.
    Repeated,
    /// A reversal was faster: nothing is in the ledger.
    Reversed,
}

impl Outcome {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Posted => "posted",
            Self::Repeated => "repeated",
            Self::Reversed => "reversed_before",
        }
    }
}

/// Posts an account for a member, on the condition that its story is what `story_is` says.
pub(super) async fn post(
    desk: &Desk,
    place: &Place,
    member: &MemberKey,
    due: &Due,
    story_is: Unless,
    now: Timestamp,
) -> Result<Outcome, Failure> {
    let id = posting_id(place.id(), due.transaction);
    let redeemed = !due.redeemed.is_zero() && post_redemption(desk, place, member, due, &id, now).await?;
    let outcome = post_sale(desk, place, member, due, &id, story_is, now).await?;
    if outcome == Outcome::Reversed && redeemed {
        release(desk, place, member, &id, now).await?;
    }
    Ok(outcome)
}

/// Takes the bonus that the salon has given as a discount. The client has left with it: what the account cannot pay shows as
/// a pending adjustment of the sale.
async fn post_redemption(
    desk: &Desk,
    place: &Place,
    member: &MemberKey,
    due: &Due,
    id: &TransactionId,
    now: Timestamp,
) -> Result<bool, Failure> {
    let total = due.paid.plus(due.redeemed);
    let request = RedeemRequest {
        transaction: id.clone(),
        store: place.salon.store,
        amount: due.redeemed,
        sale_net: Some(due.paid),
        sale: SaleTotal::Known(total),
        // The store's limit was the salon's to keep; the discount is given.
        store_share: Rate::WHOLE,
    };
    Ok(until_settled!(async {
        let decision = match redeem(books(desk, member, now).await?, &request) {
            Ok(decision) => decision,
            Err(refusal) => {
                tracing::warn!(event = "trinks_redemption_not_backed", identifier = %id, reason = %refusal);
                return Ok(Attempt::Done(false));
            }
        };
        Ok(match commit(&desk.table, member, &decision, ANSWER, Vec::new()).await? {
            Committed::Written => Attempt::Done(true),
            // Whose it is may have become known better since: then the other's redemption backs nothing here.
            Committed::Repeated(record) => Attempt::Done(record.posting.member == member.member),
            Committed::ExtraRefused { .. } | Committed::Conflict => Attempt::Conflict,
        })
    }))
}

async fn post_sale(
    desk: &Desk,
    place: &Place,
    member: &MemberKey,
    due: &Due,
    id: &TransactionId,
    story_is: Unless,
    now: Timestamp,
) -> Result<Outcome, Failure> {
    Ok(until_settled!(async {
        let request = EarnRequest {
            transaction: id.clone(),
            store: place.salon.store,
            note: trinks_note(place.id(), due.transaction),
            net: due.paid,
            redeemed: Some(due.redeemed),
            // A bonus that waited longer than it lives is over.
            bonus: due.bonus.clone().filter(|bonus| now < bonus.valid_until),
            fingerprint: ANSWER.fingerprint.to_owned(),
        };
        let decision = earn(books(desk, member, now).await?, request);
        let extras = extras(desk, place, member, due, &decision.outcome, story_is, now)?;
        Ok(match commit(&desk.table, member, &decision, ANSWER, extras).await? {
            Committed::Written => Attempt::Done(Outcome::Posted),
            Committed::Repeated(_) => Attempt::Done(Outcome::Repeated),
            // The story is the first extra: somebody else has told its end.
            Committed::ExtraRefused { .. } => Attempt::Done(after_all(desk, place, due).await?),
            Committed::Conflict => Attempt::Conflict,
        })
    }))
}

/// What the sale brings with it: the end of its story, the sale itself, a difference, and the note that it waited.
fn extras(
    desk: &Desk,
    place: &Place,
    member: &MemberKey,
    due: &Due,
    outcome: &ponte_domain::ledger::EarnOutcome,
    story_is: Unless,
    now: Timestamp,
) -> Result<Vec<TransactWriteItem>, Failure> {
    let sale = &outcome.sale;
    let story = story(place, due, AccountState::Posted, Some(member), now);
    let mut extras = vec![
        desk.table.transact_put(&keys::trinks_story(place.id(), due.transaction), &story, story_is)?,
        desk.table.transact_put(&keys::sale(sale.store, &sale.note), sale, Unless::Exists)?,
    ];
    if let Some(pending) = outcome.pending_adjustment() {
        let key = keys::pending(&pending.program, pending.store, &pending.id);
        extras.push(desk.table.transact_put(&key, &pending, Unless::Exists)?);
    }
    if let (Some(client), Unless::StatusIsNot(_)) = (due.client, story_is) {
        extras.push(desk.table.transact_delete(&keys::unclaimed(place.id(), client, due.transaction))?);
    }
    Ok(extras)
}

async fn after_all(desk: &Desk, place: &Place, due: &Due) -> Result<Outcome, Failure> {
    let key = keys::trinks_story(place.id(), due.transaction);
    let story: Option<ponte_domain::trinks::AccountStory> = desk.table.get(&key).await?;
    Ok(match story.map(|story| story.status) {
        Some(AccountState::Reversed) => Outcome::Reversed,
        _ => Outcome::Repeated,
    })
}

/// Gives back a redemption whose sale was reversed before it was posted, should it be open. Another open one of the same
/// member is somebody else's, the till's perhaps.
pub(super) async fn release(
    desk: &Desk,
    place: &Place,
    member: &MemberKey,
    id: &TransactionId,
    now: Timestamp,
) -> Result<(), Failure> {
    let terms = reversal_terms(place, place.salon.store, id);
    until_settled!(async {
        let books = books(desk, member, now).await?;
        if !books.account().open.iter().any(|open| open.transaction == *id && open.store == terms.store) {
            return Ok(Attempt::Done(()));
        }
        let Ok(OpenReversal::Released(decision)) = reverse_open(books, &terms) else {
            return Ok(Attempt::Done(()));
        };
        Ok(match commit(&desk.table, member, &decision, ANSWER, Vec::new()).await? {
            Committed::Written | Committed::Repeated(_) => Attempt::Done(()),
            Committed::ExtraRefused { .. } | Committed::Conflict => Attempt::Conflict,
        })
    });
    Ok(())
}

pub(super) fn reversal_terms(place: &Place, store: StoreId, id: &TransactionId) -> ReversalTerms {
    ReversalTerms { transaction: id.clone(), store, names_note: true, grace_days: place.settings().reversal_grace_days }
}

/// The books of a member's account as it is now.
pub(super) async fn books(desk: &Desk, member: &MemberKey, now: Timestamp) -> Result<Books, Failure> {
    let account: Option<Account> = desk.table.get(&keys::account(&member.program, &member.member)).await?;
    Ok(Books::open(account.unwrap_or_default(), member.program.clone(), member.member.clone(), now))
}
