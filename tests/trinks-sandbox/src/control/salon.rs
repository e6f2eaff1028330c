//! What people do at the salon's counter: clients and appointments.

use super::establishment;
use crate::api;
use crate::call::{Answer, Call, Reply};
use crate::clock;
use crate::diary;
use crate::events;
use crate::records::{Appointment, Client, Phone, Status, Visit};
use crate::wire::{self, Validation};
use crate::world::World;
use serde_json::{Map, Value, json};

pub(super) fn clients(world: &mut World, call: &Call, rest: &[&str]) -> Answer {
    let body = call.body()?;
    let silent = wire::flag(body, "silent");
    let id = match (call.method.as_str(), rest) {
        ("POST", []) => {
            let mut validation = Validation::default();
            let name = validation.require("Nome", wire::text(body, "nome"));
            validation.finish()?;
            let mut client = api::clients::blank(establishment(body), name, "Balcão");
            describe(&mut client, body);
            let id = world.admit(client);
            events::client(world, id, true, silent);
            id
        }
        ("PUT", [number]) => {
            let id = api::id(number)?;
            let client = world.clients.get_mut(&id).ok_or_else(|| Reply::not_found("Cliente", id))?;
            describe(client, body);
            world.touch(id);
            events::client(world, id, false, silent);
            id
        }
        _ => return Err(Reply::no_route()),
    };
    let client = world.clients.get(&id).ok_or_else(|| Reply::not_found("Cliente", id))?;
    Ok(Reply::json(if call.method == "POST" { 201 } else { 200 }, api::clients::details(client)))
}

/// Sets what the body names and leaves the rest: the counter has a form, not a PUT.
fn describe(client: &mut Client, body: &Value) {
    if let Some(name) = wire::text(body, "nome") {
        client.name = name;
    }
    if let Some(cpf) = wire::text(body, "cpf") {
        client.cpf = Some(wire::digits(&cpf));
    }
    client.email = wire::text(body, "email").or_else(|| client.email.take());
    client.gender = wire::text(body, "genero").or_else(|| client.gender.take());
    client.notes = wire::text(body, "observacoes").or_else(|| client.notes.take());
    if let Some(phone) = wire::text(body, "telefone").and_then(|text| phone(&text)) {
        client.phones = vec![phone];
    }
    if wire::field(body, "self_managed").is_some() {
        client.self_managed = wire::flag(body, "self_managed");
    }
}

/// From digits with or without the country's 55: `11900000001`.
fn phone(text: &str) -> Option<Phone> {
    let digits = wire::digits(text);
    let national = if digits.len() > 11 { digits.strip_prefix("55")? } else { digits.as_str() };
    let (ddd, number) = national.split_at_checked(2)?;
    let kind = if number.len() == 9 { 3 } else { 1 };
    Some(Phone { id: 0, ddi: "55".to_owned(), ddd: ddd.to_owned(), number: number.to_owned(), kind })
}

pub(super) fn appointments(world: &mut World, call: &Call, rest: &[&str]) -> Answer {
    let body = call.body()?;
    let silent = wire::flag(body, "silent") || call.query_flag("silent");
    match (call.method.as_str(), rest) {
        ("POST", []) => {
            let salon = establishment(body);
            let visit = Visit::read(&completed(world, salon, body, None))?;
            let booked = diary::book(world, salon, visit, Status::Confirmed, "Balcão", silent)?;
            Ok(Reply::json(201, api::appointments::shown(world, &booked)))
        }
        ("PUT", [number]) => alter(world, body, api::id(number)?, silent),
        ("DELETE", [number]) => {
            let id = api::id(number)?;
            let salon = salon_of(world, id)?;
            diary::set_status(world, salon, id, Status::Cancelled, silent)?;
            // Trinks has no feed of deletions: what is removed is simply no longer listed.
            if wire::flag(body, "remove") || call.query_flag("remove") {
                world.appointments.remove(&id);
            }
            Ok(Reply::nothing())
        }
        _ => Err(Reply::no_route()),
    }
}

/// Changes what the body names; `status` takes the names of the API's routes.
fn alter(world: &mut World, body: &Value, id: i64, silent: bool) -> Answer {
    let salon = salon_of(world, id)?;
    let before = world.appointment(salon, id)?.clone();
    if let Some(name) = wire::text(body, "status") {
        let status = Status::of_route(&name).ok_or_else(|| Reply::not_valid("status", &name))?;
        diary::set_status(world, salon, id, status, silent)?;
    } else {
        let visit = Visit::read(&completed(world, salon, body, Some(&before)))?;
        diary::change(world, salon, id, visit, silent)?;
    }
    let shown = api::appointments::shown(world, world.appointment(salon, id)?);
    Ok(Reply::ok(shown))
}

fn salon_of(world: &World, id: i64) -> Result<i64, Reply> {
    let found = world.appointments.get(&id).map(|appointment| appointment.establishment);
    found.ok_or_else(|| Reply::not_found("Agendamento", id))
}

/// The body with what it leaves out: from the appointment as it was, or the service's own time and price.
fn completed(world: &World, salon: i64, body: &Value, before: Option<&Appointment>) -> Value {
    let service = wire::number(body, "servicoId").and_then(|id| world.service(salon, id).ok());
    let mut whole = Map::new();
    if let Some(Appointment { visit, .. }) = before {
        whole.extend([
            ("clienteId".to_owned(), json!(visit.client)),
            ("servicoId".to_owned(), json!(visit.service)),
            ("profissionalId".to_owned(), json!(visit.professional)),
            ("dataHoraInicio".to_owned(), json!(clock::written(visit.start))),
            ("duracaoEmMinutos".to_owned(), json!(visit.minutes)),
            ("valor".to_owned(), wire::money(visit.cents)),
            ("observacoes".to_owned(), json!(visit.notes)),
        ]);
    }
    if let Some(service) = service {
        whole.insert("duracaoEmMinutos".to_owned(), json!(service.minutes));
        whole.insert("valor".to_owned(), wire::money(service.cents));
    }
    for name in
        ["clienteId", "servicoId", "profissionalId", "dataHoraInicio", "duracaoEmMinutos", "valor", "observacoes"]
    {
        whole.extend(wire::field(body, name).map(|value| (name.to_owned(), value.clone())));
    }
    Value::Object(whole)
}
