//! The addresses of public doors: each connection of a vendor has a path of its own, with a part that nobody can guess.
//!
//! The part is a keyed hash of what the door is for, so whoever calls another address is turned away before anything is read.
//! It is no proof of who calls: a vendor's own signature, where it has one, is checked all the same.

use base64::Engine as _;
use subtle::ConstantTimeEq as _;

use crate::ids::IdentityKey;

/// The secret that the addresses are made with.
#[derive(Debug, Clone)]
pub struct DoorKey(IdentityKey);

impl DoorKey {
    /// Takes the secret; `None` when it is too short to protect anything ([`IdentityKey::MINIMUM_BYTES`]).
    #[must_use]
    pub fn new(secret: &[u8]) -> Option<Self> {
        IdentityKey::new(secret).map(Self)
    }

    /// The unguessable part of the address of a vendor's connection: 128 bits, in 22 URL-safe characters.
    #[must_use]
    pub fn part(&self, vendor: &str, connection: &str) -> String {
        let digest = self.0.digest("door", &[vendor.as_bytes(), connection.as_bytes()]);
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&digest[..16])
    }

    /// Whether a part is the right one. Takes the same time for every wrong one.
    #[must_use]
    pub fn opens(&self, vendor: &str, connection: &str, part: &str) -> bool {
        self.part(vendor, connection).as_bytes().ct_eq(part.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_the_part_of_this_connection_of_this_vendor_opens() {
        let key = DoorKey::new(&[7; 32]).unwrap();
        let part = key.part("trinks", "demo");
        assert!(key.opens("trinks", "demo", &part));
        assert!(part.len() == 22 && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        for (vendor, connection, given) in [
            ("trinks", "other", &*part),
            ("payt", "demo", &part),
            ("trinks", "demo", ""),
            ("trinks", "demo", &part[1..]),
        ] {
            assert!(!key.opens(vendor, connection, given), "{vendor} {connection}");
        }
        assert!(!DoorKey::new(&[8; 32]).unwrap().opens("trinks", "demo", &part));
        assert!(DoorKey::new(&[7; 31]).is_none());
    }
}
