//! What a message is, and how it is signed.

use serde::{Deserialize, Serialize};

/// What a message is (contract section 8, envelope types).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An event.
    Notification,
    /// The topic asks whether we want its messages.
    SubscriptionConfirmation,
    /// Someone ended our subscription: an alarm, never acted on by itself (contract section 8.3).
    UnsubscribeConfirmation,
}

impl Kind {
    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Notification, Self::SubscriptionConfirmation, Self::UnsubscribeConfirmation]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }

    /// The text of `Type`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Notification => "Notification",
            Self::SubscriptionConfirmation => "SubscriptionConfirmation",
            Self::UnsubscribeConfirmation => "UnsubscribeConfirmation",
        }
    }
}

/// How a message is signed (contract section 8.1, rule 7); the topic's owner chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignatureVersion {
    /// RSA with SHA-1, the default of SNS.
    #[serde(rename = "1")]
    One,
    /// RSA with SHA-256.
    #[serde(rename = "2")]
    Two,
}

impl SignatureVersion {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "1" => Some(Self::One),
            "2" => Some(Self::Two),
            _ => None,
        }
    }
}
