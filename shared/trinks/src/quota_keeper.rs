//! Tokens of Trinks' quota: one item per API key, one conditional write per token (design section 5).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use ponte_domain::quota::{self, Lane, QuotaPlan, QuotaState, QuotaStatus, Taken};
use ponte_domain::trinks::ConnectionId;
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::ledger_store::Tries;
use ponte_platform::table::{Replaced, Table};

use crate::connection::Connection;

/// Takes tokens for all Lambdas that share a key.
pub struct QuotaKeeper {
    table: Table,
    /// What this Lambda last saw: usually still true, so that a token costs one write and no read.
    seen: Mutex<HashMap<ConnectionId, QuotaState>>,
}

/// What asking for a token came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// The call may be made, if it leaves by then.
    Granted {
        /// Later than this the token has lapsed.
        send_by: Timestamp,
    },
    /// Not in this minute.
    NextMinute(Timestamp),
    /// Not in this month.
    NextMonth(Timestamp),
}

impl QuotaKeeper {
    /// A keeper over the table.
    #[must_use]
    pub fn new(table: Table) -> Self {
        Self { table, seen: Mutex::new(HashMap::new()) }
    }

    /// Takes a token for one call. Once it is granted it is spent, whatever becomes of the call.
    pub async fn take(&self, connection: &Connection, lane: Lane, purpose: &'static str) -> Result<Token, Failure> {
        let plan = connection.plan()?;
        let mut outcome = Token::NextMinute(Timestamp::now());
        self.change(connection, |state, now| match quota::take(state, &plan, lane, purpose, now) {
            Taken::Granted(next) => {
                outcome = Token::Granted { send_by: plan.send_by(now) };
                Some(next)
            }
            Taken::NextMinute { at } => {
                outcome = Token::NextMinute(at);
                None
            }
            Taken::NextMonth { at } => {
                outcome = Token::NextMonth(at);
                None
            }
        })
        .await?;
        Ok(outcome)
    }

    /// Trinks answered 429: the window is spent for everyone. Says when to try again.
    pub async fn refused(
        &self,
        connection: &Connection,
        lane: Lane,
        retry_after: Option<SignedDuration>,
    ) -> Result<Token, Failure> {
        let plan = connection.plan()?;
        self.change(connection, |state, now| quota::refused(state, &plan, lane, now, retry_after)).await?;
        let state = self.last_seen(&connection.id);
        let now = Timestamp::now();
        Ok(match quota::take(&state, &plan, lane, "probe", now) {
            Taken::NextMonth { at } => Token::NextMonth(at),
            Taken::NextMinute { at } => Token::NextMinute(at),
            // The pause is over already.
            Taken::Granted(_) => Token::NextMinute(now),
        })
    }

    /// Trinks answered: a 429 before it is over. Usually nothing has to be written.
    pub async fn answered(&self, connection: &Connection) -> Result<(), Failure> {
        if quota::answered(&self.last_seen(&connection.id)).is_none() {
            return Ok(());
        }
        self.change(connection, |state, _| quota::answered(state)).await
    }

    /// An operator ends the pause, or the spent month, that a 429 brought about. Without one, nothing is written.
    pub async fn release(&self, connection: &Connection) -> Result<(), Failure> {
        self.change(connection, |state, _| {
            let stopped = state.pause.is_some() || state.month_spent_until.is_some();
            stopped.then(|| quota::released(state))
        })
        .await
    }

    /// Where the quota stands, as the table says.
    pub async fn status(&self, connection: &Connection) -> Result<QuotaStatus, Failure> {
        let state: Option<QuotaState> = self.table.get(&keys::trinks_quota(&connection.id)).await?;
        Ok(quota::status(&state.unwrap_or_default(), &connection.plan()?, Timestamp::now()))
    }

    /// What this Lambda last saw, for the log.
    #[must_use]
    pub fn glance(&self, connection: &Connection, plan: &QuotaPlan) -> QuotaStatus {
        quota::status(&self.last_seen(&connection.id), plan, Timestamp::now())
    }

    /// Writes what `next` makes of the state, on the state that is there; `None` writes nothing, but only once the table
    /// itself was seen: a refusal out of memory may be out of date.
    async fn change(
        &self,
        connection: &Connection,
        mut next: impl FnMut(&QuotaState, Timestamp) -> Option<QuotaState>,
    ) -> Result<(), Failure> {
        let key = keys::trinks_quota(&connection.id);
        let mut state = self.last_seen(&connection.id);
        let mut is_current = false;
        let mut tries = Tries::patient();
        loop {
            let Some(written) = next(&state, Timestamp::now()) else {
                if is_current {
                    return Ok(());
                }
                state = self.table.get(&key).await?.unwrap_or_default();
                is_current = true;
                self.remember(&connection.id, &state);
                continue;
            };
            match self.table.replace(&key, &written, state.version).await? {
                Replaced::Written => {
                    self.remember(&connection.id, &written);
                    return Ok(());
                }
                Replaced::Current(current) => {
                    state = current.unwrap_or_default();
                    is_current = true;
                    self.remember(&connection.id, &state);
                    tries.wait().await?;
                }
            }
        }
    }

    fn last_seen(&self, id: &ConnectionId) -> QuotaState {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned().unwrap_or_default()
    }

    fn remember(&self, id: &ConnectionId, state: &QuotaState) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), state.clone());
    }
}
