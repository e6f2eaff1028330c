//! A transaction's story: `GET /console/v1/stores/{tipo_ambiente}/{cnpj}/transactions/{identificador}`.
//!
//! All that happened under one `IdentificadorTransacao`, and the sale behind it. No personal data: a member is a pseudonym.

use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
use ponte_domain::ids::{Note, Operation, StoreId, TransactionId};
use ponte_domain::ledger::{Account, Detail, Posting, ReversedThing, Sale, Scope};
use ponte_platform::http::json;
use ponte_platform::keys;
use ponte_platform::ledger_store::PostingRecord;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Caller, Role, authenticate};
use crate::call::{Call, store_id};
use crate::console::Console;
use crate::pending_adjustments::{PendingRecord, PendingView};
use crate::problem::{Problem, answer};
use crate::views::{OpenRedemptionView, PostingView, SaleView, StoreRef};

/// What happened under one `IdentificadorTransacao`.
#[derive(Serialize, ToSchema)]
pub(crate) struct Story {
    store: StoreRef,
    transaction: String,
    /// The programme of the account.
    program: String,
    /// The member's pseudonym.
    member: String,
    /// The oldest first.
    postings: Vec<PostingView>,
    /// The redemption of this id, while it waits for its fiscal note.
    open_redemption: Option<OpenRedemptionView>,
    /// The sale that was closed, or undone, under this id.
    sale: Option<SaleView>,
    /// The sale's difference between till and account, if there was one.
    pending_adjustment: Option<PendingView>,
}

/// Answers one call.
pub async fn handle(console: &Console, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(console, &Call::new(request, now)).await)
}

async fn route(console: &Console, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(console, call).await?;
    match (call.path().as_slice(), call.method()) {
        (["stores", environment, cnpj, "transactions", id], "GET") => {
            let wrong = || Problem::bad("invalid_transaction", "The path must end in an IdentificadorTransacao.");
            let id = TransactionId::parse(id).ok_or_else(wrong)?;
            show(console, call, &caller, store_id(environment, cnpj)?, id).await
        }
        (["stores", _, _, "transactions", _], _) => Err(Problem::method("GET")),
        _ => Err(Problem::no_route()),
    }
}

/// Tells what happened under one `IdentificadorTransacao` in a store.
///
/// A GUID is found whatever its case, braces or hyphens.
#[utoipa::path(get, path = "/console/v1/stores/{tipo_ambiente}/{cnpj}/transactions/{identificador}", tag = "transactions",
    operation_id = "get_transaction_story",
    params(
        ("tipo_ambiente" = u8, Path, description = "0 homologação, 1 produção", minimum = 0, maximum = 1),
        ("cnpj" = String, Path, description = "The store's CNPJ"),
        ("identificador" = String, Path, description = "`IdentificadorTransacao`")),
    responses((status = 200, body = Story), (status = 404, description = "Nothing was posted under it in this store")))]
async fn show(
    console: &Console,
    call: &Call<'_>,
    caller: &Caller,
    store: StoreId,
    id: TransactionId,
) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Viewer)?;
    let mut postings = postings(console, store, &id).await?;
    let Some(first) = postings.first().cloned() else {
        let message = "Nothing was posted under this IdentificadorTransacao in this store. A refused request leaves no trace there.";
        return Err(Problem::not_found("transaction_not_found", message));
    };
    postings.sort_by_key(|posting| (posting.at, posting.sequence));
    let sale = sale(console, store, &postings).await?;
    let pending_adjustment = match &sale {
        Some(sale) => pending(console, sale).await?,
        None => None,
    };
    let told = Story {
        store: store.into(),
        transaction: id.to_string(),
        open_redemption: open_redemption(console, call.now, store, &id, &postings).await?,
        program: first.program.into(),
        member: first.member.as_str().to_owned(),
        postings: postings.into_iter().map(PostingView::from).collect(),
        sale: sale.map(SaleView::from),
        pending_adjustment,
    };
    Ok(json(200, &told))
}

async fn postings(console: &Console, store: StoreId, id: &TransactionId) -> Result<Vec<Posting>, Problem> {
    /// There is one posting per kind at most.
    const KINDS: usize = 5;
    let partition = keys::transaction_partition(&Scope::Store(store), id);
    let records: Vec<PostingRecord> = console.table.query(&partition, "", KINDS).await?;
    Ok(records.into_iter().map(|record| record.posting).collect())
}

/// The sale's note: that of the closing, else that of the reversal.
fn note(postings: &[Posting]) -> Option<Note> {
    let closed = postings.iter().find_map(|posting| match &posting.detail {
        Detail::Earn { note, .. } => Some(note),
        _ => None,
    });
    let reversed = || {
        postings.iter().find_map(|posting| match &posting.detail {
            Detail::Reverse { of: ReversedThing::Sale(note), .. } => Some(note),
            _ => None,
        })
    };
    closed.or_else(reversed).cloned()
}

async fn sale(console: &Console, store: StoreId, postings: &[Posting]) -> Result<Option<Sale>, Problem> {
    match note(postings) {
        Some(note) => Ok(console.table.get(&keys::sale(store, &note)).await?),
        None => Ok(None),
    }
}

async fn pending(console: &Console, sale: &Sale) -> Result<Option<PendingView>, Problem> {
    let key = keys::pending(&sale.program, sale.store, &sale.transaction);
    let record: Option<PendingRecord> = console.table.get(&key).await?;
    Ok(record.map(PendingView::from))
}

/// The redemption of this id, if it still waits in the account.
async fn open_redemption(
    console: &Console,
    now: Timestamp,
    store: StoreId,
    id: &TransactionId,
    postings: &[Posting],
) -> Result<Option<OpenRedemptionView>, Problem> {
    let Some(redeem) = postings.iter().find(|posting| posting.key.operation == Operation::Redeem) else {
        return Ok(None);
    };
    let account: Option<Account> = console.table.get(&keys::account(&redeem.program, &redeem.member)).await?;
    let open = account.unwrap_or_default().open;
    let waiting = open.iter().find(|open| open.store == store && open.transaction == *id);
    Ok(waiting.map(|open| OpenRedemptionView::new(open, now)))
}
