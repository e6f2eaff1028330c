//! `ConsultarSaldoCliente`: what this customer has, and what this sale may use of it (contract 4.2).

use ponte_platform::failure::Failure;
use ponte_platform::member_store;

use super::atualizar_cliente::pin_type;
use crate::hub::{Call, Hub, Operation, body};
use crate::wire::{ConsultarSaldoClienteRequest, ConsultarSaldoClienteResponse};

/// The operation.
pub struct ConsultarSaldoCliente;

impl Operation for ConsultarSaldoCliente {
    const NAME: &'static str = "ConsultarSaldoCliente";

    async fn handle(hub: &Hub, call: &Call<'_>) -> Result<String, Failure> {
        let request = ConsultarSaldoClienteRequest::read(&call.body)?;
        let sale = request.sale.unwrap_or_default();
        let member = call.member(sale.cpf.required()?);
        let (profile, account) = member_store::profile_and_account(&hub.table, &member).await?;
        // Somebody we do not know has nothing and cannot be asked for a PIN (contract section 10).
        let known = profile.is_some() || account.is_some();
        let account = account.unwrap_or_default();
        let settings = call.settings();
        let view = settings.query_sale(sale.net.0);
        body(&ConsultarSaldoClienteResponse {
            identificador_transacao: call.identifier(),
            saldo_atual: account.balance(call.now).into(),
            saldo_disponivel: account.available(view, settings.maximum_redemption_share, call.now).into(),
            utiliza_pin: settings.uses_pin && known,
            tipo_pin: pin_type(settings, profile.as_ref()).filter(|_| known),
        })
    }
}
