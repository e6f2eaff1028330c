//! `GET /v1/agendamentos/profissionais/{data}`: free hours.

use crate::call::{Answer, Call, Reply};
use crate::diary;
use crate::records::Professional;
use crate::world::{World, working_hours};
use crate::{clock, wire};
use jiff::Span;
use jiff::civil::{Date, DateTime};
use serde_json::{Value, json};

/// Starts are offered on the half hour.
const STEP_MINUTES: i64 = 30;

pub(super) fn day(world: &World, call: &Call, establishment: i64, day: &str) -> Answer {
    if call.method != "GET" {
        return Err(Reply::no_route());
    }
    let day: Date = day.parse().map_err(|_| Reply::not_valid("data", day))?;
    let service = call.query_number("servicoId")?;
    let professional = call.query_number("profissionalId")?.filter(|id| *id != 0);
    let minutes = match (call.query_number("servicoDuracao")?, service) {
        (Some(minutes), _) => Some(minutes.max(1)),
        (None, Some(service)) => Some(world.service(establishment, service)?.minutes),
        (None, None) => None,
    };
    let able = world
        .professionals
        .iter()
        .filter(|who| who.establishment == establishment)
        .filter(|who| professional.is_none_or(|id| id == who.id))
        .filter(|who| service.is_none_or(|service| who.services.contains(&service)));
    let items: Vec<Value> = able.map(|who| hours(world, who, day, minutes)).collect();
    wire::page(call, &items)
}

/// Without a duration an hour is offered if its first minute is free: the whole service need not fit.
fn hours(world: &World, who: &Professional, day: Date, minutes: Option<i64>) -> Value {
    let free = diary::free_stretches(world, who.id, day);
    let fits = |start: DateTime| {
        let end = start.saturating_add(Span::new().minutes(minutes.unwrap_or(1)));
        free.iter().any(|(from, until)| *from <= start && end <= *until)
    };
    let (opens, closes) = working_hours(day);
    let starts: Vec<String> = opens
        .series(Span::new().minutes(STEP_MINUTES))
        .take_while(|start| *start < closes)
        .filter(|start| fits(*start))
        .map(clock::hour)
        .collect();
    let stretches: Vec<Value> =
        free.iter().map(|(from, until)| json!({ "inicio": clock::hour(*from), "fim": clock::hour(*until) })).collect();
    json!({ "id": who.id, "nome": who.name, "horariosVagos": starts, "intervalosVagos": stretches })
}
