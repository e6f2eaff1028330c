//! What is refused before any certificate is fetched.

use jiff::SignedDuration;
use ponte_domain::sns::{AwsAccountId, NotAuthentic, SignatureVersion, SnsPolicy, screen};

use super::support::{at, notification, parsed};

#[test]
fn the_right_account_region_version_and_day_pass() {
    let (envelope, policy) = (parsed(&notification()), SnsPolicy::default());
    for now in ["2026-03-14T14:54:26.535Z", "2026-03-14T15:09:27Z", "2026-03-15T15:09:26.535Z"] {
        assert_eq!(screen(&envelope, &policy, at(now)), Ok(()), "{now}");
    }
    for (now, expected) in
        [("2026-03-14T14:54:26.534Z", NotAuthentic::FromTheFuture), ("2026-03-15T15:09:26.536Z", NotAuthentic::TooOld)]
    {
        assert_eq!(screen(&envelope, &policy, at(now)), Err(expected), "{now}");
    }
}

#[test]
fn a_stranger_is_refused() {
    let (envelope, now) = (parsed(&notification()), at("2026-03-14T15:09:27Z"));
    let stranger = AwsAccountId::parse("441135549898").unwrap();
    let cases = [
        (SnsPolicy { account: stranger, ..SnsPolicy::default() }, NotAuthentic::WrongAccount),
        (SnsPolicy { region: "sa-east-1".to_owned(), ..SnsPolicy::default() }, NotAuthentic::WrongRegion),
        (SnsPolicy { versions: vec![SignatureVersion::One], ..SnsPolicy::default() }, NotAuthentic::VersionRefused),
        (SnsPolicy { maximum_age: SignedDuration::ZERO, ..SnsPolicy::default() }, NotAuthentic::TooOld),
    ];
    for (policy, expected) in cases {
        assert_eq!(screen(&envelope, &policy, now), Err(expected));
    }
}

#[test]
fn the_settings_survive_storage() {
    let policy = SnsPolicy::default();
    let text = serde_json::to_string(&policy).unwrap();
    assert!(text.contains("\"account\":\"441135549897\"") && text.contains("[\"1\",\"2\"]"), "{text}");
    assert_eq!(serde_json::from_str::<SnsPolicy>(&text).unwrap(), policy);
    assert!(serde_json::from_str::<AwsAccountId>("\"44113554989\"").is_err());
}
