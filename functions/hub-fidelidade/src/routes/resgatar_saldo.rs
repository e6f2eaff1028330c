//! `ResgatarSaldo`: bonus money pays a part of the sale (contract 4.6). A 200 means that the amount is taken.

use ponte_domain::fingerprint::Fingerprint;
use ponte_domain::ids;
use ponte_domain::ledger::{Account, Decision, Detail, Posting, RedeemRequest, redeem};
use ponte_domain::pin::PinChallenge;
use ponte_domain::refusal::Refusal;
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::ledger_store::{Answer, Attempt, Committed, commit, replay};
use ponte_platform::member_store::MemberKey;
use ponte_platform::table::{Unless, read_optional};
use ponte_platform::until_settled;

use super::post::{books, posting_key, refused_unless_done};
use crate::hub::{Call, Hub, Operation, body};
use crate::wire::{ResgatarSaldoRequest, ResgatarSaldoResponse};

/// The operation.
pub struct ResgatarSaldo;

impl Operation for ResgatarSaldo {
    const NAME: &'static str = "ResgatarSaldo";

    async fn handle(hub: &Hub, call: &Call<'_>) -> Result<String, Failure> {
        let request = ResgatarSaldoRequest::read(&call.body)?;
        let cpf = request.cpf.required()?;
        let amount = request.amount.0.ok_or(Refusal::MissingField("ValorResgatado"))?;
        let response = body(&ResgatarSaldoResponse { identificador_transacao: call.identifier() })?;
        if amount.is_zero() {
            return Ok(response);
        }
        let transaction = call.required_transaction()?;
        let sale_net = request.sale_net.0;
        let settings = call.settings();
        let asked = RedeemRequest {
            transaction: transaction.clone(),
            store: call.store().id,
            amount,
            sale_net,
            sale: settings.redemption_sale(sale_net, amount),
            store_share: settings.maximum_redemption_share,
        };
        let fingerprint = Fingerprint::default()
            .with(Some(&cpf.expose_digits()))
            .with(Some(&amount.to_string()))
            .with(sale_net.map(|net| net.to_string()).as_deref())
            .finish();
        let member = call.member(cpf);
        let key = posting_key(call, &transaction, ids::Operation::Redeem);
        Ok(until_settled!(async {
            let (account, pin) = read(hub, call, &member).await?;
            let (decision, spent) = match decide(call, &member, account, pin, &asked) {
                Ok(decided) => decided,
                Err(refusal) => return refused_unless_done(hub, &key, &fingerprint, refusal).await.map(Attempt::Done),
            };
            let mut extras = Vec::new();
            if let Some(pin) = &spent {
                let pin_key = keys::pin(&member.program, &member.member, call.store().id);
                extras.push(hub.table.transact_put(
                    &pin_key,
                    pin,
                    Unless::VersionIsNot(pin.version.saturating_sub(1)),
                )?);
            }
            let answer = Answer { fingerprint: &fingerprint, response: &response };
            match commit(&hub.table, &member, &decision, answer, extras).await? {
                Committed::Written => {
                    warn_of_probable_repeat(&decision);
                    Ok(Attempt::Done(response.clone()))
                }
                Committed::Repeated(record) => replay(*record, &fingerprint).map(Attempt::Done),
                // The PIN was used or replaced meanwhile: decide again on what is there now.
                Committed::ExtraRefused { .. } | Committed::Conflict => Ok(Attempt::Conflict),
            }
        }))
    }
}

/// The account, and the PIN where the store uses one: one round trip either way.
async fn read(
    hub: &Hub,
    call: &Call<'_>,
    member: &MemberKey,
) -> Result<(Option<Account>, Option<PinChallenge>), Failure> {
    let account = keys::account(&member.program, &member.member);
    if !call.settings().uses_pin {
        return Ok((hub.table.get(&account).await?, None));
    }
    let pin = keys::pin(&member.program, &member.member, call.store().id);
    let [account, pin] = hub.table.get_many([&account, &pin]).await?;
    Ok((read_optional("account", account)?, read_optional("PIN", pin)?))
}

/// Probably the till's repetition under a new id: told, never merged (contract section 8).
fn warn_of_probable_repeat(decision: &Decision<()>) {
    let repeats = |posting: &&Posting| matches!(posting.detail, Detail::Redeem { probable_repeat: true, .. });
    if let Some(posting) = decision.postings.iter().find(repeats) {
        tracing::warn!(event = "probable_repeat", identifier = %posting.key.transaction, "a redemption of the same values was open moments ago");
    }
}

/// The debit, and the PIN that it uses up.
fn decide(
    call: &Call<'_>,
    member: &MemberKey,
    account: Option<Account>,
    pin: Option<PinChallenge>,
    asked: &RedeemRequest,
) -> Result<(Decision<()>, Option<PinChallenge>), Refusal> {
    let spent = match (call.settings().uses_pin, pin) {
        (true, Some(pin)) => Some(pin.spend(call.now)?),
        (true, None) => return Err(Refusal::PinRequired),
        (false, _) => None,
    };
    Ok((redeem(books(call, member, account), asked)?, spent))
}
