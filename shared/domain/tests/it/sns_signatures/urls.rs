//! Topics, and where a certificate may be.

use ponte_domain::sns::{NotAuthentic, SigningCertUrl, TopicArn};
use proptest::prelude::*;

use super::support::{CERTIFICATE, TOPIC, topic};

#[test]
fn the_one_right_form_of_an_address_is_read() {
    let url = SigningCertUrl::parse(CERTIFICATE, &topic()).unwrap();
    assert_eq!(url.as_str(), CERTIFICATE);
    assert_eq!(url.file_name(), "SimpleNotificationService-00000000000000000000000000000000.pem");
    assert_eq!(url.path(), format!("/{}", url.file_name()));
}

#[test]
fn hostile_addresses_are_refused() {
    let file = "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem";
    assert!(SigningCertUrl::parse(&format!("https://sns.us-east-1.amazonaws.com{file}"), &topic()).is_ok());
    let origins = [
        "http://sns.us-east-1.amazonaws.com",
        "HTTPS://sns.us-east-1.amazonaws.com",
        " https://sns.us-east-1.amazonaws.com",
        "//sns.us-east-1.amazonaws.com",
        "https:/sns.us-east-1.amazonaws.com",
        "https:\\\\sns.us-east-1.amazonaws.com",
        "ftp://sns.us-east-1.amazonaws.com",
        "https://sns.us-east-2.amazonaws.com",
        "https://sns.sa-east-1.amazonaws.com",
        "https://sns.amazonaws.com",
        "https://SNS.us-east-1.amazonaws.com",
        "https://sns.us-east-1.AMAZONAWS.com",
        "https://sns.us-east-1.amazonaws.com.",
        "https://sns.us-east-1.amazonaws.com.cn",
        "https://sns.us-east-1.amazonaws.com.evil.example",
        "https://sns.us-east-1.amazonaws.comevil.example",
        "https://evilsns.us-east-1.amazonaws.com",
        "https://evil.sns.us-east-1.amazonaws.com",
        "https://evil.example/sns.us-east-1.amazonaws.com",
        "https://sns-us-east-1.amazonaws.com",
        "https://s3.us-east-1.amazonaws.com",
        "https://bucket.s3.us-east-1.amazonaws.com",
        "https://sns.us-east-1.amazonaws.com:443",
        "https://sns.us-east-1.amazonaws.com:8443",
        "https://sns.us-east-1.amazonaws.com:",
        "https://sns.us-east-1.amazonaws.com@evil.example",
        "https://sns.us-east-1.amazonaws.com%2eevil.example",
        "https://sns.us-east-1.amazonaws.com%00.evil.example",
        "https://sns.us-east-1.amazonaws.com\\@evil.example",
        "https://sns.us-east-1.amazonaws.com\t.evil.example",
        "https://user@sns.us-east-1.amazonaws.com",
        "https://user:pass@sns.us-east-1.amazonaws.com",
        "https://evil.example#sns.us-east-1.amazonaws.com",
        "https://evil.example?sns.us-east-1.amazonaws.com",
        "https://sns.us%2deast-1.amazonaws.com",
        "https://ѕns.us-east-1.amazonaws.com",
        "https://sns.us-east-1.amazonaws。com",
        "https://sns.us-east-1.amazonaws.com/x",
        "https://sns.us-east-1.amazonaws.com/..",
        "https://sns.us-east-1.amazonaws.com/",
        "",
    ];
    for origin in origins {
        let url = format!("{origin}{file}");
        assert_eq!(SigningCertUrl::parse(&url, &topic()), Err(NotAuthentic::CertificateUrl), "{url}");
    }
}

