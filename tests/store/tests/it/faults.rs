//! Programmes of operations with faults between the SDK and the table, each operation repeated as the till would until
//! it is answered. The same programme without faults must come to the same figures: nothing lost, nothing twice.
//!
//! A failing programme is printed by proptest, with the seed that replays it.
#![allow(clippy::unwrap_used)]

use ponte_hub_fidelidade::routes::{ConsultarSaldoCliente, EstornarBonus, GerarBonus, ResgatarSaldo};
use ponte_store_tests::programmes::try_programmes;
use ponte_store_tests::{Answer, Fault, Shop, guid};
use proptest::prelude::*;

const CPF: &str = "11144477735";

#[derive(Debug, Clone)]
enum Step {
    Redeem {
        cents: u32,
    },
    Earn {
        net_cents: u32,
        uses_last_redemption: bool,
    },
    Reverse {
        sale: usize,
    },
    ReverseOpen,
    /// The till sends an earlier request again.
    Repeat {
        request: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1..3_000_u32).prop_map(|cents| Step::Redeem { cents }),
        (100..50_000_u32, any::<bool>())
            .prop_map(|(net_cents, uses_last_redemption)| Step::Earn { net_cents, uses_last_redemption }),
        (0..8_usize).prop_map(|sale| Step::Reverse { sale }),
        Just(Step::ReverseOpen),
        (0..20_usize).prop_map(|request| Step::Repeat { request }),
    ]
}

#[derive(Debug, Clone, Copy)]
enum Route {
    Redeem,
    Earn,
    Reverse,
}

/// What a till sends for a programme: the same whatever the answers are, so that two runs can be compared.
fn requests(steps: &[Step]) -> Vec<(Route, String)> {
    let mut requests: Vec<(Route, String)> = Vec::new();
    let mut last_redemption: Option<(u32, u32)> = None;
    for (number, step) in steps.iter().enumerate() {
        let id = format!("00000000-0000-4000-8000-{number:012}");
        let cents = |cents: u32| format!("{}.{:02}", cents / 100, cents % 100);
        requests.push(match *step {
            Step::Redeem { cents: amount } => {
                let net = 100_000 + u32::try_from(number).unwrap();
                last_redemption = Some((amount, net));
                let (net, amount) = (cents(net), cents(amount));
                (Route::Redeem, format!(r#"{{"IdentificadorTransacao":"{id}","Cpf":"{CPF}","VendaValorLiquido":{net},"ValorResgatado":{amount}}}"#))
            }
            Step::Earn { net_cents, uses_last_redemption } => {
                let (redeemed, net) = last_redemption.take().filter(|_| uses_last_redemption).unwrap_or((0, net_cents));
                let (net, redeemed) = (cents(net), cents(redeemed));
                (
                    Route::Earn,
                    format!(
                        r#"{{"IdentificadorTransacao":"{id}","Venda":{{"Cpf":"{CPF}","ValorLiquido":{net},"ValorResgate":{redeemed},"DocumentoNF":"{number}","SerieNF":"1"}},"CampanhaId":12}}"#
                    ),
                )
            }
            Step::Reverse { sale } => {
                (Route::Reverse, format!(r#"{{"IdentificadorTransacao":"{id}","DocumentoNF":"{sale}","SerieNF":"1","Cpf":"{CPF}"}}"#))
            }
            Step::ReverseOpen => (Route::Reverse, format!(r#"{{"IdentificadorTransacao":"{id}","Cpf":"{CPF}"}}"#)),
            Step::Repeat { request } if request < requests.len() => requests[request].clone(),
            Step::Repeat { .. } => continue,
        });
    }
    requests
}

async fn send(shop: &Shop, route: Route, body: &str) -> Option<Answer> {
    match route {
        Route::Redeem => shop.call_or_crash::<ResgatarSaldo>(body).await,
        Route::Earn => shop.call_or_crash::<GerarBonus>(body).await,
        Route::Reverse => shop.call_or_crash::<EstornarBonus>(body).await,
    }
}

/// Sends a request until it is answered for good, as a till and its operator would.
async fn insist(shop: &Shop, route: Route, body: &str, faults: &[Fault]) -> Answer {
    shop.faults.plan(faults.iter().copied());
    for _ in 0..20 {
        match send(shop, route, body).await {
            Some(answer) if answer.status < 500 => return answer,
            _ => {}
        }
    }
    panic!("twenty tries were not enough for {body}");
}

/// The figures of a programme's answers, without the instants.
async fn run(steps: &[Step], faults: &[Vec<Fault>]) -> (Vec<String>, String) {
    let shop = Shop::open(|_| {}).await;
    let mut figures = Vec::new();
    for (number, (route, body)) in requests(steps).into_iter().enumerate() {
        let none = Vec::new();
        let answer = insist(&shop, route, &body, faults.get(number).unwrap_or(&none)).await;
        let comparable = answer.body.split(r#","DataHora""#).next().unwrap_or_default();
        figures.push(format!("{} {comparable}", answer.status));
    }
    shop.faults.plan([]);
    shop.audit().await;
    let balance = shop
        .call::<ConsultarSaldoCliente>(&format!(
            r#"{{"IdentificadorTransacao":"{}","Venda":{{"Cpf":"{CPF}"}}}}"#,
            guid()
        ))
        .await;
    (figures, balance.figure("SaldoAtual"))
}

#[test]
fn faults_change_no_figure() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    try_programmes(step(), |programme| {
        let (steps, faults): (Vec<Step>, Vec<Vec<Fault>>) = programme.into_iter().unzip();
        let (calm, stormy) = runtime.block_on(async { (run(&steps, &[]).await, run(&steps, &faults).await) });
        prop_assert_eq!(calm, stormy);
        Ok(())
    });
}
