//! The till's side of the deployed template.

use ponte_e2e::{Stack, fresh_cpf, fresh_phone, guid, note};
use serde_json::{Value, json};

const STORE: &str = "demo_no_pin";

fn redeem(id: &str, cpf: &str, net: &str, amount: &str) -> Value {
    json!({ "IdentificadorTransacao": id, "Cpf": cpf, "VendaValorLiquido": net, "ValorResgatado": amount })
}

fn earn(id: &str, cpf: &str, note: &str, net: &str, redeemed: &str, campaign: &Value) -> Value {
    json!({ "IdentificadorTransacao": id, "CampanhaId": campaign, "Venda": {
        "Cpf": cpf, "ValorLiquido": net, "ValorBruto": net, "ValorResgate": redeemed, "DocumentoNF": note, "SerieNF": "1",
        "FormasDePagamento": [{ "Id": 17, "ValorPago": net }] } })
}

fn reverse(id: &str, cpf: &str, note: &str) -> Value {
    json!({ "IdentificadorTransacao": id, "DocumentoNF": note, "SerieNF": "1", "Cpf": cpf })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_sale_adds_up_to_the_cent() {
    let stack = Stack::open();
    let cpf = stack.customer(STORE, 8_000).await;
    let offered = stack
        .till(
            STORE,
            "ConsultarCampanha",
            &json!({ "Venda": { "Cpf": cpf, "ValorLiquido": 120.00, "ValorResgate": 20.00 } }),
        )
        .await;
    let campaign = offered.json()["Campanhas"][0]["Id"].clone();
    assert!(campaign.is_number(), "{offered:?}");
    let bonus = offered.figure("ValorDesconto");
    assert_eq!(stack.till(STORE, "ResgatarSaldo", &redeem(&guid(), &cpf, "120.00", "20.00")).await.status, 200);
    let note = note();
    let earned = stack.till(STORE, "GerarBonus", &earn(&guid(), &cpf, &note, "120.00", "20.00", &campaign)).await;
    assert_eq!(earned.figure("SaldoBonusGeradoVenda"), bonus);
    let reversed = stack.till(STORE, "EstornarBonus", &reverse(&guid(), &cpf, &note)).await;
    assert_eq!(
        (reversed.figure("ValorEstornadoUtilizado"), reversed.figure("ValorEstornadoGerado")),
        ("20.00".into(), bonus)
    );
    assert_eq!(stack.balance(STORE, &cpf).await, "80.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_twenty_times_at_once_takes_effect_once() {
    let stack = Stack::open();
    let cpf = stack.customer(STORE, 8_000).await;
    let body = redeem(&guid(), &cpf, "100.00", "20.00");
    let answers = all((0..20).map(|_| stack.till(STORE, "ResgatarSaldo", &body))).await;
    let first = &answers[0];
    assert_eq!(first.status, 200, "{first:?}");
    assert!(answers.iter().all(|answer| answer == first), "{answers:?}");
    assert_eq!(stack.balance(STORE, &cpf).await, "60.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tills_at_once_never_spend_more_than_there_is() {
    let stack = Stack::open();
    let cpf = stack.customer(STORE, 5_000).await;
    let bodies: Vec<Value> = (0..12).map(|till| redeem(&guid(), &cpf, &format!("1{till:02}.00"), "10.00")).collect();
    let answers = all(bodies.iter().map(|body| stack.till(STORE, "ResgatarSaldo", body))).await;
    let taken = answers.iter().filter(|answer| answer.status == 200).count();
    assert!(answers.iter().all(|answer| answer.status < 500), "{answers:?}");
    // Five times ten reais are there.
    assert_eq!(taken, 5, "{answers:?}");
    assert_eq!(stack.balance(STORE, &cpf).await, "0.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn sales_that_earn_at_once_are_all_counted() {
    let stack = Stack::open();
    let cpf = stack.customer(STORE, 0).await;
    let campaign = stack.facts[STORE]["campaign_id"].clone();
    let offered =
        stack.till(STORE, "ConsultarCampanha", &json!({ "Venda": { "Cpf": cpf, "ValorLiquido": 100.00 } })).await;
    let campaign = if campaign.is_number() { campaign } else { offered.json()["Campanhas"][0]["Id"].clone() };
    let bodies: Vec<Value> = (0..10).map(|_| earn(&guid(), &cpf, &note(), "100.00", "0", &campaign)).collect();
    let answers = all(bodies.iter().map(|body| stack.till(STORE, "GerarBonus", body))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    let sum: u64 = answers
        .iter()
        .map(|answer| answer.figure("SaldoBonusGeradoVenda").replace('.', "").parse::<u64>().unwrap())
        .sum();
    assert_eq!(stack.balance(STORE, &cpf).await.replace('.', "").parse::<u64>().unwrap(), sum);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redemption_and_its_reversal_may_race() {
    let stack = Stack::open();
    for _ in 0..5 {
        let cpf = stack.customer(STORE, 5_000).await;
        let id = guid();
        let (redeem, undo) =
            (redeem(&id, &cpf, "100.00", "20.00"), json!({ "IdentificadorTransacao": id, "Cpf": cpf }));
        let (redeemed, reversed) =
            tokio::join!(stack.till(STORE, "ResgatarSaldo", &redeem), stack.till(STORE, "EstornarBonus", &undo));
        assert_eq!(redeemed.status, 200, "{redeemed:?}");
        // Either the reversal came after and gave it back, or it came before and found nothing.
        let expected = if reversed.status == 200 { "50.00" } else { "30.00" };
        assert_eq!(stack.balance(STORE, &cpf).await, expected, "{reversed:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_with_pins_redeems_only_after_the_right_one() {
    let stack = Stack::open();
    let (cpf, phone) = (fresh_cpf(), fresh_phone());
    stack.register("demo", &cpf, &json!({ "Celular": phone })).await;
    stack.credit("demo", &cpf, 5_000, 90).await;
    let redeem = redeem(&guid(), &cpf, "100.00", "20.00");
    let refused = stack.till("demo", "ResgatarSaldo", &redeem).await;
    assert_eq!((refused.status, refused.figure("Codigo")), (400, "30".into()));
    let send = json!({ "IdentificadorTransacao": guid(), "Cpf": cpf, "TipoPin": 1 });
    assert_eq!(stack.till("demo", "EnviarPin", &send).await.status, 200);
    assert_eq!(stack.till("demo", "EnviarPin", &send).await.status, 200, "the same request again is no second message");
    let again = stack.till("demo", "EnviarPin", &json!({ "IdentificadorTransacao": guid(), "Cpf": cpf })).await;
    assert_eq!(again.figure("Codigo"), "34");
    let pin = stack.pin(&phone).await;
    let wrong: String = pin.chars().map(|digit| if digit == '9' { '0' } else { '9' }).collect();
    let check = |pin: &str| json!({ "IdentificadorTransacao": guid(), "Cpf": cpf, "Pin": pin });
    assert_eq!(stack.till("demo", "ValidarPin", &check(&wrong)).await.figure("PinValido"), "false");
    assert_eq!(stack.till("demo", "ValidarPin", &check(&pin)).await.figure("PinValido"), "true");
    assert_eq!(stack.till("demo", "ResgatarSaldo", &redeem).await.status, 200);
    assert_eq!(stack.till("demo", "ResgatarSaldo", &redeem).await.status, 200, "a repetition needs no new PIN");
    let second = stack.till("demo", "ResgatarSaldo", &self::redeem(&guid(), &cpf, "100.00", "5.00")).await;
    assert_eq!(second.figure("Codigo"), "30", "one PIN pays one redemption");
    assert_eq!(stack.balance("demo", &cpf).await, "30.00");
    assert_eq!(stack.sent_to(&phone).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_goes_by_e_mail_to_whom_only_that_reaches() {
    let stack = Stack::open();
    let (cpf, address) = (fresh_cpf(), format!("{}@example.com", guid()));
    stack.register("demo", &cpf, &json!({ "Email": address })).await;
    let send = json!({ "IdentificadorTransacao": guid(), "Cpf": cpf, "TipoPin": 2 });
    let sent = stack.till("demo", "EnviarPin", &send).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    let pin = stack.pin(&address).await;
    let check = json!({ "IdentificadorTransacao": guid(), "Cpf": cpf, "Pin": pin });
    assert_eq!(stack.till("demo", "ValidarPin", &check).await.figure("PinValido"), "true");
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_are_found_in_their_other_writings_and_unknown_ones_are_told() {
    let stack = Stack::open();
    let body = json!({ "Venda": { "Cpf": "11144477735" } });
    for path in ["ConsultarSaldoCliente", "consultarsaldocliente", "consultar-saldo-cliente"] {
        assert_eq!(stack.till(STORE, path, &body).await.status, 200, "{path}");
    }
    let unknown = stack.till(STORE, "Vendas/Saldo", &body).await;
    assert_eq!((unknown.status, unknown.figure("Codigo")), (404, "60".into()));
}

async fn all<T>(calls: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut calls: Vec<_> = calls.map(Box::pin).collect();
    let mut done: Vec<Option<T>> = calls.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (call, slot) in calls.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let std::task::Poll::Ready(answer) = call.as_mut().poll(context)
            {
                *slot = Some(answer);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}
