//! Answers what no route matches, and suggests the alias to set.

use lambda_http::Error;
use ponte_hub_fidelidade::fallback;
use ponte_platform::{http, settings, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let prefix = settings::required("PONTE_HUB_PREFIX")?;
    let prefix = prefix.as_str();
    http::serve(|request| async move { fallback::answer(&request, prefix) }).await
}
