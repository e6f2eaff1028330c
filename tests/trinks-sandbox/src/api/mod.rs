//! `/v1`: keys, quota and faults in front of the routes.

pub(crate) mod appointments;
mod availability;
mod catalog;
pub(crate) mod clients;
pub(crate) mod transactions;

use crate::call::{Answer, Call, Reply};
use crate::faults::{Fault, Plan};
use crate::seed::API_KEY;
use crate::server::Shared;
use crate::world::World;
use crate::{clock, seed};
use jiff::civil::DateTime;
use std::sync::Arc;

/// Answers a call of the API, with the faults that are on for it.
pub(crate) async fn serve(shared: &Arc<Shared>, call: &Call) -> Reply {
    let at = clock::now();
    let (reply, plan) = match shared.with(|world| admit(world, call, at)) {
        Err(refusal) => (refusal, Plan::default()),
        Ok((establishment, plan)) => (act(shared, call, establishment, &plan).await, plan),
    };
    shared.with(|world| world.quota.log(call, at, reply.status));
    if let Some(wait) = plan.wait(Fault::HangAfterEffect) {
        tokio::time::sleep(wait).await;
        return Reply::message(504, "Tempo esgotado");
    }
    plan.spoil(reply)
}

/// The establishment a call is for, and what will go wrong with it; or why it is refused.
fn admit(world: &mut World, call: &Call, at: DateTime) -> Result<(i64, Plan), Reply> {
    if call.header("x-api-key") != Some(API_KEY) {
        return Err(Reply::message(401, "Chave de API ausente ou inválida"));
    }
    let establishment = establishment(world, call)?;
    let plan = world.faults.take(call);
    if plan.has(Fault::Status429) {
        return Err(world.quota.refusal(at, false));
    }
    world.quota.take(at)?;
    Ok((establishment, plan))
}

/// The header is mandatory but for the list of establishments, which is how one learns the ids.
fn establishment(world: &World, call: &Call) -> Result<i64, Reply> {
    let Some(text) = call.header("estabelecimentoId") else {
        let optional = call.segments() == ["v1", "estabelecimentos"];
        let missing = || Reply::message(400, "O cabeçalho estabelecimentoId é obrigatório");
        return if optional { Ok(seed::ESTABLISHMENT) } else { Err(missing()) };
    };
    let id = text.parse().map_err(|_| Reply::not_valid("estabelecimentoId", text))?;
    let known = world.establishments.iter().any(|establishment| establishment.id == id);
    if known { Ok(id) } else { Err(Reply::message(403, "Sem permissão para este estabelecimento")) }
}

async fn act(shared: &Arc<Shared>, call: &Call, establishment: i64, plan: &Plan) -> Reply {
    if let Some(wait) = plan.wait(Fault::SlowMs) {
        tokio::time::sleep(wait).await;
    }
    if let Some(wait) = plan.wait(Fault::HangBeforeEffect) {
        tokio::time::sleep(wait).await;
        return Reply::message(504, "Tempo esgotado");
    }
    if plan.has(Fault::Status500) {
        return Reply::message(500, "Erro interno");
    }
    let reply = shared.with(|world| route(world, call, establishment)).unwrap_or_else(|refusal| refusal);
    // Before a hang: the webhook does not wait for the answer.
    shared.flush();
    reply
}

fn route(world: &mut World, call: &Call, establishment: i64) -> Answer {
    let segments = call.segments();
    let path = segments.get(1..).unwrap_or_default();
    match path {
        ["agendamentos", "profissionais", day] => availability::day(world, call, establishment, day),
        ["agendamentos", rest @ ..] => appointments::route(world, call, establishment, rest),
        ["clientes", rest @ ..] => clients::route(world, call, establishment, rest),
        ["transacoes"] if call.method == "GET" => transactions::list(world, call, establishment),
        _ if call.method == "GET" => catalog::route(world, call, establishment, path),
        _ => Err(Reply::no_route()),
    }
}

/// A number in the path; anything else is no route.
pub(crate) fn id(text: &str) -> Result<i64, Reply> {
    text.parse().map_err(|_| Reply::no_route())
}
