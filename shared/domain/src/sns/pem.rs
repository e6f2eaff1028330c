//! The certificate file: one or more certificates in PEM, and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::limits;
use super::not_authentic::NotAuthentic;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The certificates of a file as DER, in their order; at least one. Comments and other objects are refused: AWS
/// serves none, and a file that holds a key or a page of HTML is not what was asked for.
pub(super) fn certificates(pem: &str) -> Result<Vec<Vec<u8>>, NotAuthentic> {
    if pem.len() > limits::PEM_BYTES {
        return Err(NotAuthentic::PemTooLarge);
    }
    let mut found = Vec::new();
    let mut rest = pem.trim_ascii();
    while !rest.is_empty() {
        if found.len() == limits::CERTIFICATES {
            return Err(NotAuthentic::TooManyCertificates);
        }
        let (body, after) =
            rest.strip_prefix(BEGIN).and_then(|text| text.split_once(END)).ok_or(NotAuthentic::NotPem)?;
        found.push(decode(body).ok_or(NotAuthentic::NotPem)?);
        rest = after.trim_ascii_start();
    }
    if found.is_empty() { Err(NotAuthentic::NotPem) } else { Ok(found) }
}

fn decode(body: &str) -> Option<Vec<u8>> {
    // Line ends depend on who wrote the file; base64 itself is strict.
    let text: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(text).ok()
}
