//! A closed account: whose it is, what it earns, and what waits until that is known.

use jiff::Timestamp;
use ponte_domain::campaign::{Payment, SaleFacts, SaleItem, chosen_bonus, offers};
use ponte_domain::ids::TransactionId;
use ponte_domain::ledger::Bonus;
use ponte_domain::money::Money;
use ponte_domain::quota::Lane;
use ponte_domain::trinks::{AccountState, AccountStory, SalonClientId, TrinksTransactionId, posting_id};
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::ledger_store::Attempt;
use ponte_platform::member_store::MemberKey;
use ponte_platform::table::Unless;
use ponte_platform::telemetry;
use ponte_platform::until_settled;
use ponte_trinks::events::AccountClosed;
use ponte_trinks::picture::ClientPicture;
use ponte_trinks::requests::{Ask, QueuedRequest};
use serde::{Deserialize, Serialize};

use super::claims::claim_if_known;
use super::posting::{Outcome, post, release};
use super::{learn_client, members};
use crate::desk::{Desk, Place};

/// How we heard of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Trinks told us.
    Webhook,
    /// We looked.
    Reconciliation,
}

impl Source {
    /// The name it is stored by.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Reconciliation => "reconciliation",
        }
    }
}

/// What a closed account comes to, computed when it is heard of: a bonus that waits keeps the campaign and the days of its
/// sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Due {
    /// The account.
    pub transaction: TrinksTransactionId,
    /// Who it was closed for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<SalonClientId>,
    /// When it was closed.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub closed_at: Timestamp,
    /// What was paid.
    #[serde(rename = "paid_cents")]
    pub paid: Money,
    /// What the programme's bonus took off it.
    #[serde(rename = "redeemed_cents")]
    pub redeemed: Money,
    /// What it earns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bonus: Option<Bonus>,
    /// How we heard of it.
    pub source: String,
}

/// Takes a closed account into the ledger, once. News of the client come first: they may tell whose it is.
pub async fn account_closed(
    desk: &Desk,
    place: &Place,
    closing: &AccountClosed,
    source: Source,
    heard_at: Timestamp,
    now: Timestamp,
) -> Result<(), Failure> {
    let picture = match &closing.news {
        Some(news) if members::says_something(news) => Some(learn_client(desk, place, news, heard_at, now).await?),
        _ => known_client(desk, place, closing.client).await?,
    };
    let story_key = keys::trinks_story(place.id(), closing.transaction);
    let story: Option<AccountStory> = desk.table.get(&story_key).await?;
    if let Some(story) = story {
        return known(desk, place, closing, &story, now).await;
    }
    let due = due(desk, place, closing, source, heard_at, now).await?;
    let nothing = due.bonus.is_none() && due.redeemed.is_zero();
    let not_ours = !place.salon.earns_at_trinks(due.closed_at);
    if not_ours || nothing {
        return write_story(desk, place, &due, AccountState::Noted, None, now).await;
    }
    match member(desk, place, closing, picture.as_ref()).await? {
        Some(member) => post_due(desk, place, &member, &due, Unless::Exists, now).await,
        None => wait(desk, place, &due, now).await,
    }
}

/// A closing that was heard of before. What an earlier delivery left undone, because it died or a reversal came in between,
/// is done now.
async fn known(
    desk: &Desk,
    place: &Place,
    closing: &AccountClosed,
    story: &AccountStory,
    now: Timestamp,
) -> Result<(), Failure> {
    let id = posting_id(place.id(), closing.transaction);
    tracing::info!(event = "trinks_closing_known", identifier = %id, status = story.status.as_str());
    let redeemed = closing.redeemed(&place.salon.redemption_reasons);
    if story.status != AccountState::Unclaimed && !redeemed.is_zero() {
        // The bonus may have been taken, and the story ended without a sale that ties it.
        release(desk, place, &id, now).await?;
    }
    report_late_redemption(desk, place, closing, story, redeemed, now).await?;
    match (story.status, story.client) {
        (AccountState::Unclaimed, Some(client)) => look_for_member(desk, place, client, now).await,
        _ => Ok(()),
    }
}

/// REST tells no reason of a discount. Whether it was the programme's bonus, the webhook tells too late to be posted, whatever
/// became of the account.
async fn report_late_redemption(
    desk: &Desk,
    place: &Place,
    closing: &AccountClosed,
    story: &AccountStory,
    redeemed: Money,
    now: Timestamp,
) -> Result<(), Failure> {
    let stands = story.status != AccountState::Reversed && story.source == Source::Reconciliation.as_str();
    let closed_at = closing.closed_at.map_or(now, |local| local.instant(&place.settings().zone()));
    if redeemed.is_zero() || !stands || !place.salon.earns_at_trinks(closed_at) {
        return Ok(());
    }
    let reason = format!(
        "the account {} was found by the reconciliation before this webhook came: debit its redemption of {redeemed} by hand",
        closing.transaction
    );
    desk.report(place, closing.transaction, reason, now).await
}

