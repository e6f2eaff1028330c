//! Services, professionals, forms of payment, and free hours.

use jiff::civil::{Date, Time};
use ponte_domain::money::Money;
use ponte_domain::trinks::{SalonProfessionalId, SalonServiceId};
use serde::{Deserialize, Serialize};

use super::paging::List;
use super::{At, Trinks, TrinksError};
use crate::lenient::Lenient;

/// A service of a salon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Its id in this salon.
    pub id: SalonServiceId,
    /// Name.
    pub name: String,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Its price.
    #[serde(rename = "price_cents")]
    pub price: Money,
    /// Its usual duration.
    pub minutes: u32,
    /// Shown to clients who book by themselves.
    pub visible: bool,
}

/// A professional of a salon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Professional {
    /// The id in this salon.
    pub id: SalonProfessionalId,
    /// What clients call them.
    pub name: String,
}

/// A form of payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentForm {
    /// Its id.
    pub id: u64,
    /// Name.
    pub name: String,
}

/// The free starts of a professional on a day. With a service and a duration asked for, each start proves the whole
/// duration free (contract section 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeHours {
    /// Who.
    pub professional: SalonProfessionalId,
    /// What clients call them.
    pub name: String,
    /// When, by the salon's clock.
    pub starts: Vec<Time>,
}

impl Trinks {
    /// All services.
    pub async fn services(&self, at: At<'_>) -> Result<Vec<Service>, TrinksError> {
        Ok(self.all(at, &list("services", "servicos"), service).await?.items)
    }

    /// All professionals.
    pub async fn professionals(&self, at: At<'_>) -> Result<Vec<Professional>, TrinksError> {
        Ok(self.all(at, &list("professionals", "profissionais"), professional).await?.items)
    }

    /// All forms of payment.
    pub async fn payment_forms(&self, at: At<'_>) -> Result<Vec<PaymentForm>, TrinksError> {
        let read = |fields: &mut Lenient<'_>| {
            Some(PaymentForm { id: fields.number(&["id"])?, name: fields.text(&["nome", "descricao"])? })
        };
        Ok(self.all(at, &list("payment_forms", "formaspagamentos"), read).await?.items)
    }

    /// Who is free on a day for a service of this duration. An empty answer may be spurious (contract section 6, item 8), and
    /// is told as it came: a customer who asks again costs less than a second call each time.
    pub async fn free_hours(
        &self,
        at: At<'_>,
        day: Date,
        service: SalonServiceId,
        minutes: u32,
        professional: Option<SalonProfessionalId>,
    ) -> Result<Vec<FreeHours>, TrinksError> {
        let mut query = vec![("servicoId", service.to_string()), ("servicoDuracao", minutes.to_string())];
        query.extend(professional.map(|id| ("profissionalId", id.to_string())));
        let asked = List { purpose: "free_hours", path: format!("agendamentos/profissionais/{day}"), query };
        let mut free = self.all(at, &asked, free_hours).await?.items;
        // Trinks ignores a professional elsewhere; here it must not.
        free.retain(|hours| professional.is_none_or(|wanted| wanted == hours.professional));
        Ok(free)
    }
}

fn list(purpose: &'static str, path: &str) -> List {
    List { purpose, path: path.to_owned(), query: Vec::new() }
}

fn service(fields: &mut Lenient<'_>) -> Option<Service> {
    Some(Service {
        id: fields.id(&["id"], SalonServiceId::new)?,
        name: fields.text(&["nome"])?,
        description: fields.text(&["descricao"]),
        category: fields.text(&["categoria"]),
        price: fields.money(&["preco"]).unwrap_or(Money::ZERO),
        minutes: u32::try_from(fields.number(&["duracaoEmMinutos"])?).ok()?,
        visible: fields.text(&["visivelParaCliente"]).is_none_or(|text| text != "false"),
    })
}

fn professional(fields: &mut Lenient<'_>) -> Option<Professional> {
    let id = fields.id(&["id"], SalonProfessionalId::new)?;
    Some(Professional { id, name: fields.text(&["apelido", "nome"])? })
}

fn free_hours(fields: &mut Lenient<'_>) -> Option<FreeHours> {
    let professional = fields.id(&["id"], SalonProfessionalId::new)?;
    let starts = fields.list("horariosVagos");
    let mut starts: Vec<Time> = starts.iter().filter_map(|start| hour(&start.text()?)).collect();
    starts.sort_unstable();
    Some(FreeHours { professional, name: fields.text(&["nome", "apelido"]).unwrap_or_default(), starts })
}

/// `14:00` or `14:00:00`.
fn hour(text: &str) -> Option<Time> {
    text.trim().parse().ok()
}
