//! Manual adjustments: `POST /console/v1/programs/{program}/adjustments`.

use jiff::{SignedDuration, Timestamp};
use lambda_http::{Body, Request, Response};
use ponte_domain::documents::Cpf;
use ponte_domain::fingerprint::Fingerprint;
use ponte_domain::ids::{MemberId, Operation, ProgramId, TransactionId};
use ponte_domain::ledger::{Account, AdjustRequest, Author, Books, Decision, PostingKey, Scope, adjust};
use ponte_domain::money::{Balance, Money};
use ponte_platform::failure::Failure;
use ponte_platform::fields::Fields;
use ponte_platform::http::json_text;
use ponte_platform::keys;
use ponte_platform::ledger_store::{Answer, Attempt, Committed, PostingRecord, commit, replay};
use ponte_platform::member_store::MemberKey;
use ponte_platform::table::read_optional;
use ponte_platform::until_settled;
use ponte_platform::wire_money::WireMoney;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access::{Caller, Role, authenticate};
use crate::call::{Call, program_id};
use crate::console::{Console, no_member, no_program};
use crate::problem::{Problem, answer};
use crate::views::{PostingView, instant, whole_second};
use crate::{limits, read};

/// A manual credit or debit.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "documents the body, which is read field by field")]
pub(crate) struct AdjustmentBody {
    /// Made by the caller: repeating the request with the same id posts nothing twice.
    #[schema(format = "uuid", example = "3f2504e0-4f89-41d3-9a0c-0305e82c3301")]
    id: String,
    /// The member's CPF.
    #[schema(example = "11144477735")]
    cpf: String,
    /// Positive gives, negative takes; not zero.
    amount: WireMoney,
    /// What for. It is kept for ever, so it must not name people.
    #[schema(min_length = 1, max_length = 300)]
    reason: String,
    /// Who decided.
    #[schema(min_length = 1, max_length = 100)]
    author: String,
    /// Days in which a credit can be spent. Not for a debit.
    #[schema(minimum = 1, maximum = 730, default = 90)]
    valid_days: Option<u16>,
}

/// A posted adjustment. A repetition gets the very same text.
#[derive(Serialize, ToSchema)]
#[schema(as = Adjustment)]
pub(crate) struct AdjustmentView {
    id: String,
    program: String,
    /// The member's pseudonym.
    member: String,
    amount: WireMoney,
    /// What the member can see as balance after it.
    balance: WireMoney,
    /// Until when a credit can be spent.
    #[schema(format = DateTime)]
    valid_until: Option<String>,
    /// The id of the key that posted it.
    key: String,
    posting: PostingView,
}

/// Answers one call.
pub async fn handle(console: &Console, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(console, &Call::new(request, now)).await)
}

async fn route(console: &Console, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(console, call).await?;
    match (call.path().as_slice(), call.method()) {
        (["programs", program, "adjustments"], "POST") => post(console, call, &caller, program_id(program)?).await,
        (["programs", _, "adjustments"], _) => Err(Problem::method("POST")),
        _ => Err(Problem::no_route()),
    }
}

/// Gives or takes bonus money by hand.
///
/// A debit takes from any unexpired money and is refused beyond the balance. The same `id` with the same content gets
/// the same answer again; with another content, 409. Needs the role operator.
#[utoipa::path(post, path = "/console/v1/programs/{program}/adjustments", tag = "members", operation_id = "post_adjustment",
    params(("program" = String, Path, description = "The programme's slug", pattern = "^[a-z0-9-]{1,40}$")),
    request_body = AdjustmentBody,
    responses(
        (status = 201, body = AdjustmentView, description = "Posted, now or before"),
        (status = 404, description = "`program_not_found`, `member_not_found`"),
        (status = 409, description = "`insufficient_balance`, `id_reused`")))]