/// Posts what is due, and settles with a reversal that was faster.
pub(super) async fn post_due(
    desk: &Desk,
    place: &Place,
    member: &MemberKey,
    due: &Due,
    story: Unless,
    now: Timestamp,
) -> Result<(), Failure> {
    let outcome = post(desk, place, member, due, story, now).await?;
    tracing::info!(
        event = "trinks_account_posted",
        identifier = %posting_id(place.id(), due.transaction),
        transaction = %due.transaction,
        outcome = outcome.as_str(),
    );
    if outcome == Outcome::Posted {
        telemetry::count(
            "TrinksAccountPosted",
            ("Source", if due.source == "webhook" { "webhook" } else { "reconciliation" }),
        );
    }
    Ok(())
}

async fn known_client(
    desk: &Desk,
    place: &Place,
    client: Option<SalonClientId>,
) -> Result<Option<ClientPicture>, Failure> {
    let Some(client) = client else { return Ok(None) };
    desk.table.get(&keys::trinks_client(place.id(), client)).await
}

async fn member(
    desk: &Desk,
    place: &Place,
    closing: &AccountClosed,
    picture: Option<&ClientPicture>,
) -> Result<Option<MemberKey>, Failure> {
    match (closing.cpf, picture) {
        (Some(cpf), _) => members::of_cpf(desk, place, cpf).await.map(Some),
        (None, Some(picture)) => members::of_client(desk, place, picture).await,
        (None, None) => Ok(None),
    }
}

async fn due(
    desk: &Desk,
    place: &Place,
    closing: &AccountClosed,
    source: Source,
    heard_at: Timestamp,
    now: Timestamp,
) -> Result<Due, Failure> {
    let zone = place.settings().zone();
    // A clock of Trinks' that is ahead must not keep money from being spent now.
    let closed_at = closing.closed_at.map_or(heard_at, |local| local.instant(&zone)).min(now);
    let redeemed = closing.redeemed(&place.salon.redemption_reasons);
    let facts = SaleFacts {
        store: place.salon.store,
        total: closing.total.plus(redeemed),
        redeemed,
        items: closing.items.iter().map(item).collect(),
        payments: closing.payments.iter().map(payment).collect(),
    };
    let campaigns = desk.stores.campaigns(place.program()).await?;
    // Nobody chooses at the counter: the campaign that gives most is applied, as the till would preselect it.
    let best = offers(&campaigns, &facts, &zone, closed_at).first().map(|offer| offer.campaign.id);
    let bonus = best.and_then(|best| chosen_bonus(&campaigns, best, &facts, &zone, closed_at).ok().flatten());
    Ok(Due {
        transaction: closing.transaction,
        client: closing.client,
        closed_at,
        paid: closing.total,
        redeemed,
        bonus,
        source: source.as_str().to_owned(),
    })
}

fn item(item: &ponte_trinks::events::SoldItem) -> SaleItem {
    SaleItem { code: item.id.clone(), ean: item.ean.clone(), net: item.net }
}

/// Trinks names its forms freely; campaigns know those of the till's table that do not earn again.
fn payment((name, paid): &(String, Money)) -> Payment {
    /// The till's "other".
    const OTHER: u32 = 99;
    /// Of whom it is the credit: "Crédito Diners" and "Cartão de Crédito" are money.
    const STORE_CREDIT: [&str; 3] = ["credito de cliente", "credito do cliente", "credito cliente"];
    let plain = plain(name);
    let form = if plain.contains("fidelidade") || plain.contains("cashback") {
        ponte_domain::campaign::FORM_CASHBACK
    } else if STORE_CREDIT.iter().any(|credit| plain.contains(credit)) && !plain.contains("cartao") {
        ponte_domain::campaign::FORM_STORE_CREDIT
    } else {
        OTHER
    };
    Payment { form, paid: *paid }
}

