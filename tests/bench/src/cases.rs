//! What is measured: each operation as a shop's till uses it, once in every way that costs differently.

/// The Lambda that does nothing, for comparison.
pub(crate) const BASELINE: &str = "bench-baseline-lambda";

/// The builds that are measured.
pub(crate) const FUNCTIONS: &[&str] = &[
    BASELINE,
    "hub-atualizar-cliente",
    "hub-consultar-saldo-cliente",
    "hub-enviar-pin",
    "hub-validar-pin",
    "hub-consultar-campanha",
    "hub-resgatar-saldo",
    "hub-gerar-bonus",
    "hub-estornar-bonus",
    "hub-fallback",
    "pin-sender",
];

/// An operation in one of the ways it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// A customer who is known and has not changed.
    AtualizarCliente,
    /// A new customer.
    NewMember,
    ConsultarSaldoCliente,
    EnviarPin,
    PinSender,
    ValidarPin,
    ConsultarCampanha,
    /// In a store that asks for no PIN.
    ResgatarSaldo,
    /// In a store that asks for one.
    RedeemWithPin,
    /// A sale that was paid in part with bonus money.
    GerarBonus,
    /// The reversal of such a sale.
    EstornarBonus,
}

impl Case {
    /// All, in the order of a sale.
    pub(crate) const ALL: [Self; 11] = [
        Self::AtualizarCliente,
        Self::NewMember,
        Self::ConsultarSaldoCliente,
        Self::EnviarPin,
        Self::PinSender,
        Self::ValidarPin,
        Self::ConsultarCampanha,
        Self::ResgatarSaldo,
        Self::RedeemWithPin,
        Self::GerarBonus,
        Self::EstornarBonus,
    ];

    /// A sale in a store that asks for no PIN.
    pub(crate) const SALE: [Self; 5] = [
        Self::AtualizarCliente,
        Self::ConsultarSaldoCliente,
        Self::ConsultarCampanha,
        Self::ResgatarSaldo,
        Self::GerarBonus,
    ];

    /// A sale in a store that asks for one.
    pub(crate) const SALE_WITH_PIN: [Self; 8] = [
        Self::AtualizarCliente,
        Self::ConsultarSaldoCliente,
        Self::EnviarPin,
        Self::PinSender,
        Self::ValidarPin,
        Self::ConsultarCampanha,
        Self::RedeemWithPin,
        Self::GerarBonus,
    ];

    /// For the table.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::AtualizarCliente => "AtualizarCliente, unchanged",
            Self::NewMember => "AtualizarCliente, new customer",
            Self::ConsultarSaldoCliente => "ConsultarSaldoCliente",
            Self::EnviarPin => "EnviarPin",
            Self::PinSender => "pin-sender",
            Self::ValidarPin => "ValidarPin",
            Self::ConsultarCampanha => "ConsultarCampanha",
            Self::ResgatarSaldo => "ResgatarSaldo",
            Self::RedeemWithPin => "ResgatarSaldo, with PIN",
            Self::GerarBonus => "GerarBonus",
            Self::EstornarBonus => "EstornarBonus",
        }
    }

    /// Its Lambda, which is also the name of its sample in `events/`.
    pub(crate) fn function(self) -> &'static str {
        match self {
            Self::AtualizarCliente | Self::NewMember => "hub-atualizar-cliente",
            Self::ConsultarSaldoCliente => "hub-consultar-saldo-cliente",
            Self::EnviarPin => "hub-enviar-pin",
            Self::PinSender => "pin-sender",
            Self::ValidarPin => "hub-validar-pin",
            Self::ConsultarCampanha => "hub-consultar-campanha",
            Self::ResgatarSaldo | Self::RedeemWithPin => "hub-resgatar-saldo",
            Self::GerarBonus => "hub-gerar-bonus",
            Self::EstornarBonus => "hub-estornar-bonus",
        }
    }

    /// The case that stands for a Lambda where it is measured once.
    pub(crate) fn of_function(function: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|case| case.function() == function)
    }

    /// The store whose till calls asks for a PIN.
    pub(crate) fn at_pin_store(self) -> bool {
        matches!(self, Self::EnviarPin | Self::PinSender | Self::ValidarPin | Self::RedeemWithPin)
    }

    /// What the answer must hold: an operation that refuses would be measured as a fast one.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::AtualizarCliente | Self::NewMember => r#""ClienteCadastrado":true"#,
            Self::ConsultarSaldoCliente => r#""SaldoAtual":45.00"#,
            Self::EnviarPin | Self::ResgatarSaldo | Self::RedeemWithPin => r#"{"IdentificadorTransacao":"#,
            Self::PinSender => r#""batchItemFailures":[]"#,
            Self::ValidarPin => r#""PinValido":true"#,
            Self::ConsultarCampanha => r#""Id":12"#,
            Self::GerarBonus => r#""SaldoBonusGeradoVenda":12.00"#,
            Self::EstornarBonus => r#""ValorEstornadoGerado":12.00"#,
        }
    }

    /// The aim for its round trips to DynamoDB: one for a query, two for what writes. The sender has none.
    pub(crate) fn round_trips_aim(self) -> Option<u32> {
        match self {
            Self::PinSender => None,
            Self::AtualizarCliente | Self::ConsultarSaldoCliente | Self::ConsultarCampanha => Some(1),
            _ => Some(2),
        }
    }
}
