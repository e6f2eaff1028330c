//! The traps of the API, each as the contract names it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use crate::common::{api, booking, control, get, sandbox};
use ponte_trinks_sandbox::{http, seed};
use serde_json::{Value, json};

#[tokio::test]
async fn keys_and_establishments_are_checked() {
    let sandbox = sandbox().await;
    let status = async |headers: &[(&str, &str)], path: &str| {
        http::send("GET", &format!("{}/v1/{path}", sandbox.url), headers, String::new()).await.unwrap().status
    };
    let key = ("X-Api-Key", seed::API_KEY);
    assert_eq!(status(&[("X-Api-Key", "other"), ("estabelecimentoId", "1253")], "servicos").await, 401);
    assert_eq!(status(&[("estabelecimentoId", "1253")], "servicos").await, 401);
    assert_eq!(status(&[key], "servicos").await, 400);
    assert_eq!(status(&[key, ("EstabelecimentoID", "9999")], "servicos").await, 403);
    assert_eq!(status(&[key, ("estabelecimentoId", "1254")], "servicos").await, 200);
    assert_eq!(status(&[key], "estabelecimentos").await, 200);
}

#[tokio::test]
async fn pages_are_cut_to_fifty_and_names_match_in_any_case() {
    let sandbox = sandbox().await;
    let first = get(&sandbox, "clientes?Page=1&PageSize=500").await.json();
    assert_eq!((first["pageSize"].as_i64(), first["totalPages"].as_i64()), (Some(50), Some(3)));
    assert_eq!((first["totalRecords"].as_i64(), first["data"].as_array().unwrap().len()), (Some(130), 50));
    let last = get(&sandbox, "clientes?page=3").await.json();
    assert_eq!(last["data"].as_array().unwrap().len(), 30);
    assert_eq!(get(&sandbox, "clientes?page=4").await.json()["data"], json!([]));
    let found = get(&sandbox, "clientes?Nome=cliente%20007&incluirDetalhes=true").await.json();
    assert_eq!(found["totalRecords"], 1);
    assert!(found["data"][0]["clienteDetalhes"]["pessoaFisicaId"].is_i64());
    let found = get(&sandbox, "clientes?cpf=11144477735").await.json();
    assert_eq!(found["data"][0]["id"], seed::FIRST_CLIENT);
    assert_eq!(get(&sandbox, "clientes?telefone=5511900000007").await.json()["totalRecords"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_identical_bookings_one_wins() {
    let sandbox = std::sync::Arc::new(sandbox().await);
    let mut tasks = Vec::new();
    for number in 0..20 {
        let sandbox = std::sync::Arc::clone(&sandbox);
        let body = booking(seed::FIRST_CLIENT + number, "2026-08-12T14:00:00");
        tasks.push(tokio::spawn(async move { api(&sandbox, "POST", "agendamentos", body).await.status }));
    }
    let mut statuses = Vec::new();
    for task in tasks {
        statuses.push(task.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![201], vec![409; 19]].concat());
}

#[tokio::test]
async fn bookings_collide_by_professional_client_and_hours() {
    let sandbox = sandbox().await;
    let book = async |body: Value| api(&sandbox, "POST", "agendamentos", body).await.status;
    assert_eq!(book(booking(8_000_001, "2026-08-12T14:00:00")).await, 201);
    assert_eq!(book(booking(8_000_002, "2026-08-12T14:39:00")).await, 409);
    assert_eq!(book(booking(8_000_002, "2026-08-12T14:40:00")).await, 201);
    let mut elsewhere = booking(8_000_001, "2026-08-12T14:10:00");
    elsewhere["profissionalId"] = json!(700_003);
    assert_eq!(book(elsewhere).await, 409, "the client is busy");
    assert_eq!(book(booking(8_000_003, "2026-08-12T08:50:00")).await, 409, "before opening");
    assert_eq!(book(booking(8_000_003, "2026-08-12T18:30:00")).await, 409, "past closing");
    let mut person = booking(8_000_003, "2026-08-12T16:00:00");
    person["profissionalId"] = json!(700_004);
    assert_eq!(book(person).await, 404, "an id of the person space");
    let answer = api(&sandbox, "POST", "agendamentos", json!({ "clienteId": 8_000_001 })).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["Errors"][0]["ErrorMessage"], "'Servico Id' must not be empty.");
    assert_eq!(book(booking(8_000_003, "2026-08-12T16:00:00-03:00")).await, 400, "times are naive");
}

#[tokio::test]
async fn an_appointment_lives_and_its_list_includes_the_last_day() {
    let sandbox = sandbox().await;
    let booked = api(&sandbox, "POST", "agendamentos", booking(8_000_001, "2026-08-12T14:00:00")).await.json();
    let id = booked["id"].as_i64().unwrap();
    assert_eq!(booked["status"], json!({ "id": 4, "nome": "Confirmado" }));
    assert_eq!(booked["valor"].to_string(), "100");
    let listed = async |query: &str| {
        get(&sandbox, &format!("agendamentos?{query}")).await.json()["totalRecords"].as_i64().unwrap()
    };
    assert_eq!(listed("dataInicio=2026-08-12&dataFim=2026-08-12").await, 1);
    assert_eq!(listed("dataFim=2026-08-11").await, 0);
    assert_eq!(listed("profissionalId=700003").await, 1, "the professional is ignored");
    assert_eq!(listed("clienteId=8000002").await, 0);
    let moved = booking(8_000_001, "2026-08-12T15:00:00");
    let path = format!("agendamentos/{id}");
    assert_eq!(api(&sandbox, "PUT", &path, moved).await.json()["dataHoraInicio"], "2026-08-12T15:00:00");
    for (name, status) in [("ematendimento", 7), ("finalizado", 8), ("clientefaltou", 6), ("confirmado", 4)] {
        let answer = api(&sandbox, "PATCH", &format!("{path}/status/{name}"), Value::Null).await;
        assert_eq!(answer.status, 204);
        assert_eq!(get(&sandbox, &path).await.json()["status"]["id"], status);
    }
    let cancel = format!("{path}/status/cancelado");
    assert_eq!(api(&sandbox, "PATCH", &cancel, json!({ "quemCancelou": 1 })).await.status, 400);
    assert_eq!(api(&sandbox, "PATCH", &cancel, json!({ "quemCancelou": 1, "motivo": "x" })).await.status, 204);
    let again = api(&sandbox, "POST", "agendamentos", booking(8_000_002, "2026-08-12T15:00:00")).await;
    assert_eq!(again.status, 201, "a cancelled hour is free");
}

#[tokio::test]
async fn free_hours_prove_a_duration_only_when_asked_with_one() {
    let sandbox = sandbox().await;
    api(&sandbox, "POST", "agendamentos", booking(8_000_001, "2026-08-12T14:30:00")).await;
    let hours = async |query: &str| {
        let page = get(&sandbox, &format!("agendamentos/profissionais/2026-08-12?profissionalId=700001{query}")).await;
        page.json()["data"][0]["horariosVagos"].as_array().unwrap().clone()
    };
    let any = hours("").await;
    assert!(any.contains(&json!("14:00")) && !any.contains(&json!("14:30")) && any.contains(&json!("18:30")));
    let whole = hours("&servicoDuracao=60").await;
    assert!(!whole.contains(&json!("14:00")) && whole.contains(&json!("13:30")) && !whole.contains(&json!("18:30")));
    assert_eq!(hours("&servicoId=1300002").await, whole, "the service brings its hour");
    let able = get(&sandbox, "agendamentos/profissionais/2026-08-12?servicoId=1300003").await.json();
    assert_eq!(able["totalRecords"], 2);
}

#[tokio::test]
async fn a_put_erases_and_does_nothing_for_who_manages_themselves() {
    let sandbox = sandbox().await;
    let before = get(&sandbox, "clientes/8000001").await.json();
    assert_eq!(before["observacoes"], "Prefere manhã");
    let answer = api(&sandbox, "PUT", "clientes/8000001", json!({ "nome": "Outro", "telefones": [] })).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    let after = get(&sandbox, "clientes/8000001").await.json();
    assert_eq!((&after["nome"], &after["cpf"], &after["observacoes"]), (&json!("Outro"), &Value::Null, &Value::Null));
    assert_eq!(after["telefone"], before["telefone"], "phones are not accepted there");
    let own = format!("clientes/{}", seed::SELF_MANAGED_CLIENT);
    let before = get(&sandbox, &own).await.json();
    assert_eq!(api(&sandbox, "PUT", &own, json!({ "nome": "Outro" })).await.status, 204);
    assert_eq!(get(&sandbox, &own).await.json(), before);
}

#[tokio::test]
async fn clients_double_and_may_come_without_an_id() {
    let sandbox = sandbox().await;
    let typeless = json!({ "nome": "Nova", "telefones": [{ "ddd": "11", "numero": "911112222" }] });
    let refused = api(&sandbox, "POST", "clientes", typeless).await;
    assert_eq!(refused.status, 400);
    let error = json!({ "PropertyName": "Telefones[0].TipoId", "ErrorMessage": "'Tipo Id' must not be empty." });
    assert_eq!(refused.json()["Errors"], json!([error]));
    let body = json!({ "nome": "Nova", "telefones": [{ "ddd": "11", "numero": "911112222", "TipoId": 6 }] });
    assert_eq!(api(&sandbox, "POST", "clientes", body.clone()).await.status, 201);
    let rules =
        json!({ "rules": [{ "method": "POST", "path_prefix": "/v1/clientes", "kind": "no_body", "times": 1 }] });
    control(&sandbox, "PUT", "faults", rules).await;
    let silent = api(&sandbox, "POST", "clientes", body).await;
    assert_eq!((silent.status, silent.text.as_str()), (204, ""));
    let found = get(&sandbox, "clientes?telefone=11911112222").await.json();
    assert_eq!(found["totalRecords"], 2);
    let id = &found["data"][0]["id"];
    assert_eq!(found["data"][0]["telefones"][0]["telefone"], "911112222");
    let phones = get(&sandbox, &format!("clientes/{id}/telefones")).await.json();
    assert_eq!((&phones[0]["numero"], &phones[0]["tipoId"]), (&json!("911112222"), &json!(6)));
}

#[tokio::test]
async fn the_id_spaces_of_professionals_stay_apart() {
    let sandbox = sandbox().await;
    let professionals = get(&sandbox, "profissionais").await.json();
    for professional in professionals["data"].as_array().unwrap() {
        let path = format!("profissionais/{}/servicos", professional["id"]);
        assert_eq!(get(&sandbox, &path).await.status, 200);
    }
    let refused = get(&sandbox, "profissionais/700002/servicos").await;
    assert_eq!(refused.status, 404);
    assert!(refused.text.contains("Profissional com ID 700002 não foi encontrado"));
    assert_eq!(get(&sandbox, "servicos?somenteVisiveisCliente=true").await.json()["totalRecords"], 3);
}

#[tokio::test]
async fn transactions_end_before_their_last_day_and_reversed_ones_vanish() {
    let sandbox = sandbox().await;
    let sale = json!({
        "clienteId": 8_000_001, "dataHora": "2026-07-24T19:47:43",
        "itens": [{ "nome": "Corte", "valor": 100, "desconto": 5, "motivo_desconto": "Fidelidade", "profissionalId": 700_001 },
            { "nome": "Shampoo", "valor": 60, "quantidade": 2, "ean": "7890000000017", "profissionalId": 700_003 }],
        "formas": [{ "nome": "PIX", "valor": 220 }],
    });
    let id = control(&sandbox, "POST", "accounts/close", sale).await["id"].as_i64().unwrap();
    let listed = async |query: &str| get(&sandbox, &format!("transacoes?{query}")).await.json();
    assert_eq!(listed("dataInicio=2026-07-24&dataFim=2026-07-24").await["totalRecords"], 0);
    let page = listed("dataInicio=2026-07-24&dataFim=2026-07-25").await;
    let shown = &page["data"][0];
    assert_eq!(
        (&shown["servicos"][0]["idProfissionalQueRealizouServico"], &shown["servicos"][0]["id"]),
        (&json!(700_004), &json!(1_300_001))
    );
    assert_eq!(shown["produtos"][0]["IdProfissionalQueRealizouAVenda"], 700_002);
    assert_eq!((&shown["totalPagar"], &shown["descontos"], &shown["troco"]), (&json!(215), &json!(5), &json!(5)));
    assert!(!shown.to_string().contains("11144477735"), "no CPF in a transaction");
    let reversed = control(&sandbox, "POST", &format!("accounts/{id}/reverse"), json!({ "reissue": true })).await;
    let again = reversed["reissued_as"].as_i64().unwrap();
    assert_ne!(again, id);
    let ids = |page: Value| {
        page["data"].as_array().unwrap().iter().map(|one| one["id"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(ids(listed("").await), [again]);
    assert_eq!(ids(listed("incluirEstornos=true").await), [id, again]);
}
