//! `ConsultarSaldoCliente`: answers what a sale may use.

use lambda_http::Error;
use ponte_hub_fidelidade::hub::serve;
use ponte_hub_fidelidade::routes::ConsultarSaldoCliente;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve::<ConsultarSaldoCliente>().await
}
