//! `console-transaction-story`: what happened under one `IdentificadorTransacao`.

use jiff::Timestamp;
use lambda_http::Error;
use ponte_console::{Console, transaction_story};
use ponte_platform::{http, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let console = Console::from_env()?;
    let console = &console;
    http::serve(move |request| async move { transaction_story::handle(console, &request, Timestamp::now()).await })
        .await
}
