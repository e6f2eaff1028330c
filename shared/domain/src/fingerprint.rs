//! Fingerprints: what a request means, in 32 bytes, so that a repetition is told from a reuse.

use base64::Engine as _;
use sha2::{Digest, Sha256};

/// Collects the parts of a request's meaning. What a till may change between two tries of the same request (its
/// clock, property order, number formats) must not be added.
#[derive(Default)]
pub struct Fingerprint(Sha256);

impl Fingerprint {
    /// Adds a part. Absent and empty parts differ, and so do parts that are split elsewhere.
    #[must_use]
    pub fn with(mut self, part: Option<&str>) -> Self {
        match part {
            None => self.0.update([0]),
            Some(text) => {
                self.0.update([1]);
                self.0.update((text.len() as u64).to_be_bytes());
                self.0.update(text.as_bytes());
            }
        }
        self
    }

    /// The fingerprint, as 22 URL-safe characters (128 bits: two different requests of one id never meet by chance).
    #[must_use]
    pub fn finish(self) -> String {
        base64::engine::general_purpose::URL_SAFE_NO_PAD
            .encode(self.0.finalize().as_slice().get(..16).unwrap_or_default())
    }
}
