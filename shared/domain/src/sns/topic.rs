//! Topics and the accounts that own them (contract section 8.1, rule 3).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::limits;
use super::not_authentic::NotAuthentic;

macro_rules! serde_as_text {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = NotAuthentic;

            fn try_from(text: String) -> Result<Self, NotAuthentic> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(it: $name) -> Self {
                it.as_str().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(self.as_str())
            }
        }
    };
}

/// An AWS account: twelve digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AwsAccountId(String);

impl AwsAccountId {
    /// Reads an account.
    ///
    /// # Errors
    /// [`NotAuthentic::Account`] unless it is exactly twelve digits.
    pub fn parse(text: &str) -> Result<Self, NotAuthentic> {
        let right = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        right.then(|| Self(text.to_owned())).ok_or(NotAuthentic::Account)
    }

    /// The twelve digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The account of Trinks, seen in production once; a setting (contract section 8.1, rule 3).
    pub(super) fn of_trinks() -> Self {
        Self("441135549897".to_owned())
    }
}

serde_as_text!(AwsAccountId);

/// A topic: `arn:aws:sns:<region>:<account>:<name>`, of the public partition only.
///
/// The characters are checked strictly: the ARN is a line of the signed text, and its region becomes a host name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TopicArn {
    text: String,
    region: String,
    account: AwsAccountId,
    name: String,
}

impl TopicArn {
    /// Reads an ARN.
    ///
    /// # Errors
    /// [`NotAuthentic::TopicArn`] unless it is one of a topic, character by character.
    pub fn parse(text: &str) -> Result<Self, NotAuthentic> {
        let mut parts = text.split(':');
        let mut next = || parts.next().ok_or(NotAuthentic::TopicArn);
        let prefix = [next()?, next()?, next()?];
        let (region, account, name) = (next()?, next()?, next()?);
        let account = AwsAccountId::parse(account).map_err(|_| NotAuthentic::TopicArn)?;
        if prefix != ["arn", "aws", "sns"] || parts.next().is_some() || !is_region(region) || !is_topic_name(name) {
            return Err(NotAuthentic::TopicArn);
        }
        Ok(Self { text: text.to_owned(), region: region.to_owned(), account, name: name.to_owned() })
    }

    /// The region, such as `us-east-1`.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The account that owns it.
    #[must_use]
    pub fn account(&self) -> &AwsAccountId {
        &self.account
    }

    /// Its name, such as `prd_integracao_exemplo`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The ARN as it was received.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

serde_as_text!(TopicArn);

fn is_region(text: &str) -> bool {
    (1..=limits::REGION_CHARS).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_topic_name(text: &str) -> bool {
    let stem = text.strip_suffix(".fifo").unwrap_or(text);
    text.len() <= limits::TOPIC_NAME_CHARS
        && !stem.is_empty()
        && stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
