//! `bonus-expiring`: tells, some days before, that money's time will be over.
//!
//! No scan: every change of an account leaves a pointer under the day on which its member is to be told.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use lambda_runtime::Error;
use ponte_domain::domain_event::{DomainEvent, News};
use ponte_domain::ids::{MemberId, ProgramId};
use ponte_domain::ledger::Account;
use ponte_domain::money::Money;
use ponte_platform::aws::Aws;
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::settings;
use ponte_platform::table::{Table, Unless};
use serde::{Deserialize, Serialize};

use super::Publisher;

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
    let mut days: Vec<Date> = account
        .lots
        .iter()
        .filter(|lot| !lot.remaining.is_zero() && lot.valid_until > now)
        .map(|lot| day(lot.valid_until.saturating_sub(notice).unwrap_or(now).max(now)))
        .collect();
    days.sort_unstable();
    days.dedup();
    for day in days {
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
        let horizon = now.saturating_add(self.notice).unwrap_or(now);
        let lots = account.map(|account| account.lots).unwrap_or_default();
        let expiring = || {
            let soon = |lot: &&ponte_domain::ledger::Lot| lot.valid_until > now && lot.valid_until <= horizon;
            lots.iter().filter(soon).filter(|lot| !lot.remaining.is_zero())
        };
        let Some(expires_at) = expiring().map(|lot| lot.valid_until).min() else { return Ok(false) };
        let amount: Money = expiring().map(|lot| lot.remaining).sum();
        let group = format!("expiring#{}#{}", pointer.program, pointer.member.as_str());
        let event = DomainEvent {
            id: format!("{group}#{}", day(expires_at)),
            group,
            sequence: u64::try_from(expires_at.as_second()).unwrap_or_default(),
            at: now,
            program: pointer.program.clone(),
            news: News::BonusExpiring { member: pointer.member.clone(), amount, expires_at },
        };
        self.publisher.publish(&event).await?;
        Ok(true)
    }
}
