//! What the operations that move money share.

use ponte_domain::campaign::SaleFacts;
use ponte_domain::ids::{Operation, TransactionId};
use ponte_domain::ledger::{Account, Books, PostingKey, Scope};
use ponte_domain::limits;
use ponte_domain::money::Money;
use ponte_domain::refusal::Refusal;
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::ledger_store::{self, PostingRecord};
use ponte_platform::member_store::MemberKey;

use crate::hub::{Call, Hub};
use crate::wire::Venda;

/// The key of this call's posting.
pub(super) fn posting_key(call: &Call<'_>, transaction: &TransactionId, operation: Operation) -> PostingKey {
    PostingKey { scope: Scope::Store(call.store().id), transaction: transaction.clone(), operation }
}

/// The books of an account as it was read.
pub(super) fn books(call: &Call<'_>, member: &MemberKey, account: Option<Account>) -> Books {
    Books::open(account.unwrap_or_default(), member.program.clone(), member.member.clone(), call.now)
}

/// A refusal is final only for an operation that was not done before: a till that repeats a done one, whose PIN is
/// used and whose money is taken by now, gets its first answer again. Refusals are rare, so only they pay this read.
pub(super) async fn refused_unless_done(
    hub: &Hub,
    key: &PostingKey,
    fingerprint: &str,
    refusal: Refusal,
) -> Result<String, Failure> {
    match hub.table.get::<PostingRecord>(&keys::posting(key)).await? {
        Some(record) => ledger_store::replay(record, fingerprint),
        None => Err(refusal.into()),
    }
}

/// What campaigns look at, out of the wire's sale.
pub(super) fn sale_facts(call: &Call<'_>, sale: &Venda) -> Result<SaleFacts, Refusal> {
    if sale.payments.len() > limits::PAYMENTS_PER_SALE {
        return Err(Refusal::LimitExceeded("FormasDePagamento"));
    }
    let redeemed = sale.redeemed.0.unwrap_or(Money::ZERO);
    let net = sale.net.0.ok_or(Refusal::MissingField("Venda.ValorLiquido"))?;
    Ok(SaleFacts {
        store: call.store().id,
        total: call.settings().sale_total(net, redeemed),
        redeemed,
        items: sale.items.iter().map(Into::into).collect(),
        payments: sale.payments.iter().map(Into::into).collect(),
    })
}
