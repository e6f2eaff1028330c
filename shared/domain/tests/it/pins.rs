//! A PIN's life.
#![allow(clippy::unwrap_used, clippy::panic)]

use jiff::{SignedDuration, Timestamp};
use ponte_domain::documents::{Cnpj, Cpf};
use ponte_domain::ids::{Environment, IdentityKey, MemberId, ProgramId, StoreId, TransactionId};
use ponte_domain::member::{Profile, ProfileUpdate};
use ponte_domain::personal::{Email, PersonalText, Phone};
use ponte_domain::pin::{Pin, PinChallenge, PinChannel, PinRequest, PinRules, PinState, request};
use ponte_domain::refusal::Refusal;
use proptest::prelude::*;

fn now() -> Timestamp {
    "2026-03-14T15:00:00Z".parse().unwrap()
}

fn later(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn id(text: &str) -> TransactionId {
    TransactionId::parse(text).unwrap()
}

fn contact() -> PersonalText {
    PersonalText::parse("+5511900000000").unwrap()
}

fn asked() -> PinChallenge {
    match request(None, id("a"), PinChannel::Sms, contact(), &PinRules::default(), now()).unwrap() {
        PinRequest::Send(challenge) => challenge,
        other => panic!("{other:?}"),
    }
}

fn sent() -> PinChallenge {
    asked().take_up(&id("a"), [7; 32], now()).unwrap()
}

fn validated() -> PinChallenge {
    let (valid, changed) = sent().validate(&[7; 32], None, later(10)).unwrap();
    assert!(valid);
    changed.unwrap()
}

#[test]
fn the_same_request_sends_nothing_twice_and_another_waits_two_minutes() {
    let ask = |challenge: &PinChallenge, name: &str, at| {
        request(Some(challenge), id(name), PinChannel::Sms, contact(), &PinRules::default(), at)
    };
    assert_eq!(ask(&asked(), "a", later(5)), Ok(PinRequest::Requeue(asked())), "nothing was sent yet");
    assert_eq!(ask(&sent(), "a", later(5)), Ok(PinRequest::AlreadySent));
    assert_eq!(ask(&sent(), "b", later(5)), Err(Refusal::PinResendTooSoon { wait_seconds: 115 }));
    assert!(matches!(ask(&sent(), "b", later(120)), Ok(PinRequest::Send(_))));
}

#[test]
fn the_sender_takes_a_request_up_once() {
    assert_eq!(sent().take_up(&id("a"), [8; 32], now()), None);
    assert_eq!(asked().take_up(&id("b"), [8; 32], now()), None);
    assert_eq!(asked().take_up(&id("a"), [8; 32], later(600)), None, "too late to be of use");
    assert!(sent().put_back().take_up(&id("a"), [8; 32], now()).is_some());
}

#[test]
fn wrong_pins_are_counted_until_none_is_accepted_any_more() {
    let mut challenge = sent();
    for _ in 0..5 {
        let (valid, changed) = challenge.validate(&[1; 32], None, now()).unwrap();
        assert!(!valid);
        challenge = changed.unwrap();
    }
    assert_eq!(challenge.validate(&[7; 32], None, now()), Err(Refusal::PinAttemptsExceeded));
}

#[test]
fn a_pin_is_right_again_when_it_is_asked_again_and_false_after_its_time() {
    assert_eq!(validated().validate(&[7; 32], None, later(20)), Ok((true, None)));
    assert_eq!(sent().validate(&[7; 32], None, later(600)), Ok((false, None)));
    assert_eq!(asked().validate(&[7; 32], None, now()), Ok((false, None)));
}

#[test]
fn a_validation_pays_one_redemption_in_its_time() {
    let spent = validated().spend(later(30)).unwrap();
    assert_eq!(spent.state, PinState::Used);
    assert_eq!(spent.spend(later(31)), Err(Refusal::PinRequired));
    assert_eq!(validated().spend(later(600)), Err(Refusal::PinExpired));
    assert_eq!(sent().spend(now()), Err(Refusal::PinRequired));
}

#[test]
fn asking_for_new_pins_is_no_way_to_go_on_guessing() {
    let mut challenge = sent();
    let mut at = now();
    let mut guesses = 0;
    while let Ok((false, changed)) = challenge.validate(&[1; 32], None, at) {
        guesses += 1;
        challenge = changed.unwrap();
        if challenge.wrong == challenge.attempts {
            at += SignedDuration::from_secs(120);
            match request(
                Some(&challenge),
                id(&format!("g{guesses}")),
                PinChannel::Sms,
                contact(),
                &PinRules::default(),
                at,
            ) {
                Ok(PinRequest::Send(fresh)) => challenge = fresh.take_up(&fresh.request.clone(), [7; 32], at).unwrap(),
                other => {
                    assert!(matches!(other, Err(Refusal::PinResendTooSoon { .. })), "{other:?}");
                    break;
                }
            }
        }
    }
    assert_eq!(guesses, 15);
    let tomorrow = now() + SignedDuration::from_hours(24);
    let fresh = request(Some(&challenge), id("z"), PinChannel::Sms, contact(), &PinRules::default(), tomorrow);
    assert!(matches!(fresh, Ok(PinRequest::Send(_))));
}

#[test]
fn a_contact_that_a_till_entered_for_a_member_with_money_gets_no_pin_at_once() {
    let cpf = Cpf::parse("11144477735").unwrap();
    let store = StoreId { environment: Environment::Producao, cnpj: Cnpj::parse("11222333000181").unwrap() };
    let phone = |number: &str| ProfileUpdate { phone: Phone::parse(number), ..ProfileUpdate::default() };
    let update = |profile: Option<&Profile>, update: &ProfileUpdate, money, at| {
        Profile::updated(profile, cpf, update, store, money, at).unwrap()
    };
    let hold = SignedDuration::from_hours(24);
    let sms = |profile: &Profile, at| {
        profile.pin_contact(PinChannel::Sms, hold, at).map(|contact| contact.expose().to_owned())
    };
    let joined = update(None, &phone("11900000000"), false, now());
    assert_eq!(sms(&joined, later(1)), Ok("+5511900000000".into()), "who has nothing has nothing to lose");
    let stolen = update(Some(&joined), &phone("11911111111"), true, later(10));
    let again = update(Some(&stolen), &phone("11922222222"), true, later(20));
    assert_eq!(sms(&again, later(30)), Ok("+5511900000000".into()), "the one that was on file before the hold");
    assert_eq!(sms(&again, later(20 + 24 * 3600)), Ok("+5511922222222".into()));
    let added = update(
        Some(&joined),
        &ProfileUpdate { email: Email::parse("x@example.com"), ..ProfileUpdate::default() },
        true,
        later(10),
    );
    assert_eq!(added.pin_contact(PinChannel::Email, hold, later(20)), Err(Refusal::ContactTooRecent));
    let mut flooded = joined;
    for turn in 0..25 {
        flooded = update(Some(&flooded), &phone(&format!("119{:08}", 33_000_000 + turn)), true, later(10 + turn));
    }
    assert_eq!(
        sms(&flooded, later(100)),
        Err(Refusal::ContactTooRecent),
        "a flooded history hides who was there before"
    );
}

#[test]
fn a_landline_never_replaces_the_phone_on_file() {
    let cpf = Cpf::parse("11144477735").unwrap();
    let store = StoreId { environment: Environment::Producao, cnpj: Cnpj::parse("11222333000181").unwrap() };
    let mobile = ProfileUpdate { phone: Phone::parse("11900000000"), ..ProfileUpdate::default() };
    let landline = ProfileUpdate { landline: Phone::parse("1133334444"), ..ProfileUpdate::default() };
    let profile = Profile::updated(None, cpf, &mobile, store, false, now()).unwrap();
    assert_eq!(Profile::updated(Some(&profile), cpf, &landline, store, false, later(1)), None);
    let only_landline = Profile::updated(None, cpf, &landline, store, false, now()).unwrap();
    assert_eq!(only_landline.phone.map(|phone| phone.expose().to_owned()), Some("+551133334444".into()));
}

#[test]
fn a_pin_prints_masked() {
    assert_eq!(format!("{:?}", Pin::parse("123456")), "Some(Pin(***))");
}

proptest! {
    #[test]
    fn a_pin_has_its_digits_and_its_hash_depends_on_store_and_member(random in any::<u64>(), digits in 0..12_u8) {
        let pin = Pin::from_random(random, digits);
        prop_assert_eq!(pin.expose().len(), usize::from(digits.clamp(4, 8)));
        prop_assert!(Pin::parse(pin.expose()).is_some());
        let key = IdentityKey::new(&[1; 32]).unwrap();
        let program = ProgramId::try_from("rede".to_owned()).unwrap();
        let member = |cpf: &str| MemberId::derive(&key, &program, Cpf::parse(cpf).unwrap());
        let store = |cnpj: &str| StoreId { environment: Environment::Producao, cnpj: Cnpj::parse(cnpj).unwrap() };
        let hash = pin.hash(&key, &member("11144477735"), store("11222333000181"));
        prop_assert_ne!(hash, pin.hash(&key, &member("52998224725"), store("11222333000181")));
        prop_assert_ne!(hash, pin.hash(&key, &member("11144477735"), store("12ABC34501DE35")));
    }
}
