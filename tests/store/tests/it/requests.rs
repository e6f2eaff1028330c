//! What a till may send, and what it is answered when it must not.
#![allow(clippy::unwrap_used)]

use ponte_domain::ids::Environment;
use ponte_hub_fidelidade::routes::{
    AtualizarCliente, ConsultarCampanha, ConsultarSaldoCliente, EstornarBonus, GerarBonus, ResgatarSaldo,
};
use ponte_platform::member_store;
use ponte_store_tests::{Shop, StoreAt, guid, request};

const CPF: &str = "11144477735";
const TILL: StoreAt = StoreAt { environment: Environment::Producao, cnpj: "11222333000181" };

#[tokio::test]
async fn each_kind_of_bad_request_has_its_own_code() {
    let shop = Shop::open(|_| {}).await;
    let redeem = |fields: &str| format!(r#"{{"IdentificadorTransacao":"{}",{fields}}}"#, guid());
    for (body, code) in [
        ("{".to_owned(), 10),
        ("[]".to_owned(), 10),
        (redeem(r#""ValorResgatado":1"#), 11),
        (redeem(r#""Cpf":"11144477734","ValorResgatado":1"#), 12),
        (redeem(r#""Cpf":"11144477735""#), 14),
        (r#"{"Cpf":"11144477735","ValorResgatado":1}"#.to_owned(), 14),
        (redeem(r#""Cpf":"11144477735","ValorResgatado":"dez""#), 15),
        (redeem(r#""Cpf":"11144477735","ValorResgatado":-1"#), 17),
        (redeem(r#""Cpf":"11144477735","ValorResgatado":1e12"#), 18),
        (redeem(r#""Cpf":"11144477735","ValorResgatado":1.001"#), 19),
        (redeem(r#""Cpf":"11144477735","ValorResgatado":1"#), 20),
    ] {
        let answer = shop.call::<ResgatarSaldo>(&body).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{body}");
    }
    let huge = redeem(&format!(r#""x":"{}""#, "x".repeat(600_000)));
    assert_eq!(shop.call::<ResgatarSaldo>(&huge).await.code(), 16);
    let items = vec!["{}"; 1_001].join(",");
    let many = format!(r#"{{"Venda":{{"Cpf":"{CPF}","ValorLiquido":1,"Itens":[{items}]}}}}"#);
    assert_eq!(shop.call::<ConsultarCampanha>(&many).await.code(), 25);
}

#[tokio::test]
async fn a_refusal_echoes_the_identifier_as_it_was_sent() {
    let shop = Shop::open(|_| {}).await;
    let body = r#"{"IdentificadorTransacao":"3F2504E0-4F89-41D3-9A0C-0305E82C3301","Cpf":"1"}"#;
    let answer = shop.call::<ResgatarSaldo>(body).await;
    assert_eq!(
        answer.body,
        r#"{"IdentificadorTransacao":"3F2504E0-4F89-41D3-9A0C-0305E82C3301","Codigo":12,"Mensagem":"CPF inválido. Confira os números digitados."}"#
    );
}

#[tokio::test]
async fn credentials_are_checked_before_anything_is_told() {
    let shop = Shop::open(|_| {}).await;
    let body = format!(r#"{{"Venda":{{"Cpf":"{CPF}"}}}}"#);
    for (store, token, status) in [
        (TILL, "token-of-the-test-store", 200),
        (TILL, "Bearer token-of-the-test-store", 200),
        (TILL, "bearer  token-of-the-test-store", 200),
        (TILL, "another", 401),
        (TILL, "Bearer ", 401),
        (StoreAt { cnpj: "11.222.333/0001-81", ..TILL }, "token-of-the-test-store", 200),
        (StoreAt { cnpj: "12ABC34501DE35", ..TILL }, "token-of-the-test-store", 401),
        (StoreAt { cnpj: "x", ..TILL }, "token-of-the-test-store", 401),
        (StoreAt { environment: Environment::Homologacao, ..TILL }, "token-of-the-test-store", 401),
    ] {
        let answer = shop.call_raw::<ConsultarSaldoCliente>(request(store, token, &body)).await;
        assert_eq!(answer.status, status, "{store:?} {token}");
    }
    let long = "x".repeat(601);
    assert_eq!(shop.call_raw::<ConsultarSaldoCliente>(request(TILL, &long, &body)).await.code(), 80);
    // Bad JSON with bad credentials is told about its credentials only.
    assert_eq!(shop.call_raw::<ConsultarSaldoCliente>(request(TILL, "another", "{")).await.code(), 80);
}

#[tokio::test]
async fn the_contracts_oddities_are_read() {
    let shop = Shop::open(|_| {}).await;
    for body in [
        // A numeric CPF, bare payment forms under the table's name, goods by weight, a byte-order mark.
        "\u{feff}{\"Venda\":{\"Cpf\":11144477735,\"ValorLiquido\":\"100,00\",\"FormasPagamento\":[1,\"17\"],\"QuantidadeTotalItens\":1.5}}".to_owned(),
        // What nothing is decided by refuses nothing: prices by weight, returned goods, texts where objects should be.
        format!(
            r#"{{"Venda":{{"Cpf":"{CPF}","ValorLiquido":100,"DescontoTotalValor":9.999999,"Vendedor":"Ana","Itens":[{{"ValorUnitario":12.345,"ValorLiquido":-30}}]}}}}"#
        ),
        format!(r#"{{"VENDA":{{"CPF":"{CPF}","valorliquido":100,"FormasDePagamento":17,"Itens":[{{"Codigo":"A-1","QuantidadeTotal":0.25}}]}}}}"#),
        r#"{"IdentificadorTransacao":null,"Venda":{"Cpf":"111.444.777-35","ValorLiquido":100.0,"Itens":null,"CupomDesconto":"","Novo":{"a":[1]}}}"#.to_owned(),
    ] {
        let answer = shop.call::<ConsultarCampanha>(&body).await;
        assert_eq!((answer.status, answer.figure("ValorDesconto").as_str()), (200, "15.00"), "{body}: {}", answer.body);
    }
}

#[tokio::test]
async fn an_unknown_customer_has_nothing_and_is_asked_for_no_pin() {
    let shop = Shop::open(|settings| settings.uses_pin = true).await;
    let answer = shop.call::<ConsultarSaldoCliente>(&format!(r#"{{"Venda":{{"Cpf":"{CPF}"}}}}"#)).await;
    assert_eq!(
        answer.body,
        r#"{"IdentificadorTransacao":"","SaldoAtual":0.00,"SaldoDisponivel":0.00,"UtilizaPin":false}"#
    );
}

#[tokio::test]
async fn an_empty_field_erases_nothing_and_an_unchanged_member_costs_no_write() {
    let shop = Shop::open(|_| {}).await;
    let full = format!(
        r#"{{"CPF":"{CPF}","Nome":"Maria","RG":"123","DataNascimento":"1990-01-02T00:00:00.000Z","Contato":{{"Celular":"11900000000","Email":"maria@example.com"}}}}"#
    );
    let answer = shop.call::<AtualizarCliente>(&full).await;
    assert_eq!(
        answer.body,
        r#"{"IdentificadorTransacao":"","SaldoAtual":0.00,"SaldoDisponivel":0.00,"UtilizaPin":false,"ClienteCadastrado":true}"#
    );
    let read = async || member_store::profile_and_account(&shop.table, &shop.member(CPF)).await.unwrap().0.unwrap();
    let before = read().await;
    assert!(before.extra.is_empty(), "what the programme does not need is not stored");
    shop.faults.take_calls();
    shop.call::<AtualizarCliente>(&format!(r#"{{"CPF":"{CPF}","Nome":"","Contato":{{"Celular":"","Email":null}}}}"#))
        .await;
    assert_eq!(shop.faults.take_calls(), ["BatchGetItem"]);
    assert_eq!(read().await, before);
    shop.call::<AtualizarCliente>(&format!(r#"{{"CPF":"{CPF}","Contato":{{"Celular":"11911111111"}}}}"#)).await;
    let after = read().await;
    assert_eq!(after.contact_history.len(), 1);
    assert_eq!(after.name, before.name);
}

#[tokio::test]
async fn a_store_that_says_so_keeps_the_full_profile() {
    let shop = Shop::open(|settings| settings.keeps_full_profile = true).await;
    let body =
        format!(r#"{{"CPF":"{CPF}","RG":"123","EstadoCivil":0,"Escolaridade":3,"Endereco":{{"Cidade":"São Paulo"}}}}"#);
    shop.call::<AtualizarCliente>(&body).await;
    let profile = member_store::profile_and_account(&shop.table, &shop.member(CPF)).await.unwrap().0.unwrap();
    let kept: Vec<&str> = profile.extra.keys().map(String::as_str).collect();
    assert_eq!(kept, ["Cidade", "Escolariedade", "RG"]);
}

#[tokio::test]
async fn a_redemption_of_nothing_succeeds_and_moves_nothing() {
    let shop = Shop::open(|_| {}).await;
    let answer = shop
        .call::<ResgatarSaldo>(&format!(
            r#"{{"IdentificadorTransacao":"{}","Cpf":"{CPF}","ValorResgatado":0}}"#,
            guid()
        ))
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(shop.audit().await.postings, 0);
}

#[tokio::test]
async fn money_routes_without_an_identifier_use_the_note_or_refuse() {
    let shop = Shop::open(|_| {}).await;
    let body =
        format!(r#"{{"Venda":{{"Cpf":"{CPF}","ValorLiquido":100,"DocumentoNF":"5","SerieNF":"1"}},"CampanhaId":12}}"#);
    let first = shop.call::<GerarBonus>(&body).await;
    assert_eq!(first.figure("SaldoBonusAtual"), "15.00");
    assert_eq!(shop.call::<GerarBonus>(&body).await, first);
    let reverse = format!(r#"{{"DocumentoNF":"5","SerieNF":"1","Cpf":"{CPF}"}}"#);
    let reversed = shop.call::<EstornarBonus>(&reverse).await;
    assert_eq!(shop.call::<EstornarBonus>(&reverse).await, reversed);
    assert_eq!(shop.call::<EstornarBonus>(&format!(r#"{{"Cpf":"{CPF}"}}"#)).await.code(), 14);
    shop.audit().await;
}
