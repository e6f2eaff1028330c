//! Trinks' events as they come, and as they might: nothing stops the parser, and no form of a figure changes it.
#![allow(clippy::unwrap_used)]

use ponte_domain::documents::Cpf;
use ponte_domain::money::Money;
use ponte_trinks::events::{EventKind, TrinksEvent, parse};
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

/// Names that events are known to use, in the cases that they come in.
const NAMES: &[&str] = &[
    "TipoDeEvento",
    "Action",
    "IdDoEstabelecimento",
    "IdDaTransacao",
    "DataDoFechamento",
    "ValorDaCompra",
    "IdDoClienteNoEstabelecimento",
    "NomeDoCliente",
    "CPFDoCliente",
    "CpfDoCliente",
    "CPF",
    "EmailDoCliente",
    "Email",
    "TelefoneDoCliente",
    "Telefone",
    "Itens",
    "FormasDePagamento",
    "IdsDosProfissionaisEnvolvidos",
    "IdDoAgendamento",
    "DataHoraInicioDoAgendamento",
    "DataHoraFimDoAgendamento",
    "DuracaoDoAgendamento",
    "PrecoDoServicoNoAgendamento",
    "Status",
    "DataHoraEventoGerado",
    "IdDoProfissional",
    "IdDoProfissionalNoEstabelecimento",
    "Nome",
    "Data",
    "EventId",
];

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "[-0-9.,/:T R$*]{0,16}".prop_map(Value::from),
        (0..15_u64).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(prop::sample::select(NAMES), inner, 0..5).prop_map(|fields| Value::Object(
                fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            )),
        ]
    })
}

