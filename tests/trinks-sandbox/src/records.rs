//! What a salon keeps in Trinks.

use jiff::civil::DateTime;
use serde_json::Value;

/// A salon.
#[derive(Debug, Clone)]
pub(crate) struct Establishment {
    pub(crate) id: i64,
    pub(crate) name: &'static str,
}

/// A service. REST knows one id; webhooks carry both.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) establishment: i64,
    /// The id of REST, `IdDoServicoNoEstabelecimento` in webhooks.
    pub(crate) id: i64,
    /// `IdDoServico` in webhooks.
    pub(crate) global_id: i64,
    pub(crate) name: &'static str,
    pub(crate) category: &'static str,
    pub(crate) cents: i64,
    pub(crate) minutes: i64,
    pub(crate) visible: bool,
}

/// A professional, under three ids of three spaces.
#[derive(Debug, Clone)]
pub(crate) struct Professional {
    pub(crate) establishment: i64,
    /// "No estabelecimento": `/profissionais`, `/agendamentos`.
    pub(crate) id: i64,
    /// "Pessoa": `/transacoes`, `IdDoProfissional` in webhooks.
    pub(crate) person_id: i64,
    /// `IdPessoaDoProfissional`, in webhook 1 only.
    pub(crate) third_id: i64,
    pub(crate) name: &'static str,
    pub(crate) nickname: &'static str,
    pub(crate) services: &'static [i64],
}

/// A phone of a client.
#[derive(Debug, Clone)]
pub(crate) struct Phone {
    pub(crate) id: i64,
    pub(crate) ddi: String,
    pub(crate) ddd: String,
    pub(crate) number: String,
    pub(crate) kind: i64,
}

impl Phone {
    /// `(11) 90000-0000`.
    pub(crate) fn full(&self) -> String {
        let cut = self.number.len().saturating_sub(4);
        match self.number.split_at_checked(cut) {
            Some((head, tail)) => format!("({}) {head}-{tail}", self.ddd),
            None => format!("({}) {}", self.ddd, self.number),
        }
    }
}

/// A client of a salon.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) id: i64,
    pub(crate) establishment: i64,
    /// `pessoaFisicaId` in REST, `IdDoCliente` in webhooks.
    pub(crate) person_id: i64,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    /// Eleven digits.
    pub(crate) cpf: Option<String>,
    pub(crate) gender: Option<String>,
    pub(crate) notes: Option<String>,
    pub(crate) external_code: Option<String>,
    pub(crate) phones: Vec<Phone>,
    pub(crate) preferences: Value,
    pub(crate) created: DateTime,
    pub(crate) changed: DateTime,
    /// Keeps their own Trinks account: the salon's changes answer 204 and do nothing.
    pub(crate) self_managed: bool,
    /// `OrigemDoCliente`.
    pub(crate) origin: &'static str,
}

impl Client {
    /// `111.444.777-35`, or nothing, as webhooks write it.
    pub(crate) fn cpf_dotted(&self) -> String {
        let digits = self.cpf.as_deref().unwrap_or_default();
        match (digits.get(..3), digits.get(3..6), digits.get(6..9), digits.get(9..)) {
            (Some(a), Some(b), Some(c), Some(d)) => format!("{a}.{b}.{c}-{d}"),
            _ => String::new(),
        }
    }
}

/// Where an appointment stands; the numbers are Trinks'.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Awaiting = 3,
    Confirmed = 4,
    NoShow = 6,
    InService = 7,
    Finished = 8,
    Cancelled = 9,
}

impl Status {
    /// From the last part of `PATCH .../status/{name}`.
    pub(crate) fn of_route(name: &str) -> Option<Self> {
        Some(match name.to_lowercase().as_str() {
            "confirmado" => Self::Confirmed,
            "ematendimento" => Self::InService,
            "finalizado" => Self::Finished,
            "clientefaltou" => Self::NoShow,
            "cancelado" => Self::Cancelled,
            _ => return None,
        })
    }

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Awaiting => "Aguardando confirmação",
            Self::Confirmed => "Confirmado",
            Self::NoShow => "Cliente não compareceu",
            Self::InService => "Em atendimento",
            Self::Finished => "Finalizado",
            Self::Cancelled => "Cancelado",
        }
    }
}

/// Who comes for what, to whom, when and for how long: what a booking or a rescheduling asks for.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub(crate) client: i64,
    pub(crate) service: i64,
    /// Of the "no estabelecimento" space; 0 is nobody.
    pub(crate) professional: i64,
    pub(crate) start: DateTime,
    pub(crate) minutes: i64,
    pub(crate) cents: i64,
    pub(crate) notes: Option<String>,
}

impl Visit {
    pub(crate) fn end(&self) -> DateTime {
        self.start.saturating_add(jiff::Span::new().minutes(self.minutes))
    }
}

/// An appointment.
#[derive(Debug, Clone)]
pub(crate) struct Appointment {
    pub(crate) id: i64,
    pub(crate) establishment: i64,
    pub(crate) visit: Visit,
    pub(crate) status: Status,
    /// `Origem` in webhooks.
    pub(crate) origin: &'static str,
}

/// A line of a sale.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// `Itens[].Id`.
    pub(crate) id: i64,
    /// The service's or product's own id, as REST shows it.
    pub(crate) article: i64,
    pub(crate) name: String,
    pub(crate) quantity: i64,
    pub(crate) unit_cents: i64,
    pub(crate) discount_cents: i64,
    pub(crate) discount_reason: String,
    /// Empty for services: the only difference that an event shows.
    pub(crate) ean: String,
    /// Of the "no estabelecimento" space; 0 is nobody.
    pub(crate) professional: i64,
}

/// A closed account.
#[derive(Debug, Clone)]
pub(crate) struct Transaction {
    pub(crate) id: i64,
    pub(crate) establishment: i64,
    pub(crate) client: i64,
    pub(crate) closed: DateTime,
    pub(crate) items: Vec<Item>,
    pub(crate) payments: Vec<(String, i64)>,
    pub(crate) with_cpf: bool,
    pub(crate) reversed: bool,
}

impl Transaction {
    pub(crate) fn discount(&self) -> i64 {
        self.items.iter().map(|item| item.discount_cents).sum()
    }

    pub(crate) fn total(&self) -> i64 {
        self.items.iter().map(|item| item.unit_cents * item.quantity - item.discount_cents).sum()
    }

    pub(crate) fn paid(&self) -> i64 {
        self.payments.iter().map(|(_, cents)| cents).sum()
    }
}
