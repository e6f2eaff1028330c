//! `console-campaigns`: a programme's campaigns.

use jiff::Timestamp;
use lambda_http::Error;
use ponte_console::{Console, campaigns};
use ponte_platform::{http, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let console = Console::from_env()?;
    let console = &console;
    http::serve(move |request| async move { campaigns::handle(console, &request, Timestamp::now()).await }).await
}
