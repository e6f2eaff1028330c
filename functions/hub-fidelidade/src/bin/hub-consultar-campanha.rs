//! `ConsultarCampanha`: offers campaigns for a sale.

use lambda_http::Error;
use ponte_hub_fidelidade::hub::serve;
use ponte_hub_fidelidade::routes::ConsultarCampanha;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve::<ConsultarCampanha>().await
}
