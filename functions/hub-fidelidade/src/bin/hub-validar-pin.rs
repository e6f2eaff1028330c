//! `ValidarPin`: checks the customer's PIN.

use lambda_http::Error;
use ponte_hub_fidelidade::hub::serve;
use ponte_hub_fidelidade::routes::ValidarPin;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve::<ValidarPin>().await
}
