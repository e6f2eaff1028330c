//! `console-programs`: programmes.

use jiff::Timestamp;
use lambda_http::{Error, Request, run, service_fn};
use ponte_console::{Console, programs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    ponte_platform::telemetry::start();
    let console = Console::from_env()?;
    let console = &console;
    run(service_fn(move |request: Request| async move {
        Ok::<_, Error>(programs::handle(console, &request, Timestamp::now()).await)
    }))
    .await
}
