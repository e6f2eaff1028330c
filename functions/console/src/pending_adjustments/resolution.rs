//! Resolving a pending adjustment: settled (posted to the account) or dismissed (left as it is).

use jiff::{SignedDuration, Timestamp};
use lambda_http::{Body, Response};
use ponte_domain::fingerprint::Fingerprint;
use ponte_domain::ledger::{Account, Author, Books, PendingAdjustment, PendingStatus, Sale, settle_pending};
use ponte_domain::refusal::Refusal;
use ponte_platform::failure::Failure;
use ponte_platform::fields::Fields;
use ponte_platform::http::json;
use ponte_platform::keys::{self, Key};
use ponte_platform::ledger_store::{Answer, Attempt, Committed, commit};
use ponte_platform::member_store::MemberKey;
use ponte_platform::table::{Unless, read_optional};
use ponte_platform::until_settled;
use utoipa::ToSchema;

use super::{PendingRecord, PendingView};
use crate::access::{Caller, Role};
use crate::call::Call;
use crate::console::Console;
use crate::problem::Problem;
use crate::{limits, read};

/// How to resolve a pending adjustment.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "documents the body, which is read field by field")]
pub(crate) struct ResolutionBody {
    #[schema(inline)]
    action: ActionName,
    /// What for. It is kept with the posting, so it must not name people.
    #[schema(min_length = 1, max_length = 300)]
    reason: String,
    /// Who decided.
    #[schema(min_length = 1, max_length = 100)]
    author: String,
}

/// `settle` posts the difference to the account; `dismiss` leaves the account as it is.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[allow(dead_code, reason = "documents the two actions")]
pub(crate) enum ActionName {
    Settle,
    Dismiss,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Settle,
    Dismiss,
}

impl Action {
    fn read(fields: &Fields<'_>) -> Result<Self, Problem> {
        match read::required(fields.text("action")?, "action")?.as_str() {
            "settle" => Ok(Self::Settle),
            "dismiss" => Ok(Self::Dismiss),
            _ => Err(Problem::field("action", "`settle` or `dismiss`")),
        }
    }

    /// What a resolution of this kind leaves behind.
    fn outcome(self) -> PendingStatus {
        match self {
            Self::Settle => PendingStatus::Settled,
            Self::Dismiss => PendingStatus::Dismissed,
        }
    }
}

/// Resolves a pending adjustment.
///
/// `settle` debits what the till took off the sale (what the account does not have becomes a debt), or gives back what the
/// till did not use; a later reversal of the sale undoes it. `dismiss` leaves the account as it is. The same action again
/// gets the resolution that was made; another action, 409. Needs the role operator.
#[utoipa::path(post, path = "/console/v1/programs/{program}/pending-adjustments/{pending}/resolution", tag = "pending adjustments",
    operation_id = "resolve_pending_adjustment",
    params(
        ("program" = String, Path, description = "The programme's slug", pattern = "^[a-z0-9-]{1,40}$"),
        ("pending" = String, Path, description = "The pending adjustment's `id`")),
    request_body = ResolutionBody,
    responses(
        (status = 200, body = PendingView, description = "Resolved, now or before"),
        (status = 404, description = "No such pending adjustment"),
        (status = 409, description = "`already_resolved`")))]
pub(crate) async fn resolve(
    console: &Console,
    call: &Call<'_>,
    caller: &Caller,
    key: &Key,
) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Operator)?;
    let body = call.body(&["action", "reason", "author"], &[])?;
    let action = Action::read(&body)?;
    let author = Author { name: read::author(&body)?, reason: read::reason(&body)? };
    let work = Work { console, key, action, author, by: &caller.key, now: call.now };
    let record = until_settled!(work.attempt())?;
    caller.did("resolve_pending_adjustment", &key.sk);
    Ok(json(200, &PendingView::from(record)))
}

/// One request's tries at resolving.
struct Work<'a> {
    console: &'a Console,
    key: &'a Key,
    action: Action,
    author: Author,
    by: &'a str,
    now: Timestamp,
}

type Tried = Result<Attempt<Result<PendingRecord, Problem>>, Failure>;

