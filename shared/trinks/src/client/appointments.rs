//! Appointments: listed, booked, moved, confirmed, cancelled.

use jiff::civil::DateTime;
use ponte_domain::money::Money;
use ponte_domain::trinks::{AppointmentId, SalonClientId, SalonProfessionalId, SalonServiceId};
use ponte_platform::fields::Fields;
use ponte_platform::wire_money::WireMoney;
use reqwest::Method;
use serde::Serialize;
use serde_json::json;

use super::clients::Period;
use super::paging::List;
use super::{Answer, At, Call, Page, Trinks, TrinksError};
use crate::events::AppointmentStatus;
use crate::lenient::Lenient;

/// An appointment, as REST tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestAppointment {
    /// Its id.
    pub id: AppointmentId,
    /// Where it stands.
    pub status: AppointmentStatus,
    /// Whose.
    pub client: Option<SalonClientId>,
    /// For what.
    pub service: Option<SalonServiceId>,
    /// What that is called.
    pub service_name: Option<String>,
    /// By whom; none where Trinks says 0.
    pub professional: Option<SalonProfessionalId>,
    /// When, by the salon's clock.
    pub starts: DateTime,
    /// How long.
    pub minutes: u32,
    /// Its price.
    pub price: Money,
    /// What the salon wrote to it: a PUT that leaves it out erases it.
    pub notes: Option<String>,
}

/// What an appointment is booked, or moved, as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAppointment {
    /// Whose.
    pub client: SalonClientId,
    /// For what.
    pub service: SalonServiceId,
    /// By whom; whoever is free where nobody is named.
    pub professional: Option<SalonProfessionalId>,
    /// When, by the salon's clock.
    pub starts: DateTime,
    /// How long.
    pub minutes: u32,
    /// Its price.
    pub price: Money,
    /// A note to the salon.
    pub notes: Option<String>,
    /// Confirmed at once.
    pub confirmed: bool,
}

/// A change of status that needs nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusChange {
    /// The client or the salon confirms.
    Confirmed,
    /// The client did not come.
    NoShow,
}

/// Who cancels: `quemCancelou`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelledBy {
    /// The client.
    Client,
    /// The salon.
    Establishment,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    servico_id: u64,
    cliente_id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    profissional_id: Option<u64>,
    data_hora_inicio: String,
    duracao_em_minutos: u32,
    valor: WireMoney,
    #[serde(skip_serializing_if = "Option::is_none")]
    observacoes: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmado: Option<bool>,
}

impl Trinks {
    /// One page of the appointments of these days. `dataFim` is inclusive here (contract section 6, item 3).
    pub async fn appointments(
        &self,
        at: At<'_>,
        period: Period,
        client: Option<SalonClientId>,
        page: u64,
    ) -> Result<Page<RestAppointment>, TrinksError> {
        let mut query = vec![("dataInicio", period.from.to_string()), ("dataFim", period.to.to_string())];
        query.extend(client.map(|id| ("clienteId", id.to_string())));
        let list = List { purpose: "appointments", path: "agendamentos".to_owned(), query };
        self.page(at, &list, page, appointment).await
    }

    /// One appointment.
    pub async fn appointment(&self, at: At<'_>, id: AppointmentId) -> Result<RestAppointment, TrinksError> {
        let call = Call {
            purpose: "appointment",
            method: Method::GET,
            path: format!("agendamentos/{id}"),
            query: Vec::new(),
            body: None,
            at,
        };
        read_one(&self.call(call).await?)
    }

    /// Books. [`TrinksError::Conflict`] when the hour was taken meanwhile. `None` when Trinks answered without an id: it is
    /// booked, and the webhook will bring the id.
    pub async fn book(&self, at: At<'_>, new: &NewAppointment) -> Result<Option<AppointmentId>, TrinksError> {
        let call = Call {
            purpose: "book",
            method: Method::POST,
            path: "agendamentos".to_owned(),
            query: Vec::new(),
            body: Some(body(new, Some(new.confirmed))?),
            at,
        };
        let answer = self.call(call).await?;
        let bare = answer.body.trim().parse().ok();
        let named = || Lenient::new(Fields::parse(&answer.body).ok()?).id(&["id", "agendamentoId"], AppointmentId::new);
        Ok(bare.or_else(named))
    }

