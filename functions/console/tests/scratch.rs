#![allow(clippy::all, missing_docs)]
use jiff::Timestamp;
use lambda_http::{Body, Request, http};
use ponte_console::*;
use ponte_domain::ids::*;
use ponte_domain::ledger::*;
use ponte_domain::documents::*;
use ponte_domain::money::*;
use ponte_platform::{aws::Aws, keys, secrets::Secret, table::{Table, Unless}};
use serde_json::{Value, json};

async fn call(c: &Console, key: &str, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let text = body.as_ref().map(|b| b.to_string()).unwrap_or_default();
    raw(c, key, method, path, &text).await
}
async fn raw(c: &Console, key: &str, method: &str, path: &str, text: &str) -> (u16, Value) {
    let request: Request = http::Request::builder().method(method).uri(format!("https://x/prod/console/v1/{path}"))
        .header("authorization", format!("Bearer {key}")).body(Body::Text(text.to_owned())).unwrap();
    let request = match path.split_once('?') { Some((_, q)) => { use lambda_http::RequestExt; request.with_query_string_parameters(q.parse::<lambda_http::aws_lambda_events::query_map::QueryMap>().unwrap()) }, None => request };
    let now = Timestamp::now();
    let p = path.split('?').next().unwrap();
    let response = if p.ends_with("/token") { store_token::handle(c, &request, now).await }
    else if p.contains("/transactions/") { transaction_story::handle(c, &request, now).await }
    else if p.contains("pending-adj") { pending_adjustments::handle(c, &request, now).await }
    else if p.contains("/adjustments") { adjustments::handle(c, &request, now).await }
    else if p.contains("statement") { member_statement::handle(c, &request, now).await }
    else if p.contains("members/") { member_privacy::handle(c, &request, now).await }
    else if p.contains("campaigns") { campaigns::handle(c, &request, now).await }
    else if p.contains("stores") { stores::handle(c, &request, now).await }
    else if p.contains("keys") { admin_keys::handle(c, &request, now).await }
    else { programs::handle(c, &request, now).await };
    let status = response.status().as_u16();
    let Body::Text(t) = response.into_body() else { panic!() };
    let value: Value = serde_json::from_str(&t).unwrap();
    println!("REC {}", json!({"method": method, "path": format!("/console/v1/{p}"), "status": status, "body": value, "sent": text}));
    (status, value)
}

