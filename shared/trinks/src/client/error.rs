//! What can come of a call but an answer.

use jiff::Timestamp;
use ponte_platform::failure::Failure;
use ponte_platform::fields::Fields;
use reqwest::{Method, StatusCode};

/// Why a call brought nothing, in the terms of what to do about it (contract section 2).
#[derive(Debug, thiserror::Error)]
pub enum TrinksError {
    /// No token for this lane in this minute, or Trinks said so: again then.
    #[error("no call is left in this minute; again at {again_at}")]
    MinuteSpent {
        /// The earliest useful moment.
        again_at: Timestamp,
    },
    /// No token for this lane in this month, or Trinks said so.
    #[error("no call is left in this month; again at {again_at}")]
    MonthSpent {
        /// When the next one begins.
        again_at: Timestamp,
    },
    /// 409: the hour was taken. Not repeated: somebody has to choose again.
    #[error("the hour is taken")]
    Conflict,
    /// 404: not there, or an id of another space.
    #[error("Trinks knows no such thing: {0}")]
    NotFound(String),
    /// 401 or 403: the key. Nothing works until an operator sees to it.
    #[error("Trinks refuses the API key ({status}): check the secret of the connection")]
    KeyRefused {
        /// Which of the two.
        status: u16,
    },
    /// Any other 4xx: our request is wrong. Not repeated.
    #[error("Trinks refuses the request ({status}): {reason}")]
    Rejected {
        /// The status.
        status: u16,
        /// What Trinks says of it.
        reason: String,
    },
    /// 5xx, a time-out or no connection.
    #[error("Trinks does not answer: {why}")]
    Unavailable {
        /// What happened.
        why: String,
        /// It was a write that may have taken effect: look before repeating it.
        maybe_done: bool,
    },
    /// An answer of 2xx that cannot be read.
    #[error("an answer of Trinks cannot be read: {0}")]
    Unreadable(&'static str),
    /// Our own side.
    #[error(transparent)]
    Platform(#[from] Failure),
}

impl TrinksError {
    pub(super) fn of_status(status: StatusCode, body: &str, method: &Method) -> Self {
        match status {
            StatusCode::CONFLICT => Self::Conflict,
            StatusCode::NOT_FOUND => Self::NotFound(reason(body)),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Self::KeyRefused { status: status.as_u16() },
            status if status.is_client_error() => Self::Rejected { status: status.as_u16(), reason: reason(body) },
            status => Self::Unavailable { why: format!("status {status}"), maybe_done: *method != Method::GET },
        }
    }
}

/// Characters of Trinks' own words that are kept.
const REASON_CHARS: usize = 300;

/// Trinks' words (contract section 7): the validation list, else the first text in a known place, else the text itself.
fn reason(body: &str) -> String {
    let from_object = || {
        let fields = Fields::parse(body).ok()?;
        let errors = fields.list("Errors", 20).unwrap_or_default();
        let messages: Vec<String> = errors
            .iter()
            .filter_map(|error| {
                let error = error.object()?;
                let text = |name| error.text(name).ok().flatten().unwrap_or_default();
                Some(format!("{}: {}", text("PropertyName"), text("ErrorMessage")))
            })
            .collect();
        if !messages.is_empty() {
            return Some(messages.join("; "));
        }
        ["detail", "Message", "title"].iter().find_map(|name| fields.text(name).ok().flatten())
    };
    let text = from_object().unwrap_or_else(|| body.trim().trim_matches('"').to_owned());
    without_persons(&text).chars().filter(|c| !c.is_control()).take(REASON_CHARS).collect()
}

/// Trinks may quote what it refuses: long numbers and addresses are left out.
fn without_persons(text: &str) -> String {
    /// From here on a number may be a CPF or a phone; ids of Trinks' refusals are shorter or not needed.
    const DIGITS: usize = 8;
    let personal = |word: &str| word.contains('@') || word.bytes().filter(u8::is_ascii_digit).count() >= DIGITS;
    let masked = text
        .split_inclusive(char::is_whitespace)
        .map(|word| if personal(word) { std::borrow::Cow::Borrowed("*** ") } else { std::borrow::Cow::Borrowed(word) });
    masked.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_found_in_each_of_the_known_shapes() {
        for (body, expected) in [
            (
                r#"{"Errors":[{"PropertyName":"Telefones[0].TipoId","ErrorMessage":"'Tipo Id' must not be empty."}]}"#,
                "Telefones[0].TipoId: 'Tipo Id' must not be empty.",
            ),
            (r#"{"detail":"d","title":"t"}"#, "d"),
            (r#"{"Message":"m"}"#, "m"),
            ("Profissional com ID 7 não foi encontrado", "Profissional com ID 7 não foi encontrado"),
            (r#""Profissional com ID 7 não foi encontrado""#, "Profissional com ID 7 não foi encontrado"),
            ("", ""),
        ] {
            assert_eq!(reason(body), expected, "{body}");
        }
    }

    #[test]
    fn what_trinks_quotes_of_a_person_is_left_out() {
        assert_eq!(reason("CPF 111.444.777-35 de cliente@example.com inválido"), "CPF *** de *** inválido");
    }

    #[test]
    fn only_a_write_can_have_happened_unseen() {
        for (method, expected) in [(Method::GET, false), (Method::POST, true), (Method::PUT, true)] {
            let error = TrinksError::of_status(StatusCode::BAD_GATEWAY, "", &method);
            assert!(matches!(error, TrinksError::Unavailable { maybe_done, .. } if maybe_done == expected), "{method}");
        }
    }
}