#[test]
fn hostile_paths_are_refused() {
    let id = "0123456789abcdef0123456789abcdef";
    let paths = [
        String::new(),
        "/".to_owned(),
        format!("SimpleNotificationService-{id}.pem"),
        format!("/simplenotificationservice-{id}.pem"),
        "/SimpleNotificationService-.pem".to_owned(),
        format!("/SimpleNotificationService-{id}"),
        format!("/SimpleNotificationService-{id}.PEM"),
        format!("/SimpleNotificationService-{id}.pem.exe"),
        format!("/SimpleNotificationService-{}.pem", id.to_uppercase()),
        format!("/SimpleNotificationService-{id}g.pem"),
        format!("/SimpleNotificationService-../{id}.pem"),
        format!("/SimpleNotificationService-{id}/../x.pem"),
        format!("/../SimpleNotificationService-{id}.pem"),
        format!("/./SimpleNotificationService-{id}.pem"),
        format!("//SimpleNotificationService-{id}.pem"),
        format!("/SimpleNotificationService-{id}.pem?x=1"),
        format!("/SimpleNotificationService-{id}.pem?"),
        format!("/SimpleNotificationService-{id}.pem#x"),
        format!("/SimpleNotificationService-{id}.pem#"),
        format!("/?x=/SimpleNotificationService-{id}.pem"),
        format!("/SimpleNotificationService-%30{id}.pem"),
        format!("/SimpleNotificationService-{id}%00.pem"),
        format!("/SimpleNotificationService-{id}.pem "),
        format!("/SimpleNotificationService-{id}.pem\n"),
        format!("/SimpleNotificationService-{id}\u{ff10}.pem"),
        format!("/SimpleNotificationService-{}.pem", "0".repeat(129)),
    ];
    for path in paths {
        let url = format!("https://sns.us-east-1.amazonaws.com{path}");
        assert_eq!(SigningCertUrl::parse(&url, &topic()), Err(NotAuthentic::CertificateUrl), "{url}");
    }
}

#[test]
fn topics_are_read_strictly() {
    let topic = topic();
    assert_eq!((topic.region(), topic.account().as_str()), ("us-east-1", "441135549897"));
    assert_eq!((topic.name(), topic.to_string()), ("prd_integracao_exemplo", TOPIC.to_owned()));
    let text = serde_json::to_string(&topic).unwrap();
    assert_eq!(text, format!("\"{TOPIC}\""));
    assert_eq!(serde_json::from_str::<TopicArn>(&text).unwrap(), topic);
    let prefix = "arn:aws:sns:us-east-1:441135549897";
    for name in ["a", "A-b_9", "a.fifo", &"x".repeat(256)] {
        assert!(TopicArn::parse(&format!("{prefix}:{name}")).is_ok(), "{name}");
    }
    let wrong = [
        String::new(),
        "arn".to_owned(),
        prefix.to_owned(),
        format!("{prefix}:"),
        format!("{prefix}:.fifo"),
        format!("{prefix}:a.b"),
        format!("{prefix}:a.fifo.fifo"),
        format!("{prefix}:a b"),
        format!("{prefix}:a\n"),
        format!("{prefix}:ã"),
        format!("{prefix}:{}", "x".repeat(257)),
        format!("{prefix}:{}.fifo", "x".repeat(252)),
        format!("{prefix}:a:00000000-0000-4000-8000-000000000002"),
        TOPIC.replace("arn", "ARN"),
        TOPIC.replace(":aws:", ":aws-cn:"),
        TOPIC.replace(":aws:", ":aws-us-gov:"),
        TOPIC.replace(":sns:", ":sqs:"),
        TOPIC.replace("us-east-1", ""),
        TOPIC.replace("us-east-1", "US-EAST-1"),
        TOPIC.replace("us-east-1", "us.east"),
        TOPIC.replace("us-east-1", "us/east"),
        TOPIC.replace("us-east-1", &"a".repeat(33)),
        TOPIC.replace("441135549897", "44113554989"),
        TOPIC.replace("441135549897", "4411355498970"),
        TOPIC.replace("441135549897", "44113554989x"),
        TOPIC.replace("441135549897", "４41135549897"),
        format!(" {TOPIC}"),
    ];
    for text in wrong {
        assert_eq!(TopicArn::parse(&text), Err(NotAuthentic::TopicArn), "{text}");
        assert!(serde_json::from_value::<TopicArn>(text.into()).is_err());
    }
}

proptest! {
    #[test]
    fn whatever_is_read_is_kept_as_it_was(text in "\\PC{0,60}", name in "[A-Za-z0-9_.:-]{1,40}") {
        for text in [text, format!("arn:aws:sns:us-east-1:441135549897:{name}")] {
            if let Ok(topic) = TopicArn::parse(&text) {
                prop_assert_eq!(topic.as_str(), text.as_str());
            }
            if let Ok(url) = SigningCertUrl::parse(&text, &topic()) {
                prop_assert_eq!(url.as_str(), text.as_str());
            }
        }
    }

    #[test]
    fn one_changed_byte_leaves_the_host_right(place in any::<prop::sample::Index>(), other in any::<u8>()) {
        let mut bytes = CERTIFICATE.as_bytes().to_vec();
        let place = place.index(bytes.len());
        bytes[place] = other;
        if let Ok(url) = SigningCertUrl::parse(&String::from_utf8_lossy(&bytes), &topic()) {
            prop_assert!(url.as_str().starts_with("https://sns.us-east-1.amazonaws.com/SimpleNotificationService-"));
        }
    }
}
