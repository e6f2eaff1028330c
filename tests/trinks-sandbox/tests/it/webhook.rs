//! Signed envelopes, the subscription, and the events of what happens.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use crate::common::{Received, api, booking, confirm, control, events, sandbox, subscribed, webhook};
use base64::{Engine, engine::general_purpose::STANDARD};
use ponte_trinks_sandbox::{Options, Sandbox, http};
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY as SHA1, RSA_PKCS1_2048_8192_SHA256 as SHA256, UnparsedPublicKey,
};
use serde_json::{Value, json};
use x509_parser::pem::Pem;

/// Whether an envelope's signature holds, by a certificate that the sandbox's root signed.
async fn holds(sandbox: &Sandbox, envelope: &Value) -> bool {
    let path = envelope["SigningCertURL"].as_str().unwrap().replace("https://sns.us-east-1.amazonaws.com", "");
    let pem = http::send("GET", &format!("{}{path}", sandbox.url), &[], String::new()).await.unwrap().text;
    let chain: Vec<Pem> = Pem::iter_from_buffer(pem.as_bytes()).map(Result::unwrap).collect();
    let (leaf, root) = (chain[0].parse_x509().unwrap(), chain[1].parse_x509().unwrap());
    assert_eq!(chain[1].contents, sandbox.ca_der());
    assert!(leaf.subject().to_string().contains("CN=sns.amazonaws.com"));
    let root_key = UnparsedPublicKey::new(&SHA256, &root.public_key().subject_public_key.data);
    root_key.verify(leaf.tbs_certificate.as_ref(), &leaf.signature_value.data).unwrap();
    let names: &[&str] = match envelope["Type"].as_str().unwrap() {
        "Notification" => &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
        _ => &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
    };
    let mut text = String::new();
    for name in names.iter().filter(|name| envelope[**name].is_string()) {
        text += &[name, "\n", envelope[*name].as_str().unwrap(), "\n"].concat();
    }
    let signature = STANDARD.decode(envelope["Signature"].as_str().unwrap()).unwrap();
    let algorithm = if envelope["SignatureVersion"] == "2" { &SHA256 } else { &SHA1 };
    UnparsedPublicKey::new(algorithm, &leaf.public_key().subject_public_key.data)
        .verify(text.as_bytes(), &signature)
        .is_ok()
}

fn last(received: &Received) -> Value {
    received.lock().unwrap().last().unwrap().1.clone()
}

#[tokio::test]
async fn a_subscription_is_confirmed_by_visiting_its_url() {
    let sandbox = sandbox().await;
    let (url, received) = webhook(&[]).await;
    control(&sandbox, "PUT", "webhook", json!({ "url": url })).await;
    let notify = format!("{}/sandbox/webhook/notify", sandbox.url);
    let early = http::send("POST", &notify, &[], json!({ "message": {} }).to_string()).await.unwrap();
    assert_eq!(early.status, 409, "nothing is sent before the confirmation");
    let sent = control(&sandbox, "POST", "webhook/subscribe", json!({})).await;
    assert_eq!(sent["status"], 200);
    assert_eq!(received.lock().unwrap()[0].0, "SubscriptionConfirmation");
    assert!(holds(&sandbox, &last(&received)).await);
    let topic = ponte_trinks_sandbox::TOPIC_ARN;
    let wrong = format!("{}/?Action=ConfirmSubscription&TopicArn={topic}&Token=wrong", sandbox.url);
    assert_eq!(http::send("GET", &wrong, &[], String::new()).await.unwrap().status, 403);
    assert_eq!(control(&sandbox, "GET", "webhook", Value::Null).await["confirmed"], false);
    let answer = confirm(&sandbox, &received).await;
    let state = control(&sandbox, "GET", "webhook", Value::Null).await;
    let arn = state["subscription_arn"].as_str().unwrap();
    assert!(answer.text.contains(&format!("<SubscriptionArn>{arn}</SubscriptionArn>")) && answer.status == 200);
    control(&sandbox, "POST", "webhook/unsubscribe", json!({})).await;
    assert_eq!(received.lock().unwrap().last().unwrap().0, "UnsubscribeConfirmation");
    assert!(holds(&sandbox, &last(&received)).await);
    assert_eq!(control(&sandbox, "GET", "webhook", Value::Null).await["confirmed"], false);
    confirm(&sandbox, &received).await;
    assert_eq!(control(&sandbox, "GET", "webhook", Value::Null).await["confirmed"], true, "its URL restores it");
}

