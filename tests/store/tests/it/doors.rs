//! The JSON doors under arbitrary bytes and mutated bodies: each answer is a 200 or a refusal in the contract's form, and
//! whatever was sent, the money still adds up.
#![allow(clippy::unwrap_used)]

use lambda_http::Body;
use ponte_domain::ids::Environment;
use ponte_hub_fidelidade::hub::Operation;
use ponte_hub_fidelidade::routes::{
    AtualizarCliente, ConsultarCampanha, ConsultarSaldoCliente, EstornarBonus, GerarBonus, ResgatarSaldo, ValidarPin,
};
use ponte_store_tests::{Shop, StoreAt, request};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const TILL: StoreAt = StoreAt { environment: Environment::Producao, cnpj: "11222333000181" };

const VALID: [&str; 6] = [
    r#"{"IdentificadorTransacao":"3F2504E0-4F89-41D3-9A0C-0305E82C3301","CPF":"11144477735","Nome":"Cliente","DataNascimento":"1990-01-01T00:00:00.000Z","Endereco":{"Cep":"0"},"Contato":{"Celular":"11900000000"}}"#,
    r#"{"IdentificadorTransacao":"3F2504E0-4F89-41D3-9A0C-0305E82C3301","Venda":{"Cpf":"11144477735","ValorLiquido":100.00,"QuantidadeTotalItens":1,"Itens":[{"Codigo":1001,"Ean":"789","ValorLiquido":100.00}]}}"#,
    r#"{"IdentificadorTransacao":"3F2504E0-4F89-41D3-9A0C-0305E82C3301","Cpf":"11144477735","Pin":"00000123","TipoPin":1}"#,
    r#"{"IdentificadorTransacao":"3F2504E0-4F89-41D3-9A0C-0305E82C3301","Cpf":"11144477735","VendaValorLiquido":100.00,"ValorResgatado":20.00}"#,
    r#"{"IdentificadorTransacao":"3F2504E0-4F89-41D3-9A0C-0305E82C3301","CampanhaId":12,"Venda":{"Cpf":"11144477735","ValorLiquido":100.00,"DocumentoNF":"123","SerieNF":"1","ValorResgate":20.00,"FormasDePagamento":[{"Id":17,"ValorPago":100.00}]}}"#,
    r#"{"IdentificadorTransacao":"3F2504E0-4F89-41D3-9A0C-0305E82C3301","DocumentoNF":"123","SerieNF":"1","Cpf":"11144477735"}"#,
];

/// What replaces a part of a valid body.
const SCRAPS: [&str; 24] = [
    "null",
    "{}",
    "[]",
    "\"\"",
    "true",
    "-1",
    "0",
    "1e999",
    "1E-30",
    "0.001",
    "99999999999999999999",
    "\"x\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "[[[[[[[[]]]]]]]]",
    "{\"Cpf\":{}}",
    "\"1,5\"",
    "\"-\"",
    "\".\"",
    "\"1.2.3\"",
    "NaN",
    "-0.00",
    "\"💥\"",
    "\"11144477735\"",
];

/// Bytes of any kind, or a valid body with a few of its parts replaced, cut or doubled.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let mutation = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4_u8);
    let mutated =
        (prop::sample::select(&VALID[..]), prop::collection::vec(mutation, 0..4)).prop_map(|(valid, mutations)| {
            let mut body = valid.to_owned();
            for (place, scrap, kind) in mutations {
                // Values start after a colon.
                let places: Vec<usize> = body.match_indices(':').map(|(index, _)| index + 1).collect();
                if places.is_empty() {
                    break;
                }
                let start = *place.get(&places);
                let end = body[start..].find([',', '}', ']']).map_or(body.len(), |length| start + length);
                match kind {
                    0 | 1 => body.replace_range(start..end, scrap.get::<&str>(&SCRAPS[..])),
                    2 => body.truncate(end),
                    _ => {
                        let doubled = body[start..end].to_owned();
                        body.insert_str(start, &doubled);
                    }
                }
            }
            body.into_bytes()
        });
    prop_oneof![1 => prop::collection::vec(any::<u8>(), 0..300), 1 => "\\PC{0,80}".prop_map(String::into_bytes), 8 => mutated]
}

async fn knock<O: Operation>(shop: &Shop, bytes: &[u8]) -> Result<(), TestCaseError> {
    let mut request = request(TILL, "token-of-the-test-store", "");
    *request.body_mut() = Body::Binary(bytes.to_vec());
    let answer = shop.call_raw::<O>(request).await;
    prop_assert!(matches!(answer.status, 200 | 400), "{}: {answer:?}", O::NAME);
    let body: serde_json::Value =
        serde_json::from_str(&answer.body).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert!(body["IdentificadorTransacao"].is_string(), "{answer:?}");
    prop_assert_eq!(answer.status == 400, body["Codigo"].is_u64() && body["Mensagem"].is_string(), "{:?}", answer);
    Ok(())
}

#[test]
fn every_body_is_answered_in_the_contracts_form_and_no_money_is_made() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let shop = runtime.block_on(Shop::open(|_| {}));
    let cases = std::env::var("PONTE_DOOR_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1_500);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    runner
        .run(&body(), |bytes| {
            runtime.block_on(async {
                knock::<AtualizarCliente>(&shop, &bytes).await?;
                knock::<ConsultarSaldoCliente>(&shop, &bytes).await?;
                knock::<ConsultarCampanha>(&shop, &bytes).await?;
                knock::<ValidarPin>(&shop, &bytes).await?;
                knock::<ResgatarSaldo>(&shop, &bytes).await?;
                knock::<GerarBonus>(&shop, &bytes).await?;
                knock::<EstornarBonus>(&shop, &bytes).await
            })
        })
        .unwrap();
    runtime.block_on(shop.audit());
}
