//! Bookings at Trinks: once, for one client, and never for an hour that is over.
#![allow(clippy::unwrap_used)]

use jiff::civil::DateTime;
use ponte_domain::documents::Cpf;
use ponte_domain::ids::TransactionId;
use ponte_domain::money::Money;
use ponte_domain::personal::{PersonalText, Phone};
use ponte_domain::quota::{Lane, QuotaState};
use ponte_domain::trinks::{EstablishmentId, SalonClientId, SalonProfessionalId, SalonServiceId};
use ponte_platform::keys;
use ponte_platform::table::Unless;
use ponte_store_tests::at_trinks::SalonAtTrinks;
use ponte_store_tests::salon::SALON;
use ponte_trinks::booking::{Booking, BookingClient, BookingOutcome};
use ponte_trinks::connection::BonusSource;
use ponte_trinks::requests::{Ask, QueuedRequest, RequestRecord, RequestStatus, SlowList};
use ponte_trinks::slow_lists;
use serde_json::json;

const PHONE: &str = "11955554444";

fn hour(text: &str) -> DateTime {
    format!("2031-03-04T{text}:00").parse().unwrap()
}

fn booking(client: BookingClient, starts: DateTime) -> Booking {
    Booking {
        client,
        service: SalonServiceId::new(1_300_001).unwrap(),
        professional: SalonProfessionalId::new(700_001),
        starts,
        minutes: 40,
        price: Money::from_cents(10_000),
        notes: None,
        confirmed: false,
    }
}

fn known(id: u64) -> BookingClient {
    BookingClient::Known(SalonClientId::new(id).unwrap())
}

fn person(phone: &str) -> BookingClient {
    BookingClient::Person {
        name: PersonalText::parse("Pessoa Nova").unwrap(),
        phone: Phone::parse(phone).unwrap(),
        cpf: None,
        email: None,
    }
}

fn queued(ask: Ask, id: &str) -> QueuedRequest {
    QueuedRequest {
        id: TransactionId::parse(id).unwrap(),
        salon: EstablishmentId::new(SALON).unwrap(),
        lane: Lane::Interactive,
        ask,
        queued_at: jiff::Timestamp::now(),
        failures: 0,
        releases: 0,
    }
}

async fn open() -> SalonAtTrinks {
    SalonAtTrinks::open(BonusSource::Trinks).await
}

