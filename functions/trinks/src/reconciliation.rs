//! `trinks-reconciliation`: what no webhook brought. It walks the accounts, clients and appointments of the last days, a page
//! at a time, goes on where it stopped, and posts what is missing by the same ids as the webhooks.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use lambda_runtime::Error;
use ponte_domain::quota::Lane;
use ponte_domain::trinks::{AccountState, AccountStory, EstablishmentId, TrinksTransactionId};
use ponte_platform::aws::Aws;
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::table::Unless;
use ponte_platform::telemetry;
use ponte_trinks::client::{At, ClientQuery, Page, Period, Transaction, Trinks, TrinksError};
use ponte_trinks::progress::{Progress, Repaired, Step};

use crate::consumers::{Source, account_closed, account_reversed, as_event, learn_appointment, learn_client};
use crate::desk::{Desk, Place};

/// Days before the last good run that are walked again (contract section 11: two).
const DAYS_BACK: i32 = 2;
/// The longest period that is caught up: what is older than a long outage is for a person.
const MOST_DAYS_BACK: i32 = 31;
/// Days ahead whose appointments are compared: tomorrow's reminders must be right.
const APPOINTMENT_DAYS_AHEAD: i32 = 2;
/// How long one run works, well within the Lambda's time-out.
const WORKS_FOR: SignedDuration = SignedDuration::from_secs(240);

/// What the Lambda builds once.
pub struct Reconciler {
    desk: Desk,
    trinks: Trinks,
}

impl Reconciler {
    /// Reads the Lambda's settings.
    pub fn from_env() -> Result<Self, Error> {
        let aws = Aws::from_env()?;
        let desk = Desk::from_env(&aws)?;
        Ok(Self::new(Trinks::from_env(&aws, desk.table.clone())?, desk))
    }

    /// With given connections: for tests.
    #[must_use]
    pub fn new(trinks: Trinks, desk: Desk) -> Self {
        Self { desk, trinks }
    }

    /// Goes on with every salon until all are done, the quota says stop, or the time is over. `again` walks a day once more that
    /// was walked to its end: for an operator after an outage.
    pub async fn run(&self, started: Timestamp, again: bool) -> Result<Vec<Progress>, Failure> {
        let (mut told, mut failed) = (Vec::new(), None);
        let known = self.desk.salons.fresh().await?;
        for salon in known.establishments() {
            let Some(place) = self.desk.place(Some(salon.id)).await? else { continue };
            // One salon's trouble is no other's.
            match self.salon(&place, started, again).await {
                Ok(progress) => told.push(progress),
                Err(failure) => {
                    tracing::error!(event = "trinks_reconciliation_failed", salon = %place.id(), failure = %failure);
                    failed = Some(failure);
                }
            }
        }
        // An error shows in the Lambda's own metric, and the next run goes on where each salon stopped.
        failed.map_or(Ok(told), Err)
    }

    async fn salon(&self, place: &Place, started: Timestamp, again: bool) -> Result<Progress, Failure> {
        let key = keys::trinks_reconciliation(place.id());
        let stored: Option<Progress> = self.desk.table.get(&key).await?;
        let stored = stored.map(|stored| if again { begun_anew(stored) } else { stored });
        let today = started.to_zoned(place.settings().zone()).date();
        let mut progress = next_run(stored, place.id(), today, started);
        while progress.step != Step::Done && Timestamp::now().duration_since(started) < WORKS_FOR {
            match self.step(place, &mut progress).await {
                Ok(()) => progress.stopped_by = None,
                Err(TrinksError::Platform(failure)) => return Err(failure),
                // The quota, or Trinks: the next run goes on from here.
                Err(error) => {
                    if let TrinksError::KeyRefused { .. } = error {
                        telemetry::count("TrinksKeyRefused", ("Connection", place.connection.id.as_str()));
                    }
                    progress.stopped_by = Some(error.to_string());
                    self.save(&mut progress).await?;
                    count_if_late(&progress);
                    tracing::warn!(event = "trinks_reconciliation_stopped", salon = %place.id(), reason = %error);
                    return Ok(progress);
                }
            }
            self.save(&mut progress).await?;
        }
        Ok(progress)
    }

    async fn save(&self, progress: &mut Progress) -> Result<(), Failure> {
        let read = progress.version;
        progress.version += 1;
        progress.at = Timestamp::now();
        let key = keys::trinks_reconciliation(progress.salon);
        if self.desk.table.put(&key, progress, Unless::VersionIsNot(read)).await? {
            return Ok(());
        }
        Err(Failure::Unavailable("another run reconciles this salon".into()))
    }

