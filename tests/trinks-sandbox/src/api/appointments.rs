//! `/v1/agendamentos`.

use super::id;
use crate::call::{Answer, Call, Reply};
use crate::clock::{self, Window};
use crate::diary;
use crate::records::{Appointment, Status, Visit};
use crate::wire::{self, Validation};
use crate::world::World;
use serde_json::{Value, json};

pub(super) fn route(world: &mut World, call: &Call, establishment: i64, rest: &[&str]) -> Answer {
    match (call.method.as_str(), rest) {
        ("GET", []) => list(world, call, establishment),
        ("POST", []) => book(world, call, establishment),
        ("GET", [number]) => {
            let appointment = world.appointment(establishment, id(number)?)?;
            Ok(Reply::ok(shown(world, appointment)))
        }
        ("PUT", [number]) => {
            let visit = Visit::read(call.body()?)?;
            let changed = diary::change(world, establishment, id(number)?, visit, false)?;
            Ok(Reply::ok(shown(world, &changed)))
        }
        ("PATCH", [number, "status", name]) => status(world, call, establishment, id(number)?, name),
        _ => Err(Reply::no_route()),
    }
}

/// `profissionalId` is not read here: Trinks ignores it, and whoever relies on it must find out.
fn list(world: &World, call: &Call, establishment: i64) -> Answer {
    let client = call.query_number("clienteId")?;
    let window = Window::inclusive(call.query("dataInicio"), call.query("dataFim"))?;
    let mut found: Vec<&Appointment> = world
        .appointments
        .values()
        .filter(|one| one.establishment == establishment && window.holds(one.visit.start))
        .filter(|one| client.is_none_or(|client| client == one.visit.client))
        .collect();
    found.sort_by_key(|one| (one.visit.start, one.id));
    let items: Vec<Value> = found.into_iter().map(|one| shown(world, one)).collect();
    wire::page(call, &items)
}

fn book(world: &mut World, call: &Call, establishment: i64) -> Answer {
    let body = call.body()?;
    let visit = Visit::read(body)?;
    let status = if wire::flag(body, "confirmado") { Status::Confirmed } else { Status::Awaiting };
    let booked = diary::book(world, establishment, visit, status, "Integração", false)?;
    Ok(Reply::json(201, shown(world, &booked)))
}

fn status(world: &mut World, call: &Call, establishment: i64, number: i64, name: &str) -> Answer {
    let status = Status::of_route(name).ok_or_else(Reply::no_route)?;
    if status == Status::Cancelled {
        let body = call.body()?;
        let mut validation = Validation::default();
        let who = wire::number(body, "quemCancelou");
        validation.require("QuemCancelou", who);
        validation.require("Motivo", wire::text(body, "motivo"));
        if who.is_some_and(|who| !(1..=4).contains(&who)) {
            validation.refuse("QuemCancelou", "has a range of values which does not include what was given.");
        }
        validation.finish()?;
    }
    diary::set_status(world, establishment, number, status, false)?;
    Ok(Reply::nothing())
}

/// An appointment as REST shows it: no creation date, no phone; professional 0 is nobody.
pub(crate) fn shown(world: &World, appointment: &Appointment) -> Value {
    let client = world.clients.get(&appointment.visit.client).map(|client| client.name.as_str());
    let service =
        world.services.iter().find(|service| service.id == appointment.visit.service).map(|service| service.name);
    let professional =
        world.professionals.iter().find(|who| who.id == appointment.visit.professional).map(|who| who.name);
    json!({
        "id": appointment.id,
        "status": { "id": appointment.status as i64, "nome": appointment.status.label() },
        "cliente": { "id": appointment.visit.client, "nome": client },
        "servico": { "id": appointment.visit.service, "nome": service },
        "profissional": { "id": appointment.visit.professional, "nome": professional.unwrap_or_default() },
        "dataHoraInicio": clock::written(appointment.visit.start), "duracaoEmMinutos": appointment.visit.minutes,
        "valor": wire::money(appointment.visit.cents),
        "observacoesDoEstabelecimento": appointment.visit.notes, "observacoesDoCliente": null,
    })
}
