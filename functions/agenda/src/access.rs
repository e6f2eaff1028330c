//! Who calls, and for which salon.

use std::fmt;

use ponte_platform::keys;
use ponte_trinks::agenda_key::{AgendaKey, parse_key, sha256_of};

use crate::agenda::{Agenda, Salon};
use crate::call::Call;
use crate::problem::Problem;

/// Who calls.
pub(crate) struct Caller {
    /// The key's id: what is recorded with what the caller does.
    key: String,
    /// The salon of the key's store.
    pub(crate) salon: Salon,
}

impl Caller {
    /// Writes the audit line of a change: which key did what to what. `what` must not be personal.
    pub(crate) fn did(&self, action: &'static str, what: impl fmt::Display) {
        tracing::info!(event = "agenda_change", key = self.key, salon = %self.salon.id(), action, what = %what);
    }
}

/// Finds out who calls. The key is looked up on every call, so a revoked one stops at once.
pub(crate) async fn authenticate(agenda: &Agenda, call: &Call<'_>) -> Result<Caller, Problem> {
    let given = call.header("authorization").and_then(bearer).ok_or_else(Problem::unauthorized)?;
    let (id, _) = parse_key(given).ok_or_else(Problem::unauthorized)?;
    let known: Option<AgendaKey> = agenda.table.get(&keys::agenda_key(id)).await?;
    let sha256 = sha256_of(given);
    let known = known.filter(|known| known.accepts(&sha256)).ok_or_else(Problem::unauthorized)?;
    Ok(Caller { key: known.id, salon: agenda.salon(known.store).await? })
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, key) = header.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_travels_as_bearer_only() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc "), Some("abc"));
        for header in ["abc", "Basic abc", ""] {
            assert_eq!(bearer(header), None, "{header}");
        }
    }
}
