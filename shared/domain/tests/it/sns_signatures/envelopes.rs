//! Reading a body, and the text that is signed.

use ponte_domain::sns::{Envelope, Kind, NotAuthentic, SignatureVersion, limits, verify_message};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::support::{AWS_2026, TOPIC, at, confirmation, data, notification, parsed, with};

fn refused(body: &Value) -> NotAuthentic {
    Envelope::parse(&body.to_string()).unwrap_err()
}

#[test]
fn the_signed_text_of_a_notification_is_that_of_the_contract() {
    let expected = format!(
        "Message\n{{\"Action\":1,\"TipoDeEvento\":3}}\nMessageId\n00000000-0000-4000-8000-000000000001\n\
         Timestamp\n2026-03-14T15:09:26.535Z\nTopicArn\n{TOPIC}\nType\nNotification\n"
    );
    assert_eq!(parsed(&notification()).signing_string(), expected);
    let with_subject = expected.replace("Timestamp\n", "Subject\nOlá\nTimestamp\n");
    assert_eq!(parsed(&with(notification(), &[("Subject", "Olá".into())])).signing_string(), with_subject);
}

#[test]
fn the_signed_text_of_a_confirmation_is_that_of_the_contract() {
    let url = confirmation()["SubscribeURL"].as_str().unwrap().to_owned();
    for kind in ["SubscriptionConfirmation", "UnsubscribeConfirmation"] {
        let expected = format!(
            "Message\nm\nMessageId\n00000000-0000-4000-8000-000000000001\nSubscribeURL\n{url}\n\
             Timestamp\n2026-03-14T15:09:26.535Z\nToken\n2336412f37fb\nTopicArn\n{TOPIC}\nType\n{kind}\n"
        );
        let changes = [("Type", kind.into()), ("Message", "m".into()), ("Subject", "never signed here".into())];
        assert_eq!(parsed(&with(confirmation(), &changes)).signing_string(), expected);
    }
}

#[test]
fn a_subject_is_signed_when_it_is_there_even_empty_but_not_null() {
    let mut body = notification();
    body["Subject"] = Value::Null;
    assert_eq!(parsed(&body).subject(), None);
    assert_eq!(parsed(&body).signing_string(), parsed(&notification()).signing_string());
    body["Subject"] = "".into();
    assert_eq!(parsed(&body).subject(), Some(""));
    assert!(parsed(&body).signing_string().contains("\nSubject\n\nTimestamp\n"));
    for wrong in [json!(1), json!(false), json!([]), json!({})] {
        body["Subject"] = wrong;
        assert_eq!(refused(&body), NotAuthentic::NotAString("Subject"));
    }
    for wrong in ["a\nb", "a\r", "\u{0}", "\u{85}", &"x".repeat(limits::SUBJECT_CHARS + 1)] {
        body["Subject"] = wrong.into();
        assert_eq!(refused(&body), NotAuthentic::Malformed("Subject"));
    }
}

#[test]
fn every_member_must_be_there_and_a_string() {
    let common =
        ["Type", "MessageId", "TopicArn", "Message", "Timestamp", "Signature", "SignatureVersion", "SigningCertURL"];
    let control = ["Token", "SubscribeURL"];
    for (body, names) in [(notification(), common.to_vec()), (confirmation(), [&common[..], &control].concat())] {
        for name in names {
            assert_eq!(refused(&with(body.clone(), &[(name, Value::Null)])), NotAuthentic::Missing(name));
            for wrong in [json!(1), json!(null), json!(true), json!(["x"]), json!({ "x": 1 })] {
                let mut body = body.clone();
                body[name] = wrong;
                assert_eq!(refused(&body), NotAuthentic::NotAString(name));
            }
        }
    }
    // Confirmations alone have a token.
    assert_eq!(parsed(&notification()).token(), None);
}

#[test]
fn texts_must_have_their_form() {
    let long = "x".repeat(limits::MESSAGE_ID_CHARS + 1);
    let cases = [
        ("Type", vec!["", "notification", "Notification ", "Other"]),
        ("MessageId", vec!["", "a b", "a\n", "a/b", "a#b", "ã", "a_b", &long]),
        ("Timestamp", vec!["", "yesterday", "2026-03-14", "2026-03-14T15:09:26.535", "2026-13-14T15:09:26Z", "0"]),
        ("Token", vec!["", "a b", "a\nb", "ã"]),
        ("SubscribeURL", vec!["", "https://a b", "a\n"]),
        ("Signature", vec!["", "A", "AAA", "AAAA\n", "AA-_", "AB==", "é"]),
    ];
    for (name, wrong) in cases {
        for text in wrong {
            assert_eq!(refused(&with(confirmation(), &[(name, text.into())])), NotAuthentic::Malformed(name), "{text}");
        }
    }
    for text in ["", "0", "3", "01", "1.0", "١"] {
        let body = with(notification(), &[("SignatureVersion", text.into())]);
        assert_eq!(refused(&body), NotAuthentic::UnknownVersion);
    }
    let other_region = TOPIC.replace("us-east-1", "us-east-2");
    assert_eq!(refused(&with(notification(), &[("TopicArn", other_region.into())])), NotAuthentic::CertificateUrl);
    let long = "A".repeat(limits::SIGNATURE_BYTES * 4);
    assert_eq!(refused(&with(notification(), &[("Signature", long.into())])), NotAuthentic::Malformed("Signature"));
}

