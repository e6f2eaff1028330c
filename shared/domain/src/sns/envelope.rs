//! A message as SNS delivers it: parsed, and nothing about it believed yet.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::kind::{Kind, SignatureVersion};
use super::limits;
use super::members::Members;
use super::not_authentic::NotAuthentic;
use super::topic::TopicArn;
use super::url::SigningCertUrl;

/// A parsed message. Its texts are as they decode from the JSON and never printed anew, because they are signed.
///
/// Every signed text but `Message` is held to one line. Therefore two different messages never have the same signed
/// text, and nobody can move the border between two members of a message that was signed for something else.
#[derive(Clone)]
pub struct Envelope {
    kind: Kind,
    message_id: String,
    topic: TopicArn,
    subject: Option<String>,
    message: String,
    timestamp: String,
    sent_at: Timestamp,
    control: Option<Control>,
    version: SignatureVersion,
    signature: Vec<u8>,
    certificate_url: SigningCertUrl,
}

/// What only confirmations have.
#[derive(Clone)]
struct Control {
    token: String,
    subscribe_url: String,
}

impl Envelope {
    /// Reads the body of an HTTP request, of an SQS message, or the `Sns` object of a Lambda record (contract section
    /// 8.1, rules 2, 3 and 5). Members that SNS does not sign for its type are not kept.
    ///
    /// # Errors
    /// [`NotAuthentic`], naming the member, when one is missing, repeated, no string or not of its form.
    pub fn parse(body: &str) -> Result<Self, NotAuthentic> {
        if body.len() > limits::BODY_BYTES {
            return Err(NotAuthentic::BodyTooLarge);
        }
        let mut members = Members::read(body)?;
        let kind = Kind::parse(&members.text("Type")?).ok_or(NotAuthentic::Malformed("Type"))?;
        let topic = TopicArn::parse(&members.text("TopicArn")?)?;
        let certificate_url = SigningCertUrl::parse(&members.text("SigningCertURL")?, &topic)?;
        let timestamp = formed(members.text("Timestamp")?, "Timestamp", limits::TIMESTAMP_CHARS)?;
        let (subject, control) = match kind {
            Kind::Notification => (members.optional("Subject")?.map(single_line).transpose()?, None),
            Kind::SubscriptionConfirmation | Kind::UnsubscribeConfirmation => (None, Some(control(&mut members)?)),
        };
        Ok(Self {
            kind,
            message_id: message_id(members.text("MessageId")?)?,
            sent_at: timestamp.parse().map_err(|_| NotAuthentic::Malformed("Timestamp"))?,
            message: members.text("Message")?,
            version: SignatureVersion::parse(&members.text("SignatureVersion")?).ok_or(NotAuthentic::UnknownVersion)?,
            signature: signature(&members.text("Signature")?)?,
            topic,
            subject,
            timestamp,
            control,
            certificate_url,
        })
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// `MessageId`: repeated deliveries carry the same one.
    #[must_use]
    pub fn message_id(&self) -> &str {
        &self.message_id
    }

    /// The topic it is of.
    #[must_use]
    pub fn topic(&self) -> &TopicArn {
        &self.topic
    }

    /// `Message`: for a notification, the event's JSON as text. Not to be looked into before it is verified.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// `Subject` of a notification. Empty text is a subject, null is none.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// `Timestamp`, when it was published.
    #[must_use]
    pub fn sent_at(&self) -> Timestamp {
        self.sent_at
    }

    /// `Token` of a confirmation. It allows to subscribe: not for logs.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.control.as_ref().map(|control| control.token.as_str())
    }

    /// `SubscribeURL` of a confirmation. To compare ([`super::subscribe_url_matches`]), not to visit.
    #[must_use]
    pub fn subscribe_url(&self) -> Option<&str> {
        self.control.as_ref().map(|control| control.subscribe_url.as_str())
    }

    /// How it says it is signed.
    #[must_use]
    pub fn version(&self) -> SignatureVersion {
        self.version
    }

    /// The decoded signature.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Where its certificate is.
    #[must_use]
    pub fn certificate_url(&self) -> &SigningCertUrl {
        &self.certificate_url
    }

    /// The text that is signed (contract section 8.2).
    #[must_use]
    pub fn signing_string(&self) -> String {
        let control = self.control.as_ref();
        let members = [
            ("Message", Some(self.message.as_str())),
            ("MessageId", Some(&self.message_id)),
            ("Subject", self.subject()),
            ("SubscribeURL", control.map(|control| control.subscribe_url.as_str())),
            ("Timestamp", Some(&self.timestamp)),
            ("Token", control.map(|control| control.token.as_str())),
            ("TopicArn", Some(self.topic.as_str())),
            ("Type", Some(self.kind.as_str())),
        ];
        let mut text = String::with_capacity(self.message.len() + 1024);
        for (name, value) in members {
            if let Some(value) = value {
                text.extend([name, "\n", value, "\n"]);
            }
        }
        text
    }
}

/// Events hold personal data and tokens are secrets: neither is printed.
impl fmt::Debug for Envelope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, id, topic, at) = (&self.kind, &self.message_id, &self.topic, &self.sent_at);
        write!(out, "Envelope({kind:?}, {id}, {topic}, {at})")
    }
}

fn control(members: &mut Members) -> Result<Control, NotAuthentic> {
    Ok(Control {
        token: formed(members.text("Token")?, "Token", limits::TOKEN_CHARS)?,
        subscribe_url: formed(members.text("SubscribeURL")?, "SubscribeURL", limits::URL_CHARS)?,
    })
}

/// Text of visible ASCII, and some.
fn formed(text: String, name: &'static str, chars: usize) -> Result<String, NotAuthentic> {
    let right = (1..=chars).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    right.then_some(text).ok_or(NotAuthentic::Malformed(name))
}

/// SNS allows no control characters in a subject.
fn single_line(text: String) -> Result<String, NotAuthentic> {
    let right = text.chars().count() <= limits::SUBJECT_CHARS && !text.contains(char::is_control);
    right.then_some(text).ok_or(NotAuthentic::Malformed("Subject"))
}

/// It becomes part of a storage key.
fn message_id(text: String) -> Result<String, NotAuthentic> {
    let right = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let text = formed(text, "MessageId", limits::MESSAGE_ID_CHARS)?;
    right.then_some(text).ok_or(NotAuthentic::Malformed("MessageId"))
}

fn signature(text: &str) -> Result<Vec<u8>, NotAuthentic> {
    // Four characters for three bytes: what is longer is not even decoded.
    let decoded = (text.len() <= limits::SIGNATURE_BYTES.div_ceil(3) * 4).then(|| STANDARD.decode(text).ok()).flatten();
    decoded.filter(|bytes| !bytes.is_empty()).ok_or(NotAuthentic::Malformed("Signature"))
}
