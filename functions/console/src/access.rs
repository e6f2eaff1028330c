//! Who calls, and what they may do.
//!
//! A key looks like `ponte_<id>_<secret>` and is stored as its SHA-256 only. It is looked up on every call, so a revoked
//! one stops at once.

use std::fmt;

use jiff::Timestamp;
use ponte_platform::keys;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use utoipa::ToSchema;

use crate::call::Call;
use crate::console::Console;
use crate::problem::Problem;

/// What a key may do. Each role may do what the ones before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads: programmes, stores, campaigns, pending adjustments, stories, statements.
    Viewer,
    /// Also posts and settles adjustments.
    Operator,
    /// Also sets up programmes, stores, tokens and campaigns.
    Manager,
    /// Also makes and revokes keys, exports and erases members.
    Owner,
}

impl Role {
    /// Reads a role's name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Viewer, Self::Operator, Self::Manager, Self::Owner].into_iter().find(|role| role.as_str() == text)
    }

    /// The role's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Manager => "manager",
            Self::Owner => "owner",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// An administration key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminKey {
    /// Its public part.
    pub id: String,
    /// Who or what it is for.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// SHA-256 of the whole key. A key has 256 random bits, so a plain hash cannot be turned back.
    pub sha256: [u8; 32],
    /// When it was made.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// When it was revoked.
    #[serde(
        with = "jiff::fmt::serde::timestamp::millisecond::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub revoked_at: Option<Timestamp>,
    /// When a revoked one leaves the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<i64>,
}

/// The id of the first key, which lives in Secrets Manager.
pub const DEPLOY: &str = "deploy";

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The key's id: what is recorded with what the caller does.
    pub key: String,
    /// What it may do.
    pub role: Role,
}

impl Caller {
    /// 403 unless the role is high enough.
    pub(crate) fn must_be(&self, least: Role) -> Result<(), Problem> {
        if self.role >= least {
            return Ok(());
        }
        Err(Problem::forbidden(format!(
            "This needs a key with the role {least} or higher; this one is a {}.",
            self.role
        )))
    }

    /// Writes the audit line of a change: which key did what to what. `what` must not be personal.
    pub(crate) fn did(&self, action: &'static str, what: impl fmt::Display) {
        tracing::info!(event = "console_change", key = self.key, role = self.role.as_str(), action, what = %what);
    }
}

/// Finds out who calls.
pub(crate) async fn authenticate(console: &Console, call: &Call<'_>) -> Result<Caller, Problem> {
    let given = call.header("authorization").and_then(bearer).ok_or_else(Problem::unauthorized)?;
    let sha256 = hash(given);
    if let Some(id) = key_id(given) {
        let known: Option<AdminKey> = console.table.get(&keys::admin_key(id)).await?;
        if let Some(known) = known {
            return accept(&known, &sha256).ok_or_else(Problem::unauthorized);
        }
    }
    if bool::from(console.deploy_key.sha256().await?.ct_eq(&sha256)) {
        return Ok(Caller { key: DEPLOY.to_owned(), role: Role::Owner });
    }
    Err(Problem::unauthorized())
}

fn accept(known: &AdminKey, sha256: &[u8; 32]) -> Option<Caller> {
    let right = bool::from(known.sha256.ct_eq(sha256)) && known.revoked_at.is_none();
    right.then(|| Caller { key: known.id.clone(), role: known.role })
}

/// SHA-256 of a key.
pub(crate) fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// Longest key accepted: ours have 66 characters, a secret of Secrets Manager may be set by hand.
const KEY_CHARS: usize = 600;

fn bearer(header: &str) -> Option<&str> {
    let (scheme, key) = header.trim().split_once(' ')?;
    let key = key.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty() && key.len() <= KEY_CHARS).then_some(key)
}

/// Bytes of a key's id.
pub(crate) const ID_BYTES: usize = 8;

/// The id in `ponte_<id>_<secret>`; `None` for anything of another shape.
fn key_id(key: &str) -> Option<&str> {
    let (id, secret) = key.strip_prefix("ponte_")?.split_once('_')?;
    (is_key_id(id) && !secret.is_empty()).then_some(id)
}

/// Whether a text has the shape of a key's id: lower-case hexadecimal.
pub(crate) fn is_key_id(id: &str) -> bool {
    id.len() == 2 * ID_BYTES && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn known(revoked: bool) -> AdminKey {
        AdminKey {
            id: "00112233445566aa".into(),
            name: "till room".into(),
            role: Role::Operator,
            sha256: hash("ponte_00112233445566aa_secret"),
            created_at: Timestamp::UNIX_EPOCH,
            revoked_at: revoked.then_some(Timestamp::UNIX_EPOCH),
            ttl: None,
        }
    }

    #[test]
    fn roles_contain_one_another() {
        let caller = |role| Caller { key: "k".into(), role };
        let roles = [Role::Viewer, Role::Operator, Role::Manager, Role::Owner];
        for (i, role) in roles.into_iter().enumerate() {
            for (j, least) in roles.into_iter().enumerate() {
                assert_eq!(caller(role).must_be(least).is_ok(), i >= j, "{role} for {least}");
            }
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Role::parse("root"), None);
    }

    #[test]
    fn only_the_whole_key_is_accepted_and_never_a_revoked_one() {
        assert!(accept(&known(false), &hash("ponte_00112233445566aa_secret")).is_some());
        assert!(accept(&known(false), &hash("ponte_00112233445566aa_other")).is_none());
        assert!(accept(&known(true), &hash("ponte_00112233445566aa_secret")).is_none());
    }

    #[test]
    fn a_key_travels_as_bearer_only() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc "), Some("abc"));
        for header in ["abc", "Basic abc", "Bearer ", "", &format!("Bearer {}", "x".repeat(KEY_CHARS + 1))] {
            assert_eq!(bearer(header), None, "{header}");
        }
    }

    #[test]
    fn a_key_names_its_id_and_a_secret_may_hold_the_separator() {
        assert_eq!(key_id("ponte_00112233445566aa_se_cr-et"), Some("00112233445566aa"));
        for key in [
            "ponte_demo",
            "ponte_short_x",
            "ponte_00112233445566aa_",
            "x_00112233445566aa_y",
            "ponte_00112233445566AA_x",
        ] {
            assert_eq!(key_id(key), None, "{key}");
        }
    }

    #[test]
    fn a_stored_key_is_read_again() {
        let item: serde_dynamo::Item = serde_dynamo::to_item(known(true)).unwrap();
        assert_eq!(serde_dynamo::from_item::<_, AdminKey>(item).unwrap(), known(true));
    }
}