impl Work<'_> {
    async fn attempt(&self) -> Tried {
        let Some(record) = self.console.table.get::<PendingRecord>(self.key).await? else {
            let message = "There is no such pending adjustment. The list gives the ids.";
            return Ok(Attempt::Done(Err(Problem::not_found("pending_adjustment_not_found", message))));
        };
        if record.pending.status == self.action.outcome() {
            return Ok(Attempt::Done(Ok(record)));
        }
        if record.pending.status != PendingStatus::Open {
            return Err(Refusal::PendingAlreadyResolved.into());
        }
        let (sale, account) = self.sale_and_account(&record.pending).await?;
        match self.action {
            Action::Settle => self.settle(record.pending, sale, account).await,
            Action::Dismiss => self.dismiss(record.pending, sale).await,
        }
    }

    async fn sale_and_account(&self, pending: &PendingAdjustment) -> Result<(Sale, Account), Failure> {
        let sale = keys::sale(pending.store, &pending.note);
        let account = keys::account(&pending.program, &pending.member);
        let [sale, account] = self.console.table.get_many([&sale, &account]).await?;
        let missing = || Failure::Bug(format!("the pending adjustment {} has no sale", pending.id));
        Ok((read_optional("sale", sale)?.ok_or_else(missing)?, read_optional("account", account)?.unwrap_or_default()))
    }

    async fn settle(&self, pending: PendingAdjustment, sale: Sale, account: Account) -> Tried {
        let member = MemberKey { program: pending.program.clone(), member: pending.member.clone() };
        let read_version = sale.version;
        let books = Books::open(account, member.program.clone(), member.member.clone(), self.now);
        let decision = settle_pending(books, pending, sale, &self.author)?;
        let (settled, sale) = &decision.outcome;
        let record = self.resolved(settled.clone());
        let extras = vec![
            self.console.table.transact_put(self.key, &record, Unless::StatusIsNot("open"))?,
            self.console.table.transact_put(
                &keys::sale(sale.store, &sale.note),
                sale,
                Unless::VersionIsNot(read_version.into()),
            )?,
        ];
        let response = serde_json::to_string(&PendingView::from(record.clone()))
            .map_err(|error| Failure::Bug(format!("a resolution cannot be written as JSON: {error}")))?;
        let fingerprint = Fingerprint::default().with(Some("settle")).with(Some(&self.key.sk)).finish();
        let answer = Answer { fingerprint: &fingerprint, response: &response };
        match commit(&self.console.table, &member, &decision, answer, extras).await? {
            Committed::Written => Ok(Attempt::Done(Ok(record))),
            // Somebody else resolved it, or changed the sale: the next try reads what came of it.
            Committed::Repeated(_) | Committed::ExtraRefused { .. } | Committed::Conflict => Ok(Attempt::Conflict),
        }
    }

    async fn dismiss(&self, mut pending: PendingAdjustment, mut sale: Sale) -> Tried {
        if sale.reversal.is_some() {
            return Err(Refusal::PendingAlreadyResolved.into());
        }
        let read_version = sale.version;
        pending.status = PendingStatus::Dismissed;
        pending.resolution = Some(format!("{}: {}", self.author.name, self.author.reason));
        sale.pending = false;
        sale.version += 1;
        let record = self.resolved(pending);
        let table = &self.console.table;
        let written = table.put_all(vec![
            table.transact_put(self.key, &record, Unless::StatusIsNot("open"))?,
            table.transact_put(
                &keys::sale(sale.store, &sale.note),
                &sale,
                Unless::VersionIsNot(read_version.into()),
            )?,
        ]);
        Ok(if written.await? { Attempt::Done(Ok(record)) } else { Attempt::Conflict })
    }

    fn resolved(&self, pending: PendingAdjustment) -> PendingRecord {
        let leaves =
            self.now.saturating_add(SignedDuration::from_hours(24 * limits::RESOLVED_DAYS)).unwrap_or(Timestamp::MAX);
        PendingRecord {
            pending,
            resolved_at: Some(self.now),
            resolved_by: Some(self.by.to_owned()),
            ttl: Some(leaves.as_second()),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    pub(crate) fn open_pending() -> PendingAdjustment {
        serde_json::from_str(
            r#"{"id":"3f2504e0-4f89-41d3-9a0c-0305e82c3301","program":"demo","store":"1#11222333000181",
                "note":{"series":"1","number":"123"},"member":"m","amount_cents":-1050,"at":1700000000000,"status":"open"}"#,
        )
        .unwrap()
    }

    #[test]
    fn only_two_actions_are_known() {
        let read = |json: &str| Action::read(&Fields::parse(json).unwrap());
        assert_eq!(read(r#"{"action":"settle"}"#).unwrap().outcome(), PendingStatus::Settled);
        assert_eq!(read(r#"{"action":"dismiss"}"#).unwrap().outcome(), PendingStatus::Dismissed);
        assert_eq!(read(r#"{"action":"void"}"#).unwrap_err().code(), "invalid_field");
        assert_eq!(read("{}").unwrap_err().code(), "missing_field");
    }

    #[test]
    fn the_condition_on_an_open_one_uses_the_name_that_is_stored() {
        assert_eq!(serde_json::to_string(&PendingStatus::Open).unwrap(), "\"open\"");
    }
}
