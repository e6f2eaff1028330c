//! `console-stores`: a programme's stores and their settings.

use jiff::Timestamp;
use lambda_http::Error;
use ponte_console::{Console, stores};
use ponte_platform::{http, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let console = Console::from_env()?;
    let console = &console;
    http::serve(move |request| async move { stores::handle(console, &request, Timestamp::now()).await }).await
}
