//! What Trinks' webhooks say: the 13 events as one type (contract trinks.md, section 9), read leniently.

mod account;
mod appointment;
mod client;
mod establishment;
mod professional;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ponte_domain::trinks::EstablishmentId;
use ponte_platform::fields::Fields;

use crate::lenient::Lenient;
pub use crate::lenient::LocalTime;
pub(crate) use account::line_value;
pub use account::{AccountClosed, AccountReversed, Involved, SoldItem};
pub use appointment::{Appointment, AppointmentStatus};
pub use client::ClientNews;
pub use establishment::EstablishmentNews;
pub use professional::ProfessionalNews;

/// `TipoDeEvento`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum EventKind {
    /// Fechamento de Conta.
    AccountClosed = 1,
    /// Estorno de Conta.
    AccountReversed = 2,
    /// Cadastro de Cliente.
    ClientCreated = 3,
    /// Alteração de Cliente.
    ClientChanged = 4,
    /// Cadastro de Profissional.
    ProfessionalCreated = 5,
    /// Alteração de Profissional.
    ProfessionalChanged = 6,
    /// Inativação de Profissional.
    ProfessionalDeactivated = 7,
    /// Cadastro de Estabelecimento.
    EstablishmentCreated = 8,
    /// Exclusão de Estabelecimento.
    EstablishmentRemoved = 9,
    /// Alteração de Estabelecimento.
    EstablishmentChanged = 10,
    /// Inclusão de Agendamento.
    AppointmentCreated = 11,
    /// Alteração de Agendamento.
    AppointmentChanged = 12,
    /// Exclusão de Agendamento.
    AppointmentCancelled = 13,
}

impl EventKind {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 13] = [
        Self::AccountClosed,
        Self::AccountReversed,
        Self::ClientCreated,
        Self::ClientChanged,
        Self::ProfessionalCreated,
        Self::ProfessionalChanged,
        Self::ProfessionalDeactivated,
        Self::EstablishmentCreated,
        Self::EstablishmentRemoved,
        Self::EstablishmentChanged,
        Self::AppointmentCreated,
        Self::AppointmentChanged,
        Self::AppointmentCancelled,
    ];

    /// The kind of a number; `None` for one that Trinks has not told us of.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| u64::from(kind.number()) == number)
    }

    /// Its `TipoDeEvento`.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The `Action` that goes with it (contract section 9); one that disagrees is logged, not refused.
    #[must_use]
    pub fn action(self) -> u64 {
        match self {
            Self::AccountReversed => 9,
            Self::ClientChanged | Self::ProfessionalChanged | Self::EstablishmentChanged | Self::AppointmentChanged => {
                2
            }
            Self::ProfessionalDeactivated | Self::EstablishmentRemoved | Self::AppointmentCancelled => 3,
            Self::AccountClosed
            | Self::ClientCreated
            | Self::ProfessionalCreated
            | Self::EstablishmentCreated
            | Self::AppointmentCreated => 1,
        }
    }
}

/// What an event says, by kind.
#[derive(Debug, Clone)]
pub enum TrinksEvent {
    /// 1.
    AccountClosed(Box<AccountClosed>),
    /// 2.
    AccountReversed(AccountReversed),
    /// 3.
    ClientCreated(Box<ClientNews>),
    /// 4.
    ClientChanged(Box<ClientNews>),
    /// 5.
    ProfessionalCreated(ProfessionalNews),
    /// 6.
    ProfessionalChanged(ProfessionalNews),
    /// 7.
    ProfessionalDeactivated(ProfessionalNews),
    /// 8.
    EstablishmentCreated(EstablishmentNews),
    /// 9.
    EstablishmentRemoved(EstablishmentNews),
    /// 10.
    EstablishmentChanged(EstablishmentNews),
    /// 11.
    AppointmentCreated(Box<Appointment>),
    /// 12: rescheduled, or of another status.
    AppointmentChanged(Box<Appointment>),
    /// 13.
    AppointmentCancelled(Box<Appointment>),
    /// A `TipoDeEvento` that the contract does not name; kept, counted and shown.
    Unknown(u64),
}

impl TrinksEvent {
    /// Its kind; `None` for an unknown one.
    #[must_use]
    pub fn kind(&self) -> Option<EventKind> {
        Some(match self {
            Self::AccountClosed(_) => EventKind::AccountClosed,
            Self::AccountReversed(_) => EventKind::AccountReversed,
            Self::ClientCreated(_) => EventKind::ClientCreated,
            Self::ClientChanged(_) => EventKind::ClientChanged,
            Self::ProfessionalCreated(_) => EventKind::ProfessionalCreated,
            Self::ProfessionalChanged(_) => EventKind::ProfessionalChanged,
            Self::ProfessionalDeactivated(_) => EventKind::ProfessionalDeactivated,
            Self::EstablishmentCreated(_) => EventKind::EstablishmentCreated,
            Self::EstablishmentRemoved(_) => EventKind::EstablishmentRemoved,
            Self::EstablishmentChanged(_) => EventKind::EstablishmentChanged,
            Self::AppointmentCreated(_) => EventKind::AppointmentCreated,
            Self::AppointmentChanged(_) => EventKind::AppointmentChanged,
            Self::AppointmentCancelled(_) => EventKind::AppointmentCancelled,
            Self::Unknown(_) => return None,
        })
    }
}

