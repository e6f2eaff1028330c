//! The events that Trinks tells its webhooks: names and formats differ between them, as in contract section 9.

use crate::records::{Appointment, Client, Item, Professional, Transaction};
use crate::world::World;
use crate::{clock, wire};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What happened to an appointment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Created,
    Changed,
    Cancelled,
}

/// Event 3 or 4.
pub(crate) fn client(world: &mut World, id: i64, created: bool, silent: bool) {
    if silent {
        return;
    }
    let Some(client) = world.clients.get(&id) else { return };
    let (action, kind) = if created { (1, 3) } else { (2, 4) };
    let event = json!({
        "Action": action, "TipoDeEvento": kind, "IdDoEstabelecimento": client.establishment,
        "IdDoClienteNoEstabelecimento": client.id, "Nome": client.name, "CPF": client.cpf_dotted(),
        "Email": client.email.as_deref().unwrap_or_default(), "Telefone": full_phones(client),
        "DataDeNascimento": "", "DataDeInclusao": clock::written_with_space(client.created),
        "Sexo": client.gender.as_deref().unwrap_or_default(), "ComoNosConheceu": "", "OrigemDoCliente": client.origin,
    });
    world.outbox.push(event);
}

/// Event 11, 12 or 13.
pub(crate) fn appointment(world: &mut World, appointment: &Appointment, change: Change, silent: bool) {
    if silent {
        return;
    }
    let (action, kind) = match change {
        Change::Created => (1, 11),
        Change::Changed => (2, 12),
        Change::Cancelled => (3, 13),
    };
    let Some(client) = world.clients.get(&appointment.visit.client) else { return };
    let service = world.services.iter().find(|service| service.id == appointment.visit.service);
    let person = person_id(world, appointment.visit.professional);
    let phones: Vec<Value> = client
        .phones
        .iter()
        .map(|phone| json!({ "DDD": phone.ddd, "Numero": phone.number, "TelefoneCompleto": phone.full(), "Tipo": phone.kind }))
        .collect();
    let event = json!({
        "Action": action, "TipoDeEvento": kind, "IdDoEstabelecimento": appointment.establishment,
        "IdDoCliente": client.person_id, "IdDoClienteNoEstabelecimento": client.id, "IdDoProfissional": person,
        "IdDoProfissionalNoEstabelecimento": appointment.visit.professional,
        "IdDoServico": service.map(|service| service.global_id), "IdDoServicoNoEstabelecimento": appointment.visit.service,
        "NomeDoServicoNoEstabelecimento": service.map(|service| service.name), "IdDoAgendamento": appointment.id,
        "PrecoDoServicoNoAgendamento": wire::money_point(appointment.visit.cents), "DuracaoDoAgendamento": appointment.visit.minutes,
        "DataHoraInicioDoAgendamento": clock::written(appointment.visit.start),
        "DataHoraFimDoAgendamento": clock::written(appointment.visit.end()),
        "Status": appointment.status.label(), "Origem": appointment.origin, "NomeDoCliente": client.name,
        "CpfDoCliente": client.cpf_dotted(), "EmailDoCliente": client.email.as_deref().unwrap_or_default(),
        "SexoDoCliente": client.gender.as_deref().unwrap_or_default(), "TelefoneDoCliente": phones,
        "Observacao": appointment.visit.notes.as_deref().unwrap_or_default(), "Etiquetas": [],
        "DataDeInclusaoDoClienteNoEstabelecimento": clock::written(client.created),
        "DataHoraEventoGerado": clock::written(clock::now()),
    });
    world.outbox.push(event);
}

/// Event 1.
pub(crate) fn account_closed(world: &mut World, sale: &Transaction, silent: bool) {
    if silent {
        return;
    }
    let Some(client) = world.clients.get(&sale.client) else { return };
    let payments: Vec<Value> = sale
        .payments
        .iter()
        .map(|(name, cents)| json!({ "FormaPagamento": name, "Valor": wire::money_comma(*cents) }))
        .collect();
    let in_services = sale.items.iter().filter(|item| item.ean.is_empty() && item.professional != 0);
    let mut in_services: Vec<i64> = in_services.map(|item| person_id(world, item.professional)).collect();
    in_services.sort_unstable();
    in_services.dedup();
    let event = json!({
        "Action": 1, "TipoDeEvento": 1, "IdDoEstabelecimento": sale.establishment, "IdDaTransacao": sale.id,
        "DataDoFechamento": clock::written_with_space(sale.closed), "ValorDaCompra": wire::money_comma(sale.total()),
        "IdDoClienteNoEstabelecimento": client.id, "NomeDoCliente": client.name,
        "CPFDoCliente": if sale.with_cpf { client.cpf_dotted() } else { String::new() },
        "SexoDoCliente": client.gender.as_deref().unwrap_or_default(),
        "EmailDoCliente": client.email.as_deref().unwrap_or_default(),
        "DataDeNascimentoDoCliente": "1990-01-01 00:00:00", "TelefoneDoCliente": full_phones(client),
        "Itens": sale.items.iter().map(item).collect::<Vec<_>>(), "FormasDePagamento": payments,
        "IdsDosProfissionaisEnvolvidos": involved(world, sale), "IdsDosProfissionaisEmServicos": in_services,
        "IdDoProfissionalQueFechouConta": 0, "IdDoProfissionalNoEstabelecimentoQueFechouConta": 0,
        "NomeDoProfissionalQueFechouConta": "",
    });
    world.outbox.push(event);
}

/// Event 2, with the least that is known of it.
pub(crate) fn account_reversed(world: &mut World, sale: &Transaction, silent: bool) {
    if !silent {
        world.outbox.push(json!({
            "Action": 9, "TipoDeEvento": 2, "IdDoEstabelecimento": sale.establishment, "IdDaTransacao": sale.id,
        }));
    }
}

fn item(item: &Item) -> Value {
    json!({
        "Id": item.id, "Nome": item.name, "Quantidade": item.quantity, "ValorUnitario": wire::money(item.unit_cents),
        "EAN": item.ean, "DescontoTotal": wire::money_comma(-item.discount_cents),
        "MotivoDesconto": item.discount_reason,
    })
}

/// Who worked on which items, under all three ids: the only place where the id spaces meet.
fn involved(world: &World, sale: &Transaction) -> Vec<Value> {
    let mut items: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for item in sale.items.iter().filter(|item| item.professional != 0) {
        items.entry(item.professional).or_default().push(item.id);
    }
    let involved = items.into_iter().filter_map(|(id, items)| professional(world, id).map(|who| (who, items)));
    involved
        .map(|(who, items)| {
            json!({
                "IdDosItens": items, "IdPessoaDoProfissional": who.third_id, "IdDoProfissional": who.person_id,
                "IdDoProfissionalNoEstabelecimento": who.id,
            })
        })
        .collect()
}

fn professional(world: &World, id: i64) -> Option<&Professional> {
    world.professionals.iter().find(|who| who.id == id)
}

fn person_id(world: &World, id: i64) -> i64 {
    professional(world, id).map_or(0, |who| who.person_id)
}

fn full_phones(client: &Client) -> Vec<Value> {
    client.phones.iter().map(|phone| json!({ "TelefoneCompleto": phone.full() })).collect()
}
