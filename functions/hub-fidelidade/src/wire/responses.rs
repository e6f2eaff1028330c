//! The eight answers and the error body: exact names, every obligatory field, zeros instead of nulls
//! (contract sections 4 and 5).

use jiff::Timestamp;
use ponte_platform::failure::Failure;
use ponte_platform::wire_money::WireMoney;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// 4.1
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub struct AtualizarClienteResponse {
    /// Echo.
    pub identificador_transacao: String,
    /// All unexpired money.
    pub saldo_atual: WireMoney,
    /// What can be used now.
    pub saldo_disponivel: WireMoney,
    /// A redemption asks for a PIN.
    pub utiliza_pin: bool,
    /// 1 mobile, 2 e-mail; present when a PIN is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tipo_pin: Option<u8>,
    /// The customer exists with us.
    pub cliente_cadastrado: bool,
}

/// 4.2
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub struct ConsultarSaldoClienteResponse {
    /// Echo.
    pub identificador_transacao: String,
    /// All unexpired money.
    pub saldo_atual: WireMoney,
    /// What this sale may use.
    pub saldo_disponivel: WireMoney,
    /// A redemption asks for a PIN.
    pub utiliza_pin: bool,
    /// 1 mobile, 2 e-mail; present when a PIN is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tipo_pin: Option<u8>,
}

/// 4.3
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub struct EnviarPinResponse {
    /// Echo.
    pub identificador_transacao: String,
}

/// 4.4
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub struct ValidarPinResponse {
    /// Echo.
    pub identificador_transacao: String,
    /// Whether the PIN is right and in time.
    pub pin_valido: bool,
}

/// 4.5
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub struct ConsultarCampanhaResponse {
    /// Echo.
    pub identificador_transacao: String,
    /// The best for the customer first: the till preselects it.
    pub campanhas: Vec<Campaign>,
    /// The seller may close the sale without a bonus.
    pub habilita_botao_nao_bonificar: bool,
}

/// A campaign that this sale may choose.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = CampanhaOferecida)]
pub struct Campaign {
    /// Its number.
    pub id: u32,
    /// Its name.
    pub descricao: String,
    /// More text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub texto_complementar: String,
    /// The bonus it gives for this sale.
    pub valor_desconto: WireMoney,
    /// First second, by the store's calendar.
    pub data_inicio: String,
    /// Last second, by the store's calendar.
    pub data_final: String,
}

/// 4.6
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub struct ResgatarSaldoResponse {
    /// Echo. A 200 means that the amount is taken, durably.
    pub identificador_transacao: String,
}

/// 4.7
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub struct GerarBonusResponse {
    /// Echo.
    pub identificador_transacao: String,
    /// The bonus this sale made.
    pub saldo_bonus_gerado_venda: WireMoney,
    /// The balance now; the page wants 0 for a sale without bonus.
    pub saldo_bonus_atual: WireMoney,
    /// For screen and receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mensagem_complementar: Option<String>,
}

/// 4.8
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub struct EstornarBonusResponse {
    /// Echo.
    pub identificador_transacao: String,
    /// Redeemed money given back.
    pub valor_estornado_utilizado: WireMoney,
    /// Bonus taken back.
    pub valor_estornado_gerado: WireMoney,
    /// The balance after it.
    pub saldo_bonus_atual: WireMoney,
    /// For the operator.
    pub mensagem_complementar: String,
    /// When it was reversed, UTC.
    pub data_hora: String,
}

/// The error body of all routes (section 5).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub struct ErrorBody {
    /// Echo; empty when the request could not be read.
    pub identificador_transacao: String,
    /// See docs/refusals.md.
    pub codigo: u16,
    /// For the operator.
    pub mensagem: String,
}

/// An instant as the contract's samples write it: UTC, three decimals, `Z`.
#[must_use]
pub fn timestamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// The figures of a stored answer under another `IdentificadorTransacao`: the same fiscal note was closed again
/// under a new id.
pub fn with_identifier(stored: &str, identifier: &str) -> Result<String, Failure> {
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Figures<'a> {
        #[serde(skip_deserializing)]
        identificador_transacao: &'a str,
        #[serde(borrow)]
        saldo_bonus_gerado_venda: &'a RawValue,
        #[serde(borrow)]
        saldo_bonus_atual: &'a RawValue,
        #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
        mensagem_complementar: Option<&'a RawValue>,
    }
    let unreadable = |error: serde_json::Error| Failure::unreadable("response", &error);
    let mut figures: Figures<'_> = serde_json::from_str(stored).map_err(unreadable)?;
    figures.identificador_transacao = identifier;
    serde_json::to_string(&figures).map_err(unreadable)
}
