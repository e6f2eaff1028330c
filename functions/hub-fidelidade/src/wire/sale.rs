//! `Venda` and what is in it (contract section 3). The routes differ in which of these fields they send; all are
//! optional on input.

use ponte_domain::campaign::{Payment, SaleItem};
use ponte_domain::money::Money;
use rust_decimal::Decimal;

use super::kinds::{
    Amount, GivenCpf, Identifier, Informative, Personal, ProductCode, ReadObject, Text, Whole, request,
};

request! {
    /// A sale, as far as the till tells it.
    Venda {
        /// The customer's CPF; the page types it as text in most routes and as a number in one.
        cpf: GivenCpf = "Cpf",
        /// Who sells.
        seller: Option<Seller> = "Vendedor",
        /// What is sold.
        items: Vec<Item> = "Itens",
        /// The till's clock. Its zone is unknown, so it orders nothing.
        date_time: Text = "DataHora",
        /// Net total.
        net: Amount = "ValorLiquido",
        /// Gross total.
        gross: Informative = "ValorBruto",
        /// Surcharges.
        surcharge: Informative = "ValorAcrescimo",
        /// Discounts.
        discount: Informative = "DescontoTotalValor",
        /// Bonus money used in this sale.
        redeemed: Amount = "ValorResgate",
        /// A coupon, not interpreted.
        coupon: Text = "CupomDesconto",
        /// Pieces.
        pieces: Text = "QuantidadeTotalItens",
        /// How it is paid.
        payments: Vec<FormaDePagamento> = "FormasDePagamento" | "FormasPagamento",
        /// Fiscal note: number.
        note_number: Identifier = "DocumentoNF",
        /// Fiscal note: series.
        note_series: Identifier = "SerieNF",
    }
}

request! {
    /// Who sells.
    informative Seller {
        /// The till's number for the person.
        id: Text = "Id",
        /// The person's name.
        name: Personal = "Nome",
    }
}

request! {
    /// One line of a sale.
    Item {
        /// Line number.
        order: Text = "Ordem",
        /// The shop's product code.
        code: ProductCode = "Codigo",
        /// Bar code.
        ean: ProductCode = "Ean",
        /// Name of the product.
        product: Text = "Produto",
        /// Pieces; goods by weight have decimals.
        quantity: Text = "QuantidadeTotal",
        /// Price of one.
        unit_price: Informative = "ValorUnitario",
        /// Before discounts.
        gross: Informative = "ValorBruto",
        /// Discount.
        discount: Informative = "ValorDesconto",
        /// Surcharge.
        surcharge: Informative = "ValorAcrescimo",
        /// What the line comes to.
        net: Informative = "ValorLiquido",
    }
}

impl From<&Item> for SaleItem {
    fn from(item: &Item) -> Self {
        Self {
            code: item.code.0.clone().unwrap_or_default(),
            ean: item.ean.0.clone().unwrap_or_default(),
            net: item.net.0.unwrap_or_else(|| line_value(item)),
        }
    }
}

/// A line without its net value comes to what its other figures say.
fn line_value(item: &Item) -> Money {
    let discount = item.discount.0.unwrap_or_default();
    let surcharge = item.surcharge.0.unwrap_or_default();
    let quantity: Decimal =
        item.quantity.0.as_deref().and_then(|text| text.replace(',', ".").parse().ok()).unwrap_or(Decimal::ONE);
    let by_piece = || item.unit_price.0.map(|price| Money::rounded(price.decimal().saturating_mul(quantity)));
    item.gross.0.or_else(by_piece).unwrap_or_default().plus(surcharge).minus_or_zero(discount)
}

/// One payment: `{Id, ValorPago}`, or (the page's table) a bare number.
#[derive(Debug, Clone, Default, utoipa::ToSchema)]
pub struct FormaDePagamento {
    /// Payment form of the contract's table.
    #[schema(rename = "Id", required = false)]
    pub id: Whole,
    /// What was paid this way.
    #[schema(rename = "ValorPago", required = false)]
    pub paid: Amount,
}

impl ReadObject for FormaDePagamento {
    fn read_object(fields: &ponte_platform::fields::Fields<'_>) -> Result<Self, ponte_domain::refusal::Refusal> {
        use super::kinds::Read as _;
        // A code that is no number is an unknown form, which counts as 99 (others).
        let id = Whole::read(fields, &["Id"]).unwrap_or_default();
        Ok(Self { id, paid: Amount::read(fields, &["ValorPago"])? })
    }

    fn read_scalar(text: &str) -> Option<Self> {
        Some(Self { id: Whole(text.trim().parse().ok()), paid: Amount(None) })
    }
}

impl From<&FormaDePagamento> for Payment {
    fn from(payment: &FormaDePagamento) -> Self {
        const OTHERS: u32 = 99;
        let form = payment.id.0.and_then(|id| u32::try_from(id).ok()).unwrap_or(OTHERS);
        Self { form, paid: payment.paid.0.unwrap_or_default() }
    }
}
