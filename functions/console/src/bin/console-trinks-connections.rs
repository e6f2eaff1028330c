//! `console-trinks-connections`: connections to Trinks, and the topics of their webhooks.

use jiff::Timestamp;
use lambda_http::Error;
use ponte_console::trinks::connections;
use ponte_platform::{http, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let connections = connections::Connections::from_env()?;
    let connections = &connections;
    http::serve(move |request| async move { connections::handle(connections, &request, Timestamp::now()).await }).await
}
