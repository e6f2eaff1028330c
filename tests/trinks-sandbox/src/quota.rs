//! Sixty calls a minute and a number a month, counted as Trinks does: by calendar minute and month of the salon's clock.

use crate::call::{Call, Reply};
use crate::clock;
use jiff::civil::DateTime;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};

/// Calls that the log keeps.
const LOG: usize = 500;

/// The quota and what was called.
#[derive(Debug)]
pub(crate) struct Quota {
    pub(crate) per_minute: u64,
    pub(crate) per_month: u64,
    pub(crate) send_retry_after: bool,
    month: (i16, i8),
    used: u64,
    minutes: BTreeMap<String, Minute>,
    recent: VecDeque<Value>,
    total: u64,
    refused: u64,
}

/// Calls within one calendar minute.
#[derive(Debug, Default, Clone, Copy)]
struct Minute {
    taken: u64,
    refused: u64,
}

impl Default for Quota {
    fn default() -> Self {
        let now = clock::now();
        Self {
            per_minute: 60,
            per_month: 5_000,
            send_retry_after: false,
            month: (now.year(), now.month()),
            used: 0,
            minutes: BTreeMap::new(),
            recent: VecDeque::new(),
            total: 0,
            refused: 0,
        }
    }
}

impl Quota {
    /// Takes one call, or says when the next cycle begins. A refused call costs nothing.
    pub(crate) fn take(&mut self, now: DateTime) -> Result<(), Reply> {
        self.turn(now);
        let minute = self.minutes.entry(clock::minute(now)).or_default();
        if self.used >= self.per_month {
            return Err(self.refusal(now, true));
        }
        if minute.taken >= self.per_minute {
            return Err(self.refusal(now, false));
        }
        minute.taken += 1;
        self.used += 1;
        Ok(())
    }

    /// A 429, whether the quota or a fault asks for it.
    pub(crate) fn refusal(&mut self, now: DateTime, monthly: bool) -> Reply {
        self.refused += 1;
        self.minutes.entry(clock::minute(now)).or_default().refused += 1;
        let mut reply = Reply::message(429, "Limite de requisições excedido");
        if self.send_retry_after {
            reply.retry_after = Some(if monthly { to_next_month(now) } else { to_next_minute(now) });
        }
        reply
    }

    /// Sets how many calls this month has already seen.
    pub(crate) fn set_used(&mut self, used: u64) {
        self.turn(clock::now());
        self.used = used;
    }

    pub(crate) fn used(&self) -> u64 {
        self.used
    }

    fn turn(&mut self, now: DateTime) {
        if self.month != (now.year(), now.month()) {
            self.month = (now.year(), now.month());
            self.used = 0;
        }
    }

    /// Writes a call down, answered or refused. The lane is what our own client may tell of its priority.
    pub(crate) fn log(&mut self, call: &Call, at: DateTime, status: u16) {
        self.total += 1;
        if self.recent.len() == LOG {
            self.recent.pop_front();
        }
        self.recent.push_back(json!({
            "at": clock::written(at), "method": call.method, "path": call.path, "status": status,
            "lane": call.header("x-ponte-lane"),
        }));
    }

    /// For `GET /sandbox/calls`.
    pub(crate) fn report(&self) -> Value {
        let by_minute: BTreeMap<&str, Value> = self
            .minutes
            .iter()
            .map(|(minute, count)| (minute.as_str(), json!({ "taken": count.taken, "refused": count.refused })))
            .collect();
        let maximum = self.minutes.values().map(|count| count.taken + count.refused).max().unwrap_or(0);
        json!({
            "total": self.total, "this_month": self.used, "refused_429": self.refused,
            "maximum_in_a_minute": maximum, "by_minute": by_minute, "recent": self.recent,
        })
    }

    /// `GET /v1/consumo`: disagrees with what is counted, as the real one does.
    pub(crate) fn advisory(&self) -> Value {
        let total = i64::try_from(self.per_month).unwrap_or(i64::MAX);
        let used = i64::try_from(self.used).unwrap_or(i64::MAX).saturating_mul(2).saturating_add(18);
        json!({
            "plano": "Sandbox", "cotaTotal": total, "totalUtilizado": used, "saldoRestante": total.saturating_sub(used),
        })
    }
}

fn to_next_minute(now: DateTime) -> u64 {
    u64::try_from(60 - i64::from(now.second())).unwrap_or(1)
}

fn to_next_month(now: DateTime) -> u64 {
    let first = now.date().last_of_month().tomorrow().unwrap_or(now.date()).at(0, 0, 0, 0);
    u64::try_from(first.duration_since(now).as_secs()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    #[test]
    fn a_new_minute_opens_and_a_refusal_costs_nothing() {
        let mut quota = Quota { per_minute: 2, ..Quota::default() };
        let now = clock::now();
        assert!(quota.take(now).is_ok() && quota.take(now).is_ok());
        assert_eq!(quota.take(now).unwrap_err().status, 429);
        assert_eq!(quota.used, 2);
        assert!(quota.take(now.saturating_add(1.minute())).is_ok());
    }

    #[test]
    fn a_new_month_opens() {
        let mut quota = Quota { per_month: 1, send_retry_after: true, ..Quota::default() };
        let now = clock::now();
        assert!(quota.take(now).is_ok());
        assert!(quota.take(now).unwrap_err().retry_after.is_some());
        assert!(quota.take(now.saturating_add(1.month())).is_ok());
    }
}
