//! What changes rarely: professionals, services, payment forms, reasons of discounts, salons; and the consumption.

use super::id;
use crate::call::{Answer, Call, Reply};
use crate::records::Service;
use crate::seed::{DISCOUNT_REASONS, PAYMENT_FORMS};
use crate::wire;
use crate::world::World;
use serde_json::{Value, json};

pub(super) fn route(world: &World, call: &Call, establishment: i64, path: &[&str]) -> Answer {
    match path {
        ["profissionais"] => professionals(world, call, establishment),
        ["profissionais", number, "servicos"] => {
            let who = world.professional(establishment, id(number)?)?;
            let services = world.services.iter().filter(|service| who.services.contains(&service.id));
            wire::page(call, &services.map(service).collect::<Vec<_>>())
        }
        ["servicos"] => services(world, call, establishment),
        ["formaspagamentos"] => wire::page(call, &named(&PAYMENT_FORMS)),
        ["motivosdescontos"] => wire::page(call, &named(&DISCOUNT_REASONS)),
        ["estabelecimentos"] => {
            let all = world.establishments.iter().map(|salon| json!({ "id": salon.id, "nome": salon.name }));
            wire::page(call, &all.collect::<Vec<_>>())
        }
        ["consumo"] => Ok(Reply::ok(world.quota.advisory())),
        _ => Err(Reply::no_route()),
    }
}

fn professionals(world: &World, call: &Call, establishment: i64) -> Answer {
    let of_salon = world.professionals.iter().filter(|who| who.establishment == establishment);
    let items: Vec<Value> =
        of_salon.map(|who| json!({ "id": who.id, "nome": who.name, "apelido": who.nickname, "cpf": null })).collect();
    wire::page(call, &items)
}

fn services(world: &World, call: &Call, establishment: i64) -> Answer {
    let (name, category) = (call.query("nome"), call.query("categoria"));
    let only_visible = call.query_flag("somenteVisiveisCliente");
    let found = world
        .services
        .iter()
        .filter(|one| one.establishment == establishment && (one.visible || !only_visible))
        .filter(|one| name.is_none_or(|name| wire::contains(one.name, name)))
        .filter(|one| category.is_none_or(|category| wire::contains(one.category, category)));
    wire::page(call, &found.map(service).collect::<Vec<_>>())
}

fn service(service: &Service) -> Value {
    json!({
        "id": service.id, "nome": service.name, "descricao": "", "categoria": service.category,
        "preco": wire::money(service.cents), "duracaoEmMinutos": service.minutes,
        "visivelParaCliente": service.visible,
    })
}

fn named(list: &[(i64, &str)]) -> Vec<Value> {
    list.iter().map(|(id, name)| json!({ "id": id, "nome": name })).collect()
}
