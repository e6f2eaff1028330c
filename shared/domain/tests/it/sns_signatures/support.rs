//! Messages and certificates to test with.

use std::fs;

use jiff::Timestamp;
use ponte_domain::sns::{Envelope, NotAuthentic, TopicArn, verify};
use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use serde_json::{Value, json};

pub(crate) const TOPIC: &str = "arn:aws:sns:us-east-1:441135549897:prd_integracao_exemplo";
pub(crate) const CERTIFICATE: &str =
    "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-00000000000000000000000000000000.pem";

/// The published messages: name of the file, and of its certificate.
pub(crate) const VECTORS: [(&str, &str); 12] = [
    ("2022-http-v1-plain", AWS_2022),
    ("2022-http-v1-subject", AWS_2022),
    ("2022-http-v2-plain", AWS_2022),
    ("2022-http-v2-subject", AWS_2022),
    ("2022-lambda-v1-null-subject", AWS_2022),
    ("2022-lambda-v2-null-subject", AWS_2022),
    ("2022-lambda-v2-subject", AWS_2022),
    ("2026-http-v1-plain", AWS_2026),
    ("2026-http-v1-subject", AWS_2026),
    ("2026-http-v2-plain", AWS_2026),
    ("2026-subscription-v1", AWS_2026),
    ("2026-unsubscribe-v2", AWS_2026),
];
pub(crate) const AWS_2022: &str = "aws/SimpleNotificationService-7ff5318490ec183fbaddaa2a969abfda.pem";
pub(crate) const AWS_2026: &str = "aws/SimpleNotificationService-7506a1e35b36ef5a444dd1a8e7cc3ed8.pem";

/// A file of `tests/sns`.
pub(crate) fn data(path: &str) -> String {
    fs::read_to_string(format!("{}/tests/it/sns_signatures/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// A published message.
pub(crate) fn vector(name: &str) -> String {
    data(&format!("aws/{name}.json"))
}

/// The bytes of a PEM file's only certificate.
pub(crate) fn der(pem: &str) -> Vec<u8> {
    x509_parser::pem::parse_x509_pem(pem.as_bytes()).unwrap().1.contents
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn topic() -> TopicArn {
    TopicArn::parse(TOPIC).unwrap()
}

/// A notification that is complete, but signed by nobody.
pub(crate) fn notification() -> Value {
    json!({
        "Type": "Notification",
        "MessageId": "00000000-0000-4000-8000-000000000001",
        "TopicArn": TOPIC,
        "Message": "{\"Action\":1,\"TipoDeEvento\":3}",
        "Timestamp": "2026-03-14T15:09:26.535Z",
        "SignatureVersion": "2",
        "Signature": "AAAA",
        "SigningCertURL": CERTIFICATE,
    })
}

/// A confirmation that is complete, but signed by nobody.
pub(crate) fn confirmation() -> Value {
    let mut body = notification();
    body["Type"] = "SubscriptionConfirmation".into();
    body["Token"] = "2336412f37fb".into();
    body["SubscribeURL"] =
        format!("https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37fb")
            .into();
    body
}

/// A body with some members changed; null takes one away.
pub(crate) fn with(mut body: Value, changes: &[(&str, Value)]) -> Value {
    for (name, value) in changes {
        if value.is_null() {
            body.as_object_mut().unwrap().remove(*name);
        } else {
            body[*name] = value.clone();
        }
    }
    body
}

pub(crate) fn parsed(body: &Value) -> Envelope {
    Envelope::parse(&body.to_string()).unwrap()
}

/// The message, signed with a test key (version 2: ring signs nothing with SHA-1).
pub(crate) fn signed(body: &Value, key: &KeyPair) -> Envelope {
    let key = ring::signature::RsaKeyPair::from_pkcs8(key.serialized_der()).unwrap();
    let text = parsed(body).signing_string();
    let mut signature = vec![0; key.public().modulus_len()];
    let random = ring::rand::SystemRandom::new();
    key.sign(&ring::signature::RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature).unwrap();
    let signature = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, signature);
    parsed(&with(body.clone(), &[("Signature", signature.into())]))
}

/// A stored RSA key.
pub(crate) fn key(name: &str) -> KeyPair {
    KeyPair::from_pem(&data(&format!("test-keys/test-only-rsa-2048-{name}.pem"))).unwrap()
}

/// What a signer's certificate says: valid in March 2026.
pub(crate) fn leaf(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    (params.not_before, params.not_after) = (rcgen::date_time_ymd(2026, 3, 1), rcgen::date_time_ymd(2026, 4, 1));
    params
}

/// The same, with something else.
pub(crate) fn leaf_with(name: &str, change: impl Fn(&mut CertificateParams)) -> CertificateParams {
    let mut params = leaf(name);
    change(&mut params);
    params
}

/// What an authority's certificate says: valid for ten years.
pub(crate) fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    (params.not_before, params.not_after) = (rcgen::date_time_ymd(2020, 1, 1), rcgen::date_time_ymd(2030, 1, 1));
    params
}

/// A test authority, and one below it.
pub(crate) struct Authorities {
    pub(crate) root: Certificate,
    pub(crate) root_issuer: Issuer<'static, KeyPair>,
    pub(crate) intermediate: Certificate,
    pub(crate) intermediate_issuer: Issuer<'static, KeyPair>,
}

impl Authorities {
    pub(crate) fn new() -> Self {
        Self::with_intermediate(authority("Ponte test intermediate"))
    }

    pub(crate) fn with_intermediate(below: CertificateParams) -> Self {
        let (root, root_key, below_key) = (authority("Ponte test root"), key("root"), key("intermediate"));
        let root_certificate = root.self_signed(&root_key).unwrap();
        let root_issuer = Issuer::new(root, root_key);
        let intermediate = below.signed_by(&below_key, &root_issuer).unwrap();
        Self { root: root_certificate, root_issuer, intermediate, intermediate_issuer: Issuer::new(below, below_key) }
    }

    /// A signer's certificate by the intermediate.
    pub(crate) fn leaf(&self, params: &CertificateParams) -> Certificate {
        params.signed_by(&key("leaf"), &self.intermediate_issuer).unwrap()
    }

    pub(crate) fn anchors(&self) -> Vec<Vec<u8>> {
        vec![self.root.der().to_vec()]
    }
}

pub(crate) const SNS: &str = "sns.amazonaws.com";
pub(crate) const NOW: &str = "2026-03-14T15:09:27Z";

/// A notification that the leaf's key really signed.
pub(crate) fn message() -> Envelope {
    signed(&notification(), &key("leaf"))
}

/// The whole verification of that notification.
pub(crate) fn outcome(pem: &str, anchors: &[Vec<u8>]) -> Result<(), NotAuthentic> {
    verify(&message(), pem, anchors, at(NOW))
}

/// The usual chain with another leaf.
pub(crate) fn with_leaf(params: &CertificateParams) -> Result<(), NotAuthentic> {
    let authorities = Authorities::new();
    let pem = authorities.leaf(params).pem() + &authorities.intermediate.pem();
    outcome(&pem, &authorities.anchors())
}
