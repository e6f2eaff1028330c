//! Closing and reversing accounts, which no route of the API does.

use super::establishment;
use crate::api;
use crate::call::{Answer, Call, Reply};
use crate::records::{Item, Transaction};
use crate::wire::{self, Validation};
use crate::world::{Kind, World};
use crate::{clock, events};
use serde_json::{Value, json};

pub(super) fn route(world: &mut World, call: &Call, rest: &[&str]) -> Answer {
    match (call.method.as_str(), rest) {
        ("POST", ["close"]) => close(world, call.body()?),
        ("POST", [number, "reverse"]) => reverse(world, call.body()?, api::id(number)?),
        _ => Err(Reply::no_route()),
    }
}

fn close(world: &mut World, body: &Value) -> Answer {
    let salon = establishment(body);
    let mut validation = Validation::default();
    let client = validation.require("ClienteId", wire::number(body, "clienteId"));
    let items = items(world, salon, body, &mut validation)?;
    let closed = wire::text(body, "dataHora");
    let closed_read = closed.as_deref().map_or_else(|| Some(clock::now()), clock::parse);
    let closed = validation.require("DataHora", closed_read);
    let payments = payments(body, &mut validation);
    validation.finish()?;
    world.client(salon, client)?;
    let with_cpf = wire::field(body, "with_cpf").and_then(Value::as_bool).unwrap_or(true);
    let id = world.next(Kind::Transaction);
    let mut sale = Transaction { id, establishment: salon, client, closed, items, payments, with_cpf, reversed: false };
    if sale.payments.is_empty() {
        sale.payments = vec![("Dinheiro".to_owned(), sale.total())];
    }
    if sale.paid() < sale.total() {
        return Err(Reply::message(400, "formas: less is paid than the account comes to"));
    }
    events::account_closed(world, &sale, wire::flag(body, "silent"));
    let shown = api::transactions::shown(world, &sale);
    world.transactions.insert(id, sale);
    Ok(Reply::json(201, json!({ "id": id, "transacao": shown })))
}

/// At least one line, each with a name and a price; a discount comes positive.
fn items(world: &mut World, salon: i64, body: &Value, validation: &mut Validation) -> Result<Vec<Item>, Reply> {
    let lines = wire::list(body, "itens");
    if lines.is_empty() {
        validation.refuse("Itens", "must not be empty.");
    }
    let mut items = Vec::new();
    for (position, line) in lines.iter().enumerate() {
        let professional = wire::number(line, "profissionalId").unwrap_or_default();
        if professional != 0 {
            world.professional(salon, professional)?;
        }
        let at = |name: &str| format!("Itens[{position}].{name}");
        let name = validation.require(&at("Nome"), wire::text(line, "nome"));
        let service = world.services.iter().find(|service| service.establishment == salon && service.name == name);
        let (known, price) = (service.map(|service| service.id), service.map(|service| service.cents));
        let id = world.next(Kind::Item);
        items.push(Item {
            id,
            article: known.unwrap_or(id),
            name,
            quantity: wire::number(line, "quantidade").unwrap_or(1).max(1),
            unit_cents: validation.require(&at("Valor"), wire::cents(line, "valor").or(price)),
            discount_cents: wire::cents(line, "desconto").unwrap_or_default().abs(),
            discount_reason: wire::text(line, "motivo_desconto").unwrap_or_default(),
            ean: wire::text(line, "ean").unwrap_or_default(),
            professional,
        });
    }
    Ok(items)
}

fn payments(body: &Value, validation: &mut Validation) -> Vec<(String, i64)> {
    let forms = wire::list(body, "formas").iter().enumerate();
    forms
        .map(|(position, form)| {
            let name = validation.require(&format!("Formas[{position}].Nome"), wire::text(form, "nome"));
            (name, validation.require(&format!("Formas[{position}].Valor"), wire::cents(form, "valor")))
        })
        .collect()
}

/// Reverses once. `reissue` then closes the same sale under a new id, as salons do to correct one: two ids, one visit.
fn reverse(world: &mut World, body: &Value, id: i64) -> Answer {
    let silent = wire::flag(body, "silent");
    let sale = world.transactions.get_mut(&id).ok_or_else(|| Reply::not_found("Transação", id))?;
    if sale.reversed {
        return Err(Reply::message(409, "the account is reversed already"));
    }
    sale.reversed = true;
    let sale = sale.clone();
    events::account_reversed(world, &sale, silent);
    let reissued = wire::flag(body, "reissue").then(|| {
        let again = Transaction { id: world.next(Kind::Transaction), reversed: false, ..sale };
        events::account_closed(world, &again, silent);
        let new = again.id;
        world.transactions.insert(new, again);
        new
    });
    Ok(Reply::ok(json!({ "id": id, "reissued_as": reissued })))
}
