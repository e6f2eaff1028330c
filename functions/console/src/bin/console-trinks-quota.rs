//! `console-trinks-quota`: where the quota of Trinks' keys stands.

use jiff::Timestamp;
use lambda_http::Error;
use ponte_console::Console;
use ponte_console::trinks::quota;
use ponte_platform::{http, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let console = Console::from_env()?;
    let console = &console;
    http::serve(move |request| async move { quota::handle(console, &request, Timestamp::now()).await }).await
}