fn any_event() -> impl Strategy<Value = Value> {
    prop::collection::btree_map(prop::sample::select(NAMES), any_value(), 0..12).prop_map(|fields| {
        Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_stops_the_parser(text in ".{0,200}") {
        let _ = parse(&text);
    }

    #[test]
    fn no_event_stops_the_parser(event in any_event()) {
        let _ = parse(&event.to_string());
    }

    #[test]
    fn with_its_id_an_event_is_readable_whatever_else_it_holds(mut event in any_event(), kind in 1..=4_u64) {
        event["TipoDeEvento"] = kind.into();
        event["IdDaTransacao"] = "47999".into();
        event["IdDoClienteNoEstabelecimento"] = 313_603.into();
        let parsed = parse(&event.to_string());
        prop_assert!(parsed.is_ok(), "{parsed:?}");
        prop_assert_eq!(parsed.unwrap().event.kind(), EventKind::from_number(kind));
    }

    #[test]
    fn an_amount_is_the_same_in_each_of_its_forms(cents in 0..100_000_000_u32) {
        let (whole, part) = (cents / 100, cents % 100);
        let grouped = group(whole);
        for form in [
            json!(format!("{whole}.{part:02}")),
            json!(format!("{whole},{part:02}")),
            json!(format!("{grouped},{part:02}")),
            json!(format!("R$ {grouped},{part:02}")),
            serde_json::from_str(&format!("{whole}.{part:02}")).unwrap(),
        ] {
            let event = json!({ "TipoDeEvento": 1, "IdDaTransacao": 1, "ValorDaCompra": form });
            let TrinksEvent::AccountClosed(closed) = parse(&event.to_string()).unwrap().event else { panic!("event 1") };
            prop_assert_eq!(closed.total, Money::from_cents(cents), "{}", event);
        }
    }

    #[test]
    fn a_number_has_a_decimal_point_and_no_thousands(digits in 0..1_000_000_000_u32, places in 0..=4_u32) {
        let exact = Decimal::new(digits.into(), places);
        let number = exact.to_string();
        let scientific = format!("{digits}e-{places}");
        for form in [&number, &scientific] {
            // Raw: a value of serde_json is a float on its way.
            let event = format!(
                r#"{{"TipoDeEvento":1,"IdDaTransacao":1,"ValorDaCompra":{form},"Itens":[{{"Quantidade":{form},"ValorUnitario":"1,00"}}]}}"#
            );
            let parsed = parse(&event).unwrap();
            prop_assert!(parsed.doubts.is_empty() || exact >= Decimal::from(10_000_000), "{}: {:?}", event, parsed.doubts);
            let TrinksEvent::AccountClosed(closed) = parsed.event else { panic!("event 1") };
            if let Ok(expected) = Money::from_decimal(exact.round_dp(2)) {
                prop_assert_eq!(closed.total, expected, "{}", event);
                prop_assert_eq!(closed.items[0].net, expected, "{}", event);
            }
        }
    }

    #[test]
    fn a_masked_cpf_is_never_an_identity(digits in "[0-9]{11}", at in 0..11_usize) {
        let mut masked = digits;
        masked.replace_range(at..=at, "*");
        let event = json!({ "TipoDeEvento": 3, "IdDoClienteNoEstabelecimento": 1, "CPF": masked });
        let TrinksEvent::ClientCreated(news) = parse(&event.to_string()).unwrap().event else { panic!("event 3") };
        prop_assert_eq!(news.cpf, None);
    }
}

#[test]
fn an_identifier_that_became_a_float_is_the_integer_it_was() {
    let client = |id: Value, cpf: Value| {
        let event = json!({ "TipoDeEvento": 3, "IdDoClienteNoEstabelecimento": id, "CPF": cpf });
        let parsed = parse(&event.to_string()).unwrap();
        let TrinksEvent::ClientCreated(news) = parsed.event else { panic!("event 3") };
        (news.client.number(), news.cpf, parsed.doubts)
    };
    let expected = Cpf::parse("06274911545");
    assert_eq!(client(json!(17.0), json!(6_274_911_545.0)), (17, expected, vec![]));
    assert_eq!(client(json!("17.0"), json!("06274911545.0")), (17, expected, vec![]));
    for nobody in [json!("6274911545.0"), json!("6274911545"), json!(6_274_911_545.5)] {
        assert_eq!(client(json!(17), nobody), (17, None, vec!["CPF"]));
    }
    let thousands = json!({ "TipoDeEvento": 3, "IdDoClienteNoEstabelecimento": "1.000" });
    assert!(parse(&thousands.to_string()).is_err(), "1.000 is not client 1");
}

#[test]
fn a_negative_total_earns_nothing_and_is_a_doubt() {
    let event = json!({ "TipoDeEvento": 1, "IdDaTransacao": 1, "ValorDaCompra": "-95,00" });
    let parsed = parse(&event.to_string()).unwrap();
    let TrinksEvent::AccountClosed(closed) = parsed.event else { panic!("event 1") };
    assert_eq!(closed.total, Money::ZERO);
    assert_eq!(parsed.doubts, ["ValorDaCompra"]);
}

/// `1.234.567`.
fn group(whole: u32) -> String {
    let digits = whole.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    grouped
}

#[test]
fn each_of_the_thirteen_kinds_has_its_number_and_action() {
    for (number, action) in
        [(1, 1), (2, 9), (3, 1), (4, 2), (5, 1), (6, 2), (7, 3), (8, 1), (9, 3), (10, 2), (11, 1), (12, 2), (13, 3)]
    {
        let kind = EventKind::from_number(number).unwrap();
        assert_eq!((u64::from(kind.number()), kind.action()), (number, action));
    }
    assert_eq!(EventKind::from_number(0), None);
    assert_eq!(EventKind::from_number(14), None);
}

#[test]
fn a_wrapped_event_is_read_as_a_flat_one() {
    let flat = json!({ "TipoDeEvento": 2, "Action": 9, "IdDoEstabelecimento": 1253, "IdDaTransacao": 47_999 });
    let wrapped =
        json!({ "EventId": 2, "Action": 9, "Data": { "IdDoEstabelecimento": 1253, "IdDaTransacao": 47_999 } });
    for event in [flat, wrapped] {
        let parsed = parse(&event.to_string()).unwrap();
        let TrinksEvent::AccountReversed(reversed) = parsed.event else { panic!("event 2") };
        assert_eq!((reversed.transaction.number(), parsed.establishment.unwrap().number()), (47_999, 1253));
    }
}

#[test]
fn an_unknown_kind_is_kept_with_its_number() {
    let parsed = parse(r#"{"TipoDeEvento":"99","IdDoEstabelecimento":"1253"}"#).unwrap();
    assert!(matches!(parsed.event, TrinksEvent::Unknown(99)));
    assert_eq!(parsed.establishment.unwrap().number(), 1253);
}
