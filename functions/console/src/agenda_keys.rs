//! The keys of a store's agenda: `GET` and `POST /console/v1/stores/{tipo_ambiente}/{cnpj}/agenda-keys`,
//! `DELETE .../agenda-keys/{key}`.

use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
use ponte_domain::ids::StoreId;
use ponte_platform::http::json;
use ponte_platform::keys;
use ponte_platform::store_directory::StoreRecord;
use ponte_platform::table::Unless;
use ponte_trinks::agenda_key::{AgendaKey, is_key_id, new_key, sha256_of};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Caller, Role, authenticate};
use crate::call::{Call, store_id};
use crate::console::Console;
use crate::problem::{Problem, answer};
use crate::stores::no_store;
use crate::views::{instant, whole_second};
use crate::{limits, random, read};

/// A key to make.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "documents the body, which is read field by field")]
pub(crate) struct AgendaKeyBody {
    /// Who or what it is for.
    #[schema(min_length = 1, max_length = 100, example = "Chatbot")]
    name: String,
}

/// A key of the agenda, without its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = AgendaKey)]
pub(crate) struct AgendaKeyView {
    /// Its public part.
    id: String,
    name: String,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    revoked_at: Option<String>,
}

/// A store's keys, revoked ones included.
#[derive(Serialize, ToSchema)]
pub(crate) struct AgendaKeyList {
    agenda_keys: Vec<AgendaKeyView>,
}

/// A new key.
#[derive(Serialize, ToSchema)]
pub(crate) struct IssuedAgendaKey {
    id: String,
    name: String,
    /// The key. It is shown this once: only its hash is kept.
    key: String,
}

impl From<AgendaKey> for AgendaKeyView {
    fn from(key: AgendaKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            created_at: instant(key.created_at),
            revoked_at: key.revoked_at.map(instant),
        }
    }
}

/// Answers one call.
pub async fn handle(console: &Console, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(console, &Call::new(request, now)).await)
}

async fn route(console: &Console, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(console, call).await?;
    match (call.path().as_slice(), call.method()) {
        (["stores", environment, cnpj, "agenda-keys"], "GET") => {
            list(console, &caller, store_id(environment, cnpj)?).await
        }
        (["stores", environment, cnpj, "agenda-keys"], "POST") => {
            issue(console, call, &caller, store_id(environment, cnpj)?).await
        }
        (["stores", _, _, "agenda-keys"], _) => Err(Problem::method("GET, POST")),
        (["stores", environment, cnpj, "agenda-keys", id], "DELETE") => {
            revoke(console, call, &caller, (store_id(environment, cnpj)?, id)).await
        }
        (["stores", _, _, "agenda-keys", _], _) => Err(Problem::method("DELETE")),
        _ => Err(Problem::no_route()),
    }
}

/// Lists the keys of a store's agenda, without secrets.
///
/// Needs the role manager.
#[utoipa::path(get, path = "/console/v1/stores/{tipo_ambiente}/{cnpj}/agenda-keys", tag = "stores",
    operation_id = "list_agenda_keys",
    params(
        ("tipo_ambiente" = u8, Path, description = "0 homologação, 1 produção", minimum = 0, maximum = 1),
        ("cnpj" = String, Path, description = "The store's CNPJ")),
    responses((status = 200, body = AgendaKeyList), (status = 404, description = "No such store")))]
async fn list(console: &Console, caller: &Caller, store: StoreId) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Manager)?;
    must_exist(console, store).await?;
    let agenda_keys = stored(console, store).await?.into_iter().map(AgendaKeyView::from).collect();
    Ok(json(200, &AgendaKeyList { agenda_keys }))
}

/// The store's own copies: they are written together with the keys.
async fn stored(console: &Console, store: StoreId) -> Result<Vec<AgendaKey>, Problem> {
    let partition = keys::store_partition(store);
    Ok(console.table.query(&partition, keys::AGENDA_KEY_PREFIX, limits::AGENDA_KEYS).await?)
}

async fn must_exist(console: &Console, store: StoreId) -> Result<(), Problem> {
    let record: Option<StoreRecord> = console.table.get(&keys::store(store)).await?;
    record.map(drop).ok_or_else(|| no_store(store))
}

