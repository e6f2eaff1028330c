//! Certificates and their files: keys, algorithms, extensions.

use ponte_domain::sns::{NotAuthentic, SigningCertificate, limits};
use proptest::prelude::*;
use rcgen::{
    CustomExtension, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256, PKCS_RSA_SHA384,
    PKCS_RSA_SHA512, PublicKeyData, SignatureAlgorithm,
};

use super::support::{
    Authorities, NOW, SNS, at, authority, data, der, key, leaf, leaf_with, message, notification, outcome, signed,
    with, with_leaf,
};

/// A public key that ring would not load.
struct SmallKey(Vec<u8>);

impl PublicKeyData for SmallKey {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

#[test]
fn the_signers_key_is_rsa_of_2048_bits() {
    let authorities = Authorities::new();
    let small = SmallKey(der(&data("test-keys/test-only-rsa-1024-public.pem")));
    let small = leaf(SNS).signed_by(&small, &authorities.intermediate_issuer).unwrap().pem();
    assert_eq!(outcome(&small, &[]), Err(NotAuthentic::KeyTooSmall));
    let curve = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let curve = leaf(SNS).signed_by(&curve, &authorities.intermediate_issuer).unwrap().pem();
    assert_eq!(outcome(&curve, &[]), Err(NotAuthentic::KeyNotRsa));
}

#[test]
fn authorities_may_sign_with_any_sound_algorithm() {
    let rsa = |algorithm| {
        let pem = data("test-keys/test-only-rsa-2048-root.pem");
        KeyPair::from_pkcs8_pem_and_sign_algo(&pem, algorithm).unwrap()
    };
    let curve = |algorithm| KeyPair::generate_for(algorithm).unwrap();
    let keys =
        [rsa(&PKCS_RSA_SHA384), rsa(&PKCS_RSA_SHA512), curve(&PKCS_ECDSA_P256_SHA256), curve(&PKCS_ECDSA_P384_SHA384)];
    for issuer_key in keys {
        let root = authority("root");
        let anchor = root.self_signed(&issuer_key).unwrap();
        let signer = leaf(SNS).signed_by(&key("leaf"), &Issuer::from_params(&root, &issuer_key)).unwrap();
        assert_eq!(outcome(&signer.pem(), &[anchor.der().to_vec()]), Ok(()));
        assert_eq!(outcome(&(signer.pem() + &anchor.pem()), &[]), Ok(()));
        // A signature that is not the issuer's, under its name.
        let stranger = KeyPair::generate_for(issuer_key.algorithm()).unwrap_or_else(|_| key("other-leaf"));
        let forged = leaf(SNS).signed_by(&key("leaf"), &Issuer::from_params(&root, &stranger)).unwrap();
        assert_eq!(outcome(&(forged.pem() + &anchor.pem()), &[]), Err(NotAuthentic::BrokenChain(0)));
    }
}

#[test]
fn a_chain_signed_with_sha1_is_refused() {
    let (signer, root) = (data("test-leaf-signed-with-sha1.pem"), data("test-root-for-sha1.pem"));
    let chain = SigningCertificate::from_pem(&format!("{signer}{root}"), &[]);
    assert_eq!(chain.unwrap_err(), NotAuthentic::WeakChain(0));
    assert_eq!(SigningCertificate::from_pem(&signer, &[der(&root)]).unwrap_err(), NotAuthentic::NoAnchor);
}

#[test]
fn extensions_that_must_be_understood_are() {
    let with_extension = |critical: bool, oid: &[u64]| {
        let mut extension = CustomExtension::from_oid_content(oid, vec![5, 0]);
        extension.set_criticality(critical);
        with_leaf(&leaf_with(SNS, |params| params.custom_extensions.push(extension.clone())))
    };
    assert_eq!(with_extension(false, &[1, 3, 6, 1, 4, 1, 99999, 1]), Ok(()));
    assert_eq!(with_extension(true, &[1, 3, 6, 1, 4, 1, 99999, 1]), Err(NotAuthentic::CriticalExtension(0)));
    // Constraints on names are not evaluated here, so a chain that relies on them is refused.
    assert_eq!(with_extension(true, &[2, 5, 29, 30]), Err(NotAuthentic::CriticalExtension(0)));
}

#[test]
fn the_file_holds_certificates_and_nothing_else() {
    let signer = Authorities::new().leaf(&leaf(SNS)).pem();
    assert_eq!(outcome(&signer, &[]), Ok(()));
    let wrong = [
        String::new(),
        " \n".to_owned(),
        "<html>".to_owned(),
        data("test-keys/test-only-rsa-1024-public.pem"),
        format!("subject=x\n{signer}"),
        format!("{signer}x"),
        signer.replace("END CERTIFICATE", "END CERT"),
        signer.replacen("MII", "M*I", 1),
        signer.replacen("-----BEGIN CERTIFICATE-----\n", "-----BEGIN CERTIFICATE-----\nx: y\n\n", 1),
    ];
    for pem in wrong {
        assert_eq!(outcome(&pem, &[]), Err(NotAuthentic::NotPem), "{pem}");
    }
    let empty = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----";
    assert_eq!(outcome(empty, &[]), Err(NotAuthentic::CertificateUnreadable(0)));
    assert_eq!(outcome(&signer.repeat(limits::CERTIFICATES + 1), &[]), Err(NotAuthentic::TooManyCertificates));
    let trailing = pem(&[der(&signer), vec![0]].concat());
    assert_eq!(outcome(&trailing, &[]), Err(NotAuthentic::CertificateUnreadable(0)));
    let long = signer + &" ".repeat(limits::PEM_BYTES);
    assert_eq!(outcome(&long, &[]), Err(NotAuthentic::PemTooLarge));
}

#[test]
fn another_message_of_the_same_signer_does_not_borrow_a_signature() {
    let authorities = Authorities::new();
    let certificate = SigningCertificate::from_pem(&authorities.leaf(&leaf(SNS)).pem(), &[]).unwrap();
    assert_eq!(certificate.verify(&message(), at(NOW)), Ok(()));
    let other = signed(&with(notification(), &[("Subject", "x".into())]), &key("leaf"));
    assert_eq!(certificate.verify(&other, at(NOW)), Ok(()));
    assert_eq!(
        certificate.verify(&signed(&notification(), &key("other-leaf")), at(NOW)),
        Err(NotAuthentic::WrongSignature)
    );
}

/// What is around the signed part, tags and lengths, may be written in more than one way; it says nothing.
#[test]
fn no_bit_of_the_signed_part_and_its_signature_may_differ() {
    let authorities = Authorities::new();
    let original = authorities.leaf(&leaf(SNS)).der().to_vec();
    let anchors = [authorities.intermediate.der().to_vec()];
    assert!(SigningCertificate::from_pem(&pem(&original), &anchors).is_ok());
    // Two headers of four bytes each, the second one with the length of what is signed.
    assert_eq!((original[4], original[5]), (0x30, 0x82));
    let signed = 4..8 + usize::from(original[6]) * 256 + usize::from(original[7]);
    let signature = original.len() - 2048 / 8..original.len();
    assert!(signed.len() > 400 && signed.end < signature.start);
    for (byte, bit) in signed.chain(signature).flat_map(|byte| (0..8).map(move |bit| (byte, bit))) {
        let mut bytes = original.clone();
        bytes[byte] ^= 1 << bit;
        assert!(SigningCertificate::from_pem(&pem(&bytes), &anchors).is_err(), "{byte} {bit}");
    }
}

fn pem(der: &[u8]) -> String {
    let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

proptest! {
    #[test]
    fn any_certificate_is_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(SigningCertificate::from_pem(&pem(&bytes), &[]).is_err());
        prop_assert!(SigningCertificate::from_pem("", &[bytes]).is_err());
    }
}
