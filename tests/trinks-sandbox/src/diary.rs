//! The diary: who is free when. Bookings of the API and of the back office come through here alike.

use crate::call::Reply;
use crate::records::{Appointment, Status, Visit};
use crate::wire::{self, Validation};
use crate::world::{Kind, World, working_hours};
use crate::{clock, events};
use jiff::civil::{Date, DateTime};
use serde_json::Value;

impl Visit {
    /// Reads a full body; everything wrong with it is told at once.
    pub(crate) fn read(body: &Value) -> Result<Self, Reply> {
        let mut validation = Validation::default();
        let start = wire::text(body, "dataHoraInicio");
        let visit = Self {
            service: validation.require("ServicoId", wire::number(body, "servicoId")),
            client: validation.require("ClienteId", wire::number(body, "clienteId")),
            professional: wire::number(body, "profissionalId").unwrap_or_default(),
            start: validation
                .require("DataHoraInicio", start.as_deref().map(|text| clock::parse(text).unwrap_or_default())),
            minutes: validation.require("DuracaoEmMinutos", wire::number(body, "duracaoEmMinutos")),
            cents: validation.require("Valor", wire::cents(body, "valor")),
            notes: wire::text(body, "observacoes"),
        };
        if wire::field(body, "duracaoEmMinutos").is_some() && !(1..=24 * 60).contains(&visit.minutes) {
            validation.refuse("DuracaoEmMinutos", "must be greater than '0'.");
        }
        if start.is_some_and(|text| clock::parse(&text).is_none()) {
            validation.refuse("DataHoraInicio", "is not a local date and time.");
        }
        if visit.cents < 0 {
            validation.refuse("Valor", "must be greater than or equal to '0'.");
        }
        validation.finish()?;
        Ok(visit)
    }
}

/// Whether somebody is taken from `start` until `end`, leaving one appointment out of account.
fn taken(world: &World, start: DateTime, end: DateTime, except: i64, whose: impl Fn(&Visit) -> bool) -> bool {
    world.appointments.values().any(|other| {
        other.id != except
            && other.status != Status::Cancelled
            && whose(&other.visit)
            && other.visit.start < end
            && start < other.visit.end()
    })
}

/// Refuses what is unknown (404) or does not fit (409).
fn check(world: &World, establishment: i64, visit: &Visit, except: i64) -> Result<(), Reply> {
    world.client(establishment, visit.client)?;
    world.service(establishment, visit.service)?;
    if visit.professional != 0 {
        world.professional(establishment, visit.professional)?;
    }
    let (opens, closes) = working_hours(visit.start.date());
    let (start, end) = (visit.start, visit.end());
    if start < opens || end > closes {
        return Err(Reply::message(409, "Horário fora do expediente"));
    }
    let by_professional = |other: &Visit| visit.professional != 0 && other.professional == visit.professional;
    if taken(world, start, end, except, by_professional) {
        return Err(Reply::message(409, "O profissional já possui agendamento neste horário"));
    }
    if taken(world, start, end, except, |other| other.client == visit.client) {
        return Err(Reply::message(409, "O cliente já possui agendamento neste horário"));
    }
    Ok(())
}

/// Books, and tells the webhook unless silent.
pub(crate) fn book(
    world: &mut World,
    establishment: i64,
    visit: Visit,
    status: Status,
    origin: &'static str,
    silent: bool,
) -> Result<Appointment, Reply> {
    check(world, establishment, &visit, 0)?;
    let id = world.next(Kind::Appointment);
    let booked = Appointment { id, establishment, visit, status, origin };
    world.appointments.insert(id, booked.clone());
    events::appointment(world, &booked, events::Change::Created, silent);
    Ok(booked)
}

/// Puts an appointment elsewhere, or changes what it is for.
pub(crate) fn change(
    world: &mut World,
    establishment: i64,
    id: i64,
    visit: Visit,
    silent: bool,
) -> Result<Appointment, Reply> {
    let mut changed = world.appointment(establishment, id)?.clone();
    if changed.status == Status::Cancelled {
        return Err(Reply::message(400, "O agendamento está cancelado"));
    }
    check(world, establishment, &visit, id)?;
    changed.visit = visit;
    world.appointments.insert(id, changed.clone());
    events::appointment(world, &changed, events::Change::Changed, silent);
    Ok(changed)
}

/// Sets the status. A cancelled appointment stays cancelled: its hour may be someone else's by now.
pub(crate) fn set_status(
    world: &mut World,
    establishment: i64,
    id: i64,
    status: Status,
    silent: bool,
) -> Result<(), Reply> {
    let mut changed = world.appointment(establishment, id)?.clone();
    match (changed.status, status) {
        (before, after) if before == after => return Ok(()),
        (Status::Cancelled, _) => return Err(Reply::message(400, "O agendamento está cancelado")),
        _ => changed.status = status,
    }
    world.appointments.insert(id, changed.clone());
    let change = if status == Status::Cancelled { events::Change::Cancelled } else { events::Change::Changed };
    events::appointment(world, &changed, change, silent);
    Ok(())
}

/// The free stretches of a professional's day.
pub(crate) fn free_stretches(world: &World, professional: i64, day: Date) -> Vec<(DateTime, DateTime)> {
    let (opens, closes) = working_hours(day);
    let mut booked: Vec<(DateTime, DateTime)> = world
        .appointments
        .values()
        .filter(|one| one.visit.professional == professional && one.status != Status::Cancelled)
        .map(|one| (one.visit.start, one.visit.end()))
        .collect();
    booked.sort_unstable();
    let mut free = Vec::new();
    let mut from = opens;
    for (start, end) in booked.into_iter().filter(|(start, end)| *start < closes && opens < *end) {
        if from < start {
            free.push((from, start));
        }
        from = from.max(end);
    }
    if from < closes {
        free.push((from, closes));
    }
    free
}
