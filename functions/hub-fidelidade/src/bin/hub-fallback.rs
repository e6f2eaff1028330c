//! Answers what no route matches, and suggests the alias to set.

use lambda_http::{Error, Request, service_fn};
use ponte_hub_fidelidade::fallback;
use ponte_platform::{settings, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let prefix = settings::required("PONTE_HUB_PREFIX")?;
    let prefix = prefix.as_str();
    lambda_http::run(service_fn(|request: Request| async move { Ok::<_, Error>(fallback::answer(&request, prefix)) })).await
}
