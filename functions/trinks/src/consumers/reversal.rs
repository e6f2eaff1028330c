//! A reversed account: before its closing, after it, or without it.

use jiff::Timestamp;
use ponte_domain::ledger::{Sale, reverse_sale};
use ponte_domain::trinks::{AccountState, AccountStory, TrinksTransactionId, posting_id, trinks_note};
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::ledger_store::{Attempt, Committed, commit};
use ponte_platform::member_store::MemberKey;
use ponte_platform::table::Unless;
use ponte_platform::until_settled;

use super::Source;
use super::posting::{ANSWER, books, release, reversal_terms};
use crate::desk::{Desk, Place};

/// Undoes an account, once. `true` when this call undid it, or will have when its closing arrives.
pub async fn account_reversed(
    desk: &Desk,
    place: &Place,
    transaction: TrinksTransactionId,
    source: Source,
    now: Timestamp,
) -> Result<bool, Failure> {
    let key = keys::trinks_story(place.id(), transaction);
    let undone = until_settled!(async {
        let story: Option<AccountStory> = desk.table.get(&key).await?;
        let Some(story) = story else {
            let story = reversed(place, transaction, None, source, now);
            return Ok(done_if(desk.table.put(&key, &story, Unless::Exists).await?));
        };
        match story.status {
            AccountState::Reversed => Ok(Attempt::Done(false)),
            AccountState::Noted => {
                let next = reversed(place, transaction, Some(&story), source, now);
                Ok(done_if(desk.table.put(&key, &next, Unless::StatusIsNot(AccountState::Noted.as_str())).await?))
            }
            AccountState::Unclaimed => undo_unclaimed(desk, place, &story, source, now).await,
            AccountState::Posted => undo_posted(desk, place, &story, source, now).await,
        }
    });
    // A delivery that died may have taken the bonus for a sale that will not be posted any more.
    release(desk, place, &posting_id(place.id(), transaction), now).await?;
    if undone {
        tracing::info!(event = "trinks_account_reversed", transaction = %transaction, salon = %place.id());
    }
    Ok(undone)
}

fn done_if(written: bool) -> Attempt<bool> {
    if written { Attempt::Done(true) } else { Attempt::Conflict }
}

fn reversed(
    place: &Place,
    transaction: TrinksTransactionId,
    before: Option<&AccountStory>,
    source: Source,
    now: Timestamp,
) -> AccountStory {
    AccountStory {
        establishment: place.id(),
        transaction,
        store: before.map_or(place.salon.store, |story| story.store),
        status: AccountState::Reversed,
        member: before.and_then(|story| story.member.clone()),
        client: before.and_then(|story| story.client),
        at: now,
        source: source.as_str().to_owned(),
    }
}

/// A bonus that waited for its CPF waits no more.
async fn undo_unclaimed(
    desk: &Desk,
    place: &Place,
    story: &AccountStory,
    source: Source,
    now: Timestamp,
) -> Result<Attempt<bool>, Failure> {
    let next = reversed(place, story.transaction, Some(story), source, now);
    let was = Unless::StatusIsNot(AccountState::Unclaimed.as_str());
    let mut items = vec![desk.table.transact_put(&keys::trinks_story(place.id(), story.transaction), &next, was)?];
    if let Some(client) = story.client {
        items.push(
            desk.table.transact_delete(&keys::unclaimed(place.id(), client, story.transaction), Unless::Anything)?,
        );
    }
    Ok(done_if(desk.table.put_all(items).await?))
}

/// Gives back what the account redeemed, takes back what it earned: the till's own reversal.
async fn undo_posted(
    desk: &Desk,
    place: &Place,
    story: &AccountStory,
    source: Source,
    now: Timestamp,
) -> Result<Attempt<bool>, Failure> {
    let sale_key = keys::sale(story.store, &trinks_note(place.id(), story.transaction));
    let Some(sale) = desk.table.get::<Sale>(&sale_key).await? else {
        return Err(Failure::Bug(format!("the posted account {} has no sale", story.transaction)));
    };
    let member = MemberKey { program: sale.program.clone(), member: sale.member.clone() };
    let id = posting_id(place.id(), story.transaction);
    let read_version = u64::from(sale.version);
    let terms = reversal_terms(place, story.store, &id);
    let Ok(decision) = reverse_sale(books(desk, &member, now).await?, sale, &terms) else {
        // A person, or a till, reversed it under its note: the story follows.
        let next = reversed(place, story.transaction, Some(story), source, now);
        let key = keys::trinks_story(place.id(), story.transaction);
        let written = desk.table.put(&key, &next, Unless::StatusIsNot(AccountState::Posted.as_str())).await?;
        return Ok(done_if(written));
    };
    let next = reversed(place, story.transaction, Some(story), source, now);
    let was = Unless::StatusIsNot(AccountState::Posted.as_str());
    let mut extras = vec![
        desk.table.transact_put(&sale_key, &decision.outcome.sale, Unless::VersionIsNot(read_version))?,
        desk.table.transact_put(&keys::trinks_story(place.id(), story.transaction), &next, was)?,
    ];
    if decision.outcome.voids_pending {
        let sale = &decision.outcome.sale;
        let pending = keys::pending(&sale.program, sale.store, &sale.transaction);
        extras.push(desk.table.transact_set_text(&pending, "status", "void")?);
    }
    Ok(match commit(&desk.table, &member, &decision, ANSWER, extras).await? {
        Committed::Written => Attempt::Done(true),
        Committed::Repeated(_) => Attempt::Done(false),
        Committed::ExtraRefused { .. } | Committed::Conflict => Attempt::Conflict,
    })
}
