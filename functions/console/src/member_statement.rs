//! A member's statement: `POST /console/v1/programs/{program}/members/statement`.
//!
//! A POST, because the CPF must not stand in a path or query: those are logged by everything in between.

use std::time::Duration;

use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
use ponte_domain::ids::ProgramId;
use ponte_domain::ledger::SaleTotal;
use ponte_domain::money::Rate;
use ponte_platform::http::json;
use ponte_platform::member_store::profile_and_account;
use ponte_platform::wire_money::WireMoney;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Caller, Role, authenticate};
use crate::call::{Call, program_id};
use crate::console::{Console, no_member};
use crate::history::{Reach, walk};
use crate::problem::{Problem, answer};
use crate::views::{LotView, OpenRedemptionView, PostingView};
use crate::{limits, read};

/// Whose statement.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "documents the body, which is read field by field")]
pub(crate) struct StatementBody {
    /// The member's CPF.
    #[schema(example = "11144477735")]
    cpf: String,
    /// `next` of the page before.
    #[schema(max_length = 400)]
    cursor: Option<String>,
    /// Postings at most.
    #[schema(minimum = 1, maximum = 50, default = 20)]
    limit: Option<u16>,
}

/// A member's balance and a page of postings.
#[derive(Serialize, ToSchema)]
pub(crate) struct Statement {
    /// The member's pseudonym.
    member: String,
    /// What the member can see: all unexpired money less the debt, never below zero.
    balance: WireMoney,
    /// What could be used now, in a sale that meets all terms.
    available: WireMoney,
    /// Bonus that was taken back after it was spent; the next bonus pays it first.
    debt: WireMoney,
    /// What all postings add up to: also money whose expiry is not posted yet, less the debt.
    ledger_balance: WireMoney,
    lots: Vec<LotView>,
    open_redemptions: Vec<OpenRedemptionView>,
    /// The newest first.
    postings: Vec<PostingView>,
    /// What this page's postings add up to. Over all pages it is `ledger_balance`.
    postings_sum: WireMoney,
    /// The next page's `cursor`; `null` when this was the last.
    next: Option<String>,
}

/// Answers one call.
pub async fn handle(console: &Console, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(console, &Call::new(request, now)).await)
}

async fn route(console: &Console, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(console, call).await?;
    match (call.path().as_slice(), call.method()) {
        (["programs", program, "members", "statement"], "POST") => {
            show(console, call, &caller, &program_id(program)?).await
        }
        (["programs", _, "members", "statement"], _) => Err(Problem::method("POST")),
        _ => Err(Problem::no_route()),
    }
}

/// Shows a member's balance, lots, open redemptions and postings.
#[utoipa::path(post, path = "/console/v1/programs/{program}/members/statement", tag = "members", operation_id = "member_statement",
    params(("program" = String, Path, description = "The programme's slug", pattern = "^[a-z0-9-]{1,40}$")),
    request_body = StatementBody,
    responses((status = 200, body = Statement), (status = 404, description = "Nobody with this CPF in the programme")))]
async fn show(
    console: &Console,
    call: &Call<'_>,
    caller: &Caller,
    program: &ProgramId,
) -> Result<Response<Body>, Problem> {
    /// Fifty reads take well below a second; this only guards the gateway's limit when the storage is slow.
    const TIME: Duration = Duration::from_secs(8);
    caller.must_be(Role::Viewer)?;
    let body = call.body(&["cpf", "cursor", "limit"], &[])?;
    let limit = read::whole(&body, "limit", &limits::STATEMENT_POSTINGS)?.unwrap_or(limits::STATEMENT_POSTINGS_DEFAULT);
    let cursor = read::text(&body, "cursor", limits::CURSOR_CHARS)?;
    let member = console.member(program, read::cpf(&body)?).await?;
    let (profile, account) = profile_and_account(&console.table, &member).await?;
    if profile.is_none() && account.is_none() {
        return Err(no_member(program));
    }
    let account = account.unwrap_or_default();
    let reach = Reach { postings: limit, time: TIME };
    let page = walk(&console.table, &member, account.last.clone(), cursor.as_deref(), reach).await?;
    let statement = Statement {
        member: member.member.as_str().to_owned(),
        balance: account.balance(call.now).into(),
        available: account.available(SaleTotal::NoSale, Rate::WHOLE, call.now).into(),
        debt: account.debt.into(),
        ledger_balance: account.ledger_balance().into(),
        lots: account.lots.iter().map(|lot| LotView::new(lot, call.now)).collect(),
        open_redemptions: account.open.iter().map(|open| OpenRedemptionView::new(open, call.now)).collect(),
        postings_sum: page.sum().into(),
        postings: page.postings.into_iter().map(PostingView::from).collect(),
        next: page.next,
    };
    Ok(json(200, &statement))
}
