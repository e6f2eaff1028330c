//! Chains of certificates that a test authority made.

use ponte_domain::sns::NotAuthentic;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyUsagePurpose};

use super::support::{Authorities, SNS, authority, der, key, leaf, leaf_with, outcome, with_leaf};

/// The usual chain with another intermediate.
fn with_intermediate(params: CertificateParams) -> Result<(), NotAuthentic> {
    let authorities = Authorities::with_intermediate(params);
    let pem = authorities.leaf(&leaf(SNS)).pem() + &authorities.intermediate.pem();
    outcome(&pem, &authorities.anchors())
}

#[test]
fn a_chain_to_an_anchor_verifies() {
    let authorities = Authorities::new();
    let (below, root) = (authorities.intermediate.pem(), authorities.root.pem());
    let leaf = authorities.leaf(&leaf(SNS)).pem();
    let anchors = authorities.anchors();
    assert_eq!(outcome(&format!("{leaf}{below}"), &anchors), Ok(()));
    assert_eq!(outcome(&format!("{leaf}{below}{root}"), &anchors), Ok(()));
    assert_eq!(outcome(&format!("\r\n{}\n\n{below}", leaf.replace('\n', "\r\n")), &anchors), Ok(()));
    assert_eq!(outcome(&leaf, &[der(&root), der(&below)]), Ok(()));
    assert_eq!(outcome(&leaf, &[]), Ok(()));
    assert_eq!(outcome(&format!("{leaf}{below}"), &[]), Ok(()));
}

#[test]
fn a_chain_to_no_anchor_is_refused() {
    let (authorities, other) = (Authorities::new(), authority("Another root"));
    let (below, root) = (authorities.intermediate.pem(), authorities.root.pem());
    let leaf = authorities.leaf(&leaf(SNS)).pem();
    let other_name = other.self_signed(&key("root")).unwrap().der().to_vec();
    let other_key = authority("Ponte test root").self_signed(&key("other-leaf")).unwrap().der().to_vec();
    let no_authority = {
        let mut params = authority("Ponte test root");
        params.is_ca = IsCa::NoCa;
        params.self_signed(&key("root")).unwrap().der().to_vec()
    };
    for anchor in [other_name, other_key, no_authority] {
        assert_eq!(outcome(&format!("{leaf}{below}"), std::slice::from_ref(&anchor)), Err(NotAuthentic::NoAnchor));
        assert_eq!(outcome(&format!("{leaf}{below}{root}"), &[anchor]), Err(NotAuthentic::NoAnchor));
    }
    assert_eq!(outcome(&leaf, &authorities.anchors()), Err(NotAuthentic::NoAnchor));
    assert_eq!(outcome(&leaf, &[vec![0x30, 0]]), Err(NotAuthentic::AnchorUnreadable(0)));
}

#[test]
fn every_certificate_must_be_in_date() {
    let year = |year| rcgen::date_time_ymd(year, 1, 1);
    let (mut late, mut early) = (leaf(SNS), leaf(SNS));
    (late.not_before, late.not_after) = (year(2027), year(2028));
    (early.not_before, early.not_after) = (year(2024), year(2025));
    assert_eq!(with_leaf(&late), Err(NotAuthentic::CertificateNotYetValid(0)));
    assert_eq!(with_leaf(&early), Err(NotAuthentic::CertificateExpired(0)));
    let (mut late, mut early) = (authority("late"), authority("early"));
    (late.not_before, late.not_after) = (year(2027), year(2028));
    (early.not_before, early.not_after) = (year(2024), year(2025));
    assert_eq!(with_intermediate(late), Err(NotAuthentic::CertificateNotYetValid(1)));
    assert_eq!(with_intermediate(early), Err(NotAuthentic::CertificateExpired(1)));
}

