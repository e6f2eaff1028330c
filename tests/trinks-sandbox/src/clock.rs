//! Times as the salon's clock shows them: naive, in America/Sao_Paulo.

use crate::call::Reply;
use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, tz::TimeZone};

/// The salon's clock now, to the second. Without a zone database it is Brasília's fixed offset.
pub(crate) fn now() -> DateTime {
    let zone = TimeZone::get("America/Sao_Paulo").unwrap_or_else(|_| TimeZone::fixed(jiff::tz::offset(-3)));
    let now = Timestamp::now().to_zoned(zone).datetime();
    now.with().subsec_nanosecond(0).build().unwrap_or(now)
}

/// `2026-08-12T19:00:00`.
pub(crate) fn written(time: DateTime) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// `2026-05-31 17:59:58`, as events 1 to 4 write it.
pub(crate) fn written_with_space(time: DateTime) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The minute that quota is counted in.
pub(crate) fn minute(time: DateTime) -> String {
    time.strftime("%Y-%m-%dT%H:%M").to_string()
}

/// `14:30`.
pub(crate) fn hour(time: DateTime) -> String {
    time.strftime("%H:%M").to_string()
}

/// A naive time, or a day as its midnight. An offset is refused: whoever sends one expects a meaning it would not have.
pub(crate) fn parse(text: &str) -> Option<DateTime> {
    let after_date = text.get(10..).unwrap_or_default();
    if after_date.contains(['+', '-', 'Z', 'z']) {
        return None;
    }
    text.parse().ok()
}

/// A stretch of time asked for in a query.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Window {
    from: Option<DateTime>,
    until: Option<DateTime>,
}

impl Window {
    /// With the end inside: a plain day counts to its last second.
    pub(crate) fn inclusive(from: Option<&str>, until: Option<&str>) -> Result<Self, Reply> {
        let from = read("dataInicio", from)?;
        let until = read("dataFim", until)?.map(|end| if until_is_day(until) { last_second(end.date()) } else { end });
        Ok(Self { from, until })
    }

    /// With the end outside: `dataFim` of a plain day leaves that whole day out.
    pub(crate) fn exclusive(from: Option<&str>, until: Option<&str>) -> Result<Self, Reply> {
        let until = read("dataFim", until)?.map(|end| end.saturating_sub(jiff::Span::new().seconds(1)));
        Ok(Self { from: read("dataInicio", from)?, until })
    }

    pub(crate) fn holds(self, time: DateTime) -> bool {
        self.from.is_none_or(|from| from <= time) && self.until.is_none_or(|until| time <= until)
    }
}

fn read(name: &str, text: Option<&str>) -> Result<Option<DateTime>, Reply> {
    text.map(|text| parse(text).ok_or_else(|| Reply::not_valid(name, text))).transpose()
}

fn until_is_day(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.len() == 10)
}

fn last_second(day: Date) -> DateTime {
    day.at(23, 59, 59, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_day_is_inside_or_outside() {
        let evening = parse("2026-08-12T19:00:00").unwrap();
        assert!(Window::inclusive(Some("2026-08-12"), Some("2026-08-12")).unwrap().holds(evening));
        assert!(!Window::exclusive(Some("2026-08-12"), Some("2026-08-12")).unwrap().holds(evening));
        assert!(Window::exclusive(Some("2026-08-12"), Some("2026-08-13")).unwrap().holds(evening));
    }

    #[test]
    fn an_offset_is_refused() {
        assert_eq!(parse("2026-08-12T19:00:00-03:00"), None);
        assert_eq!(parse("2026-08-12T19:00:00Z"), None);
        assert!(parse("2026-08-12T19:00").is_some());
    }
}
