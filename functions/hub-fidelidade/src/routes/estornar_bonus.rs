//! `EstornarBonus`: gives back what the sale redeemed, takes back what it earned, once (contract 4.8).

use ponte_domain::documents::Cpf;
use ponte_domain::fingerprint::Fingerprint;
use ponte_domain::ids::{self, MemberId, Note, TransactionId};
use ponte_domain::ledger::{
    Account, Detail, OpenReversal, PostingKey, Reversal, ReversalTerms, Sale, reverse_open, reverse_sale,
};
use ponte_domain::refusal::Refusal;
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::ledger_store::{Answer, Attempt, Committed, PostingRecord, commit, replay};
use ponte_platform::member_store::MemberKey;
use ponte_platform::table::{Unless, read_optional};
use ponte_platform::until_settled;

use super::post::{books, posting_key, refused_unless_done};
use crate::hub::{Call, Hub, Operation, body};
use crate::wire::{EstornarBonusRequest, EstornarBonusResponse, timestamp};

/// The operation.
pub struct EstornarBonus;

impl Operation for EstornarBonus {
    const NAME: &'static str = "EstornarBonus";

    async fn handle(hub: &Hub, call: &Call<'_>) -> Result<String, Failure> {
        let undoing = Undoing::read(call, &EstornarBonusRequest::read(&call.body)?)?;
        Ok(until_settled!(async {
            match undoing.find(hub, call).await? {
                Found::Sale(sale, account) => undoing.undo_sale(hub, call, sale, account).await,
                Found::NoSale(member, account) => undoing.undo_open(hub, call, &member, account).await,
                Found::Answered(response) => Ok(Attempt::Done(response)),
            }
        }))
    }
}

/// A reversal that the till asks for, checked.
struct Undoing {
    transaction: TransactionId,
    note: Option<Note>,
    cpf: Option<Cpf>,
    key: PostingKey,
    fingerprint: String,
}

/// What there is to reverse. The sale's account is read already when the request named its CPF.
enum Found {
    Sale(Box<Sale>, Option<Account>),
    NoSale(MemberKey, Option<Account>),
    /// This very request was answered before.
    Answered(String),
}

impl Undoing {
    fn read(call: &Call<'_>, request: &EstornarBonusRequest) -> Result<Self, Refusal> {
        let series = request.note_series.0.as_deref().unwrap_or_default();
        let note = request.note_number.0.as_deref();
        let note =
            note.map(|number| Note::parse(series, number).ok_or(Refusal::WrongType("DocumentoNF"))).transpose()?;
        let cpf = request.cpf.optional()?;
        let fingerprint = Fingerprint::default()
            .with(note.as_ref().map(|note| note.series.as_str()))
            .with(note.as_ref().map(|note| note.number.as_str()))
            .with(cpf.map(|cpf| cpf.expose_digits()).as_deref())
            .finish();
        let transaction = match (call.transaction(), &note) {
            (Some(sent), _) => sent,
            // One note is reversed once: without an id, the note is what makes a repetition harmless.
            (None, Some(note)) => {
                TransactionId::derive(&["reverse", &call.store().id.to_string(), &note.series, &note.number])
            }
            (None, None) => return Err(Refusal::MissingField("IdentificadorTransacao")),
        };
        let key = posting_key(call, &transaction, ids::Operation::Reverse);
        Ok(Self { transaction, note, cpf, key, fingerprint })
    }

    /// Finds the sale by its note; without a note, by the id it was closed under. One round trip in both usual cases.
    async fn find(&self, hub: &Hub, call: &Call<'_>) -> Result<Found, Failure> {
        match &self.note {
            Some(note) => self.find_by_note(hub, call, note).await,
            None => self.find_without_note(hub, call).await,
        }
    }

    async fn find_by_note(&self, hub: &Hub, call: &Call<'_>, note: &Note) -> Result<Found, Failure> {
        let sale_key = keys::sale(call.store().id, note);
        let Some(cpf) = self.cpf else {
            return match hub.table.get::<Sale>(&sale_key).await? {
                Some(sale) => Ok(Found::Sale(Box::new(sale), None)),
                None => self.nothing_found(hub).await,
            };
        };
        let member = call.member(cpf);
        let account_key = keys::account(&member.program, &member.member);
        let [sale, account] = hub.table.get_many([&sale_key, &account_key]).await?;
        let account: Option<Account> = read_optional("account", account)?;
        match read_optional::<Sale>("sale", sale)? {
            Some(sale) if sale.member != member.member => Err(Refusal::NoteOfAnotherMember.into()),
            Some(sale) => Ok(Found::Sale(Box::new(sale), account)),
            None => Ok(Found::NoSale(member, account)),
        }
    }

    /// Without CPF and sale there may still be a first answer to repeat; else there is nothing.
    async fn nothing_found(&self, hub: &Hub) -> Result<Found, Failure> {
        match hub.table.get::<PostingRecord>(&keys::posting(&self.key)).await? {
            Some(_) => Err(Refusal::IdentifierReused.into()),
            None => Err(Refusal::NothingToReverse.into()),
        }
    }

