//! The operator's side of the deployed template.

use ponte_e2e::{Stack, guid, note};
use serde_json::{Value, json};

const STORE: &str = "demo_no_pin";

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_adds_up_and_a_transaction_tells_its_story() {
    let stack = Stack::open();
    let program = stack.fact("/demo_no_pin/program");
    let cpf = stack.customer(STORE, 5_000).await;
    let id = guid();
    let redeem = json!({ "IdentificadorTransacao": id, "Cpf": cpf, "VendaValorLiquido": 100, "ValorResgatado": 20 });
    assert_eq!(stack.till(STORE, "ResgatarSaldo", &redeem).await.status, 200);
    let statement =
        stack.console("POST", &format!("programs/{program}/members/statement"), Some(&json!({ "cpf": cpf }))).await;
    assert_eq!(statement.status, 200, "{statement:?}");
    assert_eq!(statement.figure("balance"), "30.00");
    assert_eq!(statement.figure("postings_sum"), "30.00");
    assert_eq!(statement.json()["postings"].as_array().map(Vec::len), Some(2));
    assert!(!statement.text.contains(&cpf), "a statement names no CPF");
    let cnpj = stack.fact("/demo_no_pin/cnpj");
    let story = stack.console("GET", &format!("stores/1/{cnpj}/transactions/{id}"), None).await;
    assert_eq!(story.status, 200, "{story:?}");
    assert!(story.text.contains("redeem"), "{story:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adjustment_is_posted_once_however_often_it_is_sent() {
    let stack = Stack::open();
    let path = format!("programs/{}/adjustments", stack.fact("/demo_no_pin/program"));
    let cpf = stack.customer(STORE, 1_000).await;
    let body = json!({ "id": guid(), "cpf": cpf, "amount": -2.50, "reason": "correção", "author": "maria" });
    let first = stack.console("POST", &path, Some(&body)).await;
    assert_eq!(first.status, 201, "{first:?}");
    assert_eq!(stack.console("POST", &path, Some(&body)).await, first);
    assert_eq!(stack.balance(STORE, &cpf).await, "7.50");
    let mut other = body.clone();
    other["amount"] = json!(-3.00);
    assert_eq!(stack.console("POST", &path, Some(&other)).await.status, 409);
    let too_much = json!({ "id": guid(), "cpf": cpf, "amount": -100, "reason": "correção", "author": "maria" });
    assert!((400..500).contains(&stack.console("POST", &path, Some(&too_much)).await.status));
    assert_eq!(stack.balance(STORE, &cpf).await, "7.50");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discount_that_nothing_backs_is_settled_by_a_person() {
    let stack = Stack::open();
    let program = stack.fact("/demo_no_pin/program");
    let cpf = stack.customer(STORE, 5_000).await;
    let (id, note) = (guid(), note());
    let earn = json!({ "IdentificadorTransacao": id, "Venda": { "Cpf": cpf, "ValorLiquido": 100, "ValorResgate": 20, "DocumentoNF": note, "SerieNF": "1" } });
    assert_eq!(stack.till(STORE, "GerarBonus", &earn).await.status, 200);
    let list = stack.console("GET", &format!("programs/{program}/pending-adjustments"), None).await;
    let pending = list.json()["pending_adjustments"].as_array().unwrap_or_else(|| panic!("{list:?}")).clone();
    let ours = pending
        .iter()
        .find(|pending| pending["id"].as_str().is_some_and(|name| name.ends_with(&id)))
        .unwrap_or_else(|| panic!("{list:?}"));
    let path = format!("programs/{program}/pending-adjustments/{}/resolution", ours["id"].as_str().unwrap());
    let settle = json!({ "action": "settle", "reason": "desconto concedido no caixa", "author": "maria" });
    let settled = stack.console("POST", &path, Some(&settle)).await;
    assert_eq!(settled.status, 200, "{settled:?}");
    assert_eq!(stack.console("POST", &path, Some(&settle)).await.status, 200);
    assert_eq!(stack.balance(STORE, &cpf).await, "30.00");
    let reverse = json!({ "IdentificadorTransacao": guid(), "Cpf": cpf, "DocumentoNF": note, "SerieNF": "1" });
    assert_eq!(stack.till(STORE, "EstornarBonus", &reverse).await.figure("ValorEstornadoUtilizado"), "20.00");
    assert_eq!(stack.balance(STORE, &cpf).await, "50.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reversed_sale_leaves_no_discount_to_settle_and_its_story_says_so() {
    let stack = Stack::open();
    let (program, cnpj) = (stack.fact("/demo_no_pin/program"), stack.fact("/demo_no_pin/cnpj"));
    let cpf = stack.customer(STORE, 5_000).await;
    let (id, note) = (guid(), note());
    let earn = json!({ "IdentificadorTransacao": id, "Venda": { "Cpf": cpf, "ValorLiquido": 100, "ValorResgate": 20, "DocumentoNF": note, "SerieNF": "1" } });
    assert_eq!(stack.till(STORE, "GerarBonus", &earn).await.status, 200);
    let told = async || stack.console("GET", &format!("stores/1/{cnpj}/transactions/{id}"), None).await;
    let story = told().await;
    assert_eq!(story.json()["sale"]["reversal"], Value::Null, "{story:?}");
    assert_eq!(story.json()["pending_adjustment"]["status"], "open", "{story:?}");
    let reverse = json!({ "IdentificadorTransacao": guid(), "Cpf": cpf, "DocumentoNF": note, "SerieNF": "1" });
    assert_eq!(stack.till(STORE, "EstornarBonus", &reverse).await.status, 200);
    let story = told().await;
    assert!(story.json()["sale"]["reversal"].is_object(), "{story:?}");
    assert_eq!(story.json()["pending_adjustment"]["status"], "void", "{story:?}");
    let list = stack.console("GET", &format!("programs/{program}/pending-adjustments"), None).await;
    assert_eq!(list.status, 200, "{list:?}");
    assert!(!list.text.contains(&id), "{list:?}");
    assert_eq!(stack.balance(STORE, &cpf).await, "50.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_token_lapses_after_its_grace_and_a_new_one_works_at_once() {
    let stack = Stack::open();
    // A store of its own: the other tests' tokens must go on working.
    let program = stack.fact("/demo_no_pin/program");
    let cnpj = "12ABC34501DE35";
    let put = stack
        .console(
            "PUT",
            &format!("stores/1/{cnpj}"),
            Some(&json!({ "program": program, "name": "Loja Alfa", "active": true })),
        )
        .await;
    assert_eq!(put.status, 200, "{put:?}");
    let issue = async |grace: u32| {
        let answer =
            stack.console("POST", &format!("stores/1/{cnpj}/token"), Some(&json!({ "grace_minutes": grace }))).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["token"].as_str().unwrap().to_owned()
    };
    let call = async |token: &str| {
        let client = reqwest::Client::new();
        let request =
            client.post(format!("{}/ConsultarSaldoCliente", stack.fact("/hub"))).header("authorization", token);
        let request = request
            .header("cnpj", cnpj)
            .header("tipo_ambiente", "1")
            .json(&json!({ "Venda": { "Cpf": "11144477735" } }));
        request.send().await.unwrap().status().as_u16()
    };
    let first = issue(0).await;
    assert_eq!(call(&first).await, 200);
    let second = issue(60).await;
    assert_eq!((call(&first).await, call(&second).await), (200, 200));
    let third = issue(0).await;
    assert_eq!(call(&third).await, 200);
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert_eq!((call(&first).await, call(&second).await, call(&third).await), (401, 401, 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_does_what_its_role_allows_until_it_is_revoked() {
    let stack = Stack::open();
    let made = stack.console("POST", "keys", Some(&json!({ "name": "leitura", "role": "viewer" }))).await;
    assert_eq!(made.status, 201, "{made:?}");
    let (id, key) = (made.json()["id"].as_str().unwrap().to_owned(), made.json()["key"].as_str().unwrap().to_owned());
    assert_eq!(stack.console_as(&key, "GET", "programs", None).await.status, 200);
    assert_eq!(
        stack.console_as(&key, "POST", "keys", Some(&json!({ "name": "x", "role": "owner" }))).await.status,
        403
    );
    assert_eq!(stack.console_as("ponte_x_y", "GET", "programs", None).await.status, 401);
    let revoked = stack.console("DELETE", &format!("keys/{id}"), None).await;
    assert!((200..300).contains(&revoked.status), "{revoked:?}");
    assert_eq!(stack.console_as(&key, "GET", "programs", None).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_member_leaves_the_money_without_the_person() {
    let stack = Stack::open();
    let program = stack.fact("/demo_no_pin/program");
    let cpf = stack.customer(STORE, 1_000).await;
    let export =
        stack.console("POST", &format!("programs/{program}/members/export"), Some(&json!({ "cpf": cpf }))).await;
    assert_eq!(export.status, 200, "{export:?}");
    assert!(export.text.contains("Cliente Teste"));
    let erasure = json!({ "cpf": cpf, "reason": "pedido do titular" });
    assert_eq!(stack.console("POST", &format!("programs/{program}/members/erasure"), Some(&erasure)).await.status, 200);
    let export =
        stack.console("POST", &format!("programs/{program}/members/export"), Some(&json!({ "cpf": cpf }))).await;
    assert!(!export.text.contains("Cliente Teste"));
    assert_eq!(stack.balance(STORE, &cpf).await, "10.00");
}

/// The routes come from the document, so that a new one is asked too.
#[tokio::test(flavor = "multi_thread")]
async fn every_route_knows_a_named_key_and_no_other() {
    let stack = Stack::open();
    let made = stack.console("POST", "keys", Some(&json!({ "name": "todas as rotas", "role": "viewer" }))).await.json();
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    let wrong = format!("{}{}", &key[..key.len() - 1], if key.ends_with('A') { 'B' } else { 'A' });
    let document: Value = serde_json::from_str(include_str!("../../../../docs/openapi.json")).unwrap();
    let mut asked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let Some(path) = path.strip_prefix("/console/v1/") else { continue };
        let path = path
            .replace("{tipo_ambiente}", "1")
            .replace("{cnpj}", &stack.fact("/demo/cnpj"))
            .replace("{establishment}", "1")
            .replace("{queue}", "conta")
            .replace(['{', '}'], "");
        for method in ["get", "put", "post", "delete"].into_iter().filter(|method| methods[method].is_object()) {
            let method = method.to_uppercase();
            assert_eq!(stack.console_as(&wrong, &method, &path, None).await.status, 401, "{method} {path}");
            let known = stack.console_as(key, &method, &path, None).await.status;
            assert!(known != 401 && known < 500, "{method} {path}: {known}");
            asked += 1;
        }
    }
    assert!(asked > 40, "{asked} routes");
    assert_eq!(stack.console("DELETE", &format!("keys/{id}"), None).await.status, 200);
}
