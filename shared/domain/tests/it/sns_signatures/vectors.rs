//! Messages that Amazon SNS really signed.

use jiff::SignedDuration;
use ponte_domain::sns::{Envelope, Kind, NotAuthentic, SignatureVersion, SigningCertificate, verify, verify_message};

use super::support::{AWS_2022, AWS_2026, VECTORS, at, data, der, vector};

#[test]
fn every_published_message_verifies() {
    let mut seen = Vec::new();
    for (name, certificate) in VECTORS {
        let body = vector(name);
        let envelope = Envelope::parse(&body).unwrap();
        let (pem, now) = (data(certificate), envelope.sent_at());
        assert!(certificate.ends_with(envelope.certificate_url().file_name()), "{name}");
        assert_eq!(verify(&envelope, &pem, &[], now), Ok(()), "{name}");
        assert_eq!(verify_message(body.as_bytes(), &pem, now).unwrap().message_id(), envelope.message_id(), "{name}");
        seen.push((envelope.kind(), envelope.version(), envelope.subject().is_some()));
    }
    for version in [SignatureVersion::One, SignatureVersion::Two] {
        for subject in [true, false] {
            assert!(seen.contains(&(Kind::Notification, version, subject)));
        }
    }
    assert!(seen.contains(&(Kind::SubscriptionConfirmation, SignatureVersion::One, false)));
    assert!(seen.contains(&(Kind::UnsubscribeConfirmation, SignatureVersion::Two, false)));
}

#[test]
fn a_kept_certificate_serves_until_it_expires() {
    let certificate = SigningCertificate::from_pem(&data(AWS_2026), &[]).unwrap();
    let envelope = Envelope::parse(&vector("2026-http-v2-plain")).unwrap();
    let (from, until) = (at("2025-11-10T00:00:00Z"), at("2026-10-14T23:59:59Z"));
    assert_eq!(certificate.expires_at(), until);
    for now in [from, envelope.sent_at(), until, until + SignedDuration::from_millis(999)] {
        assert!(certificate.valid_at(now));
        assert_eq!(certificate.verify(&envelope, now), Ok(()));
    }
    for (now, expected) in [
        (from - SignedDuration::from_millis(1), NotAuthentic::CertificateNotYetValid(0)),
        (until + SignedDuration::from_secs(1), NotAuthentic::CertificateExpired(0)),
    ] {
        assert!(!certificate.valid_at(now));
        assert_eq!(certificate.verify(&envelope, now), Err(expected));
    }
}

#[test]
fn another_real_certificate_of_sns_is_not_this_messages() {
    let envelope = Envelope::parse(&vector("2026-http-v2-plain")).unwrap();
    let refused = verify(&envelope, &data(AWS_2022), &[], at("2022-07-28T21:23:58Z"));
    assert_eq!(refused, Err(NotAuthentic::WrongSignature));
}

#[test]
fn the_other_version_of_the_signature_is_not_this_messages() {
    for (name, certificate) in VECTORS {
        let body = vector(name);
        let (one, two) = ("\"SignatureVersion\": \"1\"", "\"SignatureVersion\": \"2\"");
        let other = if body.contains(one) { body.replace(one, two) } else { body.replace(two, one) };
        assert_ne!(body, other, "{name}");
        let envelope = Envelope::parse(&other).unwrap();
        let refused = verify(&envelope, &data(certificate), &[], envelope.sent_at());
        assert_eq!(refused, Err(NotAuthentic::WrongSignature), "{name}");
    }
}

#[test]
fn the_real_chain_leads_to_amazons_root() {
    let (leaf, below, root) = (data(AWS_2026), data("aws/amazon-rsa-2048-m01.pem"), data("aws/amazon-root-ca-1.pem"));
    let envelope = Envelope::parse(&vector("2026-http-v1-plain")).unwrap();
    let check = |pem: &str, anchors: &[&str]| {
        let anchors: Vec<Vec<u8>> = anchors.iter().map(|pem| der(pem)).collect();
        verify(&envelope, pem, &anchors, envelope.sent_at())
    };
    assert_eq!(check(&format!("{leaf}{below}"), &[&root]), Ok(()));
    assert_eq!(check(&format!("{leaf}{below}{root}"), &[&root]), Ok(()));
    assert_eq!(check(&leaf, &[&root, &below]), Ok(()));
    assert_eq!(check(&leaf, &[&leaf]), Ok(()));
    assert_eq!(check(&leaf, &[&root]), Err(NotAuthentic::NoAnchor));
    assert_eq!(check(&format!("{leaf}{root}"), &[&root]), Err(NotAuthentic::BrokenChain(0)));
    assert_eq!(check(&format!("{}{below}", data(AWS_2022)), &[&root]), Err(NotAuthentic::BrokenChain(0)));
}
