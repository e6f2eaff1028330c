//! `EnviarPin`: queues a PIN for the customer.

use lambda_http::Error;
use ponte_hub_fidelidade::hub::serve;
use ponte_hub_fidelidade::routes::EnviarPin;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve::<EnviarPin>().await
}