impl TrinksEvent {
    /// `TipoDeEvento`, of unknown ones too.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        match self {
            Self::Unknown(number) => Some(*number),
            known => known.kind().map(|kind| u64::from(kind.number())),
        }
    }
}

/// One event with what all of them carry.
#[derive(Debug, Clone)]
pub struct ParsedEvent {
    /// What it says.
    pub event: TrinksEvent,
    /// The salon; `None` where it could not be told (contract section 9.1: unknown for 8 to 10).
    pub establishment: Option<EstablishmentId>,
    /// `DataHoraEventoGerado`, where sent.
    pub generated: Option<LocalTime>,
    /// Fields that were there and could not be read; they count as absent.
    pub doubts: Vec<&'static str>,
}

impl ParsedEvent {
    /// When it happened: the event's own time, else when SNS was given it.
    #[must_use]
    pub fn happened_at(&self, sent_at: Timestamp, zone: &TimeZone) -> Timestamp {
        // A clock or zone that is wrong must not make news that nothing can follow.
        self.generated.map_or(sent_at, |local| local.instant(zone).min(sent_at))
    }
}

/// An event that cannot be used. It is kept raw, shown, and can be replayed once we can read it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unparsable {
    /// The message is not one JSON object.
    #[error("the event is not a JSON object")]
    NotAnObject,
    /// No `TipoDeEvento`.
    #[error("the event has no TipoDeEvento that is a number")]
    NoKind,
    /// A field without which the event means nothing.
    #[error("event {kind} has no usable {field}")]
    Missing {
        /// `TipoDeEvento`.
        kind: u8,
        /// The field, by its first wire name.
        field: &'static str,
    },
}

/// The names of the salon's id (contract section 9.1; events 8 to 10 are not documented).
const ESTABLISHMENT: &[&str] = &["IdDoEstabelecimento", "IdEstabelecimento", "EstabelecimentoId"];

/// Reads the content of an SNS `Message`.
///
/// # Errors
/// [`Unparsable`] when the event can mean nothing. An unknown kind is no error.
pub fn parse(message: &str) -> Result<ParsedEvent, Unparsable> {
    let outer = Fields::parse(message).map_err(|_| Unparsable::NotAnObject)?;
    // A wrapper `{EventId, Action, Data}` was never seen, and costs little to accept.
    let inner = outer.object("Data").ok().flatten().filter(|_| !outer.has("TipoDeEvento"));
    let wrapped_kind = outer.integer("EventId").ok().flatten();
    let mut fields = Lenient::new(inner.unwrap_or(outer));
    let kind = fields.number(&["TipoDeEvento"]).or(wrapped_kind).ok_or(Unparsable::NoKind)?;
    let establishment = fields.id(ESTABLISHMENT, EstablishmentId::new);
    let generated = fields.local_time(&["DataHoraEventoGerado"]);
    let event = match EventKind::from_number(kind) {
        None => TrinksEvent::Unknown(kind),
        Some(kind) => {
            if let Some(action) = fields.number(&["Action"]).filter(|action| *action != kind.action()) {
                tracing::warn!(event = "trinks_action_disagrees", kind = kind.number(), action);
            }
            read(kind, &mut fields)?
        }
    };
    Ok(ParsedEvent { event, establishment, generated, doubts: fields.doubts() })
}

fn read(kind: EventKind, fields: &mut Lenient<'_>) -> Result<TrinksEvent, Unparsable> {
    let missing = |field| Unparsable::Missing { kind: kind.number(), field };
    Ok(match kind {
        EventKind::AccountClosed => TrinksEvent::AccountClosed(Box::new(AccountClosed::read(fields).map_err(missing)?)),
        EventKind::AccountReversed => TrinksEvent::AccountReversed(AccountReversed::read(fields).map_err(missing)?),
        EventKind::ClientCreated => TrinksEvent::ClientCreated(Box::new(ClientNews::read(fields).map_err(missing)?)),
        EventKind::ClientChanged => TrinksEvent::ClientChanged(Box::new(ClientNews::read(fields).map_err(missing)?)),
        EventKind::ProfessionalCreated => {
            TrinksEvent::ProfessionalCreated(ProfessionalNews::read(fields).map_err(missing)?)
        }
        EventKind::ProfessionalChanged => {
            TrinksEvent::ProfessionalChanged(ProfessionalNews::read(fields).map_err(missing)?)
        }
        EventKind::ProfessionalDeactivated => {
            TrinksEvent::ProfessionalDeactivated(ProfessionalNews::read(fields).map_err(missing)?)
        }
        EventKind::EstablishmentCreated => TrinksEvent::EstablishmentCreated(EstablishmentNews::read(fields)),
        EventKind::EstablishmentRemoved => TrinksEvent::EstablishmentRemoved(EstablishmentNews::read(fields)),
        EventKind::EstablishmentChanged => TrinksEvent::EstablishmentChanged(EstablishmentNews::read(fields)),
        EventKind::AppointmentCreated => {
            TrinksEvent::AppointmentCreated(Box::new(Appointment::read(fields).map_err(missing)?))
        }
        EventKind::AppointmentChanged => {
            TrinksEvent::AppointmentChanged(Box::new(Appointment::read(fields).map_err(missing)?))
        }
        EventKind::AppointmentCancelled => {
            TrinksEvent::AppointmentCancelled(Box::new(Appointment::read(fields).map_err(missing)?))
        }
    })
}
