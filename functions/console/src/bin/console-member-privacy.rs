//! `console-member-privacy`: LGPD: export and erasure of a member.

use jiff::Timestamp;
use lambda_http::Error;
use ponte_console::{Console, member_privacy};
use ponte_platform::{http, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let console = Console::from_env()?;
    let console = &console;
    http::serve(move |request| async move { member_privacy::handle(console, &request, Timestamp::now()).await }).await
}
