//! Trinks' webhooks, from its signed envelope to the till's ledger.

use std::collections::BTreeSet;

use ponte_e2e::listener::Listener;
use ponte_e2e::salon::{SALON, eventually};
use ponte_e2e::{Stack, fresh_cpf, guid};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn the_subscription_is_confirmed_and_its_topic_pinned() {
    let stack = Stack::open();
    let connection =
        stack.console("GET", &format!("trinks/connections/{}", stack.fact("/trinks_connection")), None).await;
    assert_eq!(connection.status, 200, "{connection:?}");
    let connection = connection.json();
    assert_eq!(connection["subscription"]["status"], "confirmed", "{connection}");
    assert!(connection["topic"].as_str().unwrap().starts_with("arn:aws:sns:us-east-1:441135549897:"), "{connection}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_is_money_at_the_till_and_its_reversal_takes_it_back() {
    let stack = Stack::open();
    let cpf = fresh_cpf();
    let client = stack.trinks_client(Some(&cpf)).await;
    let account = stack.close_account(client, json!({})).await;
    stack.wait_for_balance(&cpf, "15.00").await;
    assert_eq!(stack.balance("demo_salon", &cpf).await, "15.00");
    let redeem = json!({ "IdentificadorTransacao": guid(), "Cpf": cpf, "VendaValorLiquido": 50, "ValorResgatado": 5 });
    assert_eq!(stack.till("demo_salon", "ResgatarSaldo", &redeem).await.status, 200);
    stack.trinks("POST", &format!("/sandbox/accounts/{account}/reverse"), &json!({})).await;
    stack.wait_for_balance(&cpf, "-5.00").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_the_thirteen_events_is_taken_in_both_signature_versions() {
    let stack = Stack::open();
    for kind in 1..=13 {
        for version in ["1", "2"] {
            let event = json!({
                "Action": 1, "TipoDeEvento": kind, "IdDoEstabelecimento": SALON, "IdDaTransacao": 900_000 + kind,
                "IdDoClienteNoEstabelecimento": 900_000, "Nome": "Cliente Teste", "IdDoProfissionalNoEstabelecimento": 900_001,
                "IdDoProfissional": 900_002, "IdDoAgendamento": 900_003, "ValorDaCompra": "0,00",
                "DataHoraInicioDoAgendamento": "2026-12-01T10:00:00", "DuracaoDoAgendamento": 30, "Status": "Confirmado",
            });
            let id = guid();
            let statuses =
                stack.notify(&json!({ "message": event, "message_id": id, "signature_version": version })).await;
            assert_eq!(statuses, [200], "event {kind}, signature version {version}");
            let kept = stack.console("GET", &format!("trinks/messages/{id}"), None).await;
            assert_eq!(kept.status, 200, "event {kind}: {kept:?}");
            assert!(!kept.text.contains("Cliente Teste"), "event {kind} shows a person");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_copies_at_once_earn_once() {
    let stack = Stack::open();
    let cpf = fresh_cpf();
    let client = stack.trinks_client(Some(&cpf)).await;
    let event = json!({
        "Action": 1, "TipoDeEvento": 1, "IdDoEstabelecimento": SALON, "IdDaTransacao": 910_000 + client,
        "ValorDaCompra": "100,00", "IdDoClienteNoEstabelecimento": client, "CPFDoCliente": cpf,
    });
    let statuses = stack.notify(&json!({ "message": event, "copies": 20 })).await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    let statuses = stack.notify(&json!({ "message": event, "copies": 5, "distinct": true })).await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    stack.wait_for_balance(&cpf, "15.00").await;
    stack.let_news_pass().await;
    assert_eq!(stack.ledger_balance(&cpf).await, "15.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reversal_that_comes_before_its_closing_leaves_no_bonus() {
    let stack = Stack::open();
    let cpf = fresh_cpf();
    let client = stack.trinks_client(Some(&cpf)).await;
    let transaction = 920_000 + client;
    let reversal =
        json!({ "Action": 9, "TipoDeEvento": 2, "IdDoEstabelecimento": SALON, "IdDaTransacao": transaction });
    assert_eq!(stack.notify(&json!({ "message": reversal })).await, [200]);
    stack.let_news_pass().await;
    let closing = json!({
        "Action": 1, "TipoDeEvento": 1, "IdDoEstabelecimento": SALON, "IdDaTransacao": transaction,
        "ValorDaCompra": 100, "IdDoClienteNoEstabelecimento": client, "CPFDoCliente": cpf,
    });
    assert_eq!(stack.notify(&json!({ "message": closing })).await, [200]);
    stack.let_news_pass().await;
    assert_eq!(stack.ledger_balance(&cpf).await, "0.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_whose_cpf_no_webhook_tells_is_asked_of_trinks() {
    let stack = Stack::open();
    let cpf = fresh_cpf();
    let client = stack.trinks_client(Some(&cpf)).await;
    stack.close_account(client, json!({ "with_cpf": false })).await;
    stack.wait_for_balance(&cpf, "15.00").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forged_is_refused_and_changes_nothing() {
    let stack = Stack::open();
    let cpf = fresh_cpf();
    for tamper in ["message", "signature", "topic", "cert_url"] {
        let event = json!({
            "Action": 1, "TipoDeEvento": 1, "IdDoEstabelecimento": SALON, "IdDaTransacao": 930_000,
            "ValorDaCompra": "100,00", "IdDoClienteNoEstabelecimento": 930_000, "CPFDoCliente": cpf,
        });
        let statuses = stack.notify(&json!({ "message": event, "tamper": tamper })).await;
        assert_eq!(statuses, [403], "{tamper}");
    }
    // Validly signed, by a topic of the right account that is not ours.
    let foreign = json!({
        "message": { "Action": 1, "TipoDeEvento": 1, "IdDoEstabelecimento": SALON, "IdDaTransacao": 930_001, "ValorDaCompra": 100, "CPFDoCliente": cpf },
        "topic_arn": "arn:aws:sns:us-east-1:441135549897:prd_integracao_outra",
    });
    assert_eq!(stack.notify(&foreign).await, [403]);
    let stranger = json!({ "message": {}, "topic_arn": "arn:aws:sns:us-east-1:123456789012:prd_integracao_sandbox" });
    assert_eq!(stack.notify(&stranger).await, [403]);
    let old = json!({ "message": {}, "timestamp": "2020-01-01T00:00:00.000Z" });
    assert_eq!(stack.notify(&old).await, [403]);
    stack.let_news_pass().await;
    assert_eq!(stack.ledger_balance(&cpf).await, "0.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_kept_and_shown() {
    let stack = Stack::open();
    let odd = [
        (json!("not json at all"), "not a JSON object"),
        (json!({ "TipoDeEvento": 99, "IdDoEstabelecimento": SALON }), "TipoDeEvento 99"),
        (json!({ "TipoDeEvento": 1, "IdDoEstabelecimento": SALON }), "IdDaTransacao"),
        (json!({ "TipoDeEvento": 2, "IdDoEstabelecimento": 77, "IdDaTransacao": 1 }), "77"),
    ];
    for (message, reason) in odd {
        let id = guid();
        assert_eq!(stack.notify(&json!({ "message": message, "message_id": id })).await, [200], "{reason}");
        let shown = eventually(async || {
            let list = stack.odd_messages().await;
            list.iter().any(|odd| {
                odd["message"] == id.as_str() && odd["reason"].as_str().is_some_and(|told| told.contains(reason))
            })
        });
        assert!(shown.await, "{reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_shown_without_persons_and_replayed() {
    let stack = Stack::open();
    let cpf = fresh_cpf();
    let client = stack.trinks_client(Some(&cpf)).await;
    let event = json!({
        "Action": 1, "TipoDeEvento": 1, "IdDoEstabelecimento": SALON, "IdDaTransacao": 940_000 + client,
        "ValorDaCompra": "100,00", "IdDoClienteNoEstabelecimento": client, "CPFDoCliente": cpf, "NomeDoCliente": "Cliente Teste",
    });
    let message = json!({
        "message_id": guid(), "connection": stack.fact("/trinks_connection"), "sent_at": jiff::Timestamp::now().to_string(), "message": event.to_string(),
    });
    let queue = stack.fact("/trinks_conta_dead_letter_queue_url");
    stack.sqs("SendMessage", &json!({ "QueueUrl": queue, "MessageBody": message.to_string() })).await;
    let list = stack.console("GET", "trinks/dead-letters/conta", None).await;
    assert_eq!(list.status, 200, "{list:?}");
    assert!(!list.text.contains(&cpf) && !list.text.contains("Cliente Teste"), "{list:?}");
    let replayed = eventually(async || {
        let answer = stack.console("POST", "trinks/dead-letters/conta/replay", Some(&json!({ "limit": 10 }))).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        stack.ledger_balance(&cpf).await == "15.00"
    });
    assert!(replayed.await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reconciliation_finds_what_no_webhook_brought() {
    let stack = Stack::open();
    let (missed, undone) = (fresh_cpf(), fresh_cpf());
    let client = stack.trinks_client(Some(&undone)).await;
    let account = stack.close_account(client, json!({})).await;
    stack.wait_for_balance(&undone, "15.00").await;
    let reversed =
        stack.trinks("POST", &format!("/sandbox/accounts/{account}/reverse"), &json!({ "silent": true })).await;
    assert_eq!(reversed.status, 200, "{reversed:?}");
    let client = stack.trinks_client(Some(&missed)).await;
    stack.close_account(client, json!({ "silent": true })).await;
    let repaired = eventually(async || {
        let run = stack.invoke("trinks-reconciliation", &json!({ "again": true })).await;
        assert_eq!(run.status, 200, "{run:?}");
        stack.ledger_balance(&undone).await == "0.00" && stack.ledger_balance(&missed).await == "15.00"
    });
    assert!(
        repaired.await,
        "undone {}, missed {}",
        stack.ledger_balance(&undone).await,
        stack.ledger_balance(&missed).await
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_listens_hears_of_money_and_appointments_in_order() {
    let stack = Stack::open();
    let listener = Listener::new(&stack).await;
    let cpf = fresh_cpf();
    let client = stack.trinks_client(Some(&cpf)).await;
    let account = stack.close_account(client, json!({})).await;
    stack.wait_for_balance(&cpf, "15.00").await;
    stack.trinks("POST", &format!("/sandbox/accounts/{account}/reverse"), &json!({})).await;
    stack.wait_for_balance(&cpf, "0.00").await;
    let booked = json!({ "clienteId": client, "servicoId": 1_300_001, "profissionalId": 700_001, "dataHoraInicio": "2027-03-01T10:00:00" });
    let booked = stack.trinks("POST", "/sandbox/appointments", &booked).await;
    let appointment = booked.json()["id"].as_u64().unwrap_or_else(|| panic!("{booked:?}"));
    // News that are sent at once may come in any order: the cancellation waits until the booking was heard of.
    let created = |event: &Value| event["kind"] == "appointment_created" && event["appointment"] == appointment;
    let mut heard = listener.hears(&created).await;
    stack.trinks("DELETE", &format!("/sandbox/appointments/{appointment}"), &json!({})).await;
    let cancelled = |event: &Value| event["kind"] == "appointment_cancelled" && event["appointment"] == appointment;
    heard.extend(listener.hears(&cancelled).await);
    let kinds = |group: &str| -> Vec<String> {
        let of_group = heard.iter().filter(|event| event["group"].as_str().is_some_and(|name| name.starts_with(group)));
        of_group.map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(kinds(&format!("appointment#{SALON}#{appointment}")), ["appointment_created", "appointment_cancelled"]);
    let of_member: Vec<&Value> = heard.iter().filter(|event| event["member"].is_string()).collect();
    let ours = of_member.iter().filter(|event| event["change_cents"] == 1_500).map(|event| event["group"].clone());
    let found = ours.into_iter().any(|group| {
        let money: Vec<&str> = of_member
            .iter()
            .filter(|event| {
                event["group"] == group && event["kind"].as_str().is_some_and(|kind| kind.starts_with("bonus_"))
            })
            .map(|event| event["kind"].as_str().unwrap())
            .collect();
        money == ["bonus_earned", "bonus_reversed"]
    });
    assert!(found, "{heard:#?}");
    let ids: BTreeSet<&str> = heard.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), heard.len(), "each event was heard once");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_listens_hears_of_clients_professionals_and_salons() {
    let stack = Stack::open();
    let listener = Listener::new(&stack).await;
    let client = stack.trinks_client(None).await;
    let professional = 940_000 + client;
    for event in [
        json!({ "TipoDeEvento": 3, "IdDoClienteNoEstabelecimento": client, "Nome": "Cliente Teste" }),
        json!({ "TipoDeEvento": 5, "IdDoProfissionalNoEstabelecimento": professional, "Nome": "Profissional Teste" }),
        json!({ "TipoDeEvento": 8, "NomeDoEstabelecimento": format!("Salão {client}") }),
    ] {
        let mut event = event;
        event["Action"] = 1.into();
        event["IdDoEstabelecimento"] = SALON.into();
        assert_eq!(stack.notify(&json!({ "message": event })).await, [200]);
    }
    let all = |heard: &[Value]| {
        let of =
            |kind: &str, field: &str, id: u64| heard.iter().any(|event| event["kind"] == kind && event[field] == id);
        of("client_changed", "client", client)
            && of("professional_changed", "professional", professional)
            && of("salon_changed", "salon", SALON)
    };
    let heard = listener.hears_until(&all).await;
    let text = serde_json::to_string(&heard).unwrap();
    assert!(!text.contains("Teste"), "whoever needs a name looks it up");
}
