//! What an operator does about Trinks: salons that are not linked, news and calls that were given up, topics that wait.

use ponte_e2e::salon::{SALON, SISTER_SALON, eventually};
use ponte_e2e::{Stack, fresh_cpf, guid};
use serde_json::{Value, json};

/// A salon that Trinks does not know, whose news come all the same.
fn fresh_salon() -> u64 {
    2_000_000 + uuid::Uuid::new_v4().as_u128() as u64 % 1_000_000_000
}

#[tokio::test(flavor = "multi_thread")]
async fn news_of_a_salon_of_no_store_wait_until_it_is_linked_and_they_are_replayed() {
    let stack = Stack::open();
    let (salon, client, cpf) = (fresh_salon(), fresh_salon(), fresh_cpf());
    let mut news = Vec::new();
    // One for each consumer.
    for kind in [1, 3, 5, 8, 11] {
        let (id, event) = (guid(), event_of(kind, salon, client, &cpf));
        assert_eq!(stack.notify(&json!({ "message": event, "message_id": id })).await, [200], "event {kind}");
        news.push(id);
    }
    let reason = async |id: &str| {
        let shown = stack.console("GET", &format!("trinks/messages/{id}"), None).await.json();
        (shown["odd"]["status"] == "open").then(|| shown["odd"]["reason"].as_str().unwrap().to_owned())
    };
    let replay = async |id: &str| stack.console("POST", &format!("trinks/messages/{id}/replay"), None).await;
    for id in &news {
        // The receiver lists it at once; replayed in vain, its consumer lists it again.
        assert!(reason(id).await.is_some_and(|told| told.contains(&salon.to_string())), "{:?}", reason(id).await);
        let replayed = replay(id).await;
        assert_eq!(replayed.status, 200, "{replayed:?}");
    }
    for id in &news {
        let is_listed = async || reason(id).await.is_some_and(|told| told.contains("of this connection"));
        assert!(
            eventually(is_listed).await,
            "{:?}",
            stack.console("GET", &format!("trinks/messages/{id}"), None).await
        );
    }
    assert_eq!(stack.ledger_balance(&cpf).await, "0.00");
    stack.link(salon, &stack.new_store().await).await;
    for id in &news {
        // One that a late consumer listed in the same moment stays open, and is replayed once more.
        let is_seen_to = eventually(async || {
            assert_eq!(replay(id).await.status, 200);
            reason(id).await.is_none()
        });
        assert!(is_seen_to.await, "{:?}", reason(id).await);
    }
    stack.wait_for_balance(&cpf, "15.00").await;
    stack.unlink(salon).await;
}

