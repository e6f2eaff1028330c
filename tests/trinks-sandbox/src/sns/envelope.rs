//! An SNS envelope, written and signed.

use super::authority::Authority;
use super::subscription::Subscription;
use anyhow::Result;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Where envelopes say that SNS is. Only the local stack fetches the path from the sandbox instead.
const SNS: &str = "https://sns.us-east-1.amazonaws.com";

/// An envelope's members: texts, all of them.
type Fields = BTreeMap<&'static str, String>;

/// What is spoilt on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tamper {
    /// The message is another than was signed.
    Message,
    /// The signature's first character is another.
    Signature,
    /// The topic is another than was signed. (For a foreign topic with a valid signature, set `topic_arn`.)
    Topic,
    /// The certificate's URL has a foreign host; the signature, which does not cover it, is valid.
    CertUrl,
}

/// What a test may set on an envelope.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Marks {
    #[serde(default)]
    pub(crate) tamper: Option<Tamper>,
    #[serde(default)]
    pub(crate) timestamp: Option<String>,
    #[serde(default)]
    pub(crate) topic_arn: Option<String>,
    #[serde(default)]
    pub(crate) signature_version: Option<String>,
    #[serde(default)]
    pub(crate) message_id: Option<String>,
    #[serde(default)]
    pub(crate) subject: Option<String>,
}

/// The type of an envelope, with what only that type has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Notification,
    Subscription { token: String },
    Unsubscription { token: String },
}

impl Kind {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Notification => "Notification",
            Self::Subscription { .. } => "SubscriptionConfirmation",
            Self::Unsubscription { .. } => "UnsubscribeConfirmation",
        }
    }
}

/// An envelope ready to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Envelope {
    pub(crate) kind: &'static str,
    pub(crate) message_id: String,
    pub(crate) topic_arn: String,
    pub(crate) subscription_arn: Option<String>,
    pub(crate) body: String,
}

/// Writes, signs and, if asked, spoils an envelope.
pub(crate) fn write(
    authority: &Authority,
    subscription: &Subscription,
    kind: &Kind,
    message: &str,
    marks: &Marks,
) -> Result<Envelope> {
    let topic = marks.topic_arn.clone().unwrap_or_else(|| subscription.topic_arn.clone());
    let version = marks.signature_version.as_ref().unwrap_or(&subscription.signature_version);
    let message_id = marks.message_id.clone().unwrap_or_else(|| Uuid::new_v4().to_string());
    let now = || Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    let mut fields = Fields::from([
        ("Type", kind.name().to_owned()),
        ("MessageId", message_id.clone()),
        ("TopicArn", topic.clone()),
        ("Message", message.to_owned()),
        ("Timestamp", marks.timestamp.clone().unwrap_or_else(now)),
        ("SignatureVersion", version.clone()),
        ("SigningCertURL", format!("{SNS}{}", authority.certificate_path())),
    ]);
    match kind {
        Kind::Notification => {
            let arn = subscription.arn.clone().unwrap_or_else(|| format!("{topic}:{}", Uuid::nil()));
            fields.insert("UnsubscribeURL", format!("{SNS}/?Action=Unsubscribe&SubscriptionArn={arn}"));
            fields.extend(marks.subject.clone().map(|subject| ("Subject", subject)));
        }
        Kind::Subscription { token } | Kind::Unsubscription { token } => {
            let visit = format!("{SNS}/?Action=ConfirmSubscription&TopicArn={topic}&Token={token}");
            fields.extend([("Token", token.clone()), ("SubscribeURL", visit)]);
        }
    }
    fields.insert("Signature", authority.sign(&canonical(&fields, kind), version)?);
    if let Some(tamper) = marks.tamper {
        spoil(&mut fields, tamper);
    }
    let subscription_arn = subscription.arn.clone().filter(|_| !matches!(kind, Kind::Subscription { .. }));
    let topic_arn = fields.get("TopicArn").cloned().unwrap_or_default();
    let body = serde_json::to_string(&fields)?;
    Ok(Envelope { kind: kind.name(), message_id, topic_arn, subscription_arn, body })
}

/// The text that is signed: contract section 8.2.
fn canonical(fields: &Fields, kind: &Kind) -> String {
    let names: &[&str] = match kind {
        Kind::Notification => &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
        _ => &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
    };
    let present = names.iter().filter_map(|name| fields.get(name).map(|value| [name, "\n", value, "\n"].concat()));
    present.collect()
}

fn spoil(fields: &mut Fields, tamper: Tamper) {
    let (name, spoilt): (_, fn(&str) -> String) = match tamper {
        Tamper::Message => ("Message", |message| format!("{message} ")),
        Tamper::Topic => ("TopicArn", |topic| format!("{topic}_outro")),
        Tamper::CertUrl => ("SigningCertURL", |url| url.replace(SNS, &format!("{SNS}.example.com"))),
        Tamper::Signature => ("Signature", |signature| {
            let first = if signature.starts_with('A') { "B" } else { "A" };
            format!("{first}{}", signature.get(1..).unwrap_or_default())
        }),
    };
    if let Some(value) = fields.get_mut(name) {
        *value = spoilt(value);
    }
}