#[tokio::test]
async fn both_signatures_hold_and_tampering_breaks_them() {
    let sandbox = sandbox().await;
    let received = subscribed(&sandbox).await;
    for version in ["1", "2"] {
        let body = json!({ "message": "não é JSON", "signature_version": version, "subject": "s" });
        control(&sandbox, "POST", "webhook/notify", body).await;
        assert!(holds(&sandbox, &last(&received)).await, "version {version}");
        for tamper in ["message", "signature", "topic"] {
            let body = json!({ "message": {}, "tamper": tamper, "signature_version": version });
            control(&sandbox, "POST", "webhook/notify", body).await;
            assert!(!holds(&sandbox, &last(&received)).await, "{tamper} with version {version}");
        }
    }
    control(&sandbox, "POST", "webhook/notify", json!({ "message": {}, "tamper": "cert_url" })).await;
    let url = last(&received)["SigningCertURL"].as_str().unwrap().to_owned();
    assert!(url.starts_with("https://sns.us-east-1.amazonaws.com.example.com/SimpleNotificationService-"));
    let foreign = "arn:aws:sns:us-east-1:999999999999:outro";
    control(&sandbox, "POST", "webhook/notify", json!({ "message": {}, "topic_arn": foreign })).await;
    assert!(holds(&sandbox, &last(&received)).await && last(&received)["TopicArn"] == foreign);
}