async fn post(
    console: &Console,
    call: &Call<'_>,
    caller: &Caller,
    program: ProgramId,
) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Operator)?;
    let asked = Asked::read(&call.body(&["id", "cpf", "amount", "reason", "author", "valid_days"], &[])?)?;
    let member = console.member(&program, asked.cpf).await?;
    let work = Work { console, asked: &asked, member: &member, key: &caller.key, now: call.now };
    let response = until_settled!(work.attempt())?;
    caller.did("post_adjustment", format!("{program}/{}", asked.id));
    Ok(json_text(201, response))
}

/// What was asked for.
struct Asked {
    id: TransactionId,
    cpf: Cpf,
    amount: Balance,
    author: Author,
    valid_days: Option<u16>,
}

impl Asked {
    fn read(fields: &Fields<'_>) -> Result<Self, Problem> {
        let id = Uuid::try_parse(&read::required(fields.text("id")?, "id")?);
        let amount = read::required(fields.signed_money("amount")?, "amount")?;
        let valid_days = read::whole(fields, "valid_days", &limits::CREDIT_DAYS)?;
        if amount == Balance::ZERO {
            return Err(Problem::field("amount", "above or below zero"));
        }
        if amount.is_negative() && valid_days.is_some() {
            return Err(Problem::bad("invalid_field", "`valid_days` is for credits only: leave it out of a debit."));
        }
        Ok(Self {
            id: TransactionId::from_uuid(id.map_err(|_| Problem::field("id", "a UUID"))?),
            cpf: read::cpf(fields)?,
            amount,
            author: Author { name: read::author(fields)?, reason: read::reason(fields)? },
            valid_days,
        })
    }

    /// When a credit's money expires.
    fn valid_until(&self, now: Timestamp) -> Timestamp {
        let days = self.valid_days.map_or(limits::CREDIT_DAYS_DEFAULT, u64::from);
        let hours = i64::try_from(days).unwrap_or_default().saturating_mul(24);
        whole_second(now.saturating_add(SignedDuration::from_hours(hours)).unwrap_or(now))
    }

    fn fingerprint(&self, member: &MemberId) -> String {
        let days = self.valid_days.map(|days| days.to_string());
        Fingerprint::default()
            .with(Some(member.as_str()))
            .with(Some(&self.amount.to_string()))
            .with(Some(&self.author.reason))
            .with(Some(&self.author.name))
            .with(days.as_deref())
            .finish()
    }
}

/// One request's tries at posting.
struct Work<'a> {
    console: &'a Console,
    asked: &'a Asked,
    member: &'a MemberKey,
    key: &'a str,
    now: Timestamp,
}

