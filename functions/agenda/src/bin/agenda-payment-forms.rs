//! `agenda-payment-forms`: lists the salon's forms of payment.

use jiff::Timestamp;
use lambda_http::Error;
use ponte_agenda::{Agenda, payment_forms};
use ponte_platform::{http, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let agenda = Agenda::from_env()?;
    let agenda = &agenda;
    http::serve(move |request| async move { payment_forms::handle(agenda, &request, Timestamp::now()).await }).await
}
