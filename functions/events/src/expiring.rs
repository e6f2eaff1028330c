//! `bonus-expiring`: tells, some days before, that money's time will be over.
//!
//! No scan: every change of an account leaves a pointer under the day on which its member is to be told.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use lambda_runtime::Error;
use ponte_domain::domain_event::{DomainEvent, News};
use ponte_domain::ids::{MemberId, ProgramId};
use ponte_domain::ledger::{Account, Lot};
use ponte_domain::money::Money;
use ponte_platform::aws::Aws;
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::settings;
use ponte_platform::table::{Table, Unless};
use serde::{Deserialize, Serialize};

use crate::Publisher;

/// Days that a run looks back, should runs have failed.
const DAYS_BACK: i32 = 3;
/// Members told on one day, of all programmes, in one run; the next run tells the rest.
const MEMBERS: usize = 5_000;

/// The pointer under a day.
#[derive(Debug, Serialize, Deserialize)]
struct Pointer {
    program: ProgramId,
    member: MemberId,
    /// When the table forgets it, in seconds.
    ttl: i64,
}

/// `PONTE_EXPIRY_NOTICE_DAYS`, 7 unless set.
pub(super) fn notice_from_env() -> Result<SignedDuration, Error> {
    let days = settings::number("PONTE_EXPIRY_NOTICE_DAYS", 7)?;
    Ok(SignedDuration::from_hours(24 * i64::try_from(days.min(365)).unwrap_or(7)))
}

/// Leaves a pointer for each day on which a part of the account's money is to be told of.
pub(super) async fn note(
    table: &Table,
    program: &ProgramId,
    member: &MemberId,
    account: &Account,
    notice: SignedDuration,
    now: Timestamp,
) -> Result<(), Failure> {
    for day in days_to_tell(&account.lots, notice, now) {
        let forgotten = day.checked_add((DAYS_BACK + 7).days()).unwrap_or(day);
        let ttl = forgotten.to_zoned(TimeZone::UTC).map_or(0, |zoned| zoned.timestamp().as_second());
        let pointer = Pointer { program: program.clone(), member: member.clone(), ttl };
        table.put(&keys::expiring(day, program, member), &pointer, Unless::Anything).await?;
    }
    Ok(())
}

fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// The days on which somebody is to be told of a part of this money.
fn days_to_tell(lots: &[Lot], notice: SignedDuration, now: Timestamp) -> BTreeSet<Date> {
    let alive = lots.iter().filter(|lot| !lot.remaining.is_zero() && lot.valid_until > now);
    alive.map(|lot| day_to_tell(lot, notice).max(day(now))).collect()
}

/// The day on which a lot is to be told of. By the day and not the hour: runs keep an hour of their own, and a lot that ends
/// later on its day than they run has its pointer under that day all the same.
fn day_to_tell(lot: &Lot, notice: SignedDuration) -> Date {
    day(lot.valid_until.saturating_sub(notice).unwrap_or(Timestamp::MIN))
}

/// What a run tells of these lots: how much ends on each day, and when the first of that day does. A day apart has news of its
/// own: who knows the one before must not take it for a repetition.
fn ending(lots: &[Lot], notice: SignedDuration, now: Timestamp) -> BTreeMap<Date, (Money, Timestamp)> {
    let is_due = |lot: &&Lot| lot.valid_until > now && day_to_tell(lot, notice) <= day(now);
    let mut ending = BTreeMap::new();
    for lot in lots.iter().filter(is_due).filter(|lot| !lot.remaining.is_zero()) {
        let (amount, first) = ending.entry(day(lot.valid_until)).or_insert((Money::ZERO, lot.valid_until));
        *amount = amount.plus(lot.remaining);
        *first = lot.valid_until.min(*first);
    }
    ending
}

/// What the Lambda builds once.
pub struct ExpiringMoney {
    table: Table,
    publisher: Publisher,
    notice: SignedDuration,
}

impl ExpiringMoney {
    /// Reads the Lambda's settings.
    pub fn from_env() -> Result<Self, Error> {
        let aws = Aws::from_env()?;
        Ok(Self { table: Table::from_env(&aws)?, publisher: Publisher::from_env(&aws)?, notice: notice_from_env()? })
    }

    /// Tells everybody whose turn it is. Told again, the event has the same id.
    pub async fn run(&self, now: Timestamp) -> Result<usize, Failure> {
        let mut told = 0;
        for back in 0..=DAYS_BACK {
            let day = day(now).checked_sub(back.days()).unwrap_or(Date::MIN);
            let pointers: Vec<Pointer> = self.table.query(&keys::expiring_partition(day), "", MEMBERS).await?;
            for pointer in pointers {
                told += usize::from(self.tell(&pointer, now).await?);
                self.table.delete(&keys::expiring(day, &pointer.program, &pointer.member)).await?;
            }
        }
        tracing::info!(event = "bonus_expiring", told);
        Ok(told)
    }