impl Work<'_> {
    async fn attempt(&self) -> Result<Attempt<Result<String, Problem>>, Failure> {
        let account = match self.read().await? {
            Found::Account(account) => account,
            Found::Answered(done) => return Ok(Attempt::Done(done)),
        };
        let MemberKey { program, member } = self.member;
        let request = AdjustRequest {
            transaction: self.asked.id.clone(),
            amount: self.asked.amount,
            valid_until: self.asked.valid_until(self.now),
            author: self.asked.author.clone(),
        };
        let decision = match adjust(Books::open(account, program.clone(), member.clone(), self.now), &request) {
            Ok(decision) => decision,
            Err(refusal) => return self.refused(refusal.into()).await,
        };
        let response = self.response(&decision)?;
        let fingerprint = self.asked.fingerprint(member);
        let answer = Answer { fingerprint: &fingerprint, response: &response };
        match commit(&self.console.table, self.member, &decision, answer, Vec::new()).await? {
            Committed::Written => Ok(Attempt::Done(Ok(response))),
            Committed::Repeated(record) => Ok(Attempt::Done(Ok(replay(*record, &fingerprint)?))),
            Committed::Conflict | Committed::ExtraRefused { .. } => Ok(Attempt::Conflict),
        }
    }

    /// Account and what stands beside it, in one round trip. A repetition is answered before anything is decided: after
    /// a debit that took all there was, deciding again would refuse it.
    async fn read(&self) -> Result<Found, Failure> {
        let MemberKey { program, member } = self.member;
        let places =
            (keys::program(program), keys::profile(program, member), keys::account(program, member), self.posting());
        let items = self.console.table.get_many([&places.0, &places.1, &places.2, &places.3]).await?;
        let [known_program, profile, account, posting] = items;
        if let Some(record) = read_optional("posting", posting)? {
            return Ok(Found::Answered(Ok(self.replayed(record)?)));
        }
        if known_program.is_none() {
            return Ok(Found::Answered(Err(no_program(program))));
        }
        if profile.is_none() && account.is_none() {
            return Ok(Found::Answered(Err(no_member(program))));
        }
        let account: Option<Account> = read_optional("account", account)?;
        Ok(Found::Account(account.unwrap_or_default()))
    }

    /// Refused; unless the same request was posted by another call between the reads, and that is why.
    async fn refused(&self, refusal: Failure) -> Result<Attempt<Result<String, Problem>>, Failure> {
        match self.console.table.get(&self.posting()).await? {
            Some(record) => Ok(Attempt::Done(Ok(self.replayed(record)?))),
            None => Err(refusal),
        }
    }

    fn replayed(&self, record: PostingRecord) -> Result<String, Failure> {
        replay(record, &self.asked.fingerprint(&self.member.member))
    }

    fn posting(&self) -> keys::Key {
        keys::posting(&PostingKey {
            scope: Scope::Program(self.member.program.clone()),
            transaction: self.asked.id.clone(),
            operation: Operation::Adjust,
        })
    }

    fn response(&self, decision: &Decision<Money>) -> Result<String, Failure> {
        let posting =
            decision.postings.last().cloned().ok_or_else(|| Failure::Bug("an adjustment without a posting".into()))?;
        let credit = !self.asked.amount.is_negative();
        let view = AdjustmentView {
            id: self.asked.id.to_string(),
            program: self.member.program.to_string(),
            member: self.member.member.as_str().to_owned(),
            amount: self.asked.amount.into(),
            balance: decision.outcome.into(),
            valid_until: credit.then(|| instant(self.asked.valid_until(self.now))),
            key: self.key.to_owned(),
            posting: posting.into(),
        };
        serde_json::to_string(&view)
            .map_err(|error| Failure::Bug(format!("an adjustment cannot be written as JSON: {error}")))
    }
}

enum Found {
    Account(Account),
    Answered(Result<String, Problem>),
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn asked(extra: &str) -> Result<Asked, Problem> {
        let json = format!(
            r#"{{"id":"3F2504E0-4F89-41D3-9A0C-0305E82C3301","cpf":"111.444.777-35","reason":"cortesia","author":"Ana"{extra}}}"#
        );
        Asked::read(&Fields::parse(&json).unwrap())
    }

    #[test]
    fn amounts_are_exact_signed_and_not_zero() {
        assert_eq!(asked(r#","amount":10.50"#).unwrap().amount.to_string(), "10.50");
        assert_eq!(asked(r#","amount":"-1,00""#).unwrap().amount.to_string(), "-1.00");
        for amount in ["0", "0.00", "0.001", "99999999", "\"x\"", "null", "{}"] {
            assert_eq!(asked(&format!(r#","amount":{amount}"#)).err().unwrap().status(), 400, "{amount}");
        }
    }

    #[test]
    fn only_a_credit_has_a_validity() {
        assert_eq!(asked(r#","amount":1,"valid_days":730"#).unwrap().valid_days, Some(730));
        assert!(asked(r#","amount":1,"valid_days":731"#).is_err());
        assert!(asked(r#","amount":1,"valid_days":0"#).is_err());
        assert!(asked(r#","amount":-1,"valid_days":30"#).is_err());
    }

    #[test]
    fn the_fingerprint_is_of_the_content_and_not_of_its_form() {
        let member: MemberId = serde_json::from_str("\"m\"").unwrap();
        let fingerprint = |extra: &str| asked(extra).unwrap().fingerprint(&member);
        assert_eq!(fingerprint(r#","amount":10"#), fingerprint(r#","amount":"10.00""#));
        assert_ne!(fingerprint(r#","amount":10"#), fingerprint(r#","amount":11"#));
        assert_ne!(fingerprint(r#","amount":10"#), fingerprint(r#","amount":10,"valid_days":30"#));
    }
}
