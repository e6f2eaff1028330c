//! A customer who never came before, and what the till sends of a purchase.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::text;

pub(crate) const NAME: &str = "Maria Exemplo";
pub(crate) const SERIES: &str = "1";

/// New each time: a PIN may be asked for only every two minutes, and `dev` is run more often.
pub(crate) struct Customer {
    pub(crate) cpf: String,
    /// Area code and number, without the country's.
    pub(crate) phone: String,
}

impl Customer {
    pub(crate) fn new() -> Self {
        let tail = Timestamp::now().as_millisecond().rem_euclid(100_000_000);
        Self { cpf: cpf(&format!("9{tail:08}")), phone: format!("119{tail:08}") }
    }

    pub(crate) fn registration(&self) -> Value {
        json!({ "CPF": self.cpf, "Nome": NAME, "Contato": { "Celular": self.phone, "Email": "maria@example.com" } })
    }

    /// A purchase of one product, paid by Pix; amounts in cents.
    pub(crate) fn sale(&self, total: i64, redeemed: i64) -> Value {
        json!({
            "Cpf": self.cpf,
            "DataHora": Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string(),
            "ValorLiquido": text::number(total),
            "ValorBruto": text::number(total),
            "DescontoTotalValor": 0,
            "ValorResgate": text::number(redeemed),
            "QuantidadeTotalItens": 1,
            "FormasDePagamento": [{ "Id": 17, "ValorPago": text::number(total - redeemed) }],
            "Itens": [{
                "Ordem": 1, "Codigo": 1001, "Ean": "7890000000000", "Produto": "Produto Exemplo", "QuantidadeTotal": 1,
                "ValorUnitario": text::number(total), "ValorBruto": text::number(total), "ValorDesconto": 0,
                "ValorAcrescimo": 0, "ValorLiquido": text::number(total),
            }],
        })
    }
}

/// The sale once its fiscal note exists.
pub(crate) fn with_note(sale: &Value, number: &str) -> Value {
    let mut sale = sale.clone();
    if let Some(fields) = sale.as_object_mut() {
        fields.insert("DocumentoNF".to_owned(), number.into());
        fields.insert("SerieNF".to_owned(), SERIES.into());
    }
    sale
}

/// Notes are numbered by the clock, so that no run repeats another's.
pub(crate) fn note_number() -> String {
    Timestamp::now().as_millisecond().to_string()
}

pub(crate) fn guid() -> String {
    Uuid::new_v4().to_string().to_uppercase()
}

/// Nine digits and their two check digits.
fn cpf(base: &str) -> String {
    let mut cpf = base.to_owned();
    for _ in 0..2 {
        let length = u32::try_from(cpf.len()).unwrap_or_default();
        let sum: u32 =
            cpf.chars().filter_map(|digit| digit.to_digit(10)).zip((2..=length + 1).rev()).map(|(d, w)| d * w).sum();
        let check = (sum * 10) % 11 % 10;
        cpf.push_str(&check.to_string());
    }
    cpf
}

#[cfg(test)]
mod tests {
    use super::cpf;

    #[test]
    fn check_digits_are_those_of_known_numbers() {
        assert_eq!(cpf("111444777"), "11144477735");
        assert_eq!(cpf("529982247"), "52998224725");
    }
}
