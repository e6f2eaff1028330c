//! `/v1/clientes`.

use super::id;
use crate::call::{Answer, Call, Reply};
use crate::clock::{self, Window};
use crate::events;
use crate::records::{Client, Phone};
use crate::wire::{self, Validation};
use crate::world::{Kind, World};
use serde_json::{Value, json};

pub(super) fn route(world: &mut World, call: &Call, establishment: i64, rest: &[&str]) -> Answer {
    match (call.method.as_str(), rest) {
        ("GET", []) => list(world, call, establishment),
        ("POST", []) => create(world, call, establishment),
        ("GET", [number]) => Ok(Reply::ok(details(world.client(establishment, id(number)?)?))),
        ("PUT", [number]) => overwrite(world, call, establishment, id(number)?),
        ("GET", [number, "telefones"]) => {
            let phones = &world.client(establishment, id(number)?)?.phones;
            Ok(Reply::ok(phones.iter().map(phone_shown).collect()))
        }
        ("POST", [number, "telefones"]) => add_phone(world, call, establishment, id(number)?),
        _ => Err(Reply::no_route()),
    }
}

fn list(world: &World, call: &Call, establishment: i64) -> Answer {
    let created = Window::inclusive(call.query("dataCadastroInicio"), call.query("dataCadastroFim"))?;
    let changed =
        Window::inclusive(call.query("dataAlteracaoCadastralInicio"), call.query("dataAlteracaoCadastralFim"))?;
    let with_details = call.query_flag("incluirDetalhes");
    let items: Vec<Value> = world
        .clients
        .values()
        .filter(|client| client.establishment == establishment && matches(client, call))
        .filter(|client| created.holds(client.created) && changed.holds(client.changed))
        .map(|client| list_item(client, with_details))
        .collect();
    wire::page(call, &items)
}

fn matches(client: &Client, call: &Call) -> bool {
    let cpf = call.query("cpf").map(wire::digits);
    let phone = call.query("telefone").map(wire::digits);
    let email = call.query("email");
    call.query("nome").is_none_or(|name| wire::contains(&client.name, name))
        && cpf.is_none_or(|cpf| client.cpf.as_deref() == Some(cpf.as_str()))
        && email.is_none_or(|email| client.email.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(email)))
        && phone.is_none_or(|asked| client.phones.iter().any(|own| phone_matches(own, &asked)))
}

/// With or without country and area code.
fn phone_matches(phone: &Phone, asked: &str) -> bool {
    !asked.is_empty() && asked.len() >= 8 && format!("{}{}{}", phone.ddi, phone.ddd, phone.number).ends_with(asked)
}

/// Nobody is looked up first: the same person twice is two clients.
fn create(world: &mut World, call: &Call, establishment: i64) -> Answer {
    let body = call.body()?;
    let mut validation = Validation::default();
    let name = validation.require("Nome", wire::text(body, "nome"));
    let phones: Vec<Phone> = wire::list(body, "telefones")
        .iter()
        .enumerate()
        .map(|(position, phone)| read_phone(phone, &format!("Telefones[{position}]."), &mut validation))
        .collect();
    validation.finish()?;
    let mut client = blank(establishment, name, "Integração");
    client.phones = phones;
    fill(&mut client, body);
    if let Some(preferences) = wire::field(body, "preferencias") {
        client.preferences = preferences.clone();
    }
    let id = world.admit(client);
    events::client(world, id, true, false);
    Ok(Reply::json(201, details(world.client(establishment, id)?)))
}

/// A client with a name and nothing else.
pub(crate) fn blank(establishment: i64, name: String, origin: &'static str) -> Client {
    let now = clock::now();
    Client {
        id: 0,
        establishment,
        person_id: 0,
        name,
        email: None,
        cpf: None,
        gender: None,
        notes: None,
        external_code: None,
        phones: Vec::new(),
        preferences: json!({}),
        created: now,
        changed: now,
        self_managed: false,
        origin,
    }
}

