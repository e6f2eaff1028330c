//! The OpenAPI description of the eight routes, made from the wire's own types.

// The functions below exist for their attributes only.
#![allow(dead_code)]

use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::wire::{
    AtualizarClienteRequest, AtualizarClienteResponse, ConsultarCampanhaRequest, ConsultarCampanhaResponse,
    ConsultarSaldoClienteRequest, ConsultarSaldoClienteResponse, EnviarPinRequest, EnviarPinResponse, ErrorBody,
    EstornarBonusRequest, EstornarBonusResponse, GerarBonusRequest, GerarBonusResponse, ResgatarSaldoRequest,
    ResgatarSaldoResponse, ValidarPinRequest, ValidarPinResponse,
};

macro_rules! route {
    ($name:ident, $path:literal, $about:literal, $request:ident, $response:ident) => {
        #[doc = $about]
        #[utoipa::path(
            post,
            path = $path,
            tag = "hub-fidelidade",
            request_body = $request,
            params(
                ("cnpj" = String, Header, description = "The store's CNPJ, numeric, punctuated or alphanumeric"),
                ("tipo_ambiente" = String, Header, description = "0 homologação, 1 produção"),
                ("produto_descricao" = Option<String>, Header, description = "Microvix, Seta; recorded only"),
            ),
            responses(
                (status = 200, description = "Done", body = $response),
                (status = 400, description = "A business refusal; see docs/refusals.md", body = ErrorBody),
                (status = 401, description = "Unknown store or wrong token", body = ErrorBody),
                (status = 403, description = "The store is inactive", body = ErrorBody),
                (status = 503, description = "Storage is unavailable; repeat the same request", body = ErrorBody),
            ),
            security(("token" = []))
        )]
        fn $name() {}
    };
}

route!(
    atualizar_cliente,
    "/hub-fidelidade/v1/AtualizarCliente",
    "Creates or updates a customer.",
    AtualizarClienteRequest,
    AtualizarClienteResponse
);
route!(
    consultar_saldo_cliente,
    "/hub-fidelidade/v1/ConsultarSaldoCliente",
    "Answers what a sale may use.",
    ConsultarSaldoClienteRequest,
    ConsultarSaldoClienteResponse
);
route!(
    enviar_pin,
    "/hub-fidelidade/v1/EnviarPin",
    "Sends a PIN to the contact on file.",
    EnviarPinRequest,
    EnviarPinResponse
);
route!(validar_pin, "/hub-fidelidade/v1/ValidarPin", "Checks a PIN.", ValidarPinRequest, ValidarPinResponse);
route!(
    consultar_campanha,
    "/hub-fidelidade/v1/ConsultarCampanha",
    "Offers campaigns, the best for the customer first.",
    ConsultarCampanhaRequest,
    ConsultarCampanhaResponse
);
route!(
    resgatar_saldo,
    "/hub-fidelidade/v1/ResgatarSaldo",
    "Spends bonus money.",
    ResgatarSaldoRequest,
    ResgatarSaldoResponse
);
route!(
    gerar_bonus,
    "/hub-fidelidade/v1/GerarBonus",
    "Closes a sale and generates its bonus.",
    GerarBonusRequest,
    GerarBonusResponse
);
route!(
    estornar_bonus,
    "/hub-fidelidade/v1/EstornarBonus",
    "Reverses a sale or an open redemption.",
    EstornarBonusRequest,
    EstornarBonusResponse
);

struct Token;

impl Modify for Token {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let about = "The store's token (Chave de Integração), with or without `Bearer `";
        let token = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description("Authorization", about)));
        openapi.components.get_or_insert_with(Default::default).add_security_scheme("token", token);
    }
}

/// The eight routes.
#[derive(OpenApi)]
#[openapi(
    info(title = "Ponte: Hub Fidelidade partner", version = "1.0.0"),
    paths(atualizar_cliente, consultar_saldo_cliente, enviar_pin, validar_pin, consultar_campanha, resgatar_saldo, gerar_bonus, estornar_bonus),
    modifiers(&Token)
)]
pub struct HubApi;

/// The description as a document.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    HubApi::openapi()
}