/// A name of a form without what people leave out or double when they type it: case, accents, blanks.
fn plain(name: &str) -> String {
    let letter = |c: char| match c {
        'á' | 'à' | 'â' | 'ã' => Some('a'),
        'é' | 'ê' => Some('e'),
        'í' => Some('i'),
        'ó' | 'ô' | 'õ' => Some('o'),
        'ú' => Some('u'),
        'ç' => Some('c'),
        // An accent of its own, after its letter.
        '\u{300}'..='\u{36f}' => None,
        other => Some(other),
    };
    let plain: String = name.to_lowercase().chars().filter_map(letter).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Keeps what is due until somebody knows whose it is, and asks Trinks. A walk-in stays unknown for ever: nothing waits.
async fn wait(desk: &Desk, place: &Place, due: &Due, now: Timestamp) -> Result<(), Failure> {
    if !due.redeemed.is_zero() {
        // A delivery that died may have taken it from one of whom it is not sure any more.
        release(desk, place, &posting_id(place.id(), due.transaction), now).await?;
    }
    let Some(client) = due.client else { return note_walk_in(desk, place, due, now).await };
    if note_unclaimed(desk, place, due, client, now).await? {
        look_for_member(desk, place, client, now).await?;
    }
    Ok(())
}

/// An account that names nobody. A bonus that it spent all the same is for a person to debit.
async fn note_walk_in(desk: &Desk, place: &Place, due: &Due, now: Timestamp) -> Result<(), Failure> {
    if !due.redeemed.is_zero() {
        let reason = format!(
            "the account {} has a discount of {} for the programme's bonus and names neither a client nor a CPF: find out whose it \
             was, and debit it by hand",
            due.transaction, due.redeemed
        );
        // Before the story, after which nobody would look again.
        desk.report(place, due.transaction, reason, now).await?;
    }
    write_story(desk, place, due, AccountState::Noted, None, now).await
}

/// Writes that a bonus waits. `false` when a reversal or another delivery has told the account's end.
async fn note_unclaimed(
    desk: &Desk,
    place: &Place,
    due: &Due,
    client: SalonClientId,
    now: Timestamp,
) -> Result<bool, Failure> {
    let story_key = keys::trinks_story(place.id(), due.transaction);
    let waiting = story(place, due, AccountState::Unclaimed, None, now);
    Ok(until_settled!(async {
        let items = vec![
            desk.table.transact_put(&story_key, &waiting, Unless::Exists)?,
            desk.table.transact_put(&keys::unclaimed(place.id(), client, due.transaction), due, Unless::Anything)?,
        ];
        if desk.table.put_all(items).await? {
            telemetry::count("TrinksUnclaimedBonus", ("Salon", &place.id().to_string()));
            tracing::info!(event = "trinks_bonus_unclaimed", transaction = %due.transaction, client = %client);
            return Ok(Attempt::Done(true));
        }
        // Two deliveries that meet can both be cancelled: only a story that is there says that somebody was faster.
        let written: Option<AccountStory> = desk.table.get(&story_key).await?;
        Ok(match written.map(|story| story.status) {
            None => Attempt::Conflict,
            Some(status) => Attempt::Done(status == AccountState::Unclaimed),
        })
    }))
}

/// Asks Trinks whose a waiting bonus is, and looks once more at what we know.
async fn look_for_member(desk: &Desk, place: &Place, client: SalonClientId, now: Timestamp) -> Result<(), Failure> {
    ask_for_client(desk, place, client, now).await?;
    // Who it is may have become known between our look and our note.
    match known_client(desk, place, Some(client)).await? {
        Some(picture) => claim_if_known(desk, place, &picture, now).await,
        None => Ok(()),
    }
}

/// Asks Trinks for a client, once a day at most: each call counts.
async fn ask_for_client(desk: &Desk, place: &Place, client: SalonClientId, now: Timestamp) -> Result<(), Failure> {
    let Some(queue) = &desk.requests else { return Ok(()) };
    let day = now.to_zoned(place.settings().zone()).date();
    let parts = ["learn-client", &place.id().to_string(), &client.to_string(), &day.to_string()];
    let request = QueuedRequest {
        id: TransactionId::derive(&parts),
        salon: place.id(),
        lane: Lane::FollowUp,
        ask: Ask::LearnClient { client },
        queued_at: now,
        failures: 0,
        releases: 0,
    };
    queue.send(&place.connection.id, &request).await
}

async fn write_story(
    desk: &Desk,
    place: &Place,
    due: &Due,
    status: AccountState,
    member: Option<&MemberKey>,
    now: Timestamp,
) -> Result<(), Failure> {
    let story = story(place, due, status, member, now);
    // Whoever was faster, a reversal or a repetition, is right.
    desk.table.put(&keys::trinks_story(place.id(), due.transaction), &story, Unless::Exists).await.map(drop)
}

pub(super) fn story(
    place: &Place,
    due: &Due,
    status: AccountState,
    member: Option<&MemberKey>,
    now: Timestamp,
) -> AccountStory {
    AccountStory {
        establishment: place.id(),
        transaction: due.transaction,
        store: place.salon.store,
        status,
        member: member.map(|key| (key.program.clone(), key.member.clone())),
        client: due.client,
        at: now,
        source: due.source.clone(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ponte_domain::campaign::{FORM_CASHBACK, FORM_STORE_CREDIT};

    use super::*;

    fn form(name: &str) -> u32 {
        payment(&(name.to_owned(), Money::from_cents(100))).form
    }

    #[test]
    fn store_credit_is_told_from_cards_whose_names_begin_alike() {
        for name in [
            "Crédito de Cliente",
            "CRÉDITO DO CLIENTE",
            "Credito  cliente",
            "crédito de clientes",
            "Cre\u{301}dito de cliente",
        ] {
            assert_eq!(form(name), FORM_STORE_CREDIT, "{name}");
        }
        for name in [
            "Crédito Diners",
            "Cartão de Crédito Digital",
            "Cartão de Crédito",
            "Cartão de crédito do cliente",
            "Crédito",
            "Crédito D",
            "PIX",
            "",
        ] {
            assert_eq!(form(name), 99, "{name}");
        }
    }

    #[test]
    fn loyalty_money_is_told_by_its_name() {
        for name in ["Fidelidade", "Programa de FIDELIDADE", "Cashback"] {
            assert_eq!(form(name), FORM_CASHBACK, "{name}");
        }
    }
}
