//! Answers what no route matches, and suggests the alias to set.

use lambda_http::Error;
use ponte_hub_fidelidade::fallback;
use ponte_platform::{http, settings, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    // An empty prefix is the root of the API.
    let prefix = settings::optional("PONTE_HUB_PREFIX").unwrap_or_default();
    let prefix = prefix.as_str();
    http::serve(|request| async move { fallback::answer(&request, prefix) }).await
}
