//! Whose a bonus of the salon is: found out late, by whoever tells first, and forgotten on demand.

use ponte_e2e::salon::{SALON, eventually};
use ponte_e2e::{Stack, fresh_cpf, fresh_phone, guid};
use serde_json::{Value, json};

/// An account of R$ 100.00, of which the programme's bonus was to pay 10.
fn with_redemption() -> Value {
    json!({
        "with_cpf": false, "formas": [{ "nome": "PIX", "valor": 90 }],
        "itens": [{ "nome": "Corte", "valor": 100, "desconto": 10, "motivo_desconto": "Fidelidade", "profissionalId": 700_001 }],
    })
}

/// What such an account earns.
const EARNED: &str = "13.50";

/// Waits until Trinks was asked whose these are: it does not know either.
async fn wait_until_asked(stack: &Stack, clients: &[u64]) {
    let asked = async || {
        let calls = stack.trinks("GET", "/sandbox/calls", &json!({})).await.json();
        let calls = calls["recent"].as_array().unwrap().clone();
        let is_of =
            |call: &Value, client: u64| call["path"].as_str().unwrap().ends_with(&format!("/clientes/{client}"));
        clients.iter().all(|client| calls.iter().any(|call| call["status"] == 200 && is_of(call, *client)))
    };
    // A minute may be spent, by the tests before.
    assert!(eventually(asked).await || eventually(asked).await, "Trinks was not asked");
}

