//! `console-member-statement`: a member's balance and postings.

use jiff::Timestamp;
use lambda_http::Error;
use ponte_console::{Console, member_statement};
use ponte_platform::{http, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let console = Console::from_env()?;
    let console = &console;
    http::serve(move |request| async move { member_statement::handle(console, &request, Timestamp::now()).await }).await
}
