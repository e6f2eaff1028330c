//! Closed accounts, as REST tells them: for what no webhook brought.

use jiff::civil::Date;
use ponte_domain::money::Money;
use ponte_domain::trinks::{SalonClientId, TrinksTransactionId};

use super::paging::List;
use super::{At, Page, Trinks, TrinksError};
use crate::events::LocalTime;
use crate::lenient::Lenient;

/// A closed account. It has no CPF: the client's id leads to it.
#[derive(Debug, Clone)]
pub struct Transaction {
    /// Its id.
    pub id: TrinksTransactionId,
    /// When it was closed.
    pub at: LocalTime,
    /// Whose; walk-ins have none.
    pub client: Option<SalonClientId>,
    /// What was paid.
    pub total: Money,
    /// What was taken off, for whatever reason: REST does not tell it.
    pub discounts: Money,
    /// Services and products.
    pub items: Vec<TransactionItem>,
    /// Forms of payment and values.
    pub payments: Vec<(String, Money)>,
}

/// One line of a closed account.
#[derive(Debug, Clone)]
pub struct TransactionItem {
    /// Its id, as text: services and products are numbered apart.
    pub id: String,
    /// Its value.
    pub value: Money,
}

impl Transaction {
    /// The same account as the webhook would have told it. Discounts have no reason here, so none counts as a redemption.
    #[must_use]
    pub fn as_event(&self) -> crate::events::AccountClosed {
        let item = |item: &TransactionItem| crate::events::SoldItem {
            id: item.id.clone(),
            ean: String::new(),
            net: item.value,
            discount: Money::ZERO,
            discount_reason: None,
        };
        crate::events::AccountClosed {
            transaction: self.id,
            closed_at: Some(self.at),
            total: self.total,
            client: self.client,
            cpf: None,
            news: None,
            items: self.items.iter().map(item).collect(),
            payments: self.payments.clone(),
            professionals: Vec::new(),
        }
    }
}

impl Trinks {
    /// One page of the accounts closed from `from` on and before `until`: `dataFim` is exclusive here (contract section 6, item
    /// 3). Without `with_reversed` a reversed account is not there, silently (item 4).
    pub async fn transactions(
        &self,
        at: At<'_>,
        from: Date,
        until: Date,
        with_reversed: bool,
        page: u64,
    ) -> Result<Page<Transaction>, TrinksError> {
        let query = vec![
            ("dataInicio", from.to_string()),
            ("dataFim", until.to_string()),
            ("incluirEstornos", with_reversed.to_string()),
        ];
        let list = List { purpose: "transactions", path: "transacoes".to_owned(), query };
        self.page(at, &list, page, transaction).await
    }
}

fn transaction(fields: &mut Lenient<'_>) -> Option<Transaction> {
    let id = fields.id(&["id"], TrinksTransactionId::new)?;
    let client = fields.objects("cliente").into_iter().next();
    let mut items = Vec::new();
    for mut service in fields.objects("servicos") {
        items.push(TransactionItem {
            id: service.text(&["id"]).unwrap_or_default(),
            value: service.money(&["preco"]).unwrap_or(Money::ZERO),
        });
    }
    for list in ["produtos", "pacotes"] {
        for mut product in fields.objects(list) {
            let unit = product.money(&["valorUnitario"]).unwrap_or(Money::ZERO);
            let value = crate::events::line_value(unit, product.quantity(&["quantidade"]));
            items.push(TransactionItem { id: product.text(&["id"]).unwrap_or_default(), value });
        }
    }
    let mut payments = Vec::new();
    for mut payment in fields.objects("formasPagamentos") {
        if let Some(value) = payment.paid(&["valor"]) {
            payments.push((payment.text(&["nome"]).unwrap_or_default(), value));
        }
    }
    let sum = items.iter().map(|item| item.value).sum();
    Some(Transaction {
        id,
        at: fields.local_time(&["dataHora", "dataReferencia"])?,
        client: client.and_then(|mut client| client.id(&["id"], SalonClientId::new)),
        discounts: fields.money(&["descontos"]).unwrap_or(Money::ZERO),
        total: fields.paid(&["totalPagar"]).unwrap_or(sum),
        items,
        payments,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ponte_platform::fields::Fields;

    use super::*;

    #[test]
    fn figures_of_three_places_are_no_thousands() {
        let json = r#"{"id":1,"dataHora":"2026-07-24T19:47:43","totalPagar":169.915,"descontos":0.005,
            "produtos":[{"id":9,"quantidade":1.500,"valorUnitario":60.125}],"formasPagamentos":[{"nome":"PIX","valor":169.915}]}"#;
        let read = transaction(&mut Lenient::new(Fields::parse(json).unwrap())).unwrap();
        assert_eq!(read.total, Money::from_cents(16_992));
        assert_eq!(read.discounts, Money::ZERO);
        assert_eq!(read.items[0].value, Money::from_cents(9_018));
        assert_eq!(read.payments, [("PIX".to_owned(), Money::from_cents(16_992))]);
    }
}
