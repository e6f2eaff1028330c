//! Erasing the person, and keeping the money's trail.

use lambda_http::{Body, Response};
use ponte_domain::ids::ProgramId;
use ponte_platform::http::json;
use ponte_platform::keys;
use ponte_platform::member_store::{erase_profile, profile_and_account};
use ponte_platform::table::Unless;
use serde::Serialize;
use utoipa::ToSchema;

use super::{ErasureRecord, pins, trinks};
use crate::access::{Caller, Role};
use crate::call::Call;
use crate::console::{Console, no_member};
use crate::problem::Problem;
use crate::read;
use crate::views::instant;

/// Whom to erase.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "documents the body, which is read field by field")]
pub(crate) struct ErasureBody {
    /// The member's CPF.
    #[schema(example = "11144477735")]
    cpf: String,
    /// What for (the request's number, say). It is kept, so it must not name the person.
    #[schema(min_length = 1, max_length = 300)]
    reason: String,
}

/// What was erased, and what was kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct Erasure {
    program: String,
    /// The pseudonym under which the account is kept.
    member: String,
    #[schema(format = DateTime)]
    erased_at: String,
    #[schema(inline)]
    erased: Erased,
    #[schema(inline)]
    kept: Vec<Kept>,
}

#[derive(Serialize, ToSchema)]
struct Erased {
    /// CPF, name, contacts, date of birth and whatever else the profile held.
    profile: bool,
    /// Former phones and e-mails.
    former_contacts: usize,
    /// PINs, of all stores.
    pins: usize,
    /// Trinks' clients, of all salons: name, CPF, contacts and date of birth as Trinks told them.
    trinks_clients: usize,
}

#[derive(Serialize, ToSchema)]
struct Kept {
    what: &'static str,
    why: &'static str,
}

/// What an erasure leaves, and why.
const KEPT: [Kept; 6] = [
    Kept {
        what: "The account, its postings and its sales, under a pseudonym",
        why: "They are the money's audit trail: fiscal notes and balances must add up. Only the identity secret and the CPF \
              together lead to the pseudonym.",
    },
    Kept {
        what: "The record of this erasure: when, why, by which key",
        why: "It shows that the request was met. It names nobody.",
    },
    Kept {
        what: "The client's record in Trinks itself",
        why: "It is the salon's, which must erase it there: otherwise Trinks' next webhook about the client, or the daily \
              comparison, registers the person anew.",
    },
    Kept {
        what: "Trinks' webhooks as they came, for up to 90 days",
        why: "Trinks cannot send one again: they are the proof of what was received, and what repairs are made from. They are \
              found by message and not by person, are shown masked, and are forgotten by themselves. Do not replay the \
              person's after the erasure.",
    },
    Kept {
        what: "Requests for appointments, for up to 30 days after they were last tried; messages that were given up, for up to 14",
        why: "They answer for what was booked. They are found by request and not by person, are shown masked, and are \
              forgotten by themselves.",
    },
    Kept {
        what: "Backups of the table, for up to 35 days",
        why: "Point-in-time recovery cannot be changed afterwards. After restoring one, repeat the erasures made since.",
    },
];

/// Erases a member's personal data (LGPD, art. 18).
///
/// The balance stays under the pseudonym: should the person register again, it is theirs. Repeating is harmless. Needs the
/// role owner.
#[utoipa::path(post, path = "/console/v1/programs/{program}/members/erasure", tag = "privacy", operation_id = "erase_member",
    params(("program" = String, Path, description = "The programme's slug", pattern = "^[a-z0-9-]{1,40}$")),
    request_body = ErasureBody,
    responses((status = 200, body = Erasure), (status = 404, description = "Nothing is held on this CPF in the programme")))]
pub(crate) async fn erase(
    console: &Console,
    call: &Call<'_>,
    caller: &Caller,
    program: &ProgramId,
) -> Result<Response<Body>, Problem> {
    caller.must_be(Role::Owner)?;
    let body = call.body(&["cpf", "reason"], &[])?;
    let reason = read::reason(&body)?;
    let cpf = read::cpf(&body)?;
    let key = console.member(program, cpf).await?;
    let (profile, account) = profile_and_account(&console.table, &key).await?;
    let pins = pins(console, &key).await?;
    let clients = trinks::clients(console, &key, cpf).await?;
    if profile.is_none() && account.is_none() && pins.is_empty() && clients.is_empty() {
        return Err(no_member(program));
    }
    // The record first: a crash in between leaves a trace, and repeating the request finishes the work.
    let record = ErasureRecord { erased_at: call.now, reason, key: caller.key.clone() };
    console.table.put(&keys::erasure(program, &key.member), &record, Unless::Anything).await?;
    if let Some(profile) = &profile {
        erase_profile(&console.table, &console.identity_key().await?, &key, profile).await?;
    }
    trinks::erase(console, &key, &clients).await?;
    for (store, _) in &pins {
        console.table.delete(&keys::pin(program, &key.member, *store)).await?;
    }
    caller.did("erase_member", format!("{program}/{}", key.member.as_str()));
    let former_contacts = profile.as_ref().map_or(0, |profile| profile.contact_history.len());
    let erasure = Erasure {
        program: program.to_string(),
        member: key.member.as_str().to_owned(),
        erased_at: instant(call.now),
        erased: Erased {
            profile: profile.is_some(),
            former_contacts,
            pins: pins.len(),
            trinks_clients: clients.iter().filter_map(trinks::Known::picture).count(),
        },
        kept: KEPT.into(),
    };
    Ok(json(200, &erasure))
}
