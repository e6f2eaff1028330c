//! The sandbox's own certificate authority and the certificate that signs, as Amazon's would.

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// As SNS signs with.
const KEY_BITS: usize = 2048;
/// ASN.1 `DigestInfo` in front of a SHA1 and a SHA256 (RFC 8017, section 9.2).
const SHA1_PREFIX: [u8; 15] =
    [0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14];
const SHA256_PREFIX: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

/// Making two RSA keys takes seconds: the sandboxes of one process share them.
static OF_PROCESS: Mutex<Option<Arc<Authority>>> = Mutex::new(None);

/// Root and leaf. The root's key is thrown away after the leaf is signed: no one can issue anything else with a root
/// that a local stack trusts.
#[derive(Debug)]
pub(crate) struct Authority {
    pub(crate) ca_pem: String,
    /// Leaf first, then the root, as the certificate's URL serves it.
    pub(crate) chain_pem: String,
    fingerprint: String,
    key: RsaPrivateKey,
}

impl Authority {
    /// The one kept in the directory, made first if there is none; without a directory, the process' own.
    pub(crate) fn open(directory: Option<&Path>) -> Result<Arc<Self>> {
        if let Some(directory) = directory {
            return Ok(Arc::new(Self::kept_in(directory)?));
        }
        let mut of_process = OF_PROCESS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(authority) = of_process.as_ref() {
            return Ok(Arc::clone(authority));
        }
        let (ca_pem, chain_pem, key_pem) = issue()?;
        let made = Arc::new(Self::from_pem(ca_pem, chain_pem, &key_pem)?);
        *of_process = Some(Arc::clone(&made));
        Ok(made)
    }

    fn kept_in(directory: &Path) -> Result<Self> {
        fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
        let (ca, chain, key) = (directory.join("ca.pem"), directory.join("chain.pem"), directory.join("leaf-key.pem"));
        if !chain.exists() {
            let (ca_pem, chain_pem, key_pem) = issue()?;
            write_private(&key, &key_pem)?;
            fs::write(&ca, ca_pem)?;
            // Last: it says that the set is whole.
            fs::write(&chain, chain_pem)?;
        }
        let read = |path: &Path| fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
        Self::from_pem(read(&ca)?, read(&chain)?, &read(&key)?)
    }

    fn from_pem(ca_pem: String, chain_pem: String, key_pem: &str) -> Result<Self> {
        let key = RsaPrivateKey::from_pkcs8_pem(key_pem).context("the leaf's key does not read")?;
        let hash = digest(&SHA256, chain_pem.as_bytes());
        let fingerprint = hash.as_ref().iter().take(16).fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        Ok(Self { ca_pem, chain_pem, fingerprint, key })
    }

    /// `/SimpleNotificationService-<hex>.pem`.
    pub(crate) fn certificate_path(&self) -> String {
        format!("/SimpleNotificationService-{}.pem", self.fingerprint)
    }

    /// The root as base64 DER, on one line.
    pub(crate) fn ca_der_base64(&self) -> String {
        self.ca_pem.lines().filter(|line| !line.starts_with("-----")).collect()
    }

    /// The root as DER.
    pub(crate) fn ca_der(&self) -> Vec<u8> {
        STANDARD.decode(self.ca_der_base64()).unwrap_or_default()
    }

    /// Signs as SNS does: version 2 with SHA256, version 1 with SHA1, any other as 1.
    pub(crate) fn sign(&self, text: &str, version: &str) -> Result<String> {
        let info = if version == "2" {
            [&SHA256_PREFIX, digest(&SHA256, text.as_bytes()).as_ref()].concat()
        } else {
            [&SHA1_PREFIX[..], digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()).as_ref()].concat()
        };
        Ok(STANDARD.encode(self.key.sign(Pkcs1v15Sign::new_unprefixed(), &info)?))
    }
}

/// A root, a chain and the leaf's key, all as PEM.
fn issue() -> Result<(String, String, String)> {
    let (_, root_key) = new_key()?;
    let mut root = CertificateParams::default();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    root.distinguished_name.push(DnType::CommonName, "Trinks sandbox: not Amazon");
    root.not_before = rcgen::date_time_ymd(2025, 1, 1);
    root.not_after = rcgen::date_time_ymd(2045, 1, 1);
    let root_certificate = root.self_signed(&root_key)?;

    let (key_pem, leaf_key) = new_key()?;
    let mut leaf = CertificateParams::new(vec!["sns.amazonaws.com".to_owned()])?;
    leaf.distinguished_name.push(DnType::CommonName, "sns.amazonaws.com");
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    leaf.not_before = root.not_before;
    leaf.not_after = root.not_after;
    let leaf_certificate = leaf.signed_by(&leaf_key, &Issuer::new(root, root_key))?;
    let chain = format!("{}{}", leaf_certificate.pem(), root_certificate.pem());
    Ok((root_certificate.pem(), chain, key_pem))
}

/// ring, which rcgen signs with, cannot make RSA keys.
fn new_key() -> Result<(String, KeyPair)> {
    let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, KEY_BITS)?;
    let pem = key.to_pkcs8_pem(LineEnding::LF)?.to_string();
    let pair = KeyPair::from_pkcs8_pem_and_sign_algo(&pem, &PKCS_RSA_SHA256)?;
    Ok((pem, pair))
}

fn write_private(path: &Path, text: &str) -> Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())?;
    Ok(())
}
