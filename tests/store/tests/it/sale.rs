//! A sale at the till, from the balance to the reversal, through the routes' public door.
#![allow(clippy::unwrap_used)]

use jiff::Timestamp;
use ponte_domain::campaign::Reward;
use ponte_domain::ids::Environment;
use ponte_domain::money::Rate;
use ponte_hub_fidelidade::routes::{
    AtualizarCliente, ConsultarCampanha, ConsultarSaldoCliente, EstornarBonus, GerarBonus, ResgatarSaldo,
};
use ponte_store_tests::{Shop, StoreAt, campaign, guid, money};

const CPF: &str = "11144477735";
const OTHER_CPF: &str = "52998224725";

fn earn(id: &str, note: &str, net: &str, redeemed: &str, campaign: &str) -> String {
    format!(
        r#"{{"IdentificadorTransacao":"{id}","Venda":{{"Cpf":"{CPF}","ValorLiquido":{net},"ValorBruto":{net},"DocumentoNF":"{note}","SerieNF":"1",
        "ValorResgate":{redeemed},"FormasDePagamento":[{{"Id":17,"ValorPago":{net}}}]}},"CampanhaId":{campaign}}}"#
    )
}

fn redeem(id: &str, net: &str, amount: &str) -> String {
    format!(r#"{{"IdentificadorTransacao":"{id}","Cpf":"{CPF}","VendaValorLiquido":{net},"ValorResgatado":{amount}}}"#)
}

fn reverse(id: &str, note: &str) -> String {
    format!(r#"{{"IdentificadorTransacao":"{id}","DocumentoNF":"{note}","SerieNF":"1","Cpf":"{CPF}"}}"#)
}

async fn balance(shop: &Shop) -> String {
    let body = format!(r#"{{"IdentificadorTransacao":"{}","Venda":{{"Cpf":"{CPF}"}}}}"#, guid());
    shop.call::<ConsultarSaldoCliente>(&body).await.figure("SaldoAtual")
}

/// A customer with R$ 80.00, as in the contract's worked invariant.
async fn shop_with_80() -> Shop {
    let shop = Shop::open(|_| {}).await;
    let mut fixed = campaign(80);
    fixed.reward = Reward::Fixed(money(8_000));
    shop.add_campaign(fixed).await;
    let answer = shop.call::<GerarBonus>(&earn(&guid(), "1", "500.00", "0", "80")).await;
    assert_eq!(answer.figure("SaldoBonusAtual"), "80.00");
    shop
}

#[tokio::test]
async fn the_contracts_worked_example_comes_out_to_the_cent() {
    let shop = shop_with_80().await;
    let answer = shop.call::<ResgatarSaldo>(&redeem(&guid(), "120.00", "20.00")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(balance(&shop).await, "60.00");
    // 15 % of the R$ 100.00 that bonus money did not pay.
    let answer = shop.call::<GerarBonus>(&earn(&guid(), "123", "120.00", "20.00", "12")).await;
    assert_eq!(
        (answer.figure("SaldoBonusGeradoVenda"), answer.figure("SaldoBonusAtual")),
        ("15.00".into(), "75.00".into())
    );
    let first = shop.call::<EstornarBonus>(&reverse(&guid(), "123")).await;
    let figures = ["ValorEstornadoUtilizado", "ValorEstornadoGerado", "SaldoBonusAtual"].map(|name| first.figure(name));
    assert_eq!(figures, ["20.00", "15.00", "80.00"]);
    let second = shop.call::<EstornarBonus>(&reverse(&guid(), "123")).await;
    assert_eq!(second.status, 200);
    assert_eq!(
        ["ValorEstornadoUtilizado", "ValorEstornadoGerado", "SaldoBonusAtual", "DataHora"]
            .map(|name| second.figure(name))[..3],
        figures
    );
    assert_eq!(second.figure("DataHora"), first.figure("DataHora"));
    assert_eq!(balance(&shop).await, "80.00");
    shop.audit().await;
}

#[tokio::test]
async fn one_guid_for_the_whole_sale_works_as_well_as_one_per_call() {
    let shop = shop_with_80().await;
    let id = guid();
    assert_eq!(shop.call::<ResgatarSaldo>(&redeem(&id, "100.00", "20.00")).await.status, 200);
    let earned = shop.call::<GerarBonus>(&earn(&id, "7", "100.00", "20.00", "12")).await;
    assert_eq!(earned.figure("SaldoBonusAtual"), "72.00");
    let reversed = shop.call::<EstornarBonus>(&reverse(&id, "7")).await;
    assert_eq!(reversed.figure("SaldoBonusAtual"), "80.00");
    shop.audit().await;
}

#[tokio::test]
async fn a_repeated_call_gets_its_first_answer_byte_for_byte() {
    let shop = shop_with_80().await;
    let (redeem_id, earn_id, reverse_id) = (guid(), guid(), guid());
    let bodies = [
        redeem(&redeem_id, "100.00", "20.00"),
        earn(&earn_id, "7", "100.00", "20.00", "12"),
        reverse(&reverse_id, "7"),
    ];
    let first = [
        shop.call::<ResgatarSaldo>(&bodies[0]).await,
        shop.call::<GerarBonus>(&bodies[1]).await,
        shop.call::<EstornarBonus>(&bodies[2]).await,
    ];
    // Again in any order, after all of them.
    assert_eq!(shop.call::<GerarBonus>(&bodies[1]).await, first[1]);
    assert_eq!(shop.call::<ResgatarSaldo>(&bodies[0]).await, first[0]);
    assert_eq!(shop.call::<EstornarBonus>(&bodies[2]).await, first[2]);
    assert_eq!(balance(&shop).await, "80.00");
    shop.audit().await;
}

#[tokio::test]
async fn a_done_redemption_is_answered_again_even_when_nothing_is_left() {
    let shop = shop_with_80().await;
    let body = redeem(&guid(), "100.00", "80.00");
    let first = shop.call::<ResgatarSaldo>(&body).await;
    assert_eq!(first.status, 200);
    assert_eq!(shop.call::<ResgatarSaldo>(&body).await, first);
    assert_eq!(balance(&shop).await, "0.00");
}

#[tokio::test]
async fn the_same_id_with_another_content_is_refused() {
    let shop = shop_with_80().await;
    let id = guid();
    shop.call::<ResgatarSaldo>(&redeem(&id, "100.00", "20.00")).await;
    assert_eq!(shop.call::<ResgatarSaldo>(&redeem(&id, "100.00", "21.00")).await.code(), 22);
    let id = guid();
    shop.call::<GerarBonus>(&earn(&id, "7", "100.00", "20.00", "12")).await;
    assert_eq!(shop.call::<GerarBonus>(&earn(&id, "8", "100.00", "0", "12")).await.code(), 22);
    assert_eq!(balance(&shop).await, "72.00");
    shop.audit().await;
}

#[tokio::test]
async fn a_refusal_does_not_bind_the_id() {
    let shop = shop_with_80().await;
    let id = guid();
    assert_eq!(shop.call::<ResgatarSaldo>(&redeem(&id, "100.00", "90.00")).await.code(), 20);
    assert_eq!(shop.call::<ResgatarSaldo>(&redeem(&id, "100.00", "50.00")).await.status, 200);
}

#[tokio::test]
async fn the_same_note_under_a_new_id_gets_the_same_figures() {
    let shop = shop_with_80().await;
    let first = shop.call::<GerarBonus>(&earn(&guid(), "0007", "100.00", "0", "12")).await;
    let new_id = guid();
    let again = shop.call::<GerarBonus>(&earn(&new_id, "7", "100.00", "0", "12")).await;
    assert_eq!(again.status, 200, "{}", again.body);
    assert_eq!(again.figure("IdentificadorTransacao"), new_id);
    assert_eq!(again.figure("SaldoBonusAtual"), first.figure("SaldoBonusAtual"));
    assert_eq!(shop.call::<GerarBonus>(&earn(&guid(), "7", "999.00", "0", "12")).await.code(), 23);
    shop.audit().await;
}

#[tokio::test]
async fn a_sale_without_bonus_is_answered_with_zeros() {
    let shop = shop_with_80().await;
    let answer = shop.call::<GerarBonus>(&earn(&guid(), "9", "100.00", "0", "null")).await;
    assert_eq!(
        (answer.figure("SaldoBonusGeradoVenda"), answer.figure("SaldoBonusAtual")),
        ("0.00".into(), "0.00".into())
    );
    assert_eq!(balance(&shop).await, "80.00");
}

#[tokio::test]
async fn a_redemption_is_tied_to_its_sale_by_its_values_when_ids_differ() {
    let shop = shop_with_80().await;
    shop.call::<ResgatarSaldo>(&redeem(&guid(), "100.00", "20.00")).await;
    shop.call::<ResgatarSaldo>(&redeem(&guid(), "50.00", "5.00")).await;
    shop.call::<GerarBonus>(&earn(&guid(), "7", "100.00", "20.00", "null")).await;
    let account = shop.account(CPF).await;
    assert_eq!(account.open.len(), 1);
    assert_eq!(account.open[0].amount, money(500));
    assert_eq!(shop.call::<EstornarBonus>(&reverse(&guid(), "7")).await.figure("ValorEstornadoUtilizado"), "20.00");
    shop.audit().await;
}

#[tokio::test]
async fn a_discount_that_no_redemption_backs_is_accepted_and_waits_for_a_person() {
    let shop = shop_with_80().await;
    let id = guid();
    let answer = shop.call::<GerarBonus>(&earn(&id, "7", "100.00", "20.00", "12")).await;
    assert_eq!(answer.status, 200);
    let member = shop.member(CPF);
    let pending: Vec<ponte_domain::ledger::PendingAdjustment> =
        shop.table.query(&ponte_platform::keys::pending_partition(&member.program), "", 10).await.unwrap();
    assert_eq!(pending.len(), 1);
    assert_eq!(pending[0].amount.to_string(), "20.00");
    // Reversing the sale takes the difference away with it.
    shop.call::<EstornarBonus>(&reverse(&guid(), "7")).await;
    let pending: Vec<ponte_domain::ledger::PendingAdjustment> =
        shop.table.query(&ponte_platform::keys::pending_partition(&member.program), "", 10).await.unwrap();
    assert_eq!(pending[0].status, ponte_domain::ledger::PendingStatus::Void);
    shop.audit().await;
}

#[tokio::test]
async fn a_reversal_without_a_note_gives_the_open_redemption_back_once() {
    let shop = shop_with_80().await;
    let id = guid();
    shop.call::<ResgatarSaldo>(&redeem(&id, "100.00", "20.00")).await;
    let body = format!(r#"{{"IdentificadorTransacao":"{id}","DocumentoNF":"","SerieNF":"","Cpf":"{CPF}"}}"#);
    let first = shop.call::<EstornarBonus>(&body).await;
    assert_eq!(
        (first.figure("ValorEstornadoUtilizado"), first.figure("SaldoBonusAtual")),
        ("20.00".into(), "80.00".into())
    );
    assert_eq!(shop.call::<EstornarBonus>(&body).await, first);
    let other_id = body.replace(&id, &guid());
    let again = shop.call::<EstornarBonus>(&other_id).await;
    assert_eq!(
        (again.figure("ValorEstornadoUtilizado"), again.figure("SaldoBonusAtual")),
        ("20.00".into(), "80.00".into())
    );
    assert_eq!(balance(&shop).await, "80.00");
    shop.audit().await;
}

#[tokio::test]
async fn a_reversal_without_a_note_finds_the_sale_that_the_till_does_not_know_was_closed() {
    let shop = shop_with_80().await;
    let id = guid();
    shop.call::<ResgatarSaldo>(&redeem(&id, "100.00", "20.00")).await;
    shop.call::<GerarBonus>(&earn(&id, "7", "100.00", "20.00", "12")).await;
    let body = format!(r#"{{"IdentificadorTransacao":"{id}","Cpf":"{CPF}"}}"#);
    let answer = shop.call::<EstornarBonus>(&body).await;
    assert_eq!(
        (answer.figure("ValorEstornadoUtilizado"), answer.figure("ValorEstornadoGerado")),
        ("20.00".into(), "12.00".into())
    );
    shop.audit().await;
}

#[tokio::test]
async fn several_open_redemptions_without_a_note_are_not_guessed_among() {
    let shop = shop_with_80().await;
    shop.call::<ResgatarSaldo>(&redeem(&guid(), "100.00", "20.00")).await;
    shop.call::<ResgatarSaldo>(&redeem(&guid(), "90.00", "10.00")).await;
    let body = format!(r#"{{"IdentificadorTransacao":"{}","Cpf":"{CPF}"}}"#, guid());
    assert_eq!(shop.call::<EstornarBonus>(&body).await.code(), 52);
    assert_eq!(balance(&shop).await, "50.00");
}

#[tokio::test]
async fn what_was_spent_already_becomes_a_debt_that_the_next_bonus_pays() {
    let shop = Shop::open(|_| {}).await;
    shop.call::<GerarBonus>(&earn(&guid(), "1", "100.00", "0", "12")).await;
    shop.call::<ResgatarSaldo>(&redeem(&guid(), "50.00", "15.00")).await;
    let answer = shop.call::<EstornarBonus>(&reverse(&guid(), "1")).await;
    assert_eq!(
        (answer.figure("ValorEstornadoGerado"), answer.figure("SaldoBonusAtual")),
        ("15.00".into(), "0.00".into())
    );
    assert_eq!(shop.account(CPF).await.debt, money(1_500));
    let answer = shop.call::<GerarBonus>(&earn(&guid(), "2", "200.00", "0", "12")).await;
    assert_eq!(
        (answer.figure("SaldoBonusGeradoVenda"), answer.figure("SaldoBonusAtual")),
        ("30.00".into(), "15.00".into())
    );
    shop.audit().await;
}

#[tokio::test]
async fn a_note_of_another_customer_is_not_reversed() {
    let shop = shop_with_80().await;
    let body = reverse(&guid(), "1").replace(CPF, OTHER_CPF);
    assert_eq!(shop.call::<EstornarBonus>(&body).await.code(), 51);
    assert_eq!(shop.call::<EstornarBonus>(&reverse(&guid(), "404")).await.code(), 50);
    assert_eq!(balance(&shop).await, "80.00");
}

#[tokio::test]
async fn homologacao_and_producao_never_see_each_others_money() {
    let shop = shop_with_80().await;
    shop.add_store(
        Environment::Homologacao,
        "11222333000181",
        "rede-teste",
        ponte_domain::store::StoreSettings::default(),
    )
    .await;
    let test_till = StoreAt { environment: Environment::Homologacao, cnpj: "11222333000181" };
    let body = format!(r#"{{"Venda":{{"Cpf":"{CPF}"}}}}"#);
    assert_eq!(shop.call_from::<ConsultarSaldoCliente>(test_till, &body).await.figure("SaldoAtual"), "0.00");
    let same_redeem = shop.call_from::<ResgatarSaldo>(test_till, &redeem(&guid(), "100.00", "20.00")).await;
    assert_eq!(same_redeem.code(), 20);
}

#[tokio::test]
async fn a_sale_may_use_only_what_the_campaigns_terms_allow() {
    let shop =
        Shop::open(|settings| settings.maximum_redemption_share = Rate::from_percentage(50.into()).unwrap()).await;
    let mut strict = campaign(30);
    strict.reward = Reward::Fixed(money(8_000));
    strict.terms.minimum_sale = money(10_000);
    strict.terms.maximum_share = Rate::from_percentage(30.into()).unwrap();
    shop.add_campaign(strict).await;
    shop.call::<GerarBonus>(&earn(&guid(), "1", "500.00", "0", "30")).await;
    for (net, available) in [("99.99", "0.00"), ("100.00", "30.00"), ("1000.00", "80.00"), ("0", "80.00")] {
        let body = format!(r#"{{"Venda":{{"Cpf":"{CPF}","ValorLiquido":{net}}}}}"#);
        let answer = shop.call::<ConsultarSaldoCliente>(&body).await;
        assert_eq!(
            (answer.figure("SaldoAtual").as_str(), answer.figure("SaldoDisponivel").as_str()),
            ("80.00", available),
            "{net}"
        );
    }
    assert_eq!(shop.call::<ResgatarSaldo>(&redeem(&guid(), "100.00", "30.01")).await.code(), 21);
    assert_eq!(shop.call::<ResgatarSaldo>(&redeem(&guid(), "100.00", "30.00")).await.status, 200);
}

#[tokio::test]
async fn the_best_campaign_for_the_customer_comes_first() {
    let shop = Shop::open(|settings| settings.offers_decline_bonus_button = true).await;
    let mut better = campaign(99);
    better.reward = Reward::Fixed(money(2_000));
    shop.add_campaign(better).await;
    let body = format!(r#"{{"Venda":{{"Cpf":{CPF},"ValorLiquido":100.00}}}}"#);
    let answer = shop.call::<ConsultarCampanha>(&body).await;
    assert_eq!(answer.figure("Id"), "99");
    assert_eq!(answer.figure("ValorDesconto"), "20.00");
    assert_eq!(answer.figure("DataInicio"), "2020-01-01T00:00:00.000Z");
    assert!(answer.body.ends_with(r#""HabilitaBotaoNaoBonificar":true}"#), "{}", answer.body);
}

#[tokio::test]
async fn an_unknown_or_ended_campaign_generates_nothing() {
    let shop = shop_with_80().await;
    let mut over = campaign(13);
    over.to = jiff::civil::date(2021, 1, 1);
    shop.add_campaign(over).await;
    let shop = shop.with_fresh_lambda();
    assert_eq!(shop.call::<GerarBonus>(&earn(&guid(), "7", "100.00", "0", "404")).await.code(), 40);
    assert_eq!(shop.call::<GerarBonus>(&earn(&guid(), "7", "100.00", "0", "13")).await.code(), 41);
    assert_eq!(balance(&shop).await, "80.00");
}

#[tokio::test]
async fn a_sale_that_was_closed_is_answered_again_after_its_campaign_ended() {
    let shop = shop_with_80().await;
    let body = earn(&guid(), "7", "100.00", "0", "12");
    let first = shop.call::<GerarBonus>(&body).await;
    let mut over = campaign(12);
    over.to = jiff::civil::date(2021, 1, 1);
    shop.add_campaign(over).await;
    let shop = shop.with_fresh_lambda();
    assert_eq!(shop.call::<GerarBonus>(&body).await, first);
    let new_id = shop.call::<GerarBonus>(&earn(&guid(), "7", "100.00", "0", "12")).await;
    assert_eq!(new_id.figure("SaldoBonusGeradoVenda"), first.figure("SaldoBonusGeradoVenda"));
    assert_eq!(shop.call::<GerarBonus>(&earn(&guid(), "8", "100.00", "0", "12")).await.code(), 41);
}

#[tokio::test]
async fn one_guid_may_release_a_redemption_and_later_reverse_the_sale_that_was_closed_without_it() {
    let shop = shop_with_80().await;
    let id = guid();
    let release = format!(r#"{{"IdentificadorTransacao":"{id}","Cpf":"{CPF}"}}"#);
    shop.call::<ResgatarSaldo>(&redeem(&id, "100.00", "20.00")).await;
    let released = shop.call::<EstornarBonus>(&release).await;
    assert_eq!(released.figure("ValorEstornadoUtilizado"), "20.00");
    assert_eq!(shop.call::<GerarBonus>(&earn(&id, "7", "100.00", "0", "12")).await.figure("SaldoBonusAtual"), "95.00");
    assert_eq!(shop.call::<EstornarBonus>(&release).await, released, "a late repetition of the release undoes no sale");
    let reversed = shop.call::<EstornarBonus>(&reverse(&id, "7")).await;
    let figures =
        ["ValorEstornadoUtilizado", "ValorEstornadoGerado", "SaldoBonusAtual"].map(|name| reversed.figure(name));
    assert_eq!(figures, ["0.00", "15.00", "80.00"]);
    shop.audit().await;
}

#[tokio::test]
async fn a_redemption_whose_answer_was_lost_shows_when_the_sale_closes_without_it() {
    let shop = shop_with_80().await;
    let id = guid();
    shop.call::<ResgatarSaldo>(&redeem(&id, "100.00", "20.00")).await;
    shop.call::<GerarBonus>(&earn(&id, "7", "100.00", "0", "null")).await;
    let pending: Vec<ponte_domain::ledger::PendingAdjustment> =
        shop.table.query(&ponte_platform::keys::pending_partition(&shop.member(CPF).program), "", 10).await.unwrap();
    assert_eq!(pending[0].amount.to_string(), "-20.00");
    assert_eq!(shop.call::<EstornarBonus>(&reverse(&guid(), "7")).await.figure("ValorEstornadoUtilizado"), "20.00");
    shop.audit().await;
}

#[tokio::test]
async fn a_redemption_that_did_not_tell_its_sale_is_tied_by_its_value() {
    let shop = shop_with_80().await;
    let body = format!(r#"{{"IdentificadorTransacao":"{}","Cpf":"{CPF}","ValorResgatado":20}}"#, guid());
    assert_eq!(shop.call::<ResgatarSaldo>(&body).await.status, 200);
    shop.call::<GerarBonus>(&earn(&guid(), "7", "100.00", "20.00", "null")).await;
    assert_eq!(shop.call::<EstornarBonus>(&reverse(&guid(), "7")).await.figure("ValorEstornadoUtilizado"), "20.00");
}

#[tokio::test]
async fn leaving_the_sales_value_out_is_no_way_around_the_stores_share() {
    let shop =
        Shop::open(|settings| settings.maximum_redemption_share = Rate::from_percentage(30.into()).unwrap()).await;
    shop.call::<GerarBonus>(&earn(&guid(), "1", "500.00", "0", "12")).await;
    let body = format!(r#"{{"IdentificadorTransacao":"{}","Cpf":"{CPF}","ValorResgatado":75}}"#, guid());
    assert_eq!(shop.call::<ResgatarSaldo>(&body).await.code(), 21);
}

#[tokio::test]
async fn a_cancelled_note_that_we_never_saw_is_not_told_another_reversals_figures() {
    let shop = shop_with_80().await;
    let id = guid();
    shop.call::<ResgatarSaldo>(&redeem(&id, "100.00", "20.00")).await;
    shop.call::<EstornarBonus>(&format!(r#"{{"IdentificadorTransacao":"{id}","Cpf":"{CPF}"}}"#)).await;
    assert_eq!(shop.call::<EstornarBonus>(&reverse(&guid(), "900")).await.code(), 50);
}

#[tokio::test]
async fn a_campaign_that_was_made_a_moment_ago_closes_its_sale() {
    let shop = shop_with_80().await;
    shop.add_campaign(campaign(77)).await;
    let answer = shop.call::<GerarBonus>(&earn(&guid(), "7", "100.00", "0", "77")).await;
    assert_eq!(answer.figure("SaldoBonusGeradoVenda"), "15.00");
}

#[tokio::test]
async fn a_posting_costs_two_round_trips_and_a_query_one() {
    let shop = shop_with_80().await;
    let body = format!(
        r#"{{"IdentificadorTransacao":"{}","CPF":"{CPF}","Nome":"Maria","Contato":{{"Celular":"11900000000"}}}}"#,
        guid()
    );
    shop.call::<AtualizarCliente>(&body).await;
    shop.faults.take_calls();
    let mut calls = Vec::new();
    shop.call::<AtualizarCliente>(&body).await;
    calls.push(shop.faults.take_calls());
    balance(&shop).await;
    calls.push(shop.faults.take_calls());
    shop.call::<ResgatarSaldo>(&redeem(&guid(), "100.00", "20.00")).await;
    calls.push(shop.faults.take_calls());
    shop.call::<GerarBonus>(&earn(&guid(), "7", "100.00", "20.00", "12")).await;
    calls.push(shop.faults.take_calls());
    shop.call::<EstornarBonus>(&reverse(&guid(), "7")).await;
    calls.push(shop.faults.take_calls());
    let expected: [&[&str]; 5] = [
        &["BatchGetItem"],
        &["BatchGetItem"],
        &["GetItem", "TransactWriteItems"],
        &["GetItem", "TransactWriteItems"],
        &["BatchGetItem", "TransactWriteItems"],
    ];
    assert_eq!(calls, expected);
}

/// Digits of a float read as a CPF are another person's: `6274911545.0` without its dot is the valid CPF 62749115450.
#[tokio::test]
async fn a_cpf_that_became_a_float_never_spends_another_members_money() {
    let shop = shop_with_80().await;
    let (own, other) = ("06274911545", "62749115450");
    for cpf in [own, other] {
        let sale = earn(&guid(), cpf, "500.00", "0", "80").replace(CPF, cpf);
        assert_eq!(shop.call::<GerarBonus>(&sale).await.figure("SaldoBonusAtual"), "80.00");
    }
    let redeem_as = |cpf: &str| redeem(&guid(), "120.00", "20.00").replace(&format!("\"{CPF}\""), cpf);
    for cpf in ["6274911545.0", "6274911545", "6.274911545e9", "\"06274911545.0\""] {
        assert_eq!(shop.call::<ResgatarSaldo>(&redeem_as(cpf)).await.status, 200, "{cpf}");
    }
    for cpf in ["6274911545.5", "-6274911545", "\"6274911545.0\"", "\"6274911545\"", "\"627.491.1545-0\""] {
        let answer = shop.call::<ResgatarSaldo>(&redeem_as(cpf)).await;
        assert_eq!((answer.status, answer.code()), (400, 12), "{cpf}");
    }
    let left = async |cpf| shop.account(cpf).await.balance(Timestamp::now()).to_string();
    assert_eq!((left(own).await.as_str(), left(other).await.as_str()), ("0.00", "80.00"));
}

#[tokio::test]
async fn a_note_number_that_became_a_float_is_the_note_it_was() {
    let shop = shop_with_80().await;
    let closed = shop.call::<GerarBonus>(&earn(&guid(), "123", "100.00", "0", "12")).await;
    assert_eq!(closed.figure("SaldoBonusAtual"), "95.00");
    for note in ["\"1.000\"", "123.5"] {
        let answer = shop
            .call::<EstornarBonus>(&reverse(&guid(), "1").replace("\"1\",\"SerieNF\"", &format!("{note},\"SerieNF\"")))
            .await;
        assert_eq!(answer.status, 400, "{note}: {}", answer.body);
    }
    let reversal = reverse(&guid(), "123").replace("\"123\"", "123.0").replace("\"1\"", "\"1.0\"");
    assert_eq!(shop.call::<EstornarBonus>(&reversal).await.figure("SaldoBonusAtual"), "80.00");
}