#[tokio::test]
async fn copies_repeat_one_id_unless_distinct() {
    let sandbox = sandbox().await;
    let received = subscribed(&sandbox).await;
    let sent = control(&sandbox, "POST", "webhook/notify", json!({ "message": {}, "copies": 3 })).await;
    assert_eq!(sent["deliveries"].as_array().unwrap().len(), 3);
    let ids = || {
        let mut ids: Vec<String> = received.lock().unwrap().iter().map(|one| one.1["MessageId"].to_string()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.len()
    };
    assert_eq!(ids(), 1);
    control(&sandbox, "POST", "webhook/notify", json!({ "message": {}, "copies": 3, "distinct": true })).await;
    assert_eq!(ids(), 4);
}

#[tokio::test]
async fn failures_are_repeated_three_times_and_refusals_never() {
    let sandbox = sandbox().await;
    for (statuses, tries, last) in [(vec![500, 503], 3, 200), (vec![500; 9], 4, 500), (vec![404, 200], 1, 404)] {
        let (url, received) = webhook(&statuses).await;
        control(&sandbox, "PUT", "webhook", json!({ "url": url })).await;
        let sent = control(&sandbox, "POST", "webhook/notify", json!({ "message": {}, "force": true })).await;
        assert_eq!((&sent["deliveries"][0]["tries"], &sent["deliveries"][0]["status"]), (&json!(tries), &json!(last)));
        assert_eq!(received.lock().unwrap().len(), tries);
    }
}

#[tokio::test]
async fn what_happens_is_told() {
    let sandbox = sandbox().await;
    let received = subscribed(&sandbox).await;
    let booked = api(&sandbox, "POST", "agendamentos", booking(8_000_001, "2026-08-12T14:00:00")).await.json();
    let told = &events(&received, 1).await[0];
    assert_eq!(
        (&told["TipoDeEvento"], &told["Action"], &told["IdDoAgendamento"]),
        (&json!(11), &json!(1), &booked["id"])
    );
    assert_eq!(
        (&told["IdDoProfissional"], &told["IdDoProfissionalNoEstabelecimento"]),
        (&json!(700_004), &json!(700_001))
    );
    assert_eq!(
        (&told["PrecoDoServicoNoAgendamento"], &told["DataHoraFimDoAgendamento"]),
        (&json!("100.00"), &json!("2026-08-12T14:40:00"))
    );
    let cancel = format!("agendamentos/{}/status/cancelado", booked["id"]);
    api(&sandbox, "PATCH", &cancel, json!({ "quemCancelou": 3, "motivo": "teste" })).await;
    let told = &events(&received, 2).await[1];
    assert_eq!((&told["TipoDeEvento"], &told["Status"]), (&json!(13), &json!("Cancelado")));
    let client = control(
        &sandbox,
        "POST",
        "clients",
        json!({ "nome": "Nova", "cpf": "111.444.777-35", "telefone": "11911112222" }),
    )
    .await;
    let told = &events(&received, 3).await[2];
    assert_eq!(
        (&told["TipoDeEvento"], &told["IdDoClienteNoEstabelecimento"], &told["CPF"]),
        (&json!(3), &client["id"], &json!("111.444.777-35"))
    );
    control(&sandbox, "PUT", &format!("clients/{}", client["id"]), json!({ "email": "a@example.com" })).await;
    assert_eq!(events(&received, 4).await[3]["TipoDeEvento"], 4);
    control(&sandbox, "POST", "clients", json!({ "nome": "Calada", "silent": true })).await;
    let body = json!({ "clienteId": 8_000_001, "servicoId": 1_300_002, "dataHoraInicio": "2026-08-13T10:00:00" });
    let booked = control(&sandbox, "POST", "appointments", body).await;
    assert_eq!(events(&received, 5).await[4]["PrecoDoServicoNoAgendamento"], "60.00");
    let path = format!("appointments/{}", booked["id"]);
    control(&sandbox, "PUT", &path, json!({ "dataHoraInicio": "2026-08-13T11:00:00" })).await;
    assert_eq!(events(&received, 6).await[5]["TipoDeEvento"], 12);
    control(&sandbox, "DELETE", &path, json!({ "remove": true })).await;
    assert_eq!(events(&received, 7).await[6]["TipoDeEvento"], 13);
}

#[tokio::test]
async fn a_closed_account_is_told_in_its_own_formats() {
    let sandbox = sandbox().await;
    let received = subscribed(&sandbox).await;
    let items = json!([{ "nome": "Corte", "valor": 100, "desconto": 5, "motivo_desconto": "Fidelidade", "profissionalId": 700_001 },
        { "nome": "Coloração", "profissionalId": 700_003 }]);
    let sale = json!({ "clienteId": 8_000_001, "dataHora": "2026-05-31T17:59:58", "itens": items });
    let id = control(&sandbox, "POST", "accounts/close", sale.clone()).await["id"].clone();
    let told = events(&received, 1).await.remove(0);
    assert_eq!((&told["IdDaTransacao"], &told["ValorDaCompra"]), (&id, &json!("1.329,56")));
    assert_eq!(
        (&told["DataDoFechamento"], &told["CPFDoCliente"]),
        (&json!("2026-05-31 17:59:58"), &json!("111.444.777-35"))
    );
    let item = &told["Itens"][0];
    assert_eq!(
        (&item["ValorUnitario"], &item["DescontoTotal"], &item["MotivoDesconto"]),
        (&json!(100), &json!("-5,00"), &json!("Fidelidade"))
    );
    let involved = json!({
        "IdDosItens": [item["Id"]], "IdPessoaDoProfissional": 445_991, "IdDoProfissional": 700_004,
        "IdDoProfissionalNoEstabelecimento": 700_001,
    });
    assert_eq!(told["IdsDosProfissionaisEnvolvidos"][0], involved);
    assert_eq!(told["FormasDePagamento"], json!([{ "FormaPagamento": "Dinheiro", "Valor": "1.329,56" }]));
    control(&sandbox, "POST", &format!("accounts/{id}/reverse"), json!({})).await;
    let told = events(&received, 2).await.remove(1);
    assert_eq!(told, json!({ "Action": 9, "TipoDeEvento": 2, "IdDoEstabelecimento": 1253, "IdDaTransacao": id }));
    let mut anonymous = sale;
    anonymous["with_cpf"] = json!(false);
    control(&sandbox, "POST", "accounts/close", anonymous).await;
    assert_eq!(events(&received, 3).await[2]["CPFDoCliente"], "");
}

#[tokio::test]
async fn certificates_survive_a_restart() {
    let state = std::env::temp_dir().join(format!("trinks-sandbox-{}", uuid::Uuid::new_v4()));
    let options = Options { state: Some(state.clone()), ..Options::default() };
    let first = Sandbox::start(options.clone()).await.unwrap().ca_der();
    let again = Sandbox::start(options).await.unwrap();
    assert_eq!(first, again.ca_der());
    let line = http::send("GET", &format!("{}/sandbox/ca.der.b64", again.url), &[], String::new()).await.unwrap().text;
    assert_eq!(STANDARD.decode(line.trim_end()).unwrap(), first);
    std::fs::remove_dir_all(state).unwrap();
}