    async fn tell(&self, pointer: &Pointer, now: Timestamp) -> Result<bool, Failure> {
        let account: Option<Account> = self.table.get(&keys::account(&pointer.program, &pointer.member)).await?;
        let lots = account.map(|account| account.lots).unwrap_or_default();
        let ending = ending(&lots, self.notice, now);
        for (day, (amount, expires_at)) in &ending {
            let group = format!("expiring#{}#{}", pointer.program, pointer.member.as_str());
            let event = DomainEvent {
                id: format!("{group}#{day}"),
                group,
                sequence: u64::try_from(expires_at.as_second()).unwrap_or_default(),
                at: now,
                program: pointer.program.clone(),
                news: News::BonusExpiring { member: pointer.member.clone(), amount: *amount, expires_at: *expires_at },
            };
            self.publisher.publish(&event).await?;
        }
        Ok(!ending.is_empty())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ponte_domain::ids::LotId;
    use ponte_domain::ledger::RedemptionTerms;

    const NOTICE: SignedDuration = SignedDuration::from_hours(24 * 7);

    fn credit(valid_until: &str) -> Lot {
        Lot {
            id: LotId(1),
            campaign: None,
            amount: Money::from_cents(500),
            remaining: Money::from_cents(500),
            valid_from: "2026-03-01T00:00:00Z".parse().unwrap(),
            valid_until: valid_until.parse().unwrap(),
            terms: RedemptionTerms::FREE,
            absorbed: Vec::new(),
        }
    }

    /// Which day's end an account is told of for the first time, and when, where the outbox saw it at `noted` and runs come
    /// at noon. Whoever listens deduplicates by the day that is in the event's id.
    fn told(lots: &[Lot], noted: &str) -> Vec<(String, String)> {
        let noted: Timestamp = noted.parse().unwrap();
        let mut pointers = days_to_tell(lots, NOTICE, noted);
        let first: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let runs = (0..60).map(|days| first.saturating_add(SignedDuration::from_hours(24 * days)).unwrap());
        let (mut told, mut known) = (Vec::new(), BTreeSet::new());
        for now in runs.filter(|run| *run > noted) {
            for back in 0..=DAYS_BACK {
                if pointers.remove(&day(now).checked_sub(back.days()).unwrap()) {
                    let ending = ending(lots, NOTICE, now);
                    let news = ending.keys().filter(|ends| known.insert(**ends));
                    told.extend(news.map(|ends| (ends.to_string(), now.to_string())));
                }
            }
        }
        told
    }

    fn pair(ends: &str, run: &str) -> (String, String) {
        (ends.to_owned(), run.to_owned())
    }

    #[test]
    fn money_is_told_of_once_whatever_the_hour_of_its_end() {
        for hour in ["00:00:00", "03:00:00", "11:59:59", "12:00:00", "18:00:00", "23:59:59"] {
            let lots = [credit(&format!("2026-03-20T{hour}Z"))];
            assert_eq!(
                told(&lots, "2026-03-02T10:00:00Z"),
                [pair("2026-03-20", "2026-03-13T12:00:00Z")],
                "ends at {hour}"
            );
        }
    }

    #[test]
    fn what_ends_a_day_later_is_news_of_its_own() {
        let lots = [credit("2026-03-20T18:00:00Z"), credit("2026-03-20T01:00:00Z"), credit("2026-03-21T01:00:00Z")];
        let expected = [pair("2026-03-20", "2026-03-13T12:00:00Z"), pair("2026-03-21", "2026-03-14T12:00:00Z")];
        assert_eq!(told(&lots, "2026-03-02T10:00:00Z"), expected);
        let ending = ending(&lots, NOTICE, "2026-03-13T12:00:00Z".parse().unwrap());
        let one = (Money::from_cents(1_000), "2026-03-20T01:00:00Z".parse().unwrap());
        assert_eq!(ending.into_values().collect::<Vec<_>>(), [one]);
    }

    #[test]
    fn money_that_ends_sooner_than_the_notice_is_told_of_by_the_next_run() {
        let lots = [credit("2026-03-20T18:00:00Z")];
        for (noted, run) in
            [("2026-03-18T09:00:00Z", "2026-03-18T12:00:00Z"), ("2026-03-18T15:00:00Z", "2026-03-19T12:00:00Z")]
        {
            assert_eq!(told(&lots, noted), [pair("2026-03-20", run)], "noted at {noted}");
        }
        let over = [credit("2026-03-18T11:00:00Z")];
        assert!(told(&over, "2026-03-17T13:00:00Z").is_empty(), "it was over before a run");
    }
}
