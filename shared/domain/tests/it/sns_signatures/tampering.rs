//! What is changed by one byte does not verify.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ponte_domain::sns::{Envelope, NotAuthentic, SigningCertificate};
use proptest::prelude::*;
use serde_json::Value;

use super::support::{AWS_2026, VECTORS, confirmation, data, notification, vector, with};

const SIGNED: [&str; 9] =
    ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type", "SigningCertURL"];

fn certificate(name: &str) -> SigningCertificate {
    SigningCertificate::from_pem(&data(name), &[]).unwrap()
}

/// Parsed and verified, at the time that the untouched message states.
fn outcome(body: &Value, certificate: &SigningCertificate, original: &Envelope) -> Result<(), NotAuthentic> {
    Envelope::parse(&body.to_string()).and_then(|envelope| certificate.verify(&envelope, original.sent_at()))
}

#[test]
fn no_other_ascii_character_fits_anywhere_in_a_signed_member() {
    let certificate = certificate(AWS_2026);
    for name in ["2026-http-v1-subject", "2026-subscription-v1"] {
        let body: Value = serde_json::from_str(&vector(name)).unwrap();
        let original = Envelope::parse(&body.to_string()).unwrap();
        assert_eq!(outcome(&body, &certificate, &original), Ok(()));
        // The certificate's address is not signed: which certificate it is, is shown by the signature.
        for member in SIGNED.into_iter().filter(|member| *member != "SigningCertURL") {
            let Some(text) = body.get(member).and_then(Value::as_str) else { continue };
            for (place, current) in text.char_indices() {
                for other in (0..128_u8).map(char::from).filter(|other| *other != current) {
                    let changed = format!("{}{other}{}", &text[..place], &text[place + 1..]);
                    let changed = with(body.clone(), &[(member, changed.into())]);
                    assert!(outcome(&changed, &certificate, &original).is_err(), "{name} {member} {place} {other:?}");
                }
            }
        }
    }
}

#[test]
fn no_bit_and_no_character_of_the_signature_may_differ() {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_ \n";
    let certificate = certificate(AWS_2026);
    let body: Value = serde_json::from_str(&vector("2026-http-v2-plain")).unwrap();
    let original = Envelope::parse(&body.to_string()).unwrap();
    let refused = |signature: String| {
        let changed = with(body.clone(), &[("Signature", signature.clone().into())]);
        assert!(outcome(&changed, &certificate, &original).is_err(), "{signature}");
    };
    for bit in 0..original.signature().len() * 8 {
        let mut signature = original.signature().to_vec();
        signature[bit / 8] ^= 1 << (bit % 8);
        refused(STANDARD.encode(signature));
    }
    let text = body["Signature"].as_str().unwrap();
    for (place, current) in text.char_indices() {
        for other in ALPHABET.chars().filter(|other| *other != current) {
            refused(format!("{}{other}{}", &text[..place], &text[place + 1..]));
        }
        refused(format!("{}{}", &text[..place], &text[place + 1..]));
    }
    for wrong in ["", "=", "AAAA", &text[..text.len() - 4], &format!("{text}AAAA"), &format!(" {text}")] {
        refused(wrong.to_owned());
    }
}

#[test]
fn what_sns_does_not_sign_does_not_count() {
    let certificate = certificate(AWS_2026);
    let body: Value = serde_json::from_str(&vector("2026-http-v1-plain")).unwrap();
    let original = Envelope::parse(&body.to_string()).unwrap();
    let additions = [("UnsubscribeURL", "https://evil.example/".into()), ("Token", "x".into()), ("New", 1.into())];
    let changed = with(body, &additions);
    assert_eq!(outcome(&changed, &certificate, &original), Ok(()));
    // Neither is it handed out.
    assert_eq!(Envelope::parse(&changed.to_string()).unwrap().token(), None);
}

/// One edit: where, and what is written instead of what is there.
fn edits() -> impl Strategy<Value = (usize, usize, usize, String)> {
    (
        0..VECTORS.len(),
        0..SIGNED.len(),
        any::<prop::sample::Index>(),
        prop_oneof!["", "\\PC", "[\\x00-\\x7f]{1,2}", any::<char>().prop_map(String::from)],
    )
        .prop_map(|(vector, member, place, text)| (vector, member, place.index(4096), text))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn no_edit_of_a_signed_member_verifies((which, member, place, text) in edits(), replace in any::<bool>()) {
        let (name, pem) = VECTORS[which];
        let body: Value = serde_json::from_str(&vector(name)).unwrap();
        let original = Envelope::parse(&body.to_string()).unwrap();
        let member = SIGNED[member];
        prop_assume!(member != "SigningCertURL");
        let Some(current) = body.get(member).and_then(Value::as_str) else { return Ok(()) };
        let place = place % current.len();
        prop_assume!(current.is_char_boundary(place));
        let edited = format!("{}{text}{}", &current[..place], &current[place + usize::from(replace)..]);
        prop_assume!(edited != current);
        let changed = with(body.clone(), &[(member, edited.into())]);
        prop_assert!(outcome(&changed, &certificate(pem), &original).is_err());
    }

    /// Nobody can move the border between two members: what differs in any signed member differs in the signed text.
    #[test]
    fn different_messages_have_different_signed_texts(one in signed_members(), two in signed_members()) {
        let (Ok(one), Ok(two)) = (Envelope::parse(&one.to_string()), Envelope::parse(&two.to_string())) else {
            return Ok(());
        };
        let members = |it: &Envelope| {
            let texts = [it.subject(), it.token(), it.subscribe_url()].map(|text| text.map(str::to_owned));
            (it.kind(), it.message().to_owned(), it.message_id().to_owned(), texts)
        };
        prop_assert_eq!(members(&one) == members(&two), one.signing_string() == two.signing_string());
    }
}

/// Messages out of few pieces, so that two of them often meet.
fn signed_members() -> impl Strategy<Value = Value> {
    let piece = prop_oneof![Just("a"), Just("\n"), Just("MessageId\n"), Just("Subject\n"), Just("\nToken\n")];
    let text = || prop::collection::vec(piece.clone(), 1..4).prop_map(|pieces| pieces.concat());
    (any::<bool>(), text(), text(), prop::option::of(text())).prop_map(|(confirm, message, id, other)| {
        let body = if confirm { confirmation() } else { notification() };
        let other = other.map_or(Value::Null, Value::from);
        let changes = [("Message", message.into()), ("MessageId", id.into())];
        let body = with(body, &changes);
        if confirm && other.is_null() {
            body
        } else {
            with(body, &[(if confirm { "Token" } else { "Subject" }, other)])
        }
    })
}
