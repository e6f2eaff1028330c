//! The keys of this API: `GET` and `POST /console/v1/keys`, `DELETE /console/v1/keys/{key}`.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use lambda_http::{Body, Request, Response};
use ponte_platform::failure::Failure;
use ponte_platform::http::json;
use ponte_platform::keys;
use ponte_platform::table::Unless;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{AdminKey, Caller, DEPLOY, ID_BYTES, Role, authenticate, hash, is_key_id};
use crate::call::Call;
use crate::console::Console;
use crate::problem::{Problem, answer};
use crate::views::instant;
use crate::{limits, random, read};

/// A key to make.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "documents the body, which is read field by field")]
pub(crate) struct KeyBody {
    /// Who or what it is for.
    #[schema(min_length = 1, max_length = 100, example = "Atendimento")]
    name: String,
    role: Role,
}

/// A key, without its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminKey)]
pub(crate) struct KeyView {
    /// Its public part; `deploy` for the first key.
    id: String,
    name: String,
    role: Role,
    /// `null` for the first key.
    #[schema(format = DateTime)]
    created_at: Option<String>,
    #[schema(format = DateTime)]
    revoked_at: Option<String>,
}

/// All keys; revoked ones for a year.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyList {
    keys: Vec<KeyView>,
}

/// A new key.
#[derive(Serialize, ToSchema)]
pub(crate) struct IssuedKey {
    id: String,
    name: String,
    role: Role,
    /// The key. It is shown this once: only its hash is kept.
    key: String,
}

impl From<AdminKey> for KeyView {
    fn from(key: AdminKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            role: key.role,
            created_at: Some(instant(key.created_at)),
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
        (["keys"], "GET") => list(console, &caller).await,
        (["keys"], "POST") => issue(console, call, &caller).await,
        (["keys"], _) => Err(Problem::method("GET, POST")),
        (["keys", id], "DELETE") => revoke(console, call, &caller, id).await,
        (["keys", _], _) => Err(Problem::method("DELETE")),
        _ => Err(Problem::no_route()),
    }
}

/// Lists the keys, without secrets.
///
/// Needs the role owner.
#[utoipa::path(get, path = "/console/v1/keys", tag = "keys", operation_id = "list_keys", responses((status = 200, body = KeyList)))]
async fn list(console: &Console, caller: &Caller) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Owner)?;
    let first =
        KeyView { id: DEPLOY.into(), name: DEPLOY.into(), role: Role::Owner, created_at: None, revoked_at: None };
    let stored = stored(console).await?;
    let keys = std::iter::once(first).chain(stored.into_iter().map(KeyView::from)).collect();
    Ok(json(200, &KeyList { keys }))
}

async fn stored(console: &Console) -> Result<Vec<AdminKey>, Failure> {
    console.table.query(keys::ADMIN_KEYS, "", limits::ADMIN_KEYS).await
}

/// Makes a key.
///
/// Needs the role owner.
#[utoipa::path(post, path = "/console/v1/keys", tag = "keys", operation_id = "issue_key", request_body = KeyBody,
    responses((status = 201, body = IssuedKey), (status = 409, description = "`too_many_keys`")))]
async fn issue(console: &Console, call: &Call<'_>, caller: &Caller) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Owner)?;
    let body = call.body(&["name", "role"], &[])?;
    let name = read::required_text(&body, "name", limits::NAME_CHARS)?;
    let role = Role::parse(&read::required(body.text("role")?, "role")?);
    let role = role.ok_or_else(|| Problem::field("role", "`viewer`, `operator`, `manager` or `owner`"))?;
    if stored(console).await?.len() >= limits::ADMIN_KEYS {
        let message =
            format!("There are {} keys, which is the most; a revoked one makes room after a year.", limits::ADMIN_KEYS);
        return Err(Problem::conflict("too_many_keys", message));
    }
    let (id, key) = new_key()?;
    let stored = AdminKey {
        id: id.clone(),
        name: name.clone(),
        role,
        sha256: hash(&key),
        created_at: call.now,
        revoked_at: None,
        ttl: None,
    };
    // An id is 64 random bits. Should it be there all the same, it is ours (a repeated try), or the storage's fault.
    if !console.table.put(&keys::admin_key(&id), &stored, Unless::Exists).await? {
        let there: Option<AdminKey> = console.table.get(&keys::admin_key(&id)).await?;
        if there.is_none_or(|there| there.sha256 != stored.sha256) {
            return Err(Problem::changed_meanwhile("list of keys"));
        }
    }
    caller.did("issue_key", &id);
    Ok(json(201, &IssuedKey { id, name, role, key }))
}

/// A key's id and the whole key.
fn new_key() -> Result<(String, String), Failure> {
    let mut id = String::with_capacity(2 * ID_BYTES);
    for byte in random::bytes::<ID_BYTES>()? {
        // Writing to a String cannot fail.
        let _ = write!(id, "{byte:02x}");
    }
    let key = format!("ponte_{id}_{}", random::secret()?);
    Ok((id, key))
}

/// Revokes a key. It stops at once.
///
/// Repeating is harmless. The first key cannot be revoked here: it lives in Secrets Manager, and changing it there locks
/// the old one out within a minute. Needs the role owner.
#[utoipa::path(delete, path = "/console/v1/keys/{key}", tag = "keys", operation_id = "revoke_key",
    params(("key" = String, Path, description = "The key's id")),
    responses(
        (status = 200, body = KeyView),
        (status = 404, description = "No such key"),
        (status = 409, description = "`deploy_key`")))]
async fn revoke(console: &Console, call: &Call<'_>, caller: &Caller, id: &str) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Owner)?;
    if id == DEPLOY {
        let message = "The first key lives in Secrets Manager, not in the table. Change the secret there: the old key stops within a minute.";
        return Err(Problem::conflict("deploy_key", message));
    }
    let no_key = || Problem::not_found("key_not_found", "There is no key with this id. A key's id is its middle part.");
    let found: Option<AdminKey> = if is_key_id(id) { console.table.get(&keys::admin_key(id)).await? } else { None };
    let mut key = found.ok_or_else(no_key)?;
    if key.revoked_at.is_none() {
        let leaves =
            call.now.saturating_add(SignedDuration::from_hours(24 * limits::RESOLVED_DAYS)).unwrap_or(Timestamp::MAX);
        key.revoked_at = Some(call.now);
        key.ttl = Some(leaves.as_second());
        console.table.put(&keys::admin_key(id), &key, Unless::Anything).await?;
        caller.did("revoke_key", id);
    }
    Ok(json(200, &KeyView::from(key)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_new_key_names_its_id_and_is_never_the_same() {
        let (id, key) = new_key().unwrap();
        assert!(is_key_id(&id));
        assert!(key.starts_with(&format!("ponte_{id}_")) && key.len() == "ponte__".len() + 16 + 43);
        assert_ne!(new_key().unwrap().1, key);
    }
}
