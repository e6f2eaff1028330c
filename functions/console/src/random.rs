//! Random secrets: 256 bits, shown once, kept as hashes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ponte_platform::failure::Failure;

/// A secret of 32 random bytes, in 43 URL-safe characters.
pub(crate) fn secret() -> Result<String, Failure> {
    Ok(URL_SAFE_NO_PAD.encode(bytes::<32>()?))
}

/// Random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Failure::Bug(format!("no random numbers: {error}")))?;
    Ok(bytes)
}
