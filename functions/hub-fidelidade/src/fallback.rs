//! What no route matches: 404 in the contract's error shape, logged with the alias that the body's shape suggests.
//!
//! Four of the eight route names are not published (contract section 2), so the first thing a certification day may
//! bring is a path that we do not know. The suggestion tells the operator which `Alias...` parameter to set; nothing
//! is ever dispatched by shape.

use lambda_http::{Body, Request, Response};
use ponte_domain::refusal::Refusal;
use ponte_platform::fields::Fields;
use ponte_platform::http;

use crate::hub::{echo, refused};

/// Answers 404 and raises the alarm.
#[must_use]
pub fn answer(request: &Request, prefix: &str) -> Response<Body> {
    let body = http::body_text(request).and_then(Fields::parse).ok();
    let path: String = request.uri().path().chars().filter(char::is_ascii_graphic).take(LOGGED_PATH_CHARS).collect();
    let segment = path.strip_prefix(prefix).unwrap_or(&path).trim_matches('/');
    let known = body.as_ref().map(known_names).unwrap_or_default();
    let suggestion = suggest_by_name(segment).or_else(|| suggest_by_shape(body.as_ref()?));
    tracing::warn!(
        event = "unmatched_route",
        method = %request.method(),
        path,
        properties = known,
        suggested_route = suggestion.unwrap_or("none"),
        "no route at this path; set the Alias parameter of the suggested route if the till means it"
    );
    let identifier = body.as_ref().and_then(echo).unwrap_or_default();
    refused(identifier, &Refusal::UnknownRoute)
}

/// A path is the caller's text: a bounded part of it is enough to set an alias by.
const LOGGED_PATH_CHARS: usize = 200;

/// The routes' names.
pub const ROUTES: [&str; 8] = [
    "AtualizarCliente",
    "ConsultarSaldoCliente",
    "EnviarPin",
    "ValidarPin",
    "ConsultarCampanha",
    "ResgatarSaldo",
    "GerarBonus",
    "EstornarBonus",
];

/// A path that differs from a route's name in case or separators only.
fn suggest_by_name(segment: &str) -> Option<&'static str> {
    let plain: String = segment.chars().filter(char::is_ascii_alphanumeric).collect();
    ROUTES.into_iter().find(|route| route.eq_ignore_ascii_case(&plain))
}

/// The contract's table of shapes (section 2).
fn suggest_by_shape(body: &Fields<'_>) -> Option<&'static str> {
    let sale = body.object("Venda").ok().flatten();
    let in_sale = |name: &str| sale.as_ref().is_some_and(|sale| sale.has(name));
    let note = in_sale("DocumentoNF") || body.has("CampanhaId");
    let paid = in_sale("FormasDePagamento") || in_sale("FormasPagamento");
    match () {
        () if ["Nome", "Contato", "Endereco", "EstadoCivil"].iter().any(|name| body.has(name)) => {
            Some("AtualizarCliente")
        }
        () if note => Some("GerarBonus"),
        () if sale.is_some() && paid => Some("ConsultarCampanha"),
        () if sale.is_some() => Some("ConsultarSaldoCliente"),
        () if body.has("TipoPin") => Some("EnviarPin"),
        () if body.has("Pin") => Some("ValidarPin"),
        () if body.has("ValorResgatado") => Some("ResgatarSaldo"),
        () if body.has("DocumentoNF") || body.has("SerieNF") => Some("EstornarBonus"),
        () => None,
    }
}

/// The top-level names of the contract that the body has. Unknown names are counted only: a name is the caller's
/// text too.
fn known_names(body: &Fields<'_>) -> String {
    const KNOWN: [&str; 16] = [
        "IdentificadorTransacao",
        "CPF",
        "Nome",
        "Contato",
        "Endereco",
        "EstadoCivil",
        "Venda",
        "Celular",
        "Email",
        "TipoPin",
        "Pin",
        "VendaValorLiquido",
        "ValorResgatado",
        "CampanhaId",
        "DocumentoNF",
        "SerieNF",
    ];
    let mut found: Vec<&str> = Vec::new();
    let mut unknown = 0_u32;
    for name in body.names() {
        match KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(name)) {
            Some(known) => found.push(known),
            None => unknown += 1,
        }
    }
    format!("{}; {unknown} unknown", found.join(","))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_body_suggests_the_route_of_its_shape() {
        for (body, route) in [
            (r#"{"CPF":"1","Nome":"x"}"#, Some("AtualizarCliente")),
            (r#"{"Venda":{"Cpf":"1"}}"#, Some("ConsultarSaldoCliente")),
            (r#"{"Cpf":"1","TipoPin":1}"#, Some("EnviarPin")),
            (r#"{"Cpf":"1","Pin":"123"}"#, Some("ValidarPin")),
            (r#"{"Venda":{"Cpf":"1","FormasDePagamento":[{"Id":1}]}}"#, Some("ConsultarCampanha")),
            (r#"{"Cpf":"1","VendaValorLiquido":1,"ValorResgatado":1}"#, Some("ResgatarSaldo")),
            (r#"{"Venda":{"DocumentoNF":"1"},"CampanhaId":1}"#, Some("GerarBonus")),
            (r#"{"DocumentoNF":"1","SerieNF":"1","Cpf":"1"}"#, Some("EstornarBonus")),
            (r#"{"x":1}"#, None),
        ] {
            assert_eq!(suggest_by_shape(&Fields::parse(body).unwrap()), route, "{body}");
        }
    }

    #[test]
    fn a_path_in_another_writing_suggests_its_route() {
        assert_eq!(suggest_by_name("GERAR_BONUS"), Some("GerarBonus"));
        assert_eq!(suggest_by_name("Vendas/Outra"), None);
    }
}
