//! `console-trinks-parked`: requests to Trinks that wait for the next month.

use jiff::Timestamp;
use lambda_http::Error;
use ponte_console::trinks::parked;
use ponte_platform::{http, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let requests = parked::ParkedRequests::from_env()?;
    let requests = &requests;
    http::serve(move |request| async move { parked::handle(requests, &request, Timestamp::now()).await }).await
}
