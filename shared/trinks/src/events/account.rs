//! Events 1 and 2: an account is closed, or reversed.

use ponte_domain::documents::Cpf;
use ponte_domain::money::Money;
use ponte_domain::trinks::{
    PersonProfessionalId, ProfessionalRecordId, SalonClientId, SalonProfessionalId, TrinksTransactionId,
};
use rust_decimal::Decimal;

use super::{ClientNews, LocalTime};
use crate::lenient::Lenient;

/// Fechamento de Conta.
#[derive(Debug, Clone)]
pub struct AccountClosed {
    /// `IdDaTransacao`.
    pub transaction: TrinksTransactionId,
    /// `DataDoFechamento`.
    pub closed_at: Option<LocalTime>,
    /// `ValorDaCompra`: what the client paid, discounts off.
    pub total: Money,
    /// The client's id in this salon; a walk-in has none.
    pub client: Option<SalonClientId>,
    /// The client's CPF; often empty.
    pub cpf: Option<Cpf>,
    /// What else it says of the client; `None` without an id.
    pub news: Option<ClientNews>,
    /// `Itens`.
    pub items: Vec<SoldItem>,
    /// `FormasDePagamento`: name and value.
    pub payments: Vec<(String, Money)>,
    /// `IdsDosProfissionaisEnvolvidos`: what links the spaces of professionals.
    pub professionals: Vec<Involved>,
}

/// One line of an account.
#[derive(Debug, Clone)]
pub struct SoldItem {
    /// `Id`, as text: services and products share the field.
    pub id: String,
    /// `EAN`: not empty for products, by which alone they are told from services.
    pub ean: String,
    /// `Quantidade` times `ValorUnitario`, less the discount.
    pub net: Money,
    /// `DescontoTotal`, without its sign.
    pub discount: Money,
    /// `MotivoDesconto`.
    pub discount_reason: Option<String>,
}

/// A professional under each of the ids by which Trinks knows one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Involved {
    /// `IdDoProfissionalNoEstabelecimento`.
    pub salon: Option<SalonProfessionalId>,
    /// `IdDoProfissional`.
    pub person: Option<PersonProfessionalId>,
    /// `IdPessoaDoProfissional`.
    pub record: Option<ProfessionalRecordId>,
}

/// Estorno de Conta. Only the id is sure (contract section 9.1).
#[derive(Debug, Clone)]
pub struct AccountReversed {
    /// `IdDaTransacao` of the closing.
    pub transaction: TrinksTransactionId,
}

const TRANSACTION: &[&str] = &["IdDaTransacao", "IdTransacao", "TransacaoId"];

impl AccountClosed {
    pub(super) fn read(fields: &mut Lenient<'_>) -> Result<Self, &'static str> {
        let transaction = fields.id(TRANSACTION, TrinksTransactionId::new).ok_or("IdDaTransacao")?;
        let items = items(fields);
        let sum = || items.iter().map(|item| item.net).sum();
        let total = fields.paid(&["ValorDaCompra"]);
        let payments = payments(fields);
        let news = ClientNews::read(fields).ok();
        Ok(Self {
            transaction,
            closed_at: fields.local_time(&["DataDoFechamento"]),
            total: total.unwrap_or_else(sum),
            client: news.as_ref().map(|news| news.client),
            cpf: news.as_ref().map_or_else(|| fields.cpf(super::client::CPF), |news| news.cpf),
            news,
            items,
            payments,
            professionals: professionals(fields),
        })
    }

    /// What was taken off for one of these reasons: the programme's bonus, spent (contract section 9.3).
    #[must_use]
    pub fn redeemed(&self, reasons: &[String]) -> Money {
        let counts = |item: &&SoldItem| {
            item.discount_reason.as_ref().is_some_and(|given| reasons.iter().any(|reason| same_text(given, reason)))
        };
        self.items.iter().filter(counts).map(|item| item.discount).sum()
    }
}

impl AccountReversed {
    pub(super) fn read(fields: &mut Lenient<'_>) -> Result<Self, &'static str> {
        Ok(Self { transaction: fields.id(TRANSACTION, TrinksTransactionId::new).ok_or("IdDaTransacao")? })
    }
}

/// Equal but for case and surrounding blanks: people type reasons.
fn same_text(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

fn items(fields: &mut Lenient<'_>) -> Vec<SoldItem> {
    let mut items = Vec::new();
    for mut item in fields.objects("Itens") {
        let quantity = item.quantity(&["Quantidade"]);
        let unit = item.money(&["ValorUnitario"]).unwrap_or(Money::ZERO);
        let discount = item.money(&["DescontoTotal"]).unwrap_or(Money::ZERO);
        items.push(SoldItem {
            id: item.text(&["Id"]).unwrap_or_default(),
            ean: item.text(&["EAN"]).unwrap_or_default(),
            net: line_value(unit, quantity).minus_or_zero(discount),
            discount,
            discount_reason: item.text(&["MotivoDesconto"]),
        });
        fields.doubt_with(item);
    }
    items
}

/// A unit price times a quantity, to the cent.
pub(crate) fn line_value(unit: Money, quantity: Decimal) -> Money {
    let product = unit.decimal().checked_mul(quantity.max(Decimal::ZERO)).map(|value| value.round_dp(2));
    product.and_then(|value| Money::from_decimal(value).ok()).unwrap_or(unit)
}

fn payments(fields: &mut Lenient<'_>) -> Vec<(String, Money)> {
    let mut payments = Vec::new();
    for mut payment in fields.objects("FormasDePagamento") {
        let name = payment.text(&["FormaPagamento", "Nome"]).unwrap_or_default();
        if let Some(value) = payment.paid(&["Valor"]) {
            payments.push((name, value));
        }
        fields.doubt_with(payment);
    }
    payments
}

fn professionals(fields: &mut Lenient<'_>) -> Vec<Involved> {
    let mut involved = Vec::new();
    for mut one in fields.objects("IdsDosProfissionaisEnvolvidos") {
        involved.push(Involved {
            salon: one.id(&["IdDoProfissionalNoEstabelecimento"], SalonProfessionalId::new),
            person: one.id(&["IdDoProfissional"], PersonProfessionalId::new),
            record: one.id(&["IdPessoaDoProfissional"], ProfessionalRecordId::new),
        });
        fields.doubt_with(one);
    }
    involved
}
