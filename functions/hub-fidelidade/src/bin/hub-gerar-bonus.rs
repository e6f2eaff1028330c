//! `GerarBonus`: closes a sale and generates its bonus.

use lambda_http::Error;
use ponte_hub_fidelidade::hub::serve;
use ponte_hub_fidelidade::routes::GerarBonus;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve::<GerarBonus>().await
}
