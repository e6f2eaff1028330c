//! `EstornarBonus`: reverses a sale or a redemption.

use lambda_http::Error;
use ponte_hub_fidelidade::hub::serve;
use ponte_hub_fidelidade::routes::EstornarBonus;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve::<EstornarBonus>().await
}
