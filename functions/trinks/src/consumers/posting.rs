//! Posting a closed account: the redemption that its discount was, then its sale with its bonus, in the ledger of the till.

use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::Timestamp;
use ponte_domain::ids::{Operation, StoreId, TransactionId};
use ponte_domain::ledger::{
    Account, Books, EarnRequest, OpenReversal, PostingKey, RedeemRequest, ReversalTerms, SaleTotal, Scope, earn,
    redeem, reverse_open,
};
use ponte_domain::money::{Balance, Rate};
use ponte_domain::trinks::{AccountState, posting_id, trinks_note};
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::ledger_store::{Answer, Attempt, Committed, PostingRecord, commit};
use ponte_platform::member_store::MemberKey;
use ponte_platform::table::Unless;
use ponte_platform::telemetry;
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
    let redeems = !due.redeemed.is_zero();
    if redeems {
        post_redemption(desk, place, member, due, &id, story_is, now).await?;
    }
    let outcome = post_sale(desk, place, member, due, &id, story_is, now).await?;
    if redeems && outcome != Outcome::Posted {
        // Somebody else has told the account's end: what is still open was taken for no sale.
        release(desk, place, &id, now).await?;
    }
    Ok(outcome)
}

/// Takes the bonus that the salon has given as a discount, once. The client has left with it: what the account cannot pay shows
/// as a pending adjustment of the sale.
async fn post_redemption(
    desk: &Desk,
    place: &Place,
    member: &MemberKey,
    due: &Due,
    id: &TransactionId,
    story_is: Unless,
    now: Timestamp,
) -> Result<(), Failure> {
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
    until_settled!(async {
        if let Some(before) = taken_from(desk, place, id).await? {
            if before.member != member.member {
                // Whose it is has become known better since: the other gets it back, and here a difference shows.
                release(desk, place, id, now).await?;
            }
            return Ok(Attempt::Done(()));
        }
        let decision = match redeem(books(desk, member, now).await?, &request) {
            Ok(decision) => decision,
            Err(refusal) => {
                tracing::warn!(event = "trinks_redemption_not_backed", identifier = %id, reason = %refusal);
                return Ok(Attempt::Done(()));
            }
        };
        let extras = still_unclaimed(desk, place, due, story_is, now)?;
        Ok(match commit(&desk.table, member, &decision, ANSWER, extras).await? {
            // Refused where the account's end was told meanwhile: the sale will find the same.
            Committed::Written | Committed::ExtraRefused { .. } => Attempt::Done(()),
            // Somebody was faster: from whom did they take it?
            Committed::Repeated(_) | Committed::Conflict => Attempt::Conflict,
        })
    });
    Ok(())
}

/// Holds a redemption that waited for its client to its story: it is taken while the story waits, or not at all. A claim that
/// dies is not told again once a reversal has removed what it claims, so nobody would give back what it took after that.
fn still_unclaimed(
    desk: &Desk,
    place: &Place,
    due: &Due,
    story_is: Unless,
    now: Timestamp,
) -> Result<Vec<TransactWriteItem>, Failure> {
    let Unless::StatusIsNot(_) = story_is else { return Ok(Vec::new()) };
    let story = story(place, due, AccountState::Unclaimed, None, now);
    Ok(vec![desk.table.transact_put(&keys::trinks_story(place.id(), due.transaction), &story, story_is)?])
}

/// From whom the bonus of an account was taken, should it have been.
async fn taken_from(desk: &Desk, place: &Place, id: &TransactionId) -> Result<Option<MemberKey>, Failure> {
    let key =
        PostingKey { scope: Scope::Store(place.salon.store), transaction: id.clone(), operation: Operation::Redeem };
    let record: Option<PostingRecord> = desk.table.get(&keys::posting(&key)).await?;
    Ok(record.map(|record| MemberKey { program: record.posting.program, member: record.posting.member }))
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
            Committed::Written => {
                if let Some(gap) = decision.outcome.unbacked {
                    tell_difference(id, gap);
                }
                Attempt::Done(Outcome::Posted)
            }
            Committed::Repeated(_) => Attempt::Done(Outcome::Repeated),
            // The story is the first extra: somebody else has told its end.
            Committed::ExtraRefused { .. } => Attempt::Done(after_all(desk, place, due).await?),
            Committed::Conflict => Attempt::Conflict,
        })
    }))
}

/// Counts a difference that a person has to settle, into the metric to which the hub's log adds those of the till.
fn tell_difference(id: &TransactionId, gap: Balance) {
    telemetry::count("PendingAdjustments", ("Source", "trinks"));
    tracing::warn!(event = "trinks_pending_adjustment", identifier = %id, amount = %gap, "the salon's discount and ours differ");
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
        extras
            .push(desk.table.transact_delete(&keys::unclaimed(place.id(), client, due.transaction), Unless::Anything)?);
    }
    Ok(extras)
}

async fn after_all(desk: &Desk, place: &Place, due: &Due) -> Result<Outcome, Failure> {
    let key = keys::trinks_story(place.id(), due.transaction);
    let story: Option<ponte_domain::trinks::AccountStory> = desk.table.get(&key).await?;
    match story.map(|story| story.status) {
        Some(AccountState::Reversed) => Ok(Outcome::Reversed),
        // A delivery that knew less notes that it waits: told again, this one claims it.
        Some(AccountState::Unclaimed) => Err(Failure::Unavailable("the account was noted as unclaimed".into())),
        Some(AccountState::Posted | AccountState::Noted) | None => Ok(Outcome::Repeated),
    }
}

/// Gives back what was taken for an account, to whom it was taken from, should it be open still: for when no sale will tie it
/// any more. Another open redemption of the same member is somebody else's, the till's perhaps.
pub(super) async fn release(desk: &Desk, place: &Place, id: &TransactionId, now: Timestamp) -> Result<(), Failure> {
    let Some(member) = taken_from(desk, place, id).await? else { return Ok(()) };
    let terms = reversal_terms(place, place.salon.store, id);
    until_settled!(async {
        let books = books(desk, &member, now).await?;
        if !books.account().open.iter().any(|open| open.transaction == *id && open.store == terms.store) {
            return Ok(Attempt::Done(()));
        }
        let Ok(OpenReversal::Released(decision)) = reverse_open(books, &terms) else {
            return Ok(Attempt::Done(()));
        };
        Ok(match commit(&desk.table, &member, &decision, ANSWER, Vec::new()).await? {
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