    /// One page, and what follows from it.
    async fn step(&self, place: &Place, progress: &mut Progress) -> Result<(), TrinksError> {
        let at = At { connection: &place.connection, salon: place.id(), lane: Lane::Reconciliation };
        let (from, tomorrow) = (progress.from, days_after(progress.day, 1));
        match progress.step {
            Step::AllAccounts => {
                let page = self.trinks.transactions(at, from, tomorrow, true, progress.page).await?;
                progress.all.extend(page.items.iter().map(|found| found.id));
                let seen = progress.all.len();
                progress.gaps |= note_counts(progress, &page, seen) == Walk::Short;
                turn(progress, &page, Step::LiveAccounts);
            }
            Step::LiveAccounts => {
                let page = self.trinks.transactions(at, from, tomorrow, false, progress.page).await?;
                let walk = self.live_page(place, progress, &page).await?;
                let is_whole = walk == Walk::Whole && missing(progress).is_empty();
                turn(progress, &page, if is_whole { Step::Clients } else { Step::LiveAgain });
            }
            Step::LiveAgain => {
                let page = self.trinks.transactions(at, from, tomorrow, false, progress.page).await?;
                progress.gaps |= self.live_page(place, progress, &page).await? == Walk::Short;
                if page.is_last() {
                    self.reverse_missing(place, progress).await?;
                }
                turn(progress, &page, Step::Clients);
            }
            Step::Clients => {
                let query = ClientQuery::Changed(Period { from, to: progress.day });
                // What a webhook tells from here on is newer than this page.
                let asked_at = Timestamp::now();
                let page = self.trinks.clients(at, &query, progress.page).await?;
                for found in &page.items {
                    learn_client(&self.desk, place, &found.as_news(), asked_at, Timestamp::now()).await?;
                    progress.repaired.clients += 1;
                }
                turn(progress, &page, Step::Appointments);
            }
            Step::Appointments => {
                let to = days_after(progress.day, APPOINTMENT_DAYS_AHEAD);
                let asked_at = Timestamp::now();
                let page = self.trinks.appointments(at, Period { from, to }, None, progress.page).await?;
                for found in &page.items {
                    if learn_appointment(&self.desk, place, &as_event(found), false, asked_at).await? {
                        progress.repaired.appointments += 1;
                    }
                }
                turn(progress, &page, Step::Done);
                if progress.step == Step::Done {
                    finish(progress);
                    count_if_late(progress);
                }
            }
            Step::Done => {}
        }
        Ok(())
    }

    /// A page of the accounts that stand: those that no webhook brought are posted.
    async fn live_page(
        &self,
        place: &Place,
        progress: &mut Progress,
        page: &Page<Transaction>,
    ) -> Result<Walk, Failure> {
        for found in &page.items {
            progress.live.insert(found.id);
            if self.post_closing(place, found).await? {
                progress.repaired.closings += 1;
            }
        }
        let seen = progress.live.len();
        Ok(note_counts(progress, page, seen))
    }

    /// `true` when no webhook had brought it.
    async fn post_closing(&self, place: &Place, found: &Transaction) -> Result<bool, Failure> {
        let key = keys::trinks_story(place.id(), found.id);
        if self.desk.table.get::<AccountStory>(&key).await?.is_some() {
            return Ok(false);
        }
        let (at, now) = (found.at.instant(&place.settings().zone()), Timestamp::now());
        // Reported first: once it is posted, nobody comes here again.
        let may_redeem = place.salon.earns_at_trinks(at) && !place.salon.redemption_reasons.is_empty();
        if may_redeem && !found.discounts.is_zero() {
            let reason = format!(
                "the account {} was found by the reconciliation, with a discount of {} whose reason REST does not tell: if it was \
                 the programme's bonus, debit it by hand",
                found.id, found.discounts
            );
            self.desk.report(place, found.id, reason, now).await?;
        }
        account_closed(&self.desk, place, &found.as_event(), Source::Reconciliation, at, now).await?;
        telemetry::count("TrinksRepaired", ("Kind", "closing"));
        Ok(true)
    }

    /// Accounts that are there only among the reversed ones, after two walks, were reversed. Where a page was missing, the
    /// counts disagree or no live account came at all (an empty list can be spurious), absence proves nothing.
    async fn reverse_missing(&self, place: &Place, progress: &mut Progress) -> Result<(), Failure> {
        if !progress.complete || progress.live.is_empty() {
            telemetry::count("TrinksReconciliationIncomplete", ("Connection", place.connection.id.as_str()));
            tracing::warn!(event = "trinks_reconciliation_incomplete", salon = %place.id(), "no reversal is inferred");
            progress.gaps |= self.may_be_reversed(place, progress).await?;
            return Ok(());
        }
        for transaction in missing(progress) {
            if account_reversed(&self.desk, place, transaction, Source::Reconciliation, Timestamp::now()).await? {
                progress.repaired.reversals += 1;
                telemetry::count("TrinksRepaired", ("Kind", "reversal"));
            }
        }
        Ok(())
    }

