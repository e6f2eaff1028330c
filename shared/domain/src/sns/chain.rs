//! A chain of certificates: each may issue, and signed the one before it; the last is, or is signed by, an anchor.

use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{ParsedExtension, X509Extension};
use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_PKCS1_RSAENCRYPTION, OID_PKCS1_SHA256WITHRSA,
    OID_PKCS1_SHA384WITHRSA, OID_PKCS1_SHA512WITHRSA, OID_SIG_ECDSA_WITH_SHA256, OID_SIG_ECDSA_WITH_SHA384,
    OID_X509_EXT_BASIC_CONSTRAINTS, OID_X509_EXT_KEY_USAGE, OID_X509_EXT_SUBJECT_ALT_NAME, Oid,
};
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::not_authentic::NotAuthentic;

/// Reads a certificate, the whole of it and nothing after it.
pub(super) fn read(der: &[u8]) -> Option<X509Certificate<'_>> {
    X509Certificate::from_der(der).ok().filter(|(rest, _)| rest.is_empty()).map(|(_, certificate)| certificate)
}

/// Checks a chain from the signer upwards, but not its dates. Without anchors the chain only has to hold together.
pub(super) fn check(chain: &[X509Certificate<'_>], anchors: &[Vec<u8>]) -> Result<(), NotAuthentic> {
    for (number, certificate) in chain.iter().enumerate() {
        extensions_understood(certificate, number)?;
        if number > 0 && !may_issue(certificate, number) {
            return Err(NotAuthentic::IssuerNotAuthority(number));
        }
    }
    for (number, (subject, issuer)) in chain.iter().zip(chain.iter().skip(1)).enumerate() {
        signed_by(subject, issuer, number)?;
    }
    anchored(chain, anchors)
}

fn anchored(chain: &[X509Certificate<'_>], anchors: &[Vec<u8>]) -> Result<(), NotAuthentic> {
    let Some(last) = chain.last() else { return Err(NotAuthentic::NotPem) };
    if anchors.is_empty() || anchors.iter().any(|anchor| anchor == last.as_raw()) {
        return Ok(());
    }
    for (number, der) in anchors.iter().enumerate() {
        let anchor = read(der).ok_or(NotAuthentic::AnchorUnreadable(number))?;
        // An anchor is trusted as it is: its own dates do not count (RFC 5280, section 6.1.1).
        if may_issue(&anchor, chain.len()) && signed_by(last, &anchor, chain.len() - 1).is_ok() {
            return Ok(());
        }
    }
    Err(NotAuthentic::NoAnchor)
}

/// A critical extension that is not understood forbids to rely on the certificate (RFC 5280, section 4.2), and so does
/// a broken one of those that are relied on.
fn extensions_understood(certificate: &X509Certificate<'_>, number: usize) -> Result<(), NotAuthentic> {
    for extension in certificate.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::BasicConstraints(_)
            | ParsedExtension::KeyUsage(_)
            | ParsedExtension::ExtendedKeyUsage(_)
            | ParsedExtension::SubjectAlternativeName(_)
            | ParsedExtension::CertificatePolicies(_) => {}
            _ if is_relied_on(extension) => return Err(NotAuthentic::CertificateUnreadable(number)),
            _ if extension.critical => return Err(NotAuthentic::CriticalExtension(number)),
            _ => {}
        }
    }
    Ok(())
}

fn is_relied_on(extension: &X509Extension<'_>) -> bool {
    [OID_X509_EXT_BASIC_CONSTRAINTS, OID_X509_EXT_KEY_USAGE, OID_X509_EXT_SUBJECT_ALT_NAME].contains(&extension.oid)
}

/// An authority, allowed to sign certificates, with so many certificates below it, the signer's included.
fn may_issue(certificate: &X509Certificate<'_>, below: usize) -> bool {
    let authority = certificate.basic_constraints().ok().flatten().is_some_and(|constraints| {
        let longest =
            constraints.value.path_len_constraint.map_or(usize::MAX, |it| it.try_into().unwrap_or(usize::MAX));
        // The signer's own certificate does not count (RFC 5280, section 4.2.1.9).
        constraints.value.ca && below.saturating_sub(1) <= longest
    });
    let usage = certificate.key_usage().is_ok_and(|usage| usage.is_none_or(|usage| usage.value.key_cert_sign()));
    authority && usage
}

fn signed_by(subject: &X509Certificate<'_>, issuer: &X509Certificate<'_>, number: usize) -> Result<(), NotAuthentic> {
    let named = subject.issuer().as_raw() == issuer.subject().as_raw();
    // The algorithm is written twice, once inside of what is signed.
    let stated = subject.signature_algorithm == subject.tbs_certificate.signature;
    if !named || !stated {
        return Err(NotAuthentic::BrokenChain(number));
    }
    let algorithm = algorithm(&subject.signature_algorithm.algorithm, issuer.public_key());
    UnparsedPublicKey::new(
        algorithm.ok_or(NotAuthentic::WeakChain(number))?,
        issuer.public_key().subject_public_key.as_ref(),
    )
    .verify(subject.tbs_certificate.as_ref(), subject.signature_value.as_ref())
    .map_err(|_| NotAuthentic::BrokenChain(number))
}

/// How to verify a signature of this kind with this key. `None` for what is not accepted, SHA-1 above all.
fn algorithm(signed: &Oid<'_>, key: &SubjectPublicKeyInfo<'_>) -> Option<&'static dyn VerificationAlgorithm> {
    let kind = &key.algorithm.algorithm;
    if *kind == OID_PKCS1_RSAENCRYPTION {
        let known: [(Oid<'_>, &'static dyn VerificationAlgorithm); 3] = [
            (OID_PKCS1_SHA256WITHRSA, &signature::RSA_PKCS1_2048_8192_SHA256),
            (OID_PKCS1_SHA384WITHRSA, &signature::RSA_PKCS1_2048_8192_SHA384),
            (OID_PKCS1_SHA512WITHRSA, &signature::RSA_PKCS1_2048_8192_SHA512),
        ];
        return known.into_iter().find(|(oid, _)| oid == signed).map(|(_, algorithm)| algorithm);
    }
    if *kind != OID_KEY_TYPE_EC_PUBLIC_KEY {
        return None;
    }
    let curve = key.algorithm.parameters.as_ref()?.as_oid().ok()?;
    let known: [(Oid<'_>, Oid<'_>, &'static dyn VerificationAlgorithm); 4] = [
        (OID_EC_P256, OID_SIG_ECDSA_WITH_SHA256, &signature::ECDSA_P256_SHA256_ASN1),
        (OID_EC_P256, OID_SIG_ECDSA_WITH_SHA384, &signature::ECDSA_P256_SHA384_ASN1),
        (OID_NIST_EC_P384, OID_SIG_ECDSA_WITH_SHA256, &signature::ECDSA_P384_SHA256_ASN1),
        (OID_NIST_EC_P384, OID_SIG_ECDSA_WITH_SHA384, &signature::ECDSA_P384_SHA384_ASN1),
    ];
    known.into_iter().find(|(on, oid, _)| *on == curve && oid == signed).map(|(_, _, algorithm)| algorithm)
}
