//! A store's token: `POST` and `DELETE /console/v1/stores/{tipo_ambiente}/{cnpj}/token`.

use jiff::{SignedDuration, Timestamp};
use lambda_http::{Body, Request, Response};
use ponte_domain::ids::StoreId;
use ponte_domain::store::rotate;
use ponte_platform::failure::Failure;
use ponte_platform::http::json;
use ponte_platform::keys;
use ponte_platform::store_directory::{StoreRecord, token_hash};
use ponte_platform::table::Unless;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Caller, Role, authenticate};
use crate::call::{Call, store_id};
use crate::console::Console;
use crate::problem::{Problem, answer};
use crate::stores::no_store;
use crate::views::whole_second;
use crate::{limits, random, read};

/// How to issue a token.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "documents the body, which is read field by field")]
pub(crate) struct TokenBody {
    /// Minutes in which the old token works beside the new one. 0 stops it at once.
    #[schema(minimum = 0, maximum = 43200, default = 1440)]
    grace_minutes: Option<u32>,
}

/// A new token.
#[derive(Serialize, ToSchema)]
pub(crate) struct IssuedToken {
    /// The token. It is shown this once: only its hash is kept.
    token: String,
    /// Until when the old token works; `null` when there is none.
    #[schema(format = DateTime)]
    previous_valid_until: Option<String>,
}

/// What revoking came to.
#[derive(Serialize, ToSchema)]
pub(crate) struct RevokedTokens {
    /// How many tokens stopped working.
    revoked: usize,
}

/// Answers one call.
pub async fn handle(console: &Console, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(console, &Call::new(request, now)).await)
}

async fn route(console: &Console, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(console, call).await?;
    match (call.path().as_slice(), call.method()) {
        (["stores", environment, cnpj, "token"], "POST") => {
            issue(console, call, &caller, store_id(environment, cnpj)?).await
        }
        (["stores", environment, cnpj, "token"], "DELETE") => {
            revoke(console, call, &caller, store_id(environment, cnpj)?).await
        }
        (["stores", _, _, "token"], _) => Err(Problem::method("POST, DELETE")),
        _ => Err(Problem::no_route()),
    }
}

/// Issues a store's token, or rotates it.
///
/// The old token keeps working for the grace, so that every till can be changed over; one older than that stops at
/// once. The till's Lambdas may accept a stopped token until their caches are renewed (a minute, by default). Of two
/// calls at once, one issues and the other gets 409. Needs the role manager.
#[utoipa::path(post, path = "/console/v1/stores/{tipo_ambiente}/{cnpj}/token", tag = "stores", operation_id = "issue_store_token",
    params(
        ("tipo_ambiente" = u8, Path, description = "0 homologação, 1 produção", minimum = 0, maximum = 1),
        ("cnpj" = String, Path, description = "The store's CNPJ")),
    request_body(content = Option<TokenBody>),
    responses(
        (status = 201, body = IssuedToken),
        (status = 404, description = "No such store"),
        (status = 409, description = "`changed_meanwhile`")))]
async fn issue(console: &Console, call: &Call<'_>, caller: &Caller, id: StoreId) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Manager)?;
    let body = call.optional_body(&["grace_minutes"])?;
    let minutes = read::whole(&body, "grace_minutes", &limits::GRACE_MINUTES)?.unwrap_or(limits::GRACE_MINUTES_DEFAULT);
    let mut record = stored(console, id).await?;
    let token = random::secret()?;
    let fresh = token_hash(&token).ok_or_else(|| Failure::Bug("a new token has no hash".into()))?;
    record.tokens = rotate(record.tokens, fresh, SignedDuration::from_mins(minutes), whole_second(call.now));
    let previous = record.tokens.get(1).and_then(|old| old.valid_until);
    write(console, id, record).await?;
    caller.did("issue_store_token", id);
    Ok(json(201, &IssuedToken { token, previous_valid_until: previous.map(|until| until.to_string()) }))
}

/// Revokes all tokens of a store.
///
/// Its tills are locked out until a new token is issued. Needs the role manager.
#[utoipa::path(delete, path = "/console/v1/stores/{tipo_ambiente}/{cnpj}/token", tag = "stores", operation_id = "revoke_store_tokens",
    params(
        ("tipo_ambiente" = u8, Path, description = "0 homologação, 1 produção", minimum = 0, maximum = 1),
        ("cnpj" = String, Path, description = "The store's CNPJ")),
    responses(
        (status = 200, body = RevokedTokens),
        (status = 404, description = "No such store"),
        (status = 409, description = "`changed_meanwhile`")))]
async fn revoke(console: &Console, call: &Call<'_>, caller: &Caller, id: StoreId) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Manager)?;
    let mut record = stored(console, id).await?;
    let tokens = std::mem::take(&mut record.tokens);
    let revoked = tokens.iter().filter(|token| token.valid_until.is_none_or(|until| call.now < until)).count();
    if !tokens.is_empty() {
        write(console, id, record).await?;
        caller.did("revoke_store_tokens", id);
    }
    Ok(json(200, &RevokedTokens { revoked }))
}

async fn stored(console: &Console, id: StoreId) -> Result<StoreRecord, Problem> {
    let record: Option<StoreRecord> = console.table.get(&keys::store(id)).await?;
    record.ok_or_else(|| no_store(id))
}

/// Writes the record that was read, changed, if nobody else changed it.
async fn write(console: &Console, id: StoreId, mut record: StoreRecord) -> Result<(), Problem> {
    let read_version = record.version;
    record.version += 1;
    if console.table.put(&keys::store(id), &record, Unless::VersionIsNot(read_version)).await? {
        return Ok(());
    }
    // A try of ours that took effect although its answer was lost looks like somebody else's change. A token that was
    // issued but never shown would push the till's own out at the next rotation.
    let there = stored(console, id).await?;
    let ours = there.version == record.version && there.tokens == record.tokens;
    if ours { Ok(()) } else { Err(Problem::changed_meanwhile("store")) }
}
