//! Every bound of the agenda, in one place, each with its reason. The domain's own are in `ponte_domain::limits`.

use std::ops::RangeInclusive;

/// Bytes of a body: the largest sensible booking has two kilobytes.
pub(crate) const BODY_BYTES: usize = 16 * 1024;

/// Minutes of an appointment: less is no appointment, more is longer than any salon is open.
pub(crate) const MINUTES: RangeInclusive<u32> = 5..=720;

/// Days ahead that can be asked for or booked: salons plan a year at most, and each day asked for costs a call.
pub(crate) const DAYS_AHEAD: i32 = 400;

/// Characters of a note: what the typed text keeps (`PERSONAL_TEXT_CHARS`), so that nothing is cut silently.
pub(crate) const NOTE_CHARS: usize = ponte_domain::limits::PERSONAL_TEXT_CHARS;

/// Characters of a person's name: fits a line of the salon's screen.
pub(crate) const NAME_CHARS: usize = 100;

/// Characters of a cancellation's reason: Trinks wants one at least, and shows a sentence.
pub(crate) const REASON_CHARS: usize = 200;

/// Wrong fields that one answer lists: more than any of our bodies has.
pub(crate) const DETAILS: usize = 20;

/// Seconds for which a booking that was begun belongs to whoever began it. No call may live longer: the Lambda's time-out
/// and the gateway's must stay below it, so that nobody books while the next one looks.
pub(crate) const STARTED_SECONDS: i64 = 30;

/// Seconds after which a caller may ask again whether a booking in progress is done.
pub(crate) const IN_PROGRESS_SECONDS: u64 = 5;

/// Seconds after which a caller may try again when Trinks does not answer: it is back within moments or not for long.
pub(crate) const UNAVAILABLE_SECONDS: u64 = 10;

/// Seconds for which free hours are remembered in a warm Lambda: a chatbot asks several times while a person chooses, and
/// an hour that is gone meanwhile is refused by Trinks anyway.
pub(crate) const FREE_HOURS_SECONDS: u64 = 15;

/// The same where nobody was free: an empty answer may be spurious (contract trinks.md, section 6, item 8).
pub(crate) const NO_FREE_HOURS_SECONDS: u64 = 3;

/// Answers about free hours that a warm Lambda remembers: far more than are asked for in that time.
pub(crate) const FREE_HOURS_REMEMBERED: usize = 500;

/// Requests for fresh lists that a warm Lambda remembers having sent: one per salon, list and hour.
pub(crate) const REFRESHES_REMEMBERED: usize = 1_000;
