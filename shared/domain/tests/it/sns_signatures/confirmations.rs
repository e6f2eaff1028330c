//! Confirming a subscription (contract section 8.3).

use ponte_domain::sns::{Envelope, confirmation_url, subscribe_url_matches};
use proptest::prelude::*;
use serde_json::Value;

use super::support::{TOPIC, confirmation, notification, parsed, topic, vector, with};

fn matches(url: &str) -> bool {
    let body = with(confirmation(), &[("SubscribeURL", url.into())]);
    Envelope::parse(&body.to_string()).is_ok_and(|envelope| subscribe_url_matches(&envelope))
}

#[test]
fn the_urls_that_sns_sends_match() {
    for name in ["2026-subscription-v1", "2026-unsubscribe-v2"] {
        assert!(subscribe_url_matches(&Envelope::parse(&vector(name)).unwrap()), "{name}");
    }
    assert!(subscribe_url_matches(&parsed(&confirmation())));
    assert!(!subscribe_url_matches(&parsed(&notification())));
}

#[test]
fn the_url_that_is_visited_is_built_anew() {
    let built = confirmation_url(&topic(), "2336412f37fb");
    let arn = "arn%3Aaws%3Asns%3Aus-east-1%3A441135549897%3Aprd_integracao_exemplo";
    let expected =
        format!("https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={arn}&Token=2336412f37fb");
    assert_eq!(built, expected);
    assert!(matches(&built));
    assert!(confirmation_url(&topic(), "a&Action=b c#ü%\n").ends_with("Token=a%26Action%3Db%20c%23%C3%BC%25%0A"));
}

#[test]
fn another_host_action_topic_or_token_does_not_match() {
    let right =
        format!("https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37fb");
    assert!(matches(&right));
    let change = |from: &str, to: &str| right.replace(from, to);
    let wrong = [
        change("https", "http"),
        change("https://", "https://x@"),
        change(".com/", ".com:443/"),
        change(".com/", ".com"),
        change(".com/", ".com/x"),
        change(".com/", ".com./"),
        change("https://sns.us-east-1", "https://sns.us-east-2"),
        change("amazonaws.com", "amazonaws.com.evil.example"),
        change("amazonaws.com/", "amazonaws.com.evil.example/"),
        change("ConfirmSubscription", "Unsubscribe"),
        change("ConfirmSubscription", "confirmsubscription"),
        change("exemplo&", "outro&"),
        change("441135549897:", "441135549898:"),
        change("2336412f37fb", "2336412f37fa"),
        change("2336412f37fb", ""),
        change("&Token=2336412f37fb", ""),
        format!("{right}&Token=2336412f37fb"),
        format!("{right}&%54oken=x"),
        format!("{right}&Action=Unsubscribe"),
        format!("{right}&TopicArn=x"),
        format!("{right}#"),
        format!("{right}&x=#"),
        format!("{right}&x"),
        format!("{right}&x=%zz"),
        format!("{right}&x=%ff"),
        format!("{right} "),
    ];
    for url in wrong {
        assert!(!matches(&url), "{url}");
    }
}

proptest! {
    #[test]
    fn any_token_that_is_built_in_is_read_back(token in "[!-~]{1,200}") {
        let url = confirmation_url(&topic(), &token);
        prop_assert!(url.bytes().all(|byte| byte.is_ascii_graphic()));
        let body = with(confirmation(), &[("Token", token.into()), ("SubscribeURL", url.into())]);
        prop_assert!(subscribe_url_matches(&parsed(&body)));
    }

    #[test]
    fn any_url_is_answered(url in "\\PC{0,80}", tail in "[ -~]{0,80}") {
        let _ = (matches(&url), matches(&format!("https://sns.us-east-1.amazonaws.com/?{tail}")));
    }

    #[test]
    fn one_changed_byte_does_not_match(place in any::<prop::sample::Index>(), other in 0x21_u8..0x7f) {
        let Value::String(url) = confirmation()["SubscribeURL"].clone() else { return Ok(()) };
        let mut bytes = url.clone().into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = other;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assume!(changed != url);
        prop_assert!(!matches(&changed), "{}", changed);
    }
}
