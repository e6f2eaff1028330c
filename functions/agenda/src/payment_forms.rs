//! `GET /agenda/v1/payment-forms`.

use jiff::Timestamp;
use lambda_http::{Body, Request, Response};
use ponte_trinks::client::PaymentForm;
use ponte_trinks::requests::SlowList;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Caller, authenticate};
use crate::agenda::Agenda;
use crate::call::Call;
use crate::lists::{self, ListView};
use crate::problem::{Problem, answer};

/// A form of payment that the salon takes.
#[derive(Serialize, ToSchema)]
#[schema(as = AgendaPaymentForm)]
pub(crate) struct PaymentFormView {
    #[schema(example = 4)]
    id: u64,
    #[schema(example = "PIX")]
    name: String,
}

/// Answers one call.
pub async fn handle(agenda: &Agenda, request: &Request, now: Timestamp) -> Response<Body> {
    answer(route(agenda, &Call::new(request, now)).await)
}

async fn route(agenda: &Agenda, call: &Call<'_>) -> Result<Response<Body>, Problem> {
    let caller = authenticate(agenda, call).await?;
    call.route("GET", "payment-forms")?;
    list(agenda, call, &caller).await
}

/// Lists the salon's forms of payment.
///
/// Cached: `read_at` and `age_seconds` tell how old the answer is. While Trinks is down, or its quota is spent, the last
/// list is answered.
#[utoipa::path(get, path = "/agenda/v1/payment-forms", tag = "agenda", operation_id = "agenda_payment_forms",
    responses((status = 200, body = ListView<PaymentFormView>)))]
async fn list(agenda: &Agenda, call: &Call<'_>, caller: &Caller) -> Result<Response<Body>, Problem> {
    let view = |form: PaymentForm| Some(PaymentFormView { id: form.id, name: form.name });
    lists::answer(agenda, call, caller, SlowList::PaymentForms, view).await
}
