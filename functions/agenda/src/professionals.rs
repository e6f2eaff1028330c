//! `GET /agenda/v1/professionals`.

use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
use ponte_trinks::client::Professional;
use ponte_trinks::requests::SlowList;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Caller, authenticate};
use crate::agenda::Agenda;
use crate::call::Call;
use crate::lists::{self, ListView};
use crate::problem::{Problem, answer};

/// A professional of the salon.
#[derive(Serialize, ToSchema)]
#[schema(as = AgendaProfessional)]
pub(crate) struct ProfessionalView {
    #[schema(example = 700_001)]
    id: u64,
    /// What clients call them.
    #[schema(example = "Ana")]
    name: String,
}

/// Answers one call.
pub async fn handle(agenda: &Agenda, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(agenda, &Call::new(request, now)).await)
}

async fn route(agenda: &Agenda, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(agenda, call).await?;
    call.route("GET", "professionals")?;
    list(agenda, call, &caller).await
}

/// Lists the salon's professionals.
///
/// Cached: `read_at` and `age_seconds` tell how old the answer is. While Trinks is down, or its quota is spent, the last
/// list is answered.
#[utoipa::path(get, path = "/agenda/v1/professionals", tag = "agenda", operation_id = "agenda_professionals",
    responses((status = 200, body = ListView<ProfessionalView>)))]
async fn list(agenda: &Agenda, call: &Call<'_>, caller: &Caller) -> Result<Response<Body>, Problem> {
    let view = |one: Professional| Some(ProfessionalView { id: one.id.number(), name: one.name });
    lists::answer(agenda, call, caller, SlowList::Professionals, view).await
}
