//! Events 11 to 13: appointments.

use jiff::civil::DateTime;
use ponte_domain::money::Money;
use ponte_domain::trinks::{AppointmentId, SalonProfessionalId, SalonServiceId, ServiceId};
use serde::{Deserialize, Serialize};

use super::ClientNews;
use crate::lenient::Lenient;

/// What an event says of an appointment. A cancellation may say nothing but the id.
#[derive(Debug, Clone)]
pub struct Appointment {
    /// `IdDoAgendamento`.
    pub id: AppointmentId,
    /// The client, where the event names one.
    pub client: Option<ClientNews>,
    /// The professional, by the salon's own id.
    pub professional: Option<SalonProfessionalId>,
    /// The service, by the salon's own id.
    pub service: Option<SalonServiceId>,
    /// The service's id over all salons; the official sample has only this one.
    pub general_service: Option<ServiceId>,
    /// What it is called.
    pub service_name: Option<String>,
    /// When it starts, by the salon's clock.
    pub starts: Option<DateTime>,
    /// Minutes.
    pub minutes: Option<u32>,
    /// Its price.
    pub price: Option<Money>,
    /// Where it stands.
    pub status: Option<AppointmentStatus>,
    /// `Origem`: where it was booked.
    pub origin: Option<String>,
}

/// Where an appointment stands (contract section 5 and 9.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppointmentStatus {
    /// 3 (inferred): waits for the salon or the client.
    AwaitingConfirmation,
    /// 4.
    Confirmed,
    /// 6.
    NoShow,
    /// 7 (inferred).
    InService,
    /// 8.
    Finished,
    /// 9.
    Cancelled,
    /// A label that the contract does not name, kept as it came.
    Other(String),
}

impl AppointmentStatus {
    /// Reads a label, whatever its case and accents.
    #[must_use]
    pub fn from_label(label: &str) -> Self {
        match plain(label).as_str() {
            "aguardando confirmacao" => Self::AwaitingConfirmation,
            "confirmado" => Self::Confirmed,
            "cliente nao compareceu" | "cliente faltou" => Self::NoShow,
            "em atendimento" => Self::InService,
            "finalizado" => Self::Finished,
            "cancelado" => Self::Cancelled,
            _ => Self::Other(label.trim().chars().take(60).collect()),
        }
    }

    /// Reads REST's `status`: the number where it is a known one, else its label.
    #[must_use]
    pub fn from_number(id: u64, label: &str) -> Self {
        match id {
            3 => Self::AwaitingConfirmation,
            4 => Self::Confirmed,
            6 => Self::NoShow,
            7 => Self::InService,
            8 => Self::Finished,
            9 => Self::Cancelled,
            _ => Self::from_label(label),
        }
    }

    /// The name that is shown outside.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::AwaitingConfirmation => "awaiting_confirmation",
            Self::Confirmed => "confirmed",
            Self::NoShow => "no_show",
            Self::InService => "in_service",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
            Self::Other(label) => label,
        }
    }

    /// Whether the hour is free again.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        *self == Self::Cancelled
    }
}

/// Lower case, without the accents of Portuguese.
fn plain(text: &str) -> String {
    let letter = |c: char| match c {
        'á' | 'à' | 'â' | 'ã' => 'a',
        'é' | 'ê' => 'e',
        'í' => 'i',
        'ó' | 'ô' | 'õ' => 'o',
        'ú' | 'ü' => 'u',
        'ç' => 'c',
        other => other,
    };
    text.trim().to_lowercase().chars().map(letter).collect()
}

impl Appointment {
    pub(super) fn read(fields: &mut Lenient<'_>) -> Result<Self, &'static str> {
        let starts = fields.local_time(&["DataHoraInicioDoAgendamento"]).map(super::LocalTime::date_time);
        let ends = fields.local_time(&["DataHoraFimDoAgendamento"]).map(super::LocalTime::date_time);
        let between = || u32::try_from(ends?.duration_since(starts?).as_mins()).ok().filter(|minutes| *minutes > 0);
        let minutes = fields.number(&["DuracaoDoAgendamento"]).and_then(|minutes| u32::try_from(minutes).ok());
        let professional = fields.id(&["IdDoProfissionalNoEstabelecimento"], SalonProfessionalId::new);
        let service = fields.id(&["IdDoServicoNoEstabelecimento"], SalonServiceId::new);
        Ok(Self {
            id: fields.id(&["IdDoAgendamento"], AppointmentId::new).ok_or("IdDoAgendamento")?,
            client: ClientNews::read(fields).ok(),
            professional,
            service,
            general_service: fields.id(&["IdDoServico"], ServiceId::new),
            service_name: fields.text(&["NomeDoServicoNoEstabelecimento"]),
            starts,
            minutes: minutes.or_else(between),
            price: fields.money(&["PrecoDoServicoNoAgendamento"]),
            status: fields.text(&["Status"]).map(|label| AppointmentStatus::from_label(&label)),
            origin: fields.text(&["Origem"]),
        })
    }
}
