//! `console-agenda-keys`: the keys of a store's agenda.

use jiff::Timestamp;
use lambda_http::Error;
use ponte_console::{Console, agenda_keys};
use ponte_platform::{http, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let console = Console::from_env()?;
    let console = &console;
    http::serve(move |request| async move { agenda_keys::handle(console, &request, Timestamp::now()).await }).await
}
