//! Messages of Amazon SNS, and whether they are authentic (Trinks contract, section 8).
//!
//! Pure: the caller brings the body, the certificate file and the time. The order is that of contract section 8.1:
//! [`Envelope::parse`], [`screen`], the topic's pin, the download of [`Envelope::certificate_url`] unless its
//! [`SigningCertificate`] is at hand, [`SigningCertificate::verify`]; only then a look at [`Envelope::message`].

mod certificate;
mod chain;
mod envelope;
mod kind;
pub mod limits;
mod members;
mod not_authentic;
mod pem;
mod policy;
mod topic;
mod url;

use jiff::Timestamp;

pub use certificate::SigningCertificate;
pub use envelope::Envelope;
pub use kind::{Kind, SignatureVersion};
pub use not_authentic::NotAuthentic;
pub use policy::{SnsPolicy, screen};
pub use topic::{AwsAccountId, TopicArn};
pub use url::{SigningCertUrl, confirmation_url, subscribe_url_matches};

/// Verifies a message against a certificate file (contract section 8.1, rules 6 to 8). The anchors are root or
/// intermediate certificates as DER; with none, the certificate must have come by TLS from the exact host of AWS. Who
/// verifies many messages keeps a [`SigningCertificate`] instead.
///
/// # Errors
/// [`NotAuthentic`]: the certificate is not one of Amazon SNS, or not in date, or did not sign this message.
pub fn verify(
    envelope: &Envelope,
    certificate_pem: &str,
    anchors: &[Vec<u8>],
    now: Timestamp,
) -> Result<(), NotAuthentic> {
    SigningCertificate::from_pem(certificate_pem, anchors)?.verify(envelope, now)
}

/// Reads and verifies a body in one go, for code that has both at hand. It knows nothing of accounts, topics and age:
/// a valid message of a stranger's topic passes, so [`screen`] and the topic's pin are still the caller's.
///
/// # Errors
/// [`NotAuthentic`], as [`Envelope::parse`] and [`verify`].
pub fn verify_message(body: &[u8], certificate_pem: &str, now: Timestamp) -> Result<Envelope, NotAuthentic> {
    if body.len() > limits::BODY_BYTES {
        return Err(NotAuthentic::BodyTooLarge);
    }
    let envelope = Envelope::parse(std::str::from_utf8(body).map_err(|_| NotAuthentic::NotUtf8)?)?;
    verify(&envelope, certificate_pem, &[], now)?;
    Ok(envelope)
}