/// How many discounts of a member's wait for a person.
async fn differences(stack: &Stack, cpf: &str) -> usize {
    let path = format!("programs/{}/pending-adjustments?limit=100", stack.fact("/demo_salon/program"));
    let list = stack.console("GET", &path, None).await;
    assert_eq!(list.status, 200, "{list:?}");
    let member = stack.statement(cpf).await.unwrap()["member"].clone();
    let all = list.json()["pending_adjustments"].as_array().unwrap().clone();
    all.iter().filter(|one| one["member"] == member).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bonus_that_waited_is_its_clients_whichever_news_tell_the_cpf() {
    let stack = Stack::open();
    let mut clients = Vec::new();
    for _ in 0..3 {
        let client = stack.trinks_client(None).await;
        clients.push((client, stack.close_account(client, with_redemption()).await));
    }
    wait_until_asked(&stack, &clients.iter().map(|(client, _)| *client).collect::<Vec<_>>()).await;
    let cpfs = [fresh_cpf(), fresh_cpf(), fresh_cpf()];
    for ((client, account), (kind, cpf)) in clients.iter().zip([4, 11, 1].iter().zip(&cpfs)) {
        let told = json!({
            "Action": 1, "TipoDeEvento": kind, "IdDoEstabelecimento": SALON, "IdDoClienteNoEstabelecimento": client,
            "CPFDoCliente": cpf, "NomeDoCliente": "Cliente Teste", "TelefoneDoCliente": [{ "TelefoneCompleto": fresh_phone() }],
            // Another account, that earns nothing; another appointment.
            "IdDaTransacao": 960_000_000 + account, "ValorDaCompra": "0,00", "IdDoAgendamento": 960_000_000 + account,
            "DataHoraInicioDoAgendamento": "2026-12-01T10:00:00", "DuracaoDoAgendamento": 30, "Status": "Confirmado",
        });
        assert_eq!(stack.notify(&json!({ "message": told })).await, [200]);
    }
    for cpf in &cpfs {
        stack.wait_for_balance(cpf, EARNED).await;
        assert_eq!(differences(&stack, cpf).await, 1, "nothing backs the discount");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discount_that_nothing_backs_waits_for_a_person_until_its_account_is_reversed() {
    let stack = Stack::open();
    let cpf = fresh_cpf();
    let client = stack.trinks_client_with(json!({ "cpf": cpf, "telefone": fresh_phone() })).await;
    let mut account = with_redemption();
    account["with_cpf"] = true.into();
    let account = stack.close_account(client, account).await;
    stack.wait_for_balance(&cpf, EARNED).await;
    assert_eq!(differences(&stack, &cpf).await, 1);
    stack.trinks("POST", &format!("/sandbox/accounts/{account}/reverse"), &json!({})).await;
    stack.wait_for_balance(&cpf, "0.00").await;
    assert_eq!(differences(&stack, &cpf).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reconciliation_learns_whose_a_bonus_is_and_that_its_account_was_reversed() {
    let stack = Stack::open();
    let (client, cpf) = (stack.trinks_client(None).await, fresh_cpf());
    let account = stack.close_account(client, with_redemption()).await;
    wait_until_asked(&stack, &[client]).await;
    let known = json!({ "cpf": cpf, "telefone": fresh_phone(), "silent": true });
    let told = stack.trinks("PUT", &format!("/sandbox/clients/{client}"), &known).await;
    assert_eq!(told.status, 200, "{told:?}");
    reconcile_until(&stack, &cpf, EARNED).await;
    assert_eq!(differences(&stack, &cpf).await, 1);
    let path = format!("/sandbox/accounts/{account}/reverse");
    assert_eq!(stack.trinks("POST", &path, &json!({ "silent": true })).await.status, 200);
    reconcile_until(&stack, &cpf, "0.00").await;
    assert_eq!(differences(&stack, &cpf).await, 0);
}

async fn reconcile_until(stack: &Stack, cpf: &str, balance: &str) {
    let is_so = async || {
        let run = stack.invoke("trinks-reconciliation", &json!({ "again": true })).await;
        assert_eq!(run.status, 200, "{run:?}");
        stack.ledger_balance(cpf).await == balance
    };
    assert!(
        eventually(is_so).await || eventually(is_so).await,
        "{} and not {balance}",
        stack.ledger_balance(cpf).await
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_a_cpf_is_who_has_the_phone_today() {
    let stack = Stack::open();
    let (member, newcomer) = (fresh_cpf(), fresh_cpf());
    let (former, phone) = (fresh_phone(), fresh_phone());
    stack.register("demo_salon", &member, &json!({ "Celular": former })).await;
    stack.register("demo_salon", &member, &json!({ "Celular": phone })).await;
    let somebody = stack.trinks_client_with(json!({ "telefone": former })).await;
    let client = stack.trinks_client_with(json!({ "telefone": phone })).await;
    let new = stack.trinks_client_with(json!({ "cpf": newcomer, "telefone": fresh_phone() })).await;
    // The webhooks name no more than the client: Trinks is asked for each, in this order.
    for client in [somebody, client, new] {
        let mut event = json!({
            "Action": 1, "TipoDeEvento": 1, "IdDoEstabelecimento": SALON, "IdDaTransacao": 970_000_000 + client,
            "ValorDaCompra": "100,00", "IdDoClienteNoEstabelecimento": client,
        });
        if client == new {
            event["ValorDaCompra"] = "90,00".into();
            event["Itens"] = json!([{
                "Id": 1, "Nome": "Corte", "Quantidade": 1, "ValorUnitario": "100.00", "EAN": "", "DescontoTotal": "-10,00",
                "MotivoDesconto": "Fidelidade",
            }]);
        }
        assert_eq!(stack.notify(&json!({ "message": event })).await, [200]);
    }
    wait_until_asked(&stack, &[somebody, client, new]).await;
    stack.wait_for_balance(&member, "15.00").await;
    stack.wait_for_balance(&newcomer, EARNED).await;
    assert_eq!(differences(&stack, &newcomer).await, 1, "nothing backs the discount");
    assert_eq!(stack.ledger_balance(&member).await, "15.00", "whoever has the former phone is somebody else");
    // A webhook that tells the phone says enough: nobody is asked.
    stack.close_account(client, json!({ "with_cpf": false })).await;
    stack.wait_for_balance(&member, "30.00").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_takes_the_pins_and_what_the_salon_told() {
    let stack = Stack::open();
    let (cpf, phone) = (fresh_cpf(), fresh_phone());
    stack.register("demo", &cpf, &json!({ "Celular": phone })).await;
    let send = json!({ "IdentificadorTransacao": guid(), "Cpf": cpf, "TipoPin": 1 });
    assert_eq!(stack.till("demo", "EnviarPin", &send).await.status, 200);
    stack.pin(&phone).await;
    let client = stack.trinks_client(Some(&cpf)).await;
    let news = json!({
        "Action": 1, "TipoDeEvento": 3, "IdDoEstabelecimento": SALON, "IdDoClienteNoEstabelecimento": client,
        "CPF": cpf, "Nome": "Cliente Teste",
    });
    assert_eq!(stack.notify(&json!({ "message": news })).await, [200]);
    let members = format!("programs/{}/members", stack.fact("/demo/program"));
    let export =
        async || stack.console("POST", &format!("{members}/export"), Some(&json!({ "cpf": cpf }))).await.json();
    let is_whole = async || {
        let held = export().await;
        held["trinks_clients"].as_array().map(Vec::len) == Some(1) && held["pins"].as_array().map(Vec::len) == Some(1)
    };
    assert!(eventually(is_whole).await, "{}", export().await);
    let reason = json!({ "cpf": cpf, "reason": "pedido do titular" });
    let erased = stack.console("POST", &format!("{members}/erasure"), Some(&reason)).await;
    assert_eq!(erased.status, 200, "{erased:?}");
    let told = &erased.json()["erased"];
    assert_eq!((&told["pins"], &told["trinks_clients"]), (&1.into(), &1.into()), "{erased:?}");
    let held = export().await;
    assert_eq!((&held["profile"], &held["pins"], &held["trinks_clients"]), (&Value::Null, &json!([]), &json!([])));
}
