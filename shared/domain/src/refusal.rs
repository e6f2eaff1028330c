//! Business refusals: one table of codes, with the cashier's text and what to do.
//!
//! The Hub Fidelidade page publishes no list of codes (contract section 5), so these are ours. A code never
//! changes its meaning; a new meaning gets a new code. `docs/refusals.md` is printed from [`TABLE`].

use crate::money::Money;

/// Why a request is not done. Nothing was changed when one of these is returned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The body is not JSON, or not an object.
    #[error("the body is not a JSON object")]
    InvalidJson,
    /// No CPF.
    #[error("the CPF is missing")]
    MissingCpf,
    /// A CPF whose check digits are wrong.
    #[error("the CPF is not valid")]
    InvalidCpf,
    /// Nobody with this CPF in the programme.
    #[error("the member does not exist")]
    MemberNotFound,
    /// A field without which the operation cannot be done.
    #[error("the field {0} is missing")]
    MissingField(&'static str),
    /// A field that cannot be read as what it should be.
    #[error("the field {0} has the wrong type or form")]
    WrongType(&'static str),
    /// More bytes than [`crate::limits::BODY_BYTES`].
    #[error("the body is too large")]
    BodyTooLarge,
    /// An amount below zero.
    #[error("the amount {0} is negative")]
    NegativeAmount(&'static str),
    /// An amount above [`crate::money::MAXIMUM`].
    #[error("the amount {0} is too large")]
    AbsurdAmount(&'static str),
    /// A fraction of a cent.
    #[error("the amount {0} has more than two decimals")]
    FractionOfCent(&'static str),
    /// Less balance than asked for.
    #[error("the balance is not enough")]
    InsufficientBalance {
        /// What could be used instead.
        available: Money,
    },
    /// Enough balance, but this sale may not use so much.
    #[error("the redemption is above what this sale may use")]
    RedeemAboveLimit {
        /// What this sale may use.
        available: Money,
    },
    /// The same id with another content.
    #[error("this IdentificadorTransacao was used with another content")]
    IdentifierReused,
    /// The same note with another sale.
    #[error("this fiscal note was used with another content")]
    NoteReused,
    /// More redemptions wait for their note than an account holds.
    #[error("too many redemptions are open")]
    TooManyOpenRedemptions,
    /// A list or text beyond its bound.
    #[error("the field {0} is beyond its limit")]
    LimitExceeded(&'static str),
    /// A redemption without a validated PIN, in a store that uses PINs.
    #[error("a validated PIN is required")]
    PinRequired,
    /// The PIN was validated too long ago, or its time was over before it was typed.
    #[error("the PIN expired")]
    PinExpired,
    /// Too many wrong PINs.
    #[error("too many wrong PINs")]
    PinAttemptsExceeded,
    /// No phone or e-mail to send a PIN to.
    #[error("no contact to send the PIN to")]
    NoContactForPin,
    /// Asked again before two minutes.
    #[error("a PIN was sent moments ago")]
    PinResendTooSoon {
        /// Until it may be asked again.
        wait_seconds: i64,
    },
    /// The contact was entered at a till moments ago, by somebody who may not be the customer.
    #[error("the contact is too new for a PIN")]
    ContactTooRecent,
    /// A campaign that the programme does not have, or not for this store.
    #[error("the campaign is unknown")]
    CampaignUnknown,
    /// A campaign whose time is over or has not come, or that is switched off.
    #[error("the campaign is not running")]
    CampaignNotRunning,
    /// Neither a sale nor an open redemption.
    #[error("there is nothing to reverse")]
    NothingToReverse,
    /// The note is another customer's.
    #[error("the fiscal note belongs to another member")]
    NoteOfAnotherMember,
    /// Without a note it cannot be told which redemption is meant.
    #[error("several redemptions are open")]
    SeveralOpenRedemptions,
    /// A pending adjustment that was settled, dismissed or voided.
    #[error("the pending adjustment is already resolved")]
    PendingAlreadyResolved,
    /// A path under the prefix that is no route.
    #[error("no route at this path")]
    UnknownRoute,
    /// Unknown store, or wrong token.
    #[error("the credentials are not valid")]
    Unauthorized,
    /// The store is switched off.
    #[error("the store is inactive")]
    StoreInactive,
    /// The storage cannot be reached: the same request can be sent again.
    #[error("the storage is unavailable")]
    Unavailable,
    /// A fault of ours.
    #[error("internal error")]
    Internal,
}

/// One row of the table: what a code means, to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// `Codigo`.
    pub code: u16,
    /// The HTTP status it travels with.
    pub status: u16,
    /// `Mensagem`: pt-BR, for the cashier. `{}` stands for the refusal's detail.
    pub message: &'static str,
    /// What the cashier or the shop should do, pt-BR.
    pub action: &'static str,
}

const fn row(code: u16, status: u16, message: &'static str, action: &'static str) -> Row {
    Row { code, status, message, action }
}

/// The row of a fault of ours; also what stands in for a row that is missing.
const INTERNAL: Row =
    row(99, 500, "Erro interno do programa de fidelidade.", "Tente novamente; se persistir, acione o suporte.");

/// Every code.
pub const TABLE: &[Row] = &[
    row(
        10,
        400,
        "Requisição ilegível: o conteúdo não é um JSON válido.",
        "Tente novamente; se persistir, acione o suporte do PDV.",
    ),
    row(11, 400, "Informe o CPF do cliente.", "Identifique o cliente na venda e repita."),
    row(12, 400, "CPF inválido. Confira os números digitados.", "Corrija o CPF no cadastro do cliente."),
    row(13, 400, "Cliente não encontrado no programa.", "Cadastre o cliente antes de continuar."),
    row(
        14,
        400,
        "Campo obrigatório não informado: {}.",
        "Complete o dado e repita; se persistir, acione o suporte do PDV.",
    ),
    row(15, 400, "Campo com formato inválido: {}.", "Corrija o dado e repita; se persistir, acione o suporte do PDV."),
    row(16, 400, "Venda grande demais para ser processada.", "Divida a venda ou finalize sem o programa."),
    row(17, 400, "Valor negativo não é aceito: {}.", "Confira os valores da venda."),
    row(18, 400, "Valor acima do máximo aceito: {}.", "Confira os valores da venda."),
    row(19, 400, "Valor com mais de duas casas decimais: {}.", "Confira os valores da venda."),
    row(20, 400, "Saldo insuficiente para o resgate. Disponível: R$ {}.", "Ofereça ao cliente o valor disponível."),
    row(21, 400, "Resgate acima do permitido nesta venda. Disponível: R$ {}.", "Use no máximo o valor disponível."),
    row(
        22,
        400,
        "Esta transação já foi usada com outros dados.",
        "Reinicie a operação no PDV para gerar uma nova transação.",
    ),
    row(23, 400, "Esta nota fiscal já foi registrada com outros dados.", "Confira série e número da nota."),
    row(
        24,
        400,
        "Há resgates demais aguardando finalização para este cliente.",
        "Finalize ou estorne os resgates pendentes.",
    ),
    row(25, 400, "Dado acima do limite aceito: {}.", "Reduza a quantidade ou o texto informado."),
    row(
        30,
        400,
        "É preciso validar o PIN do cliente antes do resgate.",
        "Envie e valide o PIN, depois repita o resgate.",
    ),
    row(31, 400, "PIN expirado. Envie um novo PIN.", "Envie um novo PIN ao cliente."),
    row(32, 400, "Muitas tentativas com PIN incorreto. Envie um novo PIN.", "Envie um novo PIN ao cliente."),
    row(
        33,
        400,
        "Cliente sem contato válido para receber o PIN.",
        "Atualize celular ou e-mail no cadastro do cliente.",
    ),
    row(34, 400, "PIN enviado há pouco. Aguarde {} s para reenviar.", "Aguarde e tente novamente."),
    row(
        36,
        400,
        "Contato alterado há pouco: ainda não pode receber PIN.",
        "Aguarde o prazo de segurança do programa ou fale com o administrador.",
    ),
    row(40, 400, "Campanha não encontrada para esta loja.", "Consulte as campanhas novamente e escolha outra."),
    row(41, 400, "Campanha fora do período de validade.", "Consulte as campanhas novamente e escolha outra."),
    row(50, 400, "Não há venda nem resgate a estornar.", "Confira nota, série e CPF."),
    row(51, 400, "Esta nota fiscal é de outro cliente.", "Confira o CPF do cliente da nota."),
    row(52, 400, "Há mais de um resgate em aberto. Informe a nota fiscal.", "Repita o estorno com nota e série."),
    row(53, 400, "Este ajuste pendente já foi resolvido.", "Atualize a lista de pendências."),
    row(60, 404, "Rota inexistente.", "Confira o endereço configurado na integração."),
    row(80, 401, "Credenciais inválidas para esta loja.", "Confira a Chave de Integração, o CNPJ e o ambiente."),
    row(90, 403, "Loja inativa no programa.", "Fale com o administrador do programa."),
    row(91, 503, "Serviço temporariamente indisponível.", "Tente novamente em instantes."),
    INTERNAL,
];

impl Refusal {
    /// `Codigo`.
    #[must_use]
    pub fn code(&self) -> u16 {
        match self {
            Self::InvalidJson => 10,
            Self::MissingCpf => 11,
            Self::InvalidCpf => 12,
            Self::MemberNotFound => 13,
            Self::MissingField(_) => 14,
            Self::WrongType(_) => 15,
            Self::BodyTooLarge => 16,
            Self::NegativeAmount(_) => 17,
            Self::AbsurdAmount(_) => 18,
            Self::FractionOfCent(_) => 19,
            Self::InsufficientBalance { .. } => 20,
            Self::RedeemAboveLimit { .. } => 21,
            Self::IdentifierReused => 22,
            Self::NoteReused => 23,
            Self::TooManyOpenRedemptions => 24,
            Self::LimitExceeded(_) => 25,
            Self::PinRequired => 30,
            Self::PinExpired => 31,
            Self::PinAttemptsExceeded => 32,
            Self::NoContactForPin => 33,
            Self::PinResendTooSoon { .. } => 34,
            Self::ContactTooRecent => 36,
            Self::CampaignUnknown => 40,
            Self::CampaignNotRunning => 41,
            Self::NothingToReverse => 50,
            Self::NoteOfAnotherMember => 51,
            Self::SeveralOpenRedemptions => 52,
            Self::PendingAlreadyResolved => 53,
            Self::UnknownRoute => 60,
            Self::Unauthorized => 80,
            Self::StoreInactive => 90,
            Self::Unavailable => 91,
            Self::Internal => 99,
        }
    }

    /// The refusal's row of [`TABLE`].
    #[must_use]
    pub fn row(&self) -> Row {
        let code = self.code();
        TABLE.iter().copied().find(|row| row.code == code).unwrap_or(INTERNAL)
    }

    /// `Mensagem`, with the refusal's detail filled in.
    #[must_use]
    pub fn message(&self) -> String {
        let detail = match self {
            Self::MissingField(field)
            | Self::WrongType(field)
            | Self::NegativeAmount(field)
            | Self::AbsurdAmount(field)
            | Self::FractionOfCent(field)
            | Self::LimitExceeded(field) => (*field).to_owned(),
            Self::InsufficientBalance { available } | Self::RedeemAboveLimit { available } => brazilian(*available),
            Self::PinResendTooSoon { wait_seconds } => wait_seconds.to_string(),
            _ => String::new(),
        };
        self.row().message.replacen("{}", &detail, 1)
    }
}

/// An amount as people in Brazil read it: `1.234,56`.
#[must_use]
pub fn brazilian(amount: Money) -> String {
    let text = amount.to_string();
    let (whole, cents) = text.split_once('.').unwrap_or((&text, "00"));
    let mut grouped = String::with_capacity(text.len() + 3);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    format!("{grouped},{cents}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_ascending() {
        assert!(TABLE.windows(2).all(|pair| pair[0].code < pair[1].code));
    }

    #[test]
    fn every_refusal_has_a_row() {
        let none = Money::ZERO;
        let all = [
            Refusal::InvalidJson,
            Refusal::MissingCpf,
            Refusal::InvalidCpf,
            Refusal::MemberNotFound,
            Refusal::MissingField("x"),
            Refusal::WrongType("x"),
            Refusal::BodyTooLarge,
            Refusal::NegativeAmount("x"),
            Refusal::AbsurdAmount("x"),
            Refusal::FractionOfCent("x"),
            Refusal::InsufficientBalance { available: none },
            Refusal::RedeemAboveLimit { available: none },
            Refusal::IdentifierReused,
            Refusal::NoteReused,
            Refusal::TooManyOpenRedemptions,
            Refusal::LimitExceeded("x"),
            Refusal::PinRequired,
            Refusal::PinExpired,
            Refusal::PinAttemptsExceeded,
            Refusal::NoContactForPin,
            Refusal::PinResendTooSoon { wait_seconds: 1 },
            Refusal::ContactTooRecent,
            Refusal::CampaignUnknown,
            Refusal::CampaignNotRunning,
            Refusal::NothingToReverse,
            Refusal::NoteOfAnotherMember,
            Refusal::SeveralOpenRedemptions,
            Refusal::PendingAlreadyResolved,
            Refusal::UnknownRoute,
            Refusal::Unauthorized,
            Refusal::StoreInactive,
            Refusal::Unavailable,
            Refusal::Internal,
        ];
        assert_eq!(all.len(), TABLE.len());
        for refusal in all {
            assert_eq!(refusal.row().code, refusal.code(), "{refusal}");
            assert!(!refusal.message().contains('{'), "{}", refusal.message());
        }
    }

    #[test]
    fn a_refusal_says_its_detail_to_the_cashier() {
        let refusal = Refusal::InsufficientBalance { available: Money::from_cents(123_456) };
        assert_eq!(refusal.message(), "Saldo insuficiente para o resgate. Disponível: R$ 1.234,56.");
        assert_eq!(Refusal::MissingField("DocumentoNF").message(), "Campo obrigatório não informado: DocumentoNF.");
    }

    #[test]
    fn amounts_are_written_as_brazilians_read_them() {
        for (cents, text) in
            [(0, "0,00"), (5, "0,05"), (99_999, "999,99"), (100_000, "1.000,00"), (123_456_789, "1.234.567,89")]
        {
            assert_eq!(brazilian(Money::from_cents(cents)), text);
        }
    }
}
