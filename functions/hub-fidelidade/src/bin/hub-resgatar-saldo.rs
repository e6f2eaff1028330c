//! `ResgatarSaldo`: spends bonus money.

use lambda_http::Error;
use ponte_hub_fidelidade::hub::serve;
use ponte_hub_fidelidade::routes::ResgatarSaldo;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve::<ResgatarSaldo>().await
}