#[tokio::test]
async fn scratch() {
    let aws = Aws::from_env().unwrap();
    let table = Table::new(aws.dynamodb(), "ttt".into());
    let c = &Console::new(table.clone(), DeployKey::known(aws.secrets(), "first"), Some(Secret::known(aws.secrets(), "x".repeat(64))));
    std::fs::write("/tmp/ponte/console-openapi.json", serde_json::to_string_pretty(&openapi()).unwrap()).unwrap();
    let k = "first";
    assert_eq!(call(c, "bad", "GET", "programs", None).await.0, 401);
    assert_eq!(call(c, k, "GET", "programs", None).await.0, 200);
    assert_eq!(call(c, k, "PATCH", "programs", None).await.0, 405);
    assert_eq!(call(c, k, "GET", "nothing", None).await.0, 404);
    assert_eq!(call(c, k, "GET", "programs/demo", None).await.0, 404);
    assert_eq!(raw(c, k, "PUT", "programs/demo", "{").await.0, 400);
    assert_eq!(call(c, k, "PUT", "programs/demo", Some(json!({"name":"Rede","tipo_ambiente":1}))).await.0, 200);
    assert_eq!(call(c, k, "PUT", "programs/demo", Some(json!({"name":"Rede 2"}))).await.0, 200);
    assert_eq!(call(c, k, "PUT", "programs/demo", Some(json!({"tipo_ambiente":0}))).await.0, 409);
    assert_eq!(call(c, k, "GET", "programs", None).await.1["programs"][0]["name"], "Rede 2");
    let s = "stores/1/11222333000181";
    assert_eq!(call(c, k, "GET", s, None).await.0, 404);
    assert_eq!(call(c, k, "PUT", s, Some(json!({"program":"nope","name":"Loja"}))).await.0, 400);
    assert_eq!(call(c, k, "PUT", "stores/0/11222333000181", Some(json!({"program":"demo","name":"Loja"}))).await.0, 400);
    let (st, store) = call(c, k, "PUT", s, Some(json!({"program":"demo","name":"Loja","uses_pin":true,"pin_channel":"email","maximum_redemption_percentage":33.33}))).await;
    assert_eq!(st, 200, "{store}");
    let (st, again) = call(c, k, "PUT", s, Some(store.clone())).await;
    assert_eq!((st, again["version"].as_u64()), (200, Some(2)));
    assert_eq!(call(c, k, "PUT", s, Some(store)).await.0, 409);
    assert_eq!(call(c, k, "GET", "programs/demo/stores", None).await.1["stores"][0]["name"], "Loja");
    let (st, t1) = call(c, k, "POST", &format!("{s}/token"), Some(json!({"grace_minutes":60}))).await;
    assert_eq!((st, &t1["previous_valid_until"]), (201, &Value::Null));
    let (st, t2) = call(c, k, "POST", &format!("{s}/token"), None).await;
    assert_eq!(st, 201); assert!(t2["previous_valid_until"].is_string());
    assert_eq!(call(c, k, "GET", s, None).await.1["tokens"].as_array().unwrap().len(), 2);
    assert_eq!(call(c, k, "DELETE", &format!("{s}/token"), None).await.1["revoked"], 2);
    // campaigns
    let camp = json!({"description":"Giftback 15%","text":"t","from":"2026-01-01","to":"2099-12-31","reward":{"percentage":15},"minimum_sale":0,"cap":null,"start_delay_days":0,"valid_days":30});
    assert_eq!(call(c, k, "PUT", "programs/none/campaigns/12", Some(camp.clone())).await.0, 404);
    let (st, made) = call(c, k, "PUT", "programs/demo/campaigns/12", Some(camp)).await;
    assert_eq!(st, 200, "{made}");
    assert_eq!(call(c, k, "PUT", "programs/demo/campaigns/12", Some(made.clone())).await.0, 200);
    assert_eq!(call(c, k, "PUT", "programs/demo/campaigns/12", Some(made)).await.0, 409);
    assert_eq!(call(c, k, "GET", "programs/demo/campaigns", None).await.1["campaigns"].as_array().unwrap().len(), 1);
    assert_eq!(call(c, k, "GET", "programs/demo/campaigns/13", None).await.0, 404);
    assert_eq!(call(c, k, "GET", "programs/demo/campaigns/12", None).await.0, 200);
    // members
    let cpf = "11144477735";
    let adj = json!({"id":"3F2504E0-4F89-41D3-9A0C-0305E82C3301","cpf":cpf,"amount":10.00,"reason":"r","author":"a"});
    assert_eq!(call(c, k, "POST", "programs/demo/adjustments", Some(adj.clone())).await.0, 404);
    let key = IdentityKey::new("x".repeat(64).as_bytes()).unwrap();
    let program = ProgramId::try_from("demo".to_owned()).unwrap();
    let member = MemberId::derive(&key, &program, Cpf::parse(cpf).unwrap());
    let store_id: StoreId = "1#11222333000181".parse().unwrap();
    let update = ponte_domain::member::ProfileUpdate { name: ponte_domain::personal::PersonalText::parse("Maria"), phone: ponte_domain::personal::Phone::parse("11900000000"), ..Default::default() };
    let profile = ponte_domain::member::Profile::updated(None, Cpf::parse(cpf).unwrap(), &update, store_id, Timestamp::now()).unwrap();
    table.put(&keys::profile(&program, &member), &profile, Unless::Exists).await.unwrap();
    let (st, first) = call(c, k, "POST", "programs/demo/adjustments", Some(adj.clone())).await;
    assert_eq!(st, 201, "{first}");
    assert_eq!(call(c, k, "POST", "programs/demo/adjustments", Some(adj.clone())).await, (201, first));
    let mut other = adj.clone(); other["amount"] = json!(11);
    assert_eq!(call(c, k, "POST", "programs/demo/adjustments", Some(other)).await.1["error"]["code"], "id_reused");
    let debit = json!({"id":"4F2504E0-4F89-41D3-9A0C-0305E82C3301","cpf":cpf,"amount":-10.00,"reason":"r","author":"a"});
    assert_eq!(call(c, k, "POST", "programs/demo/adjustments", Some(debit.clone())).await.0, 201);
    assert_eq!(call(c, k, "POST", "programs/demo/adjustments", Some(debit.clone())).await.0, 201);
    let mut debit2 = debit.clone(); debit2["id"] = json!("5F2504E0-4F89-41D3-9A0C-0305E82C3301");
    assert_eq!(call(c, k, "POST", "programs/demo/adjustments", Some(debit2)).await.1["error"]["code"], "insufficient_balance");
    // twenty at once
    let mut all = Vec::new();
    for i in 0..10 { let mut a = adj.clone(); a["id"] = json!(format!("6F2504E0-4F89-41D3-9A0C-0305E82C330{}", i / 2)); a["amount"] = json!(1.5);
        all.push(async move { call(c, k, "POST", "programs/demo/adjustments", Some(a)).await.0 }); }
    for st in futures_join(all).await { assert_eq!(st, 201); }
    let stmt = "programs/demo/members/statement";
    let (st, body) = call(c, k, "POST", stmt, Some(json!({"cpf":cpf,"limit":3}))).await;
    assert_eq!(st, 200, "{body}"); assert_eq!(body["balance"].to_string(), "7.50".parse::<f64>().unwrap().to_string());
    let (_, p2) = call(c, k, "POST", stmt, Some(json!({"cpf":cpf,"cursor":body["next"]}))).await;
    assert_eq!(p2["postings"].as_array().unwrap().len(), 4); assert!(p2["next"].is_null());
    assert_eq!(call(c, k, "POST", stmt, Some(json!({"cpf":"52998224725"}))).await.0, 404);
    assert_eq!(call(c, k, "POST", stmt, Some(json!({"cpf":"123"}))).await.0, 400);
    // another member's cursor
    let other_cpf = Cpf::parse("52998224725").unwrap();
    let m2 = MemberId::derive(&key, &program, other_cpf);
    let pr2 = ponte_domain::member::Profile::updated(None, other_cpf, &update, store_id, Timestamp::now()).unwrap();
    table.put(&keys::profile(&program, &m2), &pr2, Unless::Exists).await.unwrap();
    assert_eq!(call(c, k, "POST", stmt, Some(json!({"cpf":"52998224725"}))).await.0, 200);
    assert_eq!(call(c, k, "POST", stmt, Some(json!({"cpf":"52998224725","cursor":body["next"]}))).await.1["error"]["code"], "invalid_cursor");
    // a sale with a difference
    let account: Account = table.get(&keys::account(&program, &member)).await.unwrap().unwrap();
    for (i, action, opposite) in [(1, "settle", "dismiss"), (2, "dismiss", "settle")] {
        let account: Account = table.get(&keys::account(&program, &member)).await.unwrap().unwrap();
        let tx = TransactionId::parse(&format!("{{3f2504e0-4f89-41d3-9a0c-0305e82c339{i}}}")).unwrap();
        let note = Note::parse("1", &format!("12{i}")).unwrap();
        let d = earn(Books::open(account, program.clone(), member.clone(), Timestamp::now()), EarnRequest { transaction: tx.clone(), store: store_id, note: note.clone(), net: Money::from_cents(10000), redeemed: Some(Money::from_cents(250)), bonus: None, fingerprint: "f".into() });
        let sale = d.outcome.sale.clone();
        let pending = PendingAdjustment { id: tx.clone(), program: program.clone(), store: store_id, note: note.clone(), member: member.clone(), amount: d.outcome.unbacked.unwrap(), at: Timestamp::now(), status: PendingStatus::Open, resolution: None };
        let extras = vec![table.transact_put(&keys::sale(store_id, &note), &sale, Unless::Exists).unwrap(), table.transact_put(&keys::pending(&program, store_id, &tx), &pending, Unless::Exists).unwrap()];
        let mk = ponte_platform::member_store::MemberKey { program: program.clone(), member: member.clone() };
        ponte_platform::ledger_store::commit(&table, &mk, &d, ponte_platform::ledger_store::Answer { fingerprint: "f", response: "{}" }, extras).await.unwrap();
        let (st, list) = call(c, k, "GET", "programs/demo/pending-adjustments?limit=1", None).await;
        assert_eq!(st, 200); let id = list["pending_adjustments"][0]["id"].as_str().unwrap().to_owned();
        let path = format!("programs/demo/pending-adjustments/{id}/resolution");
        let (a, b) = (json!({"action":action,"reason":"r","author":"a"}), json!({"action":opposite,"reason":"r","author":"a"}));
        let (st, done) = call(c, k, "POST", &path, Some(a.clone())).await;
        assert_eq!(st, 200, "{done}");
        assert_eq!(call(c, k, "POST", &path, Some(a)).await, (200, done));
        assert_eq!(call(c, k, "POST", &path, Some(b)).await.1["error"]["code"], "already_resolved");
        let (st, story) = call(c, k, "GET", &format!("{s}/transactions/3F2504E0-4F89-41D3-9A0C-0305E82C339{i}"), None).await;
        assert_eq!(st, 200, "{story}"); assert!(!story["sale"]["pending"].as_bool().unwrap());
    }
    let _ = account;
    let account: Account = table.get(&keys::account(&program, &member)).await.unwrap().unwrap();
    let d = redeem(Books::open(account, program.clone(), member.clone(), Timestamp::now()), &RedeemRequest { transaction: TransactionId::parse("open-1").unwrap(), store: store_id, amount: Money::from_cents(100), sale_net: None, sale: SaleTotal::Known(Money::from_cents(10000)), store_share: Rate::WHOLE }).unwrap();
    let mk = ponte_platform::member_store::MemberKey { program: program.clone(), member: member.clone() };
    ponte_platform::ledger_store::commit(&table, &mk, &d, ponte_platform::ledger_store::Answer { fingerprint: "f", response: "{}" }, vec![]).await.unwrap();
    let (_, story) = call(c, k, "GET", &format!("{s}/transactions/open-1"), None).await;
    assert_eq!(story["open_redemption"]["amount"].to_string(), "1.0");
    assert_eq!(call(c, k, "GET", &format!("{s}/transactions/none"), None).await.0, 404);
    assert_eq!(call(c, k, "GET", "programs/demo/pending-adjustments", None).await.1["pending_adjustments"].as_array().unwrap().len(), 0);
    let (_, p1) = call(c, k, "GET", "programs/demo/pending-adjustments?status=all&limit=1", None).await;
    assert!(p1["next"].is_string());
    let (_, p2) = call(c, k, "GET", &format!("programs/demo/pending-adjustments?status=all&limit=1&cursor={}", p1["next"].as_str().unwrap()), None).await;
    assert_eq!(p2["pending_adjustments"].as_array().unwrap().len(), 1);
    assert_eq!(call(c, k, "GET", "programs/demo/pending-adjustments?limit=0", None).await.0, 400);
    let (_, whole) = call(c, k, "POST", stmt, Some(json!({"cpf":cpf,"limit":50}))).await;
    assert_eq!(whole["postings_sum"], whole["ledger_balance"]); assert!(whole["next"].is_null());
    // privacy
    let pin = ponte_domain::pin::request(None, TransactionId::parse("p").unwrap(), ponte_domain::pin::PinChannel::Sms, &Default::default(), Timestamp::now()).unwrap();
    let ponte_domain::pin::PinRequest::Send(pin) = pin else { panic!() };
    table.put(&keys::pin(&program, &member, store_id), &pin, Unless::Exists).await.unwrap();
    let ex = "programs/demo/members/export";
    let (st, export) = call(c, k, "POST", ex, Some(json!({"cpf":cpf,"limit":2}))).await;
    assert_eq!(st, 200, "{export}"); assert_eq!(export["profile"]["name"], "Maria"); assert_eq!(export["pins"].as_array().unwrap().len(), 1);
    let (st, er) = call(c, k, "POST", "programs/demo/members/erasure", Some(json!({"cpf":cpf,"reason":"pedido 1"}))).await;
    assert_eq!(st, 200, "{er}"); assert_eq!(er["erased"]["pins"], 1);
    let (_, export) = call(c, k, "POST", ex, Some(json!({"cpf":cpf}))).await;
    assert!(export["profile"].is_null() && export["erasure"]["key"] == "deploy" && export["pins"].as_array().unwrap().is_empty());
    assert_eq!(call(c, k, "POST", "programs/demo/members/erasure", Some(json!({"cpf":"39053344705","reason":"x"}))).await.0, 404);
    // keys
    let mut made = Vec::new();
    for role in ["viewer", "operator", "manager", "owner"] {
        let (st, key) = call(c, k, "POST", "keys", Some(json!({"name":role,"role":role}))).await;
        assert_eq!(st, 201); made.push((key["id"].as_str().unwrap().to_owned(), key["key"].as_str().unwrap().to_owned()));
    }
    let want = |key: usize| [("GET".to_owned(), "programs", 0), ("POST".into(), "programs/demo/adjustments", 1), ("PUT".into(), s, 2), ("PUT".into(), "programs/demo", 2), ("PUT".into(), "programs/demo/campaigns/1", 2), ("DELETE".into(), "stores/1/11222333000181/token", 2), ("POST".into(), ex, 3), ("POST".into(), "programs/demo/members/erasure", 3), ("GET".into(), "keys", 3), ("POST".into(), stmt, 0)].map(|(m, p, least): (String, &str, usize)| (m, p.to_owned(), key >= least));
    for (i, (_, key)) in made.iter().enumerate() {
        for (m, p, may) in want(i) {
            let st = call(c, key, &m, &p, if m == "GET" { None } else { Some(json!({})) }).await.0;
            assert_eq!(st != 403, may, "{i} {m} {p} {st}");
        }
    }
    assert_eq!(call(c, k, "DELETE", &format!("keys/{}", made[3].0), None).await.0, 200);
    assert_eq!(call(c, k, "DELETE", &format!("keys/{}", made[3].0), None).await.0, 200);
    assert_eq!(call(c, &made[3].1, "GET", "keys", None).await.0, 401);
    assert_eq!(call(c, k, "DELETE", "keys/deploy", None).await.0, 409);
    assert_eq!(call(c, k, "DELETE", "keys/zzz", None).await.0, 404);
    assert_eq!(call(c, k, "GET", "keys", None).await.1["keys"].as_array().unwrap().len(), 5);
}
async fn futures_join<F: Future>(all: Vec<F>) -> Vec<F::Output> {
    let mut all: Vec<_> = all.into_iter().map(Box::pin).collect();
    let mut out: Vec<Option<F::Output>> = all.iter().map(|_| None).collect();
    std::future::poll_fn(move |cx| {
        let mut left = false;
        for (f, o) in all.iter_mut().zip(out.iter_mut()) {
            if o.is_none() { match f.as_mut().poll(cx) { std::task::Poll::Ready(v) => *o = Some(v), _ => left = true } }
        }
        if left { std::task::Poll::Pending } else { std::task::Poll::Ready(out.drain(..).map(Option::unwrap).collect()) }
    }).await
}
