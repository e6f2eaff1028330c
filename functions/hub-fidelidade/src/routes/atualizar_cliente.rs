//! `AtualizarCliente`: creates or updates the member, answers the balances (contract 4.1).

use std::collections::BTreeMap;

use jiff::civil::Date;
use ponte_domain::ledger::{Account, SaleTotal};
use ponte_domain::member::{Profile, ProfileUpdate};
use ponte_domain::personal::{Email, PersonalText, Phone};
use ponte_domain::pin::PinChannel;
use ponte_domain::store::StoreSettings;
use ponte_platform::failure::Failure;
use ponte_platform::ledger_store::Attempt;
use ponte_platform::member_store;
use ponte_platform::until_settled;

use crate::hub::{Call, Hub, Operation, body};
use crate::wire::{AtualizarClienteRequest, AtualizarClienteResponse, Contact, Personal, PersonalNumber};

/// The operation.
pub struct AtualizarCliente;

impl Operation for AtualizarCliente {
    const NAME: &'static str = "AtualizarCliente";

    async fn handle(hub: &Hub, call: &Call<'_>) -> Result<String, Failure> {
        let request = AtualizarClienteRequest::read(&call.body)?;
        let cpf = request.cpf.required()?;
        let update = update(&request, call.settings());
        let member = call.member(cpf);
        Ok(until_settled!(async {
            let (current, account) = member_store::profile_and_account(&hub.table, &member).await?;
            let has_money = account.as_ref().is_some_and(|account| !account.lots.is_empty());
            let changed = Profile::updated(current.as_ref(), cpf, &update, call.store().id, has_money, call.now);
            if let Some(profile) = &changed
                && !member_store::put_profile(&hub.table, call.identity(), &member, current.as_ref(), profile).await?
            {
                return Ok(Attempt::Conflict);
            }
            answer(call, changed.or(current).as_ref(), &account.unwrap_or_default()).map(Attempt::Done)
        }))
    }
}

fn answer(call: &Call<'_>, profile: Option<&Profile>, account: &Account) -> Result<String, Failure> {
    let settings = call.settings();
    body(&AtualizarClienteResponse {
        identificador_transacao: call.identifier(),
        saldo_atual: account.balance(call.now).into(),
        saldo_disponivel: account.available(SaleTotal::NoSale, settings.maximum_redemption_share, call.now).into(),
        utiliza_pin: settings.uses_pin,
        tipo_pin: pin_type(settings, profile),
        cliente_cadastrado: true,
    })
}

/// `TipoPin`: the store's channel, or the other one when only that reaches the customer.
pub(super) fn pin_type(settings: &StoreSettings, profile: Option<&Profile>) -> Option<u8> {
    let reaches = |channel: PinChannel| profile.is_some_and(|profile| profile.reachable_by(channel));
    let other = match settings.pin_channel {
        PinChannel::Sms => PinChannel::Email,
        PinChannel::Email => PinChannel::Sms,
    };
    let channel = if !reaches(settings.pin_channel) && reaches(other) { other } else { settings.pin_channel };
    settings.uses_pin.then(|| channel.code())
}

/// What the request says of the person. What cannot be read says nothing: it must erase nothing.
fn update(request: &AtualizarClienteRequest, settings: &StoreSettings) -> ProfileUpdate {
    let no_contact = Contact::default();
    let contact = request.contact.as_ref().unwrap_or(&no_contact);
    let parsed = |text: &Personal| text.0.as_deref().and_then(PersonalText::parse);
    let phone = |text: &PersonalNumber| text.0.as_deref().and_then(Phone::parse);
    ProfileUpdate {
        name: parsed(&request.name),
        phone: phone(&contact.mobile),
        landline: phone(&contact.landline),
        email: contact.email.0.as_deref().and_then(Email::parse),
        birth_date: request.birth_date.0.as_deref().and_then(date),
        extra: if settings.keeps_full_profile { extra(request) } else { BTreeMap::new() },
    }
}

/// The fields that the programme does not need, by their wire names.
fn extra(request: &AtualizarClienteRequest) -> BTreeMap<String, PersonalText> {
    let address = request.address.clone().unwrap_or_default();
    let fields = [
        ("RG", &request.rg),
        ("Profissao", &request.occupation),
        ("NomeMae", &request.mother),
        ("NomePai", &request.father),
        ("NomeConjuge", &request.spouse),
        ("Naturalidade", &request.birthplace),
        ("EstadoCivil", &request.marital_status),
        ("Sexo", &request.sex),
        ("Escolariedade", &request.schooling),
        ("NumeroDependentes", &request.dependants),
        ("RendaMensal", &request.income),
        ("LocalDeTrabalho", &request.workplace),
        ("TempoNoAtualEmprego", &request.time_in_job),
        ("Cep", &address.postcode),
        ("Logradouro", &address.street),
        ("Numero", &address.number),
        ("Complemento", &address.complement),
        ("Bairro", &address.district),
        ("Cidade", &address.city),
        ("UF", &address.state),
        ("Pais", &address.country),
    ];
    // In the coded fields 0 means "not told" (contract section 7), which erases nothing.
    let told = |name: &str, text: &str| !(text == "0" && matches!(name, "EstadoCivil" | "Sexo" | "Escolariedade"));
    let kept =
        fields.into_iter().filter_map(|(name, text)| Some((name, text.0.as_deref().filter(|text| told(name, text))?)));
    kept.filter_map(|(name, text)| Some((name.to_owned(), PersonalText::parse(text)?))).collect()
}

/// The date at the start of a date-time, or as people write it; never a date in a far past or the future of nobody.
fn date(text: &str) -> Option<Date> {
    let iso = text.get(..10).and_then(|date| date.parse::<Date>().ok());
    let date = iso.or_else(|| Date::strptime("%d/%m/%Y", text).ok())?;
    // 0001-01-01 is how some systems write "no date".
    (date.year() > 1880).then_some(date)
}
