//! `/sandbox`: the salon's back office and the switches. The README has an example of each.

mod accounts;
mod salon;
mod webhook;

use crate::call::{Answer, Call, Reply};
use crate::faults::Rule;
use crate::server::Shared;
use crate::world::World;
use crate::{seed, wire};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) async fn serve(shared: &Arc<Shared>, call: &Call) -> Reply {
    let segments = call.segments();
    let path = segments.get(1..).unwrap_or_default();
    let answer = match path {
        ["webhook", rest @ ..] => webhook::route(shared, call, rest).await,
        ["ca"] => Ok(Reply::text(200, "application/x-pem-file", shared.authority.ca_pem.clone())),
        ["ca.der.b64"] => Ok(Reply::text(200, "text/plain", format!("{}\n", shared.authority.ca_der_base64()))),
        _ => shared.with(|world| route(world, call, path)),
    };
    shared.flush();
    answer.unwrap_or_else(|refusal| refusal)
}

fn route(world: &mut World, call: &Call, path: &[&str]) -> Answer {
    match (call.method.as_str(), path) {
        ("GET", ["health"]) => Ok(Reply::ok(json!({ "status": "ok" }))),
        ("POST", ["reset"]) => {
            *world = World::seeded(world.subscription.without_history(), world.ids_from);
            Ok(Reply::ok(json!({ "status": "ok" })))
        }
        ("PUT", ["quota"]) => quota(world, call),
        ("GET", ["quota" | "calls"]) => Ok(Reply::ok(world.quota.report())),
        ("PUT", ["faults"]) => {
            world.faults.rules = read::<Rules>(call)?.rules;
            Ok(Reply::ok(json!({ "rules": world.faults.rules })))
        }
        ("GET", ["faults"]) => Ok(Reply::ok(json!({ "rules": world.faults.rules }))),
        ("DELETE", ["faults"]) => {
            world.faults.rules.clear();
            Ok(Reply::nothing())
        }
        (_, ["clients", rest @ ..]) => salon::clients(world, call, rest),
        (_, ["appointments", rest @ ..]) => salon::appointments(world, call, rest),
        (_, ["accounts", rest @ ..]) => accounts::route(world, call, rest),
        _ => Err(Reply::no_route()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    rules: Vec<Rule>,
}

/// What is not named stays as it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuotaChange {
    per_minute: Option<u64>,
    per_month: Option<u64>,
    used_this_month: Option<u64>,
    send_retry_after: Option<bool>,
}

fn quota(world: &mut World, call: &Call) -> Answer {
    let change: QuotaChange = read(call)?;
    let quota = &mut world.quota;
    quota.per_minute = change.per_minute.unwrap_or(quota.per_minute);
    quota.per_month = change.per_month.unwrap_or(quota.per_month);
    quota.send_retry_after = change.send_retry_after.unwrap_or(quota.send_retry_after);
    if let Some(used) = change.used_this_month {
        quota.set_used(used);
    }
    Ok(Reply::ok(json!({
        "per_minute": quota.per_minute, "per_month": quota.per_month, "send_retry_after": quota.send_retry_after,
        "used_this_month": quota.used(),
    })))
}

/// A body in our own terms; unknown names are refused, as a misspelt switch would pass for a set one.
fn read<T: DeserializeOwned>(call: &Call) -> Result<T, Reply> {
    let body = match call.body()? {
        Value::Null => json!({}),
        body => body.clone(),
    };
    serde_json::from_value(body).map_err(|error| Reply::message(400, &error.to_string()))
}

/// The salon that a back-office call is about.
fn establishment(body: &Value) -> i64 {
    wire::number(body, "establishment").unwrap_or(seed::ESTABLISHMENT)
}
