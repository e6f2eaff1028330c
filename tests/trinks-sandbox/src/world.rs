//! Everything the sandbox holds, under one lock: whoever holds it sees no half-made booking, so of many identical
//! bookings exactly one wins.

use crate::call::Reply;
use crate::faults::Faults;
use crate::quota::Quota;
use crate::records::{Appointment, Client, Establishment, Professional, Service, Transaction};
use crate::sns::subscription::Subscription;
use crate::{clock, seed};
use jiff::civil::DateTime;
use serde_json::Value;
use std::collections::BTreeMap;

/// The state of the sandbox.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) establishments: Vec<Establishment>,
    pub(crate) services: Vec<Service>,
    pub(crate) professionals: Vec<Professional>,
    pub(crate) clients: BTreeMap<i64, Client>,
    pub(crate) appointments: BTreeMap<i64, Appointment>,
    pub(crate) transactions: BTreeMap<i64, Transaction>,
    pub(crate) quota: Quota,
    pub(crate) faults: Faults,
    pub(crate) subscription: Subscription,
    /// Events that happened and are not yet on their way.
    pub(crate) outbox: Vec<Value>,
    pub(crate) ids_from: i64,
    last: Ids,
}

/// The last id given out of each kind.
#[derive(Debug)]
struct Ids {
    client: i64,
    phone: i64,
    appointment: i64,
    transaction: i64,
    item: i64,
}

/// A kind of thing that gets numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Client,
    Phone,
    Appointment,
    Transaction,
    Item,
}

impl World {
    /// The seed, heard by this subscriber.
    ///
    /// `ids_from` is added to the numbers that are given out: who forgets on a restart must not give a number twice to somebody
    /// who remembers.
    pub(crate) fn seeded(subscription: Subscription, ids_from: i64) -> Self {
        Self {
            establishments: seed::establishments(),
            services: seed::services(),
            professionals: seed::professionals(),
            clients: seed::clients().into_iter().map(|client| (client.id, client)).collect(),
            appointments: BTreeMap::new(),
            transactions: BTreeMap::new(),
            quota: Quota::default(),
            faults: Faults::default(),
            subscription,
            outbox: Vec::new(),
            ids_from,
            last: Ids {
                client: 8_200_000 + ids_from,
                phone: 9_200_000 + ids_from,
                appointment: 5_000_000 + ids_from,
                transaction: 2_780_000 + ids_from,
                item: 3_880_000 + ids_from,
            },
        }
    }

    /// A new number.
    pub(crate) fn next(&mut self, kind: Kind) -> i64 {
        let last = match kind {
            Kind::Client => &mut self.last.client,
            Kind::Phone => &mut self.last.phone,
            Kind::Appointment => &mut self.last.appointment,
            Kind::Transaction => &mut self.last.transaction,
            Kind::Item => &mut self.last.item,
        };
        *last += 1;
        *last
    }

    pub(crate) fn client(&self, establishment: i64, id: i64) -> Result<&Client, Reply> {
        let client = self.clients.get(&id).filter(|client| client.establishment == establishment);
        client.ok_or_else(|| Reply::not_found("Cliente", id))
    }

    pub(crate) fn client_mut(&mut self, establishment: i64, id: i64) -> Result<&mut Client, Reply> {
        let client = self.clients.get_mut(&id).filter(|client| client.establishment == establishment);
        client.ok_or_else(|| Reply::not_found("Cliente", id))
    }

    pub(crate) fn service(&self, establishment: i64, id: i64) -> Result<&Service, Reply> {
        let service = self.services.iter().find(|service| service.id == id && service.establishment == establishment);
        service.ok_or_else(|| Reply::not_found("Serviço", id))
    }

    /// By the id "no estabelecimento": an id of the person space is not found.
    pub(crate) fn professional(&self, establishment: i64, id: i64) -> Result<&Professional, Reply> {
        let found = self.professionals.iter().find(|who| who.id == id && who.establishment == establishment);
        found.ok_or_else(|| Reply::not_found("Profissional", id))
    }

    pub(crate) fn appointment(&self, establishment: i64, id: i64) -> Result<&Appointment, Reply> {
        let found = self.appointments.get(&id).filter(|appointment| appointment.establishment == establishment);
        found.ok_or_else(|| Reply::not_found("Agendamento", id))
    }

    /// Adds a client under new ids.
    pub(crate) fn admit(&mut self, mut client: Client) -> i64 {
        let id = self.next(Kind::Client);
        client.id = id;
        client.person_id = id - 250_000;
        for phone in &mut client.phones {
            phone.id = self.next(Kind::Phone);
        }
        self.clients.insert(id, client);
        id
    }

    /// Notes that a client's data changed now.
    pub(crate) fn touch(&mut self, id: i64) {
        if let Some(client) = self.clients.get_mut(&id) {
            client.changed = clock::now();
        }
    }
}

/// The hours of every salon, every day.
pub(crate) fn working_hours(day: jiff::civil::Date) -> (DateTime, DateTime) {
    (day.at(9, 0, 0, 0), day.at(19, 0, 0, 0))
}