/// Sets every plain field from the body: what it does not name is gone.
fn fill(client: &mut Client, body: &Value) {
    client.email = wire::text(body, "email");
    client.cpf = wire::text(body, "cpf").map(|cpf| wire::digits(&cpf));
    client.gender = wire::text(body, "genero").or_else(|| wire::text(body, "sexo"));
    client.notes = wire::text(body, "observacoes");
    client.external_code = wire::text(body, "codigoExterno");
}

/// 204 even when nothing changes, because the client keeps their own account. Phones are not read.
fn overwrite(world: &mut World, call: &Call, establishment: i64, number: i64) -> Answer {
    let body = call.body()?;
    let client = world.client_mut(establishment, number)?;
    let mut validation = Validation::default();
    let name = validation.require("Nome", wire::text(body, "nome"));
    validation.finish()?;
    if client.self_managed {
        return Ok(Reply::nothing());
    }
    client.name = name;
    fill(client, body);
    world.touch(number);
    events::client(world, number, false, false);
    Ok(Reply::nothing())
}

fn add_phone(world: &mut World, call: &Call, establishment: i64, number: i64) -> Answer {
    world.client(establishment, number)?;
    let mut validation = Validation::default();
    let mut phone = read_phone(call.body()?, "", &mut validation);
    validation.finish()?;
    phone.id = world.next(Kind::Phone);
    let shown = phone_shown(&phone);
    world.client_mut(establishment, number)?.phones.push(phone);
    world.touch(number);
    events::client(world, number, false, false);
    Ok(Reply::json(201, shown))
}

/// The type is mandatory, which broke every new booking of somebody once.
fn read_phone(body: &Value, at: &str, validation: &mut Validation) -> Phone {
    let kind = wire::number(body, "tipoId");
    if kind.is_some_and(|kind| !(0..=6).contains(&kind)) {
        validation.refuse(&format!("{at}TipoId"), "has a range of values which does not include what was given.");
    }
    let number = wire::text(body, "numero").or_else(|| wire::text(body, "telefone"));
    Phone {
        id: 0,
        ddi: wire::text(body, "ddi").unwrap_or_else(|| "55".to_owned()),
        ddd: validation.require(&format!("{at}Ddd"), wire::text(body, "ddd")),
        number: wire::digits(&validation.require(&format!("{at}Numero"), number)),
        kind: validation.require(&format!("{at}TipoId"), kind),
    }
}

/// In the list the number is called `telefone`; under `/telefones` it is `numero`.
fn list_item(client: &Client, with_details: bool) -> Value {
    let phones: Vec<Value> = client
        .phones
        .iter()
        .map(|phone| json!({ "ddi": phone.ddi, "ddd": phone.ddd, "telefone": phone.number }))
        .collect();
    json!({
        "id": client.id, "dataCadastro": clock::written(client.created), "email": client.email, "nome": client.name,
        "telefones": phones, "clienteDetalhes": with_details.then(|| details(client)), "etiquetasAssociadas": [],
    })
}

fn phone_shown(phone: &Phone) -> Value {
    json!({ "id": phone.id, "ddi": phone.ddi, "ddd": phone.ddd, "numero": phone.number, "tipoId": phone.kind })
}

/// Everything known of a client.
pub(crate) fn details(client: &Client) -> Value {
    let phones: Vec<String> = client.phones.iter().map(Phone::full).collect();
    json!({
        "id": client.id, "nome": client.name, "email": client.email, "cpf": client.cpf, "genero": client.gender,
        "observacoes": client.notes, "codigoExterno": client.external_code, "telefone": phones,
        "pessoaFisicaId": client.person_id, "preferencias": client.preferences,
        "podeAgendarOnlineNoEstabelecimento": true, "dataCadastro": clock::written(client.created),
        "dataUltimaAlteracao": clock::written(client.changed), "ativo": true, "dataNascimento": null,
        "endereco": null, "comoNosConheceu": null, "etiquetasAssociadas": [],
    })
}