/// An event that says what its consumer needs.
fn event_of(kind: u64, salon: u64, client: u64, cpf: &str) -> Value {
    json!({
        "Action": 1, "TipoDeEvento": kind, "IdDoEstabelecimento": salon, "IdDaTransacao": client, "ValorDaCompra": "100,00",
        "IdDoClienteNoEstabelecimento": client, "CPFDoCliente": cpf, "Nome": "Cliente Teste", "IdDoAgendamento": client,
        "IdDoProfissionalNoEstabelecimento": client, "IdDoProfissional": client, "NomeDoEstabelecimento": "Salão Teste",
        "DataHoraInicioDoAgendamento": "2026-12-01T10:00:00", "DuracaoDoAgendamento": 30, "Status": "Confirmado",
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_nobody_can_work_on_is_dropped_with_a_reason() {
    let stack = Stack::open();
    let id = guid();
    let event = event_of(5, fresh_salon(), 1, &fresh_cpf());
    assert_eq!(stack.notify(&json!({ "message": event, "message_id": id })).await, [200]);
    let path = format!("trinks/messages/{id}/drop");
    let reason = json!({ "reason": "salão de teste" });
    let dropped = stack.console("POST", &path, Some(&reason)).await;
    assert_eq!((dropped.status, &dropped.json()["status"]), (200, &"dropped".into()), "{dropped:?}");
    assert_eq!(stack.console("POST", &path, Some(&reason)).await, dropped, "repeating is harmless");
    assert!(stack.odd_messages().await.iter().all(|odd| odd["message"] != id.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_each_consumer_gave_up_is_replayed() {
    let stack = Stack::open();
    let (salon, client, cpf) = (fresh_salon(), fresh_salon(), fresh_cpf());
    let queues = [("conta", 1), ("cliente", 3), ("profissional", 5), ("estabelecimento", 8), ("agendamento", 11)];
    stack.link(salon, &stack.new_store().await).await;
    let listener = ponte_e2e::listener::Listener::new(&stack).await;
    for (queue, kind) in queues {
        let message = json!({
            "message_id": guid(), "connection": stack.fact("/trinks_connection"),
            "sent_at": jiff::Timestamp::now().to_string(), "message": event_of(kind, salon, client, &cpf).to_string(),
        });
        stack.put_into(&stack.dead_letter_queue(queue).await, &message.to_string()).await;
        let shown = stack.console("GET", &format!("trinks/dead-letters/{queue}"), None).await;
        assert_eq!((shown.status, shown.text.contains(&cpf)), (200, false), "{queue}: {shown:?}");
        let path = format!("trinks/dead-letters/{queue}/replay");
        let replayed = stack.console("POST", &path, Some(&json!({ "limit": 1 }))).await;
        assert_eq!((replayed.status, &replayed.json()["done"]), (200, &1.into()), "{queue}: {replayed:?}");
    }
    stack.wait_for_balance(&cpf, "15.00").await;
    let all = |heard: &[Value]| {
        let of = |kind: &str, field: &str, id: u64| {
            heard.iter().any(|event| event["kind"] == kind && event["salon"] == salon && event[field] == id)
        };
        of("client_changed", "client", client)
            && of("professional_changed", "professional", client)
            && of("salon_changed", "salon", salon)
            && of("appointment_created", "appointment", client)
    };
    listener.hears_until(&all).await;
    stack.unlink(salon).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_of_no_use_is_dropped_from_the_dead_letters_of_each_queue() {
    let stack = Stack::open();
    let queues = ["conta", "cliente", "profissional", "estabelecimento", "agendamento", "requests", "undelivered"];
    for queue in queues {
        stack.put_into(&stack.dead_letter_queue(queue).await, "no message at all").await;
    }
    let listed = stack.console("GET", "trinks/dead-letters", None).await;
    assert_eq!(listed.status, 200, "{listed:?}");
    for queue in queues {
        let lines = listed.json()["queues"].as_array().unwrap().clone();
        let waiting = lines.iter().find(|line| line["queue"] == queue).map(|line| line["waiting"].clone());
        assert!(waiting.as_ref().and_then(Value::as_u64).is_some_and(|waiting| waiting > 0), "{queue}: {waiting:?}");
        let shown = stack.console("GET", &format!("trinks/dead-letters/{queue}"), None).await;
        assert_eq!(shown.status, 200, "{queue}: {shown:?}");
        let path = format!("trinks/dead-letters/{queue}/drop");
        let body = json!({ "limit": 1, "reason": "feito pelo teste" });
        let dropped = stack.console("POST", &path, Some(&body)).await;
        assert_eq!(dropped.status, 200, "{queue}: {dropped:?}");
        assert!(dropped.json()["done"].as_u64().is_some_and(|done| done > 0), "{queue}: {dropped:?}");
    }
    let refused = stack.console("POST", "trinks/dead-letters/undelivered/replay", None).await;
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (409, &"not_replayable".into()), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_to_trinks_that_was_given_up_is_made_when_it_is_replayed() {
    let stack = Stack::open();
    let cpf = fresh_cpf();
    let client = stack.trinks_client_with(json!({ "cpf": cpf, "establishment": SISTER_SALON })).await;
    // A call of a salon that was unlinked meanwhile.
    let request = json!({
        "id": guid(), "salon": SISTER_SALON, "lane": "follow_up", "ask": { "kind": "learn_client", "client": client },
        "queued_at": jiff::Timestamp::now().as_millisecond(),
    });
    stack.put_into(&stack.fact("/trinks_requests_queue_url"), &request.to_string()).await;
    let is_given_up = eventually(async || {
        let shown = stack.console("GET", "trinks/dead-letters/requests", None).await;
        shown.text.contains("the salon belongs to no store")
    });
    assert!(is_given_up.await);
    stack.link(SISTER_SALON, &stack.new_store().await).await;
    let replayed = stack.console("POST", "trinks/dead-letters/requests/replay", None).await;
    let is_known = eventually(async || stack.statement(&cpf).await.is_some()).await;
    stack.unlink(SISTER_SALON).await;
    assert_eq!((replayed.status, &replayed.json()["done"]), (200, &1.into()), "{replayed:?}");
    assert!(is_known, "nobody asked Trinks for the client");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_a_person_approves_is_pinned_and_confirmed() {
    const TOPIC: &str = "arn:aws:sns:us-east-1:441135549897:prd_integracao_aprovada";
    let stack = Stack::open();
    let path = "trinks/connections/aprovada";
    let body = json!({ "name": "Rede Aprovada", "api_key_secret": "ponte/trinks/aprovada", "pinning": "approval" });
    let made = stack.console("PUT", path, Some(&body)).await;
    assert_eq!(made.status, 200, "{made:?}");
    let asked = stack.trinks("POST", "/sandbox/webhook/subscribe", &json!({ "topic_arn": TOPIC })).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    let shown = stack.console("GET", path, None).await;
    assert_eq!(shown.json()["awaiting_topics"][0]["topic_arn"], TOPIC, "{shown:?}");
    assert_eq!(shown.json()["topic"], Value::Null, "nobody has approved it");
    let approval = json!({ "topic_arn": TOPIC });
    let approved = stack.console("PUT", &format!("{path}/topic"), Some(&approval)).await;
    assert_eq!(approved.status, 200, "{approved:?}");
    assert_eq!(
        (&approved.json()["topic"], &approved.json()["subscription"]["status"]),
        (&TOPIC.into(), &"confirmed".into())
    );
    assert_eq!(approved.json()["awaiting_topics"], json!([]), "its token has served");
    assert_eq!(
        stack.console("PUT", &format!("{path}/topic"), Some(&approval)).await.status,
        200,
        "repeating is harmless"
    );
    let other = stack.console("GET", &format!("trinks/connections/{}", stack.fact("/trinks_connection")), None).await;
    assert_eq!(other.json()["subscription"]["status"], "confirmed", "{other:?}");
    let unpinned = stack.console("DELETE", &format!("{path}/topic"), None).await;
    assert_eq!((unpinned.status, &unpinned.json()["topic"]), (200, &Value::Null), "{unpinned:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redemption_that_only_a_person_can_debit_is_reported_and_dropped() {
    let stack = Stack::open();
    let cpf = fresh_cpf();
    let client = stack.trinks_client(Some(&cpf)).await;
    let discounted = json!({
        "silent": true, "formas": [{ "nome": "PIX", "valor": 90 }],
        "itens": [{ "nome": "Corte", "valor": 100, "desconto": 10, "motivo_desconto": "Fidelidade", "profissionalId": 700_001 }],
    });
    let account = stack.close_account(client, discounted).await;
    let report = format!("account-{SALON}-{account}");
    let is_reported = eventually(async || {
        let run = stack.invoke("trinks-reconciliation", &json!({ "again": true })).await;
        assert_eq!(run.status, 200, "{run:?}");
        stack.odd_messages().await.iter().any(|odd| odd["message"] == report.as_str())
    });
    assert!(is_reported.await);
    let path = format!("trinks/messages/{report}");
    let refused = stack.console("POST", &format!("{path}/replay"), None).await;
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (409, &"no_webhook".into()), "{refused:?}");
    let dropped = stack.console("POST", &format!("{path}/drop"), Some(&json!({ "reason": "debitado" }))).await;
    assert_eq!(dropped.status, 200, "{dropped:?}");
    assert!(stack.odd_messages().await.iter().all(|odd| odd["message"] != report.as_str()));
}
