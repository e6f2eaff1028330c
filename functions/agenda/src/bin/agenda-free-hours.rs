//! `agenda-free-hours`: shows who is free on a day.

use jiff::Timestamp;
use lambda_http::Error;
use ponte_agenda::{Agenda, free_hours};
use ponte_platform::{http, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let agenda = Agenda::from_env()?;
    let agenda = &agenda;
    http::serve(move |request| async move { free_hours::handle(agenda, &request, Timestamp::now()).await }).await
}
