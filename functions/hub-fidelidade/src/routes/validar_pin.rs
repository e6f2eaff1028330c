//! `ValidarPin`: whether the customer's number is right (contract 4.4). A wrong or expired one is a 200 with `false`.

use ponte_domain::pin::Pin;
use ponte_domain::refusal::Refusal;
use ponte_platform::failure::Failure;
use ponte_platform::ledger_store::Attempt;
use ponte_platform::member_store;
use ponte_platform::until_settled;

use crate::hub::{Call, Hub, Operation, body};
use crate::wire::{ValidarPinRequest, ValidarPinResponse};

/// The operation.
pub struct ValidarPin;

impl Operation for ValidarPin {
    const NAME: &'static str = "ValidarPin";

    async fn handle(hub: &Hub, call: &Call<'_>) -> Result<String, Failure> {
        let request = ValidarPinRequest::read(&call.body)?;
        let member = call.member(request.cpf.required()?);
        let typed = request.pin.0.ok_or(Refusal::MissingField("Pin"))?;
        let store = call.store().id;
        let typed = Pin::parse(&typed).map(|pin| pin.hash(call.identity(), &member.member, store));
        let valid = until_settled!(async {
            let current = member_store::pin(&hub.table, &member, store).await?;
            let (Some(current), Some(typed)) = (current, typed) else { return Ok(Attempt::Done(false)) };
            let (valid, changed) = current.validate(&typed, call.transaction(), call.now)?;
            // The attempt counts only if it was written: otherwise many tills could guess at once.
            match &changed {
                Some(challenge) if !member_store::put_pin(&hub.table, &member, store, challenge).await? => {
                    Ok(Attempt::Conflict)
                }
                _ => Ok(Attempt::Done(valid)),
            }
        });
        body(&ValidarPinResponse { identificador_transacao: call.identifier(), pin_valido: valid })
    }
}