    /// The till may not know that its `GerarBonus` arrived: where the ids of a sale are one, the closed sale is
    /// what it means.
    async fn find_without_note(&self, hub: &Hub, call: &Call<'_>) -> Result<Found, Failure> {
        let member = call.member(self.cpf.ok_or(Refusal::MissingCpf)?);
        let account_key = keys::account(&member.program, &member.member);
        let earn_key = keys::posting(&posting_key(call, &self.transaction, ids::Operation::Earn));
        let release_key = keys::posting(&self.release_key(call));
        let [account, earned, released] = hub.table.get_many([&account_key, &earn_key, &release_key]).await?;
        // A late repetition of a release must not undo the sale that was closed after it.
        if let Some(record) = read_optional::<PostingRecord>("posting", released)? {
            return replay(record, &self.fingerprint).map(Found::Answered);
        }
        let account: Option<Account> = read_optional("account", account)?;
        let earned: Option<PostingRecord> = read_optional("posting", earned)?;
        let same_member = |record: &PostingRecord| record.posting.member == member.member;
        if let Some(Detail::Earn { note, .. }) = earned.filter(same_member).map(|record| record.posting.detail) {
            let sale: Option<Sale> = hub.table.get(&keys::sale(call.store().id, &note)).await?;
            if let Some(sale) = sale {
                return Ok(Found::Sale(Box::new(sale), account));
            }
        }
        Ok(Found::NoSale(member, account))
    }

    fn release_key(&self, call: &Call<'_>) -> PostingKey {
        posting_key(call, &self.transaction, ids::Operation::Release)
    }

    fn terms(&self, call: &Call<'_>) -> ReversalTerms {
        ReversalTerms {
            transaction: self.transaction.clone(),
            store: call.store().id,
            names_note: self.note.is_some(),
            grace_days: call.settings().reversal_grace_days,
        }
    }

    async fn undo_sale(
        &self,
        hub: &Hub,
        call: &Call<'_>,
        sale: Box<Sale>,
        account: Option<Account>,
    ) -> Result<Attempt<String>, Failure> {
        let member = MemberKey { program: sale.program.clone(), member: sale.member.clone() };
        let account = match account {
            Some(account) => Some(account),
            None => read_account(hub, &member.program, &member.member).await?,
        };
        let read_version = u64::from(sale.version);
        let decision = match reverse_sale(books(call, &member, account), *sale, &self.terms(call)) {
            Ok(decision) => decision,
            // A second request, with whatever id, gets the figures of the first.
            Err(first) => return answer(call, &first).map(Attempt::Done),
        };
        let sale = &decision.outcome.sale;
        let response = answer(call, &decision.outcome.reversal)?;
        let sale_key = keys::sale(sale.store, &sale.note);
        let mut extras = vec![hub.table.transact_put(&sale_key, sale, Unless::VersionIsNot(read_version))?];
        if decision.outcome.voids_pending {
            let pending = keys::pending(&sale.program, sale.store, &sale.transaction);
            extras.push(hub.table.transact_set_text(&pending, "status", "void")?);
        }
        let stored = Answer { fingerprint: &self.fingerprint, response: &response };
        Ok(match commit(&hub.table, &member, &decision, stored, extras).await? {
            Committed::Written => Attempt::Done(response),
            Committed::Repeated(record) => Attempt::Done(replay(*record, &self.fingerprint)?),
            // The sale changed meanwhile: another till reversed it, or its difference was settled.
            Committed::ExtraRefused { .. } | Committed::Conflict => Attempt::Conflict,
        })
    }

    async fn undo_open(
        &self,
        hub: &Hub,
        call: &Call<'_>,
        member: &MemberKey,
        account: Option<Account>,
    ) -> Result<Attempt<String>, Failure> {
        let decision = match reverse_open(books(call, member, account), &self.terms(call)) {
            Ok(OpenReversal::Released(decision)) => decision,
            Ok(OpenReversal::Repeated(first)) => return answer(call, &first).map(Attempt::Done),
            Err(refusal) => {
                return refused_unless_done(hub, &self.release_key(call), &self.fingerprint, refusal)
                    .await
                    .map(Attempt::Done);
            }
        };
        let response = answer(call, &decision.outcome)?;
        let stored = Answer { fingerprint: &self.fingerprint, response: &response };
        Ok(match commit(&hub.table, member, &decision, stored, Vec::new()).await? {
            Committed::Written => Attempt::Done(response),
            Committed::Repeated(record) => Attempt::Done(replay(*record, &self.fingerprint)?),
            Committed::ExtraRefused { .. } | Committed::Conflict => Attempt::Conflict,
        })
    }
}

async fn read_account(hub: &Hub, program: &ids::ProgramId, member: &MemberId) -> Result<Option<Account>, Failure> {
    hub.table.get(&keys::account(program, member)).await
}

/// The figures of a reversal. A repetition differs from the first answer in nothing but the echo.
fn answer(call: &Call<'_>, reversal: &Reversal) -> Result<String, Failure> {
    body(&EstornarBonusResponse {
        identificador_transacao: call.identifier(),
        valor_estornado_utilizado: reversal.given_back.into(),
        valor_estornado_gerado: reversal.taken_back.into(),
        saldo_bonus_atual: reversal.balance.into(),
        mensagem_complementar: "Estorno concluído.".to_owned(),
        data_hora: timestamp(reversal.at),
    })
}
