//! `GerarBonus`: closes the sale, ties its redemption to its note, generates its bonus (contract 4.7).

use jiff::Timestamp;
use ponte_domain::campaign::{chosen_bonus, offers};
use ponte_domain::documents::Cpf;
use ponte_domain::fingerprint::Fingerprint;
use ponte_domain::ids::{self, CampaignId, Note, TransactionId};
use ponte_domain::ledger::{Account, Bonus, EarnOutcome, EarnRequest, Sale, earn};
use ponte_domain::money::Money;
use ponte_domain::refusal::{Refusal, brazilian};
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::ledger_store::{Answer, Attempt, Committed, PostingRecord, commit, replay};
use ponte_platform::member_store::MemberKey;
use ponte_platform::table::{self, Unless};
use ponte_platform::until_settled;

use super::post::{books, posting_key, refused_unless_done, sale_facts};
use crate::hub::{Call, Hub, Operation, body};
use crate::wire::{GerarBonusRequest, GerarBonusResponse, Venda, with_identifier};

/// The operation.
pub struct GerarBonus;

impl Operation for GerarBonus {
    const NAME: &'static str = "GerarBonus";

    async fn handle(hub: &Hub, call: &Call<'_>) -> Result<String, Failure> {
        let request = GerarBonusRequest::read(&call.body)?;
        let closing = Closing::read(call, request)?;
        let bonus = match closing.bonus(hub, call).await? {
            Ok(bonus) => bonus,
            Err(refusal) => return closing.refused_unless_closed(hub, call, refusal).await,
        };
        let member = call.member(closing.cpf);
        let account_key = keys::account(&member.program, &member.member);
        let written = until_settled!(async {
            let account: Option<Account> = hub.table.get(&account_key).await?;
            closing.post(hub, call, &member, account, bonus.clone()).await
        });
        match written {
            Closed::Answered(response) => Ok(response),
            Closed::NoteKnown(sale) => closing.answer_known_note(hub, call, &sale).await,
        }
    }
}

/// A sale that the till closes, checked.
struct Closing {
    transaction: TransactionId,
    cpf: Cpf,
    note: Note,
    campaign: Option<CampaignId>,
    sale: Venda,
    net: Money,
    fingerprint: String,
}

/// What writing came to.
enum Closed {
    Answered(String),
    /// The note was closed before, by another `IdentificadorTransacao`.
    NoteKnown(Box<Sale>),
}

impl Closing {
    fn read(call: &Call<'_>, request: GerarBonusRequest) -> Result<Self, Refusal> {
        let sale = request.sale.ok_or(Refusal::MissingField("Venda"))?;
        let cpf = sale.cpf.required()?;
        let number = sale.note_number.0.as_deref().ok_or(Refusal::MissingField("Venda.DocumentoNF"))?;
        let series = sale.note_series.0.as_deref().unwrap_or_default();
        let note = Note::parse(series, number).ok_or(Refusal::WrongType("Venda.DocumentoNF"))?;
        let net = sale.net.0.ok_or(Refusal::MissingField("Venda.ValorLiquido"))?;
        let campaign = request.campaign.0.filter(|id| *id != 0);
        let campaign =
            campaign.map(|id| u32::try_from(id).map(CampaignId).map_err(|_| Refusal::CampaignUnknown)).transpose()?;
        let fingerprint = fingerprint(cpf, &note, campaign, &sale);
        // One note has one sale: without an id of its own, the note is what makes a repetition harmless.
        let derived = || TransactionId::derive(&["earn", &call.store().id.to_string(), &note.series, &note.number]);
        let transaction = call.transaction().unwrap_or_else(derived);
        Ok(Self { transaction, cpf, note, campaign, sale, net, fingerprint })
    }

    /// Computes the bonus anew; no earlier figure is trusted.
    async fn bonus(&self, hub: &Hub, call: &Call<'_>) -> Result<Result<Option<Bonus>, Refusal>, Failure> {
        let facts = sale_facts(call, &self.sale)?;
        if !call.earns() {
            // The same visit earns by the account closed at the salon. A till may still name a campaign of before.
            return Ok(Ok(None));
        }
        let campaigns = hub.directory.campaigns(&call.store().program).await?;
        let zone = call.settings().zone();
        let Some(chosen) = self.campaign else {
            // With the button the seller may decline; without it, a till that was offered campaigns should have chosen.
            let offered = !offers(&campaigns, &facts, &zone, call.now).is_empty();
            if offered && !call.settings().offers_decline_bonus_button {
                tracing::warn!(event = "campaign_not_chosen", identifier = %self.transaction, "a sale closed without one of the campaigns offered");
            }
            return Ok(Ok(None));
        };
        let cached = chosen_bonus(&campaigns, chosen, &facts, &zone, call.now);
        if cached.is_ok() {
            return Ok(cached);
        }
        // Another Lambda may have offered a campaign that is newer than what this one remembers.
        let campaigns = hub.directory.campaigns_now(&call.store().program).await?;
        Ok(chosen_bonus(&campaigns, chosen, &facts, &zone, call.now))
    }

