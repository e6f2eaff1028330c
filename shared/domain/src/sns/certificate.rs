//! A signer's certificate: read and checked once, then used for every message that names it.

use jiff::Timestamp;
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::public_key::PublicKey;

use super::envelope::Envelope;
use super::kind::SignatureVersion;
use super::not_authentic::NotAuthentic;
use super::{chain, limits, pem};

/// The certificate of an SNS signer, whose chain holds. Its dates count at each use, so it may be kept.
#[derive(Debug, Clone)]
pub struct SigningCertificate {
    key: Vec<u8>,
    signers: Vec<Signer>,
    periods: Vec<(Timestamp, Timestamp)>,
}

/// Whom a certificate names.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Signer {
    /// `sns.amazonaws.com`: all regions but the newer ones.
    AnyRegion,
    /// `sns-signing.<region>.amazonaws.com` in newer regions, or `sns.<region>.amazonaws.com`.
    Region(String),
}

impl SigningCertificate {
    /// Reads a certificate file and checks all that does not depend on a message or on time (contract section 8.1,
    /// rule 6): each certificate is signed by the next, an authority; the first names Amazon SNS and has an RSA key of
    /// at least 2,048 bits; the last is one of the anchors, or signed by one.
    ///
    /// AWS serves a single certificate, without its issuers. With no anchors, it is genuine because it was downloaded
    /// over TLS from the exact host of AWS ([`super::SigningCertUrl`]).
    ///
    /// # Errors
    /// [`NotAuthentic`], naming the certificate.
    pub fn from_pem(pem: &str, anchors: &[Vec<u8>]) -> Result<Self, NotAuthentic> {
        let file = pem::certificates(pem)?;
        let read = |(number, der)| chain::read(der).ok_or(NotAuthentic::CertificateUnreadable(number));
        let certificates = file.iter().map(Vec::as_slice).enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
        let leaf = certificates.first().ok_or(NotAuthentic::NotPem)?;
        let signers = signers(leaf)?;
        let key = rsa_key(leaf)?;
        is_signers(leaf)?;
        chain::check(&certificates, anchors)?;
        let periods =
            certificates.iter().enumerate().map(|(number, it)| period(it, number)).collect::<Result<_, _>>()?;
        Ok(Self { key, signers, periods })
    }

    /// Every certificate of the chain is in date.
    #[must_use]
    pub fn valid_at(&self, now: Timestamp) -> bool {
        self.check_dates(now).is_ok()
    }

    /// The last moment at which the whole chain is in date: no copy need be kept beyond it.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.periods.iter().map(|(_, until)| *until).min().unwrap_or(Timestamp::MIN)
    }

    /// Verifies that the signer signed this message (contract section 8.1, rules 6 to 8).
    ///
    /// # Errors
    /// [`NotAuthentic`]: not in date, of another region, or not the signature of this message.
    pub fn verify(&self, envelope: &Envelope, now: Timestamp) -> Result<(), NotAuthentic> {
        self.check_dates(now)?;
        if !self.signers.iter().any(|signer| signer.speaks_for(envelope.topic().region())) {
            return Err(NotAuthentic::WrongName);
        }
        let algorithm: &dyn VerificationAlgorithm = match envelope.version() {
            SignatureVersion::One => &signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
            SignatureVersion::Two => &signature::RSA_PKCS1_2048_8192_SHA256,
        };
        UnparsedPublicKey::new(algorithm, &self.key)
            .verify(envelope.signing_string().as_bytes(), envelope.signature())
            .map_err(|_| NotAuthentic::WrongSignature)
    }

    fn check_dates(&self, now: Timestamp) -> Result<(), NotAuthentic> {
        for (number, (from, until)) in self.periods.iter().enumerate() {
            if now < *from {
                return Err(NotAuthentic::CertificateNotYetValid(number));
            }
            // The last second belongs to the period.
            if now.as_second() > until.as_second() {
                return Err(NotAuthentic::CertificateExpired(number));
            }
        }
        Ok(())
    }
}

impl Signer {
    fn named(name: &str) -> Option<Self> {
        if name == "sns.amazonaws.com" {
            return Some(Self::AnyRegion);
        }
        let region = name.strip_prefix("sns-signing.").or_else(|| name.strip_prefix("sns."))?;
        // Compared with a topic's region later, so a wildcard or a second label is nobody's.
        region.strip_suffix(".amazonaws.com").map(|region| Self::Region(region.to_owned()))
    }

    fn speaks_for(&self, region: &str) -> bool {
        match self {
            Self::AnyRegion => true,
            Self::Region(name) => name == region,
        }
    }
}

/// The signers that a certificate names: by its alternative names, or by its common name when it has none of them
/// (RFC 6125, section 6.4.4).
fn signers(leaf: &X509Certificate<'_>) -> Result<Vec<Signer>, NotAuthentic> {
    let alternative = leaf.subject_alternative_name().map_err(|_| NotAuthentic::CertificateUnreadable(0))?;
    let names: Vec<&str> = match alternative {
        Some(names) => names.value.general_names.iter().filter_map(dns_name).collect(),
        None => leaf.subject().iter_common_name().filter_map(|name| name.as_str().ok()).collect(),
    };
    let signers: Vec<Signer> = names.into_iter().filter_map(Signer::named).collect();
    if signers.is_empty() { Err(NotAuthentic::WrongName) } else { Ok(signers) }
}

fn dns_name<'a>(name: &GeneralName<'a>) -> Option<&'a str> {
    match name {
        GeneralName::DNSName(name) => Some(name),
        _ => None,
    }
}

/// The key as ring takes it: the `RSAPublicKey` structure of PKCS #1.
fn rsa_key(leaf: &X509Certificate<'_>) -> Result<Vec<u8>, NotAuthentic> {
    let Ok(PublicKey::RSA(key)) = leaf.public_key().parsed() else { return Err(NotAuthentic::KeyNotRsa) };
    let mut modulus = key.modulus.iter().skip_while(|byte| **byte == 0);
    let first = modulus.next().map_or(0, |byte| u8::BITS - byte.leading_zeros());
    let bits = modulus.count() * 8 + usize::try_from(first).unwrap_or_default();
    if bits < limits::LEAF_KEY_BITS {
        return Err(NotAuthentic::KeyTooSmall);
    }
    Ok(leaf.public_key().subject_public_key.as_ref().to_vec())
}

/// Not an authority's certificate, and for signatures when it says what it is for.
fn is_signers(leaf: &X509Certificate<'_>) -> Result<(), NotAuthentic> {
    let signs = leaf.key_usage().is_ok_and(|usage| usage.is_none_or(|usage| usage.value.digital_signature()));
    if signs && !leaf.is_ca() { Ok(()) } else { Err(NotAuthentic::NotASigner) }
}

fn period(certificate: &X509Certificate<'_>, number: usize) -> Result<(Timestamp, Timestamp), NotAuthentic> {
    let moment = |seconds| Timestamp::from_second(seconds).map_err(|_| NotAuthentic::CertificateUnreadable(number));
    let validity = certificate.validity();
    Ok((moment(validity.not_before.timestamp())?, moment(validity.not_after.timestamp())?))
}
