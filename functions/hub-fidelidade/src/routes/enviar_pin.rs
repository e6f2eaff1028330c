//! `EnviarPin`: queues a PIN for the contact on file (contract 4.3).

use jiff::SignedDuration;
use ponte_domain::ids::TransactionId;
use ponte_domain::pin::{self, PinChannel, PinMessage, PinRequest};
use ponte_domain::refusal::Refusal;
use ponte_platform::failure::Failure;
use ponte_platform::ledger_store::Attempt;
use ponte_platform::member_store;
use ponte_platform::until_settled;
use uuid::Uuid;

use crate::hub::{Call, Hub, Operation, body};
use crate::wire::{EnviarPinRequest, EnviarPinResponse};

/// The operation.
pub struct EnviarPin;

impl Operation for EnviarPin {
    const NAME: &'static str = "EnviarPin";

    async fn handle(hub: &Hub, call: &Call<'_>) -> Result<String, Failure> {
        let request = EnviarPinRequest::read(&call.body)?;
        let member = call.member(request.cpf.required()?);
        let channel = channel(request.channel.0, call.settings().pin_channel)?;
        let id = call.transaction().unwrap_or_else(|| TransactionId::from_uuid(Uuid::new_v4()));
        let store = call.store().id;
        let queue = hub.pin_queue.as_ref().ok_or_else(|| Failure::Bug("PONTE_PIN_QUEUE_URL is not set".into()))?;
        let queued = until_settled!(async {
            let (profile, current) = member_store::profile_and_pin(&hub.table, &member, store).await?;
            let profile = profile.ok_or(Refusal::MemberNotFound)?;
            let hold = SignedDuration::from_hours(i64::from(call.settings().pin_contact_hold_hours));
            let contact = profile.pin_contact(channel, hold, call.now)?;
            match pin::request(current.as_ref(), id.clone(), channel, contact, &call.settings().pin, call.now)? {
                PinRequest::AlreadySent => Ok(Attempt::Done(false)),
                PinRequest::Requeue(_) => Ok(Attempt::Done(true)),
                PinRequest::Send(challenge) => {
                    let written = member_store::put_pin(&hub.table, &member, store, &challenge).await?;
                    Ok(if written { Attempt::Done(true) } else { Attempt::Conflict })
                }
            }
        });
        if queued {
            queue.send(&PinMessage { program: member.program, member: member.member, store, request: id }).await?;
        }
        body(&EnviarPinResponse { identificador_transacao: call.identifier() })
    }
}

fn channel(asked: Option<u64>, default: PinChannel) -> Result<PinChannel, Refusal> {
    match asked {
        Some(1) => Ok(PinChannel::Sms),
        Some(2) => Ok(PinChannel::Email),
        None | Some(0) => Ok(default),
        Some(_) => Err(Refusal::WrongType("TipoPin")),
    }
}
