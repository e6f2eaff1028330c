//! `GET /agenda/v1/services`.

use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
use ponte_platform::wire_money::WireMoney;
use ponte_trinks::client::Service;
use ponte_trinks::requests::SlowList;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Caller, authenticate};
use crate::agenda::Agenda;
use crate::call::Call;
use crate::lists::{self, ListView};
use crate::problem::{Problem, answer};

/// A service that can be booked.
#[derive(Serialize, ToSchema)]
#[schema(as = AgendaService)]
pub(crate) struct ServiceView {
    #[schema(example = 1_300_001)]
    id: u64,
    #[schema(example = "Corte")]
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Cabelo")]
    category: Option<String>,
    price: WireMoney,
    /// Its usual duration.
    #[schema(example = 40)]
    minutes: u32,
    /// Shown to clients who book by themselves.
    visible: bool,
}

impl From<Service> for ServiceView {
    fn from(service: Service) -> Self {
        Self {
            id: service.id.number(),
            name: service.name,
            description: service.description,
            category: service.category,
            price: service.price.into(),
            minutes: service.minutes,
            visible: service.visible,
        }
    }
}

/// Answers one call.
pub async fn handle(agenda: &Agenda, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(agenda, &Call::new(request, now)).await)
}

async fn route(agenda: &Agenda, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(agenda, call).await?;
    call.route("GET", "services")?;
    list(agenda, call, &caller).await
}

/// Lists the salon's services.
///
/// Cached: `read_at` and `age_seconds` tell how old the answer is. While Trinks is down, or its quota is spent, the last
/// list is answered.
#[utoipa::path(get, path = "/agenda/v1/services", tag = "agenda", operation_id = "agenda_services",
    params(("all" = Option<bool>, Query, description = "`true`: also services that clients do not see")),
    responses((status = 200, body = ListView<ServiceView>)))]
async fn list(agenda: &Agenda, call: &Call<'_>, caller: &Caller) -> Result<Response<Body>, Problem> {
    let all = match call.query("all").as_deref() {
        None | Some("false" | "0") => false,
        Some("true" | "1") => true,
        Some(_) => return Err(Problem::field("all", "true or false")),
    };
    let view = |service: Service| (all || service.visible).then(|| ServiceView::from(service));
    lists::answer(agenda, call, caller, SlowList::Services, view).await
}
