//! `GET /v1/transacoes`.

use crate::call::{Answer, Call};
use crate::clock::{self, Window};
use crate::records::{Item, Transaction};
use crate::wire;
use crate::world::World;
use serde_json::{Value, json};

/// `dataFim` is outside. Reversed sales are left out without a word unless asked for, and bear no mark when shown.
pub(super) fn list(world: &World, call: &Call, establishment: i64) -> Answer {
    let window = Window::exclusive(call.query("dataInicio"), call.query("dataFim"))?;
    let with_reversed = call.query_flag("incluirEstornos");
    let mut found: Vec<&Transaction> = world
        .transactions
        .values()
        .filter(|sale| sale.establishment == establishment && window.holds(sale.closed))
        .filter(|sale| with_reversed || !sale.reversed)
        .collect();
    found.sort_by_key(|sale| (sale.closed, sale.id));
    let items: Vec<Value> = found.into_iter().map(|sale| shown(world, sale)).collect();
    wire::page(call, &items)
}

/// No CPF in it; professionals under their person ids.
pub(crate) fn shown(world: &World, sale: &Transaction) -> Value {
    let client = world.clients.get(&sale.client);
    let (products, services): (Vec<&Item>, Vec<&Item>) = sale.items.iter().partition(|item| !item.ean.is_empty());
    // Services have no quantity: two of a kind are two entries.
    let each = services.into_iter().flat_map(|item| (0..item.quantity).map(move |_| item));
    let services: Vec<Value> = each.map(|item| service(world, item)).collect();
    let products: Vec<Value> = products.into_iter().map(|item| product(world, item)).collect();
    let payments: Vec<Value> = sale
        .payments
        .iter()
        .map(|(name, cents)| json!({ "nome": name, "valor": wire::money(*cents), "parcelas": 1 }))
        .collect();
    json!({
        "id": sale.id, "dataHora": clock::written(sale.closed), "dataReferencia": clock::written(sale.closed),
        "cliente": client.map(|client| json!({ "id": client.id, "nome": client.name })),
        "servicos": services, "produtos": products, "pacotes": [], "formasPagamentos": payments,
        "descontos": wire::money(sale.discount()), "troco": wire::money((sale.paid() - sale.total()).max(0)),
        "totalPagar": wire::money(sale.total()), "etiquetasAssociadas": [], "codigoExternoPagamento": null,
    })
}

fn service(world: &World, item: &Item) -> Value {
    let known = world.services.iter().find(|service| service.id == item.article);
    json!({
        "id": item.article, "nome": item.name, "descricao": "", "categoria": known.map_or("", |known| known.category),
        "duracaoEmMinutos": known.map_or(30, |known| known.minutes), "preco": wire::money(item.unit_cents),
        "idProfissionalQueRealizouServico": person(world, item),
    })
}

/// The capital I is Trinks'.
fn product(world: &World, item: &Item) -> Value {
    json!({
        "id": item.article, "nome": item.name, "quantidade": item.quantity,
        "valorUnitario": wire::money(item.unit_cents), "IdProfissionalQueRealizouAVenda": person(world, item),
    })
}

fn person(world: &World, item: &Item) -> Option<i64> {
    world.professionals.iter().find(|who| who.id == item.professional).map(|who| who.person_id)
}
