//! What is known of a message before any certificate is fetched: whose it is, and how old.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::envelope::Envelope;
use super::kind::SignatureVersion;
use super::limits;
use super::not_authentic::NotAuthentic;
use super::topic::AwsAccountId;

/// Which messages are wanted at all. Settings (contract section 11); which **topics** is decided by the caller, who
/// knows which ones are pinned (contract section 8.1, rule 4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnsPolicy {
    /// The account whose topics are accepted.
    pub account: AwsAccountId,
    /// Its region.
    pub region: String,
    /// How old a message may be.
    pub maximum_age: SignedDuration,
    /// How far ahead of our clock a message may be.
    pub maximum_future: SignedDuration,
    /// Which versions of the signature are accepted.
    pub versions: Vec<SignatureVersion>,
}

impl Default for SnsPolicy {
    fn default() -> Self {
        Self {
            account: AwsAccountId::of_trinks(),
            region: "us-east-1".to_owned(),
            maximum_age: SignedDuration::from_hours(limits::MAXIMUM_AGE_HOURS),
            maximum_future: SignedDuration::from_mins(limits::MAXIMUM_FUTURE_MINUTES),
            versions: vec![SignatureVersion::One, SignatureVersion::Two],
        }
    }
}

/// Checks everything about a message but its certificate and signature (contract section 8.1, rules 3, 7 and 10), so
/// that a stranger's message makes us download nothing.
///
/// # Errors
/// [`NotAuthentic`]: another account, region or version, or not of today.
pub fn screen(envelope: &Envelope, policy: &SnsPolicy, now: Timestamp) -> Result<(), NotAuthentic> {
    let age = now.duration_since(envelope.sent_at());
    let checks = [
        (*envelope.topic().account() == policy.account, NotAuthentic::WrongAccount),
        (envelope.topic().region() == policy.region, NotAuthentic::WrongRegion),
        (policy.versions.contains(&envelope.version()), NotAuthentic::VersionRefused),
        (age <= policy.maximum_age, NotAuthentic::TooOld),
        (-age <= policy.maximum_future, NotAuthentic::FromTheFuture),
    ];
    checks.into_iter().find(|(right, _)| !right).map_or(Ok(()), |(_, fault)| Err(fault))
}