async fn record(salon: &SalonAtTrinks, request: &QueuedRequest) -> RequestRecord {
    salon.salon.shop.table.get(&keys::trinks_request(request.salon, &request.id)).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_booking_that_waited_beyond_its_hour_is_never_made() {
    let salon = open().await;
    let late = booking(person(PHONE), hour("10:00"));
    for look_first in [false, true] {
        let outcome = salon.booker(hour("10:00")).book(&late, look_first).await.unwrap();
        assert_eq!(outcome, BookingOutcome::too_late(), "look_first {look_first}");
    }
    assert_eq!(salon.calls("POST", "/v1/").await, 0, "nobody is created for it either");
}

#[tokio::test]
async fn a_booking_made_by_a_try_that_died_is_found_after_its_hour_too() {
    let salon = open().await;
    let made = booking(known(8_000_001), hour("10:00"));
    let first = salon.booker(hour("09:00")).book(&made, false).await.unwrap();
    let again = salon.booker(hour("11:00")).book(&made, true).await.unwrap();
    assert!(matches!(first, BookingOutcome::Booked { appointment: Some(_), .. }));
    assert_eq!(again, first);
}

#[tokio::test]
async fn a_client_is_found_by_any_of_their_phones() {
    let salon = open().await;
    let made = salon.control("POST", "clients", &json!({ "nome": "Dois Telefones", "telefone": "11900009999" })).await;
    let id = made["id"].as_u64().unwrap();
    let second = json!({ "ddi": "55", "ddd": "11", "numero": "955554444", "tipoId": 3 });
    salon.api("POST", &format!("clientes/{id}/telefones"), &second).await;
    let outcome = salon.booker(hour("09:00")).book(&booking(person(PHONE), hour("10:00")), false).await.unwrap();
    let BookingOutcome::Booked { client, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(client.number(), id);
}

#[tokio::test]
async fn a_client_who_is_given_a_cpf_keeps_all_that_is_on_file() {
    let salon = open().await;
    let kept = json!({ "email": "a@example.com", "observacoes": "prefere a tarde" });
    salon.control("PUT", "clients/8000010", &kept).await;
    let (at, cpf) = (salon.at(Lane::Interactive), Cpf::parse("39053344705").unwrap());
    assert!(salon.trinks.set_client_cpf(at, SalonClientId::new(8_000_010).unwrap(), cpf).await.unwrap());
    let now = salon.api("GET", "clientes/8000010", &json!(null)).await;
    for (field, value) in [("email", "a@example.com"), ("observacoes", "prefere a tarde"), ("nome", "Cliente 010")] {
        assert_eq!(now[field], value, "Trinks erases what a PUT leaves out: {now}");
    }
}

#[tokio::test]
async fn a_client_who_keeps_their_own_account_is_not_changed_by_a_204() {
    let salon = open().await;
    let (at, cpf) = (salon.at(Lane::Interactive), Cpf::parse("39053344705").unwrap());
    let changed = salon.trinks.set_client_cpf(at, SalonClientId::new(8_000_005).unwrap(), cpf).await.unwrap();
    assert!(!changed, "Trinks says done, and has done nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_bookings_at_once_for_somebody_new_make_one_client() {
    let salon = open().await;
    salon.faults(&json!([{ "method": "POST", "path_prefix": "/v1/clientes", "kind": "slow_ms", "ms": 400 }])).await;
    let (cut, colour) = (booking(person(PHONE), hour("10:00")), booking(person(PHONE), hour("15:00")));
    let (now, other) = (salon.booker(hour("09:00")), salon.booker(hour("09:00")));
    let (one, two) = tokio::join!(now.book(&cut, false), other.book(&colour, false));
    let client = |outcome| match outcome {
        Ok(BookingOutcome::Booked { client, .. }) => client,
        other => panic!("{other:?}"),
    };
    assert_eq!(client(one), client(two));
    assert_eq!(salon.api("GET", &format!("clientes?telefone={PHONE}"), &json!(null)).await["totalRecords"], 1);
}

#[tokio::test]
async fn a_look_at_a_list_that_is_empty_by_mistake_proves_nothing() {
    let salon = open().await;
    let made = booking(known(8_000_001), hour("10:00"));
    let first = salon.booker(hour("09:00")).book(&made, false).await.unwrap();
    salon
        .faults(&json!([{ "method": "GET", "path_prefix": "/v1/agendamentos", "kind": "empty_list", "times": 1 }]))
        .await;
    let again = salon.booker(hour("09:00")).book(&made, true).await.unwrap();
    assert_eq!(again, first, "the booker's own appointment is not taken for somebody else's");
}

#[tokio::test]
async fn hours_that_are_over_push_out_none_to_come() {
    let salon = open().await;
    // All that is left of the day is 17:00; before noon much was free.
    for (client, start, minutes) in [(8_000_001, "12:30", 270), (8_000_002, "17:40", 80)] {
        for professional in [700_001, 700_003] {
            let body = json!({ "clienteId": client + professional % 10 * 10, "servicoId": 1_300_001, "profissionalId": professional,
                "dataHoraInicio": format!("2031-03-04T{start}:00"), "duracaoEmMinutos": minutes, "silent": true });
            salon.control("POST", "appointments", &body).await;
        }
    }
    let outcome = salon.booker(hour("12:20")).book(&booking(known(8_000_007), hour("12:30")), false).await.unwrap();
    let BookingOutcome::Taken { alternatives } = outcome else { panic!("{outcome:?}") };
    assert!(!alternatives.is_empty());
    assert!(alternatives.iter().all(|slot| slot.starts == hour("17:00")), "{alternatives:?}");
}

#[tokio::test]
async fn a_booking_whose_month_is_spent_beyond_its_hour_is_refused_and_not_parked() {
    let salon = open().await;
    spend_the_month(&salon).await;
    let soon = salon_clock().saturating_add(jiff::Span::new().minutes(30));
    let request = queued(Ask::Book(Box::new(booking(known(8_000_001), soon))), "too-late");
    assert!(salon.dispatch(&request).await.is_empty());
    assert_eq!(record(&salon, &request).await.booked, Some(BookingOutcome::too_late()));
    let far = salon_clock().saturating_add(jiff::Span::new().days(60));
    let request = queued(Ask::Book(Box::new(booking(known(8_000_001), far))), "in-time");
    salon.dispatch(&request).await;
    assert_eq!(record(&salon, &request).await.status, RequestStatus::Parked);
}

#[tokio::test]
async fn a_list_is_read_once_however_many_asked_for_it() {
    let salon = open().await;
    for id in ["hour-1", "hour-2", "hour-3"] {
        salon.dispatch(&queued(Ask::RefreshList { list: SlowList::Services }, id)).await;
    }
    assert_eq!(salon.calls("GET", "/v1/servicos").await, 1);
}

#[tokio::test]
async fn a_list_that_was_stored_without_a_version_is_read_anew_all_the_same() {
    let salon = open().await;
    let at = salon.at(Lane::FollowUp);
    let key = keys::trinks_list(at.salon, SlowList::Services.as_str());
    let old = json!({ "items": "[]", "read_at": 0, "invalidated": true });
    salon.salon.shop.table.put(&key, &old, Unless::Anything).await.unwrap();
    let request = queued(Ask::RefreshList { list: SlowList::Services }, "hour-1");
    salon.dispatch(&request).await;
    assert_eq!(record(&salon, &request).await.status, RequestStatus::Done);
    let stale = slow_lists::is_stale(&salon.salon.shop.table, at, SlowList::Services, jiff::Timestamp::now()).await;
    assert!(!stale.unwrap());
}

#[tokio::test]
async fn a_list_is_not_parked_for_a_month() {
    let salon = open().await;
    spend_the_month(&salon).await;
    let request = queued(Ask::RefreshList { list: SlowList::Services }, "hour-1");
    salon.dispatch(&request).await;
    assert_eq!(record(&salon, &request).await.status, RequestStatus::Failed);
}

/// Trinks has said that the month is over, for ten more days.
async fn spend_the_month(salon: &SalonAtTrinks) {
    let now = jiff::Timestamp::now();
    let state = QuotaState {
        version: 1,
        month_spent_until: Some(now.saturating_add(jiff::SignedDuration::from_hours(240)).unwrap()),
        ..QuotaState::default()
    };
    let key = keys::trinks_quota(&salon.salon.connection.id);
    salon.salon.shop.table.put(&key, &state, Unless::Anything).await.unwrap();
}

/// Now, on the salon's wall.
fn salon_clock() -> DateTime {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::get("America/Sao_Paulo").unwrap()).datetime()
}
