//! The two addresses of a message that are ever visited: the certificate's and the confirmation's.

use super::envelope::Envelope;
use super::limits;
use super::not_authentic::NotAuthentic;
use super::topic::TopicArn;

/// The address of a signing certificate. Only right ones can be made (contract section 8.1, rule 5), so whoever holds
/// one may download it, without following redirects.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SigningCertUrl {
    text: String,
    path_at: usize,
}

impl SigningCertUrl {
    /// Reads an address. It is compared, not parsed: what is not letter by letter the one form that AWS uses is
    /// refused, and there is no second URL parser to disagree with the one that downloads.
    ///
    /// # Errors
    /// [`NotAuthentic::CertificateUrl`] unless it is of the topic's region.
    pub fn parse(text: &str, topic: &TopicArn) -> Result<Self, NotAuthentic> {
        let origin = origin(topic);
        let id = text
            .strip_prefix(origin.as_str())
            .and_then(|path| path.strip_prefix("/SimpleNotificationService-"))
            .and_then(|file| file.strip_suffix(".pem"))
            .filter(|id| (1..=limits::CERTIFICATE_ID_CHARS).contains(&id.len()))
            .filter(|id| id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
        id.map(|_| Self { text: text.to_owned(), path_at: origin.len() }).ok_or(NotAuthentic::CertificateUrl)
    }

    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its path, `/SimpleNotificationService-<hex>.pem`.
    #[must_use]
    pub fn path(&self) -> &str {
        self.text.get(self.path_at..).unwrap_or_default()
    }

    /// Its file name, `SimpleNotificationService-<hex>.pem`.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.path().trim_start_matches('/')
    }
}

/// The address that confirms a subscription, built anew from what was verified and pinned instead of visiting what
/// arrived (contract section 8.3).
#[must_use]
pub fn confirmation_url(topic: &TopicArn, token: &str) -> String {
    let (origin, arn, token) = (origin(topic), percent_encode(topic.as_str()), percent_encode(token));
    format!("{origin}/?Action=ConfirmSubscription&TopicArn={arn}&Token={token}")
}

/// `SubscribeURL` is what it should be: https, the exact host of the topic's region, and a confirmation of just this
/// topic with just this token (contract section 8.3). `false` for notifications, which have none.
#[must_use]
pub fn subscribe_url_matches(envelope: &Envelope) -> bool {
    let Some((url, token)) = envelope.subscribe_url().zip(envelope.token()) else { return false };
    let query = url.strip_prefix(origin(envelope.topic()).as_str()).and_then(|rest| rest.strip_prefix("/?"));
    let Some(pairs) = query.and_then(query_pairs) else { return false };
    only(&pairs, "Action") == Some("ConfirmSubscription")
        && only(&pairs, "TopicArn") == Some(envelope.topic().as_str())
        && only(&pairs, "Token") == Some(token)
}

fn origin(topic: &TopicArn) -> String {
    format!("https://sns.{}.amazonaws.com", topic.region())
}

/// The value of a name that is there once.
fn only<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = pairs.iter().filter(|(key, _)| key == name);
    found.next().filter(|_| found.next().is_none()).map(|(_, value)| value.as_str())
}

fn query_pairs(query: &str) -> Option<Vec<(String, String)>> {
    if query.contains('#') {
        return None;
    }
    let pairs = query.split('&').map(|pair| {
        let (name, value) = pair.split_once('=')?;
        Some((percent_decode(name)?, percent_decode(value)?))
    });
    pairs.collect()
}

fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.extend(char::from_digit(u32::from(digit), 16).map(|digit| digit.to_ascii_uppercase()));
            }
        }
    }
    out
}

/// `None` for a broken escape: half understood is not understood.
fn percent_decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            out.push(u8::try_from(digit()? * 16 + digit()?).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}