/// Makes a key of a store's agenda.
///
/// With it a chatbot or a site books appointments at the store's salon. Needs the role manager.
#[utoipa::path(post, path = "/console/v1/stores/{tipo_ambiente}/{cnpj}/agenda-keys", tag = "stores",
    operation_id = "issue_agenda_key",
    params(
        ("tipo_ambiente" = u8, Path, description = "0 homologação, 1 produção", minimum = 0, maximum = 1),
        ("cnpj" = String, Path, description = "The store's CNPJ")),
    request_body = AgendaKeyBody,
    responses(
        (status = 201, body = IssuedAgendaKey),
        (status = 404, description = "No such store"),
        (status = 409, description = "`too_many_keys`, `changed_meanwhile`")))]
async fn issue(console: &Console, call: &Call<'_>, caller: &Caller, store: StoreId) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Manager)?;
    let name = read::required_text(&call.body(&["name"], &[])?, "name", limits::NAME_CHARS)?;
    must_exist(console, store).await?;
    if stored(console, store).await?.len() >= limits::AGENDA_KEYS {
        let message = format!("The store has had {} agenda keys, which is the most.", limits::AGENDA_KEYS);
        return Err(Problem::conflict("too_many_keys", message));
    }
    let (id, key) = new_key(random::bytes()?, random::bytes()?);
    let made =
        AgendaKey { id, name, store, sha256: sha256_of(&key), created_at: whole_second(call.now), revoked_at: None };
    // An id is 64 random bits. Should it be there all the same, it is ours (a repeated try), or the storage's fault.
    if !write(console, &made, Unless::Exists).await? {
        let there: Option<AgendaKey> = console.table.get(&keys::agenda_key(&made.id)).await?;
        if there.is_none_or(|there| there.sha256 != made.sha256) {
            return Err(Problem::changed_meanwhile("list of keys"));
        }
    }
    caller.did("issue_agenda_key", format!("{store} {}", made.id));
    Ok(json(201, &IssuedAgendaKey { id: made.id, name: made.name, key }))
}

/// The key where callers' keys are looked up, and its copy in the store's list.
async fn write(console: &Console, key: &AgendaKey, unless: Unless) -> Result<bool, Problem> {
    let items = vec![
        console.table.transact_put(&keys::agenda_key(&key.id), key, unless)?,
        console.table.transact_put(&keys::agenda_key_pointer(key.store, &key.id), key, Unless::Anything)?,
    ];
    Ok(console.table.put_all(items).await?)
}

/// Revokes a key of a store's agenda. It stops at once.
///
/// Repeating is harmless. Needs the role manager.
#[utoipa::path(delete, path = "/console/v1/stores/{tipo_ambiente}/{cnpj}/agenda-keys/{key}", tag = "stores",
    operation_id = "revoke_agenda_key",
    params(
        ("tipo_ambiente" = u8, Path, description = "0 homologação, 1 produção", minimum = 0, maximum = 1),
        ("cnpj" = String, Path, description = "The store's CNPJ"),
        ("key" = String, Path, description = "The key's id")),
    responses(
        (status = 200, body = AgendaKeyView),
        (status = 404, description = "The store has no such key"),
        (status = 409, description = "`changed_meanwhile`")))]
async fn revoke(
    console: &Console,
    call: &Call<'_>,
    caller: &Caller,
    (store, id): (StoreId, &str),
) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Manager)?;
    let found: Option<AgendaKey> = if is_key_id(id) { console.table.get(&keys::agenda_key(id)).await? } else { None };
    let no_key = || Problem::not_found("key_not_found", "The store has no key with this id: its middle part.");
    let mut key = found.filter(|key| key.store == store).ok_or_else(no_key)?;
    if key.revoked_at.is_none() {
        key.revoked_at = Some(whole_second(call.now));
        if !write(console, &key, Unless::Anything).await? {
            return Err(Problem::changed_meanwhile("key"));
        }
        caller.did("revoke_agenda_key", format!("{store} {id}"));
    }
    Ok(json(200, &AgendaKeyView::from(key)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_key_is_shown_without_its_hash() {
        let key = AgendaKey {
            id: "00112233445566aa".into(),
            name: "Chatbot".into(),
            store: store_id("1", "11222333000181").unwrap(),
            sha256: [7; 32],
            created_at: Timestamp::UNIX_EPOCH,
            revoked_at: None,
        };
        let text = serde_json::to_string(&AgendaKeyView::from(key)).unwrap();
        assert!(text.contains("Chatbot") && !text.contains("sha256"), "{text}");
    }
}
