//! Why a message is not accepted as coming from Amazon SNS.

use super::limits;

/// A message that is not accepted. No variant carries anything of the message itself, so each may be logged.
/// Certificates are numbered as in the file: 0 is the signer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAuthentic {
    /// More than [`limits::BODY_BYTES`].
    #[error("the body has more than {} bytes", limits::BODY_BYTES)]
    BodyTooLarge,
    /// The bytes are no text.
    #[error("the body is not UTF-8")]
    NotUtf8,
    /// Not one JSON object.
    #[error("the body is not one JSON object (line {line}, column {column})")]
    NotJson {
        /// Where reading stopped.
        line: usize,
        /// Where reading stopped.
        column: usize,
    },
    /// A member that is read is there twice: parsers differ in which one they take.
    #[error("the member {0} is there twice")]
    Repeated(&'static str),
    /// A member that must be there is not.
    #[error("the member {0} is missing")]
    Missing(&'static str),
    /// A member is a number, an object, or null.
    #[error("the member {0} is not a string")]
    NotAString(&'static str),
    /// A member's text is not of its form, or too long.
    #[error("the member {0} does not have its form")]
    Malformed(&'static str),
    /// Not `arn:aws:sns:<region>:<account>:<name>`.
    #[error("the topic is not arn:aws:sns:<region>:<account>:<name>")]
    TopicArn,
    /// Not twelve digits.
    #[error("an AWS account is twelve digits")]
    Account,
    /// `SigningCertURL` is not the exact address of a certificate of the topic's region.
    #[error(
        "SigningCertURL is not https://sns.<region of the topic>.amazonaws.com/SimpleNotificationService-<hex>.pem"
    )]
    CertificateUrl,
    /// Not 1 or 2.
    #[error("SignatureVersion is neither 1 nor 2")]
    UnknownVersion,
    /// The topic belongs to someone else.
    #[error("the topic is not of the pinned AWS account")]
    WrongAccount,
    /// The topic is elsewhere.
    #[error("the topic is not in the pinned AWS region")]
    WrongRegion,
    /// A version that the settings exclude.
    #[error("this SignatureVersion is not accepted here")]
    VersionRefused,
    /// Older than the settings allow.
    #[error("the message is too old")]
    TooOld,
    /// From the future.
    #[error("the message's time is ahead of ours")]
    FromTheFuture,
    /// More than [`limits::PEM_BYTES`].
    #[error("the certificate file has more than {} bytes", limits::PEM_BYTES)]
    PemTooLarge,
    /// Not just certificates in PEM.
    #[error("the certificate file does not hold just PEM certificates")]
    NotPem,
    /// More than [`limits::CERTIFICATES`].
    #[error("the certificate file holds more than {} certificates", limits::CERTIFICATES)]
    TooManyCertificates,
    /// Not an X.509 certificate.
    #[error("certificate {0} cannot be read")]
    CertificateUnreadable(usize),
    /// An extension that must be understood and is not.
    #[error("certificate {0} has a critical extension that is not understood")]
    CriticalExtension(usize),
    /// Signed in a way that is not accepted (SHA-1, MD5, DSA, another curve).
    #[error("certificate {0} is signed with an algorithm that is not accepted")]
    WeakChain(usize),
    /// Not signed by the next one.
    #[error("certificate {0} is not signed by the one that follows")]
    BrokenChain(usize),
    /// Must not issue certificates, or not for a chain of this length.
    #[error("certificate {0} must not issue certificates")]
    IssuerNotAuthority(usize),
    /// The signer's certificate is an authority's, or not for signing.
    #[error("the first certificate is not one of a signer")]
    NotASigner,
    /// Not Amazon SNS, or another region's.
    #[error("the signer's certificate does not name Amazon SNS of this region")]
    WrongName,
    /// SNS signs with RSA.
    #[error("the signer's key is not RSA")]
    KeyNotRsa,
    /// Less than [`limits::LEAF_KEY_BITS`].
    #[error("the signer's key has less than {} bits", limits::LEAF_KEY_BITS)]
    KeyTooSmall,
    /// A configured anchor is no certificate.
    #[error("trust anchor {0} cannot be read")]
    AnchorUnreadable(usize),
    /// The chain ends elsewhere.
    #[error("the chain of certificates ends in no trust anchor")]
    NoAnchor,
    /// Not in date yet.
    #[error("certificate {0} is not valid yet")]
    CertificateNotYetValid(usize),
    /// No longer in date.
    #[error("certificate {0} has expired")]
    CertificateExpired(usize),
    /// The signature is not one of this message by this signer.
    #[error("the signature does not belong to this message and certificate")]
    WrongSignature,
}

impl NotAuthentic {
    /// A short constant name, for metrics and alarms.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::BodyTooLarge => "body_too_large",
            Self::NotUtf8 => "not_utf8",
            Self::NotJson { .. } => "not_json",
            Self::Repeated(_) => "repeated_member",
            Self::Missing(_) => "missing_member",
            Self::NotAString(_) => "not_a_string",
            Self::Malformed(_) => "malformed_member",
            Self::TopicArn => "topic_arn",
            Self::Account => "account",
            Self::CertificateUrl => "certificate_url",
            Self::UnknownVersion => "unknown_version",
            Self::WrongAccount => "wrong_account",
            Self::WrongRegion => "wrong_region",
            Self::VersionRefused => "version_refused",
            Self::TooOld => "too_old",
            Self::FromTheFuture => "from_the_future",
            Self::PemTooLarge => "pem_too_large",
            Self::NotPem => "not_pem",
            Self::TooManyCertificates => "too_many_certificates",
            Self::CertificateUnreadable(_) => "certificate_unreadable",
            Self::CriticalExtension(_) => "critical_extension",
            Self::WeakChain(_) => "weak_chain",
            Self::BrokenChain(_) => "broken_chain",
            Self::IssuerNotAuthority(_) => "issuer_not_authority",
            Self::NotASigner => "not_a_signer",
            Self::WrongName => "wrong_name",
            Self::KeyNotRsa => "key_not_rsa",
            Self::KeyTooSmall => "key_too_small",
            Self::AnchorUnreadable(_) => "anchor_unreadable",
            Self::NoAnchor => "no_anchor",
            Self::CertificateNotYetValid(_) => "certificate_not_yet_valid",
            Self::CertificateExpired(_) => "certificate_expired",
            Self::WrongSignature => "wrong_signature",
        }
    }
}