    /// Moves an appointment: the whole of it is written, since Trinks erases what is left out.
    pub async fn reschedule(&self, at: At<'_>, id: AppointmentId, to: &NewAppointment) -> Result<(), TrinksError> {
        let call = Call {
            purpose: "reschedule",
            method: Method::PUT,
            path: format!("agendamentos/{id}"),
            query: Vec::new(),
            body: Some(body(to, None)?),
            at,
        };
        self.call(call).await.map(drop)
    }

    /// Changes the status of an appointment.
    pub async fn set_status(&self, at: At<'_>, id: AppointmentId, to: StatusChange) -> Result<(), TrinksError> {
        let status = match to {
            StatusChange::Confirmed => "confirmado",
            StatusChange::NoShow => "clientefaltou",
        };
        self.call(patch(at, "set_status", id, status, None)).await.map(drop)
    }

    /// Cancels an appointment. `reason` has at least one character.
    pub async fn cancel(
        &self,
        at: At<'_>,
        id: AppointmentId,
        who: CancelledBy,
        reason: &str,
    ) -> Result<(), TrinksError> {
        let who = match who {
            CancelledBy::Client => 1,
            CancelledBy::Establishment => 3,
        };
        let body = json!({ "quemCancelou": who, "motivo": reason }).to_string();
        self.call(patch(at, "cancel", id, "cancelado", Some(body))).await.map(drop)
    }
}

fn patch<'a>(at: At<'a>, purpose: &'static str, id: AppointmentId, status: &str, body: Option<String>) -> Call<'a> {
    Call {
        purpose,
        method: Method::PATCH,
        path: format!("agendamentos/{id}/status/{status}"),
        query: Vec::new(),
        body,
        at,
    }
}

fn body(new: &NewAppointment, confirmed: Option<bool>) -> Result<String, TrinksError> {
    let body = Body {
        servico_id: new.service.number(),
        cliente_id: new.client.number(),
        profissional_id: new.professional.map(SalonProfessionalId::number),
        // Naive local time, as Trinks itself writes it.
        data_hora_inicio: new.starts.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        duracao_em_minutos: new.minutes,
        valor: new.price.into(),
        observacoes: new.notes.as_deref(),
        confirmado: confirmed,
    };
    serde_json::to_string(&body).map_err(|_| TrinksError::Unreadable("an appointment cannot be written"))
}

fn read_one(answer: &Answer) -> Result<RestAppointment, TrinksError> {
    let fields = Fields::parse(&answer.body).map_err(|_| TrinksError::Unreadable("an appointment is not an object"))?;
    appointment(&mut Lenient::new(fields)).ok_or(TrinksError::Unreadable("an appointment lacks its id or its hour"))
}

fn appointment(fields: &mut Lenient<'_>) -> Option<RestAppointment> {
    let mut part = |name| fields.objects(name).into_iter().next();
    let (status, client, service, professional) =
        (part("status"), part("cliente"), part("servico"), part("profissional"));
    let status = status.map_or(AppointmentStatus::Other(String::new()), |mut status| {
        let label = status.text(&["nome"]).unwrap_or_default();
        AppointmentStatus::from_number(status.number(&["id"]).unwrap_or_default(), &label)
    });
    let (service, service_name) = service
        .map(|mut service| (service.id(&["id"], SalonServiceId::new), service.text(&["nome"])))
        .unwrap_or_default();
    Some(RestAppointment {
        id: fields.id(&["id"], AppointmentId::new)?,
        status,
        client: client.and_then(|mut client| client.id(&["id"], SalonClientId::new)),
        service,
        service_name,
        professional: professional.and_then(|mut one| one.id(&["id"], SalonProfessionalId::new)),
        starts: fields.local_time(&["dataHoraInicio"])?.date_time(),
        minutes: u32::try_from(fields.number(&["duracaoEmMinutos"])?).ok()?,
        price: fields.money(&["valor"]).unwrap_or(Money::ZERO),
        notes: fields.text(&["observacoesDoEstabelecimento", "observacoes"]),
    })
}
