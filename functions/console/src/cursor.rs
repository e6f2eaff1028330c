//! Cursors: where the next page starts, as text that callers only pass on.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::limits;
use crate::problem::Problem;

/// A place as a cursor.
pub(crate) fn encode(place: &str) -> String {
    URL_SAFE_NO_PAD.encode(place)
}

/// The place that a cursor stands for.
pub(crate) fn decode(cursor: &str) -> Result<String, Problem> {
    let bytes = (cursor.len() <= limits::CURSOR_CHARS).then(|| URL_SAFE_NO_PAD.decode(cursor).ok()).flatten();
    let place = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    place.filter(|place| !place.is_empty()).ok_or_else(invalid)
}

/// 400 for a cursor that is none of ours, or another member's.
pub(crate) fn invalid() -> Problem {
    Problem::bad(
        "invalid_cursor",
        "`cursor` is not one that this route gave out for this request. Start again without it.",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_cursor_survives_the_way_out_and_back() {
        assert_eq!(decode(&encode("1#11222333000181#abc#earn")).unwrap(), "1#11222333000181#abc#earn");
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for text in ["", "%", "a b", "____", &"A".repeat(limits::CURSOR_CHARS + 1)] {
            assert_eq!(decode(text).unwrap_err().code(), "invalid_cursor", "{text}");
        }
    }
}