    /// Whether an account that is seen only where the reversed ones are still stands with us.
    async fn may_be_reversed(&self, place: &Place, progress: &Progress) -> Result<bool, Failure> {
        for transaction in missing(progress) {
            let story: Option<AccountStory> = self.desk.table.get(&keys::trinks_story(place.id(), transaction)).await?;
            if story.is_none_or(|story| story.status != AccountState::Reversed) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Accounts that are seen only where the reversed ones are.
fn missing(progress: &Progress) -> Vec<TrinksTransactionId> {
    progress.all.difference(&progress.live).copied().collect()
}

/// Whether a list came with all the records that it says it has, so far as can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Walk {
    Whole,
    Short,
}

/// A list that changes its length while it is walked, or ends with another number of records than it said, is no proof of
/// absence; one that ends with fewer hides something.
fn note_counts<T>(progress: &mut Progress, page: &Page<T>, seen: usize) -> Walk {
    if page.page == 1 {
        progress.records = page.records;
        progress.unreadable = 0;
    }
    progress.unreadable += page.unreadable as u64;
    progress.complete &= page.unreadable == 0 && page.records == progress.records;
    if !page.is_last() {
        return Walk::Whole;
    }
    let came = seen as u64 + progress.unreadable;
    progress.complete &= came == page.records;
    // An empty page in the middle says that there is nothing (contract section 6, item 8); the first one knew better.
    if came < page.records.max(progress.records) { Walk::Short } else { Walk::Whole }
}

/// Goes on with today's run, or begins it.
fn next_run(stored: Option<Progress>, salon: EstablishmentId, today: Date, now: Timestamp) -> Progress {
    let (last_good, first_tried, version) = match stored {
        Some(stored) if stored.day == today => return stored,
        Some(stored) => (stored.last_good, stored.first_tried, stored.version),
        None => (None, None, 0),
    };
    let earliest = days_after(today, -MOST_DAYS_BACK);
    let from = days_after(last_good.unwrap_or(today), -DAYS_BACK).max(earliest);
    Progress {
        salon,
        day: today,
        from,
        step: Step::AllAccounts,
        page: 1,
        all: BTreeSet::new(),
        live: BTreeSet::new(),
        complete: true,
        gaps: false,
        records: 0,
        unreadable: 0,
        repaired: Repaired::default(),
        last_good,
        first_tried: first_tried.or(Some(today)),
        stopped_by: None,
        at: now,
        version,
    }
}

/// Days without a good run after which somebody should know: the quota is too small, or the key is refused.
const LATE_AFTER_DAYS: i32 = 2;

fn count_if_late(progress: &Progress) {
    // Where none was ever good, since the first try.
    let last_good = progress.last_good.or(progress.first_tried);
    let late = last_good.is_some_and(|good| good < days_after(progress.day, -LATE_AFTER_DAYS));
    if late {
        telemetry::count("TrinksReconciliationLate", ("Salon", &progress.salon.to_string()));
    }
}

/// A day that is done is walked again; one that is not goes on.
fn begun_anew(done: Progress) -> Progress {
    if done.step != Step::Done {
        return done;
    }
    // Yesterday's place is no place of today: `next_run` begins.
    Progress { day: done.day.yesterday().unwrap_or(done.day), ..done }
}

fn turn<T>(progress: &mut Progress, page: &Page<T>, next: Step) {
    if page.is_last() {
        progress.step = next;
        progress.page = 1;
    } else {
        progress.page += 1;
    }
}

/// The day is walked. The ids have served; a next run begins with none.
fn finish(progress: &mut Progress) {
    // The list that has the reversed ones too is empty and the other is not: that was spurious.
    progress.gaps |= progress.all.is_empty() && !progress.live.is_empty();
    if !progress.gaps {
        progress.last_good = Some(progress.day);
    }
    progress.all.clear();
    progress.live.clear();
    tracing::info!(
        event = "trinks_reconciled",
        salon = %progress.salon,
        closings = progress.repaired.closings,
        reversals = progress.repaired.reversals,
        appointments = progress.repaired.appointments,
        clients = progress.repaired.clients,
        complete = progress.complete,
        gaps = progress.gaps,
    );
}

fn days_after(day: Date, days: i32) -> Date {
    day.checked_add(days.days()).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn begin(stored: Option<Progress>, today: &str) -> Progress {
        next_run(stored, EstablishmentId::new(1).unwrap(), day(today), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_run_begins_two_days_before_the_last_good_one() {
        let first = begin(None, "2026-11-22");
        assert_eq!((first.from, first.step), (day("2026-11-20"), Step::AllAccounts));
        let stored = Progress { last_good: Some(day("2026-11-18")), day: day("2026-11-18"), ..first };
        assert_eq!(begin(Some(stored.clone()), "2026-11-22").from, day("2026-11-16"));
        let ancient = Progress { last_good: Some(day("2026-01-01")), ..stored };
        assert_eq!(begin(Some(ancient), "2026-11-22").from, day("2026-10-22"));
    }

    #[test]
    fn a_run_of_today_goes_on_where_it_stopped() {
        let stopped = Progress { step: Step::Clients, page: 3, ..begin(None, "2026-11-22") };
        assert_eq!(begin(Some(stopped.clone()), "2026-11-22"), stopped);
        assert_eq!(begin(Some(stopped), "2026-11-23").step, Step::AllAccounts);
    }
}
