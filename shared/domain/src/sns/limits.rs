//! Every bound of an SNS message and its certificate, in one place, each with its reason.

/// Bytes of a body that are read at all (contract section 8.1, rule 1): an SNS payload is at most 256 KB, and JSON
/// escapes may double it.
pub const BODY_BYTES: usize = 512 * 1024;

/// Characters of a `MessageId`: a GUID has 36; it becomes a storage key, so it must stay short.
pub const MESSAGE_ID_CHARS: usize = 100;

/// Characters of a `Subject`: SNS allows 100.
pub const SUBJECT_CHARS: usize = 256;

/// Characters of a `Timestamp`: `2026-03-14T15:09:26.535Z` has 24, nanoseconds would make it 30.
pub const TIMESTAMP_CHARS: usize = 40;

/// Characters of a `Token`: those seen have 256.
pub const TOKEN_CHARS: usize = 1024;

/// Characters of a URL: a `SubscribeURL` holds an ARN of up to 300 characters and a token.
pub const URL_CHARS: usize = 2048;

/// Characters of an AWS region; the longest today has 14 (`ap-southeast-1`).
pub const REGION_CHARS: usize = 32;

/// Characters of a topic's name, with `.fifo`: SNS allows 256.
pub const TOPIC_NAME_CHARS: usize = 256;

/// Hexadecimal digits in the certificate's file name; those seen have 32.
pub const CERTIFICATE_ID_CHARS: usize = 128;

/// Bytes of a signature: an RSA key of 8,192 bits, the largest that is verified, makes 1,024.
pub const SIGNATURE_BYTES: usize = 1024;

/// Bytes of a certificate file: AWS serves one certificate of about 2 kB; a chain of five has about 12 kB.
pub const PEM_BYTES: usize = 32 * 1024;

/// Certificates in one file: leaf, two intermediates and a cross-signed root are four.
pub const CERTIFICATES: usize = 5;

/// Bits of the signer's RSA key: what AWS uses, and the least that public authorities may certify.
pub const LEAF_KEY_BITS: usize = 2048;

/// Hours after which a message is refused (contract section 8.1, rule 10): retries last an hour, replays by hand a day.
pub const MAXIMUM_AGE_HOURS: i64 = 24;

/// Minutes a message may be ahead of our clock before one of the two is plainly wrong.
pub const MAXIMUM_FUTURE_MINUTES: i64 = 15;
