//! `AtualizarCliente`: creates or updates a member.

use lambda_http::Error;
use ponte_hub_fidelidade::hub::serve;
use ponte_hub_fidelidade::routes::AtualizarCliente;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve::<AtualizarCliente>().await
}