#[test]
fn only_sns_of_the_region_may_sign() {
    for name in [SNS, "sns.us-east-1.amazonaws.com", "sns-signing.us-east-1.amazonaws.com"] {
        assert_eq!(with_leaf(&leaf(name)), Ok(()), "{name}");
        // A certificate without alternative names has its common name.
        assert_eq!(with_leaf(&leaf_with(name, |params| params.subject_alt_names.clear())), Ok(()), "{name}");
    }
    let wrong = [
        "sns.us-east-2.amazonaws.com",
        "sns-signing.sa-east-1.amazonaws.com",
        "sns.amazonaws.com.evil.example",
        "xsns.amazonaws.com",
        "x.sns.amazonaws.com",
        "sns.x.us-east-1.amazonaws.com",
        "*.amazonaws.com",
        "sns.*.amazonaws.com",
        "sns..amazonaws.com",
        "sqs.amazonaws.com",
        "amazonaws.com",
        "example.com",
    ];
    for name in wrong {
        assert_eq!(with_leaf(&leaf(name)), Err(NotAuthentic::WrongName), "{name}");
    }
    // With alternative names, the common name does not count.
    let misleading = leaf_with("example.com", |params| params.distinguished_name = leaf(SNS).distinguished_name);
    assert_eq!(with_leaf(&misleading), Err(NotAuthentic::WrongName));
    // Several alternative names: one suffices.
    let several = CertificateParams::new(vec!["example.com".to_owned(), SNS.to_owned()]).unwrap();
    let several = leaf_with("example.com", |params| params.subject_alt_names = several.subject_alt_names.clone());
    assert_eq!(with_leaf(&several), Ok(()));
}

#[test]
fn only_authorities_may_issue() {
    let changed = |change: fn(&mut CertificateParams)| {
        let mut params = authority("below");
        change(&mut params);
        with_intermediate(params)
    };
    assert_eq!(changed(|_| {}), Ok(()));
    assert_eq!(changed(|params| params.key_usages = Vec::new()), Ok(()));
    assert_eq!(changed(|params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0))), Ok(()));
    let refused = Err(NotAuthentic::IssuerNotAuthority(1));
    assert_eq!(changed(|params| params.is_ca = IsCa::NoCa), refused);
    assert_eq!(changed(|params| params.is_ca = IsCa::ExplicitNoCa), refused);
    assert_eq!(changed(|params| params.key_usages = vec![KeyUsagePurpose::CrlSign]), refused);
}

#[test]
fn an_authority_may_limit_the_length_of_the_chain() {
    let mut root = authority("Short root");
    root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let (root_key, below) = (key("root"), authority("below"));
    let anchor = root.self_signed(&root_key).unwrap();
    let issuer = Issuer::new(root, root_key);
    let middle = below.signed_by(&key("intermediate"), &issuer).unwrap();
    let long = leaf(SNS).signed_by(&key("leaf"), &Issuer::new(below, key("intermediate"))).unwrap();
    let short = leaf(SNS).signed_by(&key("leaf"), &issuer).unwrap();
    assert_eq!(outcome(&short.pem(), &[anchor.der().to_vec()]), Ok(()));
    let long = long.pem() + &middle.pem();
    assert_eq!(outcome(&long, &[anchor.der().to_vec()]), Err(NotAuthentic::NoAnchor));
    let long = long + &anchor.pem();
    assert_eq!(outcome(&long, &[anchor.der().to_vec()]), Err(NotAuthentic::IssuerNotAuthority(2)));
}

#[test]
fn the_order_of_the_file_is_that_of_the_chain() {
    let authorities = Authorities::new();
    let (below, root) = (authorities.intermediate.pem(), authorities.root.pem());
    let signer = authorities.leaf(&leaf(SNS)).pem();
    let other = leaf(SNS).signed_by(&key("other-leaf"), &authorities.root_issuer).unwrap().pem();
    let check = |certificates: &[&str]| outcome(&certificates.concat(), &authorities.anchors());
    assert_eq!(check(&[&below, &signer]), Err(NotAuthentic::WrongName));
    assert_eq!(check(&[&signer, &root, &below]), Err(NotAuthentic::BrokenChain(0)));
    assert_eq!(check(&[&signer, &root]), Err(NotAuthentic::BrokenChain(0)));
    assert_eq!(check(&[&signer, &other]), Err(NotAuthentic::IssuerNotAuthority(1)));
    assert_eq!(check(&[&signer, &signer]), Err(NotAuthentic::IssuerNotAuthority(1)));
    assert_eq!(check(&[&other]), Err(NotAuthentic::WrongSignature));
    // An authority that calls itself SNS is not a signer.
    assert_eq!(check(&[&authorities.leaf(&authority_named_sns()).pem(), &below]), Err(NotAuthentic::NotASigner));
    let mut usage = leaf(SNS);
    usage.key_usages = vec![KeyUsagePurpose::KeyEncipherment];
    assert_eq!(check(&[&authorities.leaf(&usage).pem(), &below]), Err(NotAuthentic::NotASigner));
}

fn authority_named_sns() -> CertificateParams {
    leaf_with(SNS, |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained))
}