    async fn post(
        &self,
        hub: &Hub,
        call: &Call<'_>,
        member: &MemberKey,
        account: Option<Account>,
        bonus: Option<Bonus>,
    ) -> Result<Attempt<Closed>, Failure> {
        let request = EarnRequest {
            transaction: self.transaction.clone(),
            store: call.store().id,
            note: self.note.clone(),
            net: self.net,
            redeemed: self.sale.redeemed.0,
            bonus,
            fingerprint: self.fingerprint.clone(),
        };
        let until = request.bonus.as_ref().map(|bonus| bonus.valid_until);
        let decision = earn(books(call, member, account), request);
        let response = answer(call, &decision.outcome, until)?;
        let sale = &decision.outcome.sale;
        let mut extras = vec![hub.table.transact_put(&keys::sale(sale.store, &sale.note), sale, Unless::Exists)?];
        let pending = decision.outcome.pending_adjustment();
        if let Some(pending) = &pending {
            let key = keys::pending(&pending.program, pending.store, &pending.id);
            extras.push(hub.table.transact_put(&key, pending, Unless::Exists)?);
        }
        let stored = Answer { fingerprint: &self.fingerprint, response: &response };
        Ok(match commit(&hub.table, member, &decision, stored, extras).await? {
            Committed::Written => {
                if let Some(pending) = pending {
                    tracing::warn!(event = "pending_adjustment", identifier = %pending.id, amount = %pending.amount, "the till's redemption and ours differ");
                }
                Attempt::Done(Closed::Answered(response))
            }
            Committed::Repeated(record) => Attempt::Done(Closed::Answered(replay(*record, &self.fingerprint)?)),
            Committed::ExtraRefused { index: 0, item } => {
                Attempt::Done(Closed::NoteKnown(Box::new(table::read("sale", item)?)))
            }
            Committed::ExtraRefused { .. } | Committed::Conflict => Attempt::Conflict,
        })
    }

    /// A campaign may have ended since the sale was closed: what was answered then is answered again.
    async fn refused_unless_closed(&self, hub: &Hub, call: &Call<'_>, refusal: Refusal) -> Result<String, Failure> {
        let key = posting_key(call, &self.transaction, ids::Operation::Earn);
        match refused_unless_done(hub, &key, &self.fingerprint, refusal).await {
            Err(Failure::Refused(refusal)) if refusal != Refusal::IdentifierReused => {
                match hub.table.get::<Sale>(&keys::sale(call.store().id, &self.note)).await? {
                    Some(sale) => self.answer_known_note(hub, call, &sale).await,
                    None => Err(refusal.into()),
                }
            }
            answered => answered,
        }
    }

    /// A note that was closed before gets the figures of that time, if it is the same sale.
    async fn answer_known_note(&self, hub: &Hub, call: &Call<'_>, sale: &Sale) -> Result<String, Failure> {
        if sale.fingerprint != self.fingerprint {
            return Err(Refusal::NoteReused.into());
        }
        let key = posting_key(call, &sale.transaction, ids::Operation::Earn);
        let record: Option<PostingRecord> = hub.table.get(&keys::posting(&key)).await?;
        let record = record.ok_or_else(|| Failure::Bug(format!("the sale of {} has no posting", sale.transaction)))?;
        with_identifier(&record.response, &call.identifier())
    }
}

/// What a sale means: the till's clock and texts are left out, because a repetition may change them.
fn fingerprint(cpf: Cpf, note: &Note, campaign: Option<CampaignId>, sale: &Venda) -> String {
    let money = |amount: Option<Money>| amount.map(|amount| amount.to_string());
    let mut print = Fingerprint::default()
        .with(Some(&cpf.expose_digits()))
        .with(Some(&note.series))
        .with(Some(&note.number))
        .with(campaign.map(|id| id.0.to_string()).as_deref())
        .with(money(sale.net.0).as_deref())
        .with(money(sale.redeemed.0).as_deref());
    for payment in &sale.payments {
        let form = payment.id.0.map(|id| id.to_string());
        print = print.with(form.as_deref()).with(money(payment.paid.0).as_deref());
    }
    print = print.with(Some("items"));
    for item in &sale.items {
        print = print.with(item.code.0.as_deref()).with(item.ean.0.as_deref()).with(money(item.net.0).as_deref());
    }
    print.finish()
}

fn answer(call: &Call<'_>, outcome: &EarnOutcome, valid_until: Option<Timestamp>) -> Result<String, Failure> {
    let bonus = outcome.sale.bonus.as_ref().map_or(Money::ZERO, |bonus| bonus.amount);
    // "No bonus in the sale: still answer, with zeros": literally, unless the store wants the balance.
    let literal_zero = bonus.is_zero() && !call.settings().balance_without_bonus;
    body(&GerarBonusResponse {
        identificador_transacao: call.identifier(),
        saldo_bonus_gerado_venda: bonus.into(),
        saldo_bonus_atual: if literal_zero { Money::ZERO } else { outcome.balance }.into(),
        mensagem_complementar: message(call, bonus, valid_until, outcome),
    })
}

/// The text for the receipt.
fn message(call: &Call<'_>, bonus: Money, valid_until: Option<Timestamp>, outcome: &EarnOutcome) -> Option<String> {
    if let Some(until) = valid_until {
        // The bonus ends with the last day's midnight: the day before is the last one to spend it.
        let last_day = until.to_zoned(call.settings().zone()).date().yesterday().unwrap_or(jiff::civil::Date::MAX);
        return Some(format!(
            "Você ganhou R$ {} de bônus, válido até {}.",
            brazilian(bonus),
            last_day.strftime("%d/%m/%Y")
        ));
    }
    let used = outcome.sale.redemption.as_ref();
    let used = used.map(|used| format!("Você usou R$ {} de bônus nesta compra.", brazilian(used.amount)));
    let elsewhere = (!call.earns()).then(|| "O bônus vem com a conta fechada no salão.".to_owned());
    let told: Vec<String> = used.into_iter().chain(elsewhere).collect();
    (!told.is_empty()).then(|| told.join(" "))
}