#[test]
fn a_member_that_is_there_twice_is_refused() {
    let text = confirmation().to_string();
    for name in confirmation().as_object().unwrap().keys() {
        for value in [format!("{}", confirmation()[name]), "\"x\"".to_owned(), "null".to_owned()] {
            let twice = text.replacen('{', &format!("{{\"{name}\":{value},"), 1);
            assert!(matches!(Envelope::parse(&twice), Err(NotAuthentic::Repeated(it)) if it == name), "{name} {value}");
        }
    }
    // The other spelling and an escaped name are the same member.
    for other in ["SigningCertUrl", "SubscribeUrl", "Mess\\u0061ge"] {
        let twice = text.replacen('{', &format!("{{\"{other}\":\"x\","), 1);
        assert!(matches!(Envelope::parse(&twice), Err(NotAuthentic::Repeated(_))), "{other}");
    }
    // What is not read may be there as often as it likes.
    assert!(Envelope::parse(&text.replacen('{', "{\"x\":1,\"x\":{\"Type\":2},", 1)).is_ok());
}

#[test]
fn the_spelling_of_lambda_records_is_read() {
    let mut text = confirmation().to_string();
    let http = Envelope::parse(&text).unwrap();
    for (from, to) in [("SigningCertURL", "SigningCertUrl"), ("SubscribeURL", "SubscribeUrl")] {
        text = text.replace(from, to);
    }
    let lambda =
        Envelope::parse(&text.replacen('{', "{\"UnsubscribeUrl\":\"x\",\"MessageAttributes\":{},", 1)).unwrap();
    assert_eq!(lambda.signing_string(), http.signing_string());
    assert_eq!(lambda.certificate_url(), http.certificate_url());
}

#[test]
fn values_are_what_the_json_decodes_to() {
    let text = notification()
        .to_string()
        .replace("{\\\"Action\\\":1,\\\"TipoDeEvento\\\":3}", "\\u00e9\\/\\n\\ud83d\\ude00\\t\u{e3}");
    assert_eq!(Envelope::parse(&text).unwrap().message(), "é/\n😀\tã");
    assert!(Envelope::parse(&text).unwrap().signing_string().starts_with("Message\né/\n😀\tã\nMessageId\n"));
    assert!(matches!(Envelope::parse(&text.replace("\\ude00", "")), Err(NotAuthentic::NotJson { .. })));
    let empty = parsed(&with(notification(), &[("Message", "".into())]));
    assert_eq!(empty.message(), "");
}

#[test]
fn what_is_no_object_is_refused() {
    let deep = format!("{{\"x\":{}", "[".repeat(100_000));
    for text in ["", " ", "null", "[]", "\"x\"", "1", "{", "{}x", "{\"Type\":}", "\u{feff}{}", &deep] {
        assert!(matches!(Envelope::parse(text), Err(NotAuthentic::NotJson { .. })), "{}", text.len());
    }
    assert_eq!(Envelope::parse("{}").unwrap_err(), NotAuthentic::Missing("Type"));
    let large = format!("{}{}", notification(), " ".repeat(limits::BODY_BYTES));
    assert_eq!(Envelope::parse(&large).unwrap_err(), NotAuthentic::BodyTooLarge);
    let (pem, now) = (data(AWS_2026), at("2026-03-14T15:09:27Z"));
    assert_eq!(verify_message(large.as_bytes(), &pem, now).unwrap_err(), NotAuthentic::BodyTooLarge);
    assert_eq!(verify_message(b"\xff{}", &pem, now).unwrap_err(), NotAuthentic::NotUtf8);
}

#[test]
fn neither_errors_nor_the_printed_message_tell_its_content() {
    let body = with(confirmation(), &[("Message", "CPF 111.444.777-35".into())]);
    let envelope = parsed(&body);
    let printed = format!("{envelope:?}");
    assert!(!printed.contains("111.444") && !printed.contains("2336412f37fb"), "{printed}");
    assert_eq!((envelope.kind(), envelope.version()), (Kind::SubscriptionConfirmation, SignatureVersion::Two));
    let error = Envelope::parse("{\"Type\":\"secret\n").unwrap_err();
    assert_eq!((error.code(), error.to_string().contains("secret")), ("not_json", false));
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300), pem in "\\PC{0,200}") {
        prop_assert!(verify_message(&bytes, &pem, at("2026-03-14T15:09:27Z")).is_err());
    }

    #[test]
    fn any_members_are_answered(texts in prop::collection::vec(("[A-Z][A-Za-z]{0,12}|Type|Message|Signature", "\\PC{0,40}"), 0..12)) {
        let mut body = confirmation();
        for (name, text) in texts {
            body[name] = text.into();
        }
        let _ = Envelope::parse(&body.to_string());
    }

    #[test]
    fn any_edit_of_a_body_is_answered(place in any::<prop::sample::Index>(), bytes in prop::collection::vec(any::<u8>(), 0..4)) {
        let mut body = confirmation().to_string().into_bytes();
        let place = place.index(body.len());
        body.splice(place..=place, bytes);
        prop_assert!(verify_message(&body, &data(AWS_2026), at("2026-03-14T15:09:27Z")).is_err());
    }
}
