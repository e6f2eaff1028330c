//! Reading what Trinks sends: names that vary by event, numbers as text, two date forms, masked documents
//! (contract trinks.md, section 9.3).

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use ponte_domain::documents::Cpf;
use ponte_domain::money::{Balance, Money};
use ponte_domain::personal::{Email, PersonalText, Phone};
use ponte_platform::fields::{Element, Fields, Scalar};
use rust_decimal::Decimal;

/// One object of Trinks, with the names of the fields that were there and could not be read. A doubtful field counts as
/// absent: it is shown, and never stops the rest.
pub(crate) struct Lenient<'a> {
    fields: Fields<'a>,
    doubts: Vec<&'static str>,
}

/// Telephones, items, payments, professionals or labels of one message that are read.
const LIST: usize = 500;

impl<'a> Lenient<'a> {
    pub(crate) fn new(fields: Fields<'a>) -> Self {
        Self { fields, doubts: Vec::new() }
    }

    /// The fields that could not be read so far.
    pub(crate) fn doubts(self) -> Vec<&'static str> {
        self.doubts
    }

    #[cfg(test)]
    pub(crate) fn has_doubts(&self) -> bool {
        !self.doubts.is_empty()
    }

    /// Reads the first of `names` that has content, be it text or a number; content that `read` rejects is a doubt.
    fn first<T>(&mut self, names: &[&'static str], read: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.first_scalar(names, |scalar| read(&scalar.text))
    }

    /// The same where it matters which of them it is.
    fn first_scalar<T>(&mut self, names: &[&'static str], read: impl Fn(&Scalar) -> Option<T>) -> Option<T> {
        for name in names {
            match self.fields.scalar(name) {
                Ok(None) => {}
                Ok(Some(scalar)) => {
                    let value = read(&scalar);
                    if value.is_none() {
                        self.doubts.push(name);
                    }
                    return value;
                }
                Err(_) => self.doubts.push(name),
            }
        }
        None
    }

    pub(crate) fn text(&mut self, names: &[&'static str]) -> Option<String> {
        self.first(names, |text| Some(text.to_owned()))
    }

    pub(crate) fn personal(&mut self, names: &[&'static str]) -> Option<PersonalText> {
        self.first(names, PersonalText::parse)
    }

    pub(crate) fn email(&mut self, names: &[&'static str]) -> Option<Email> {
        self.first(names, Email::parse)
    }

    /// A number from 0; text of digits counts.
    pub(crate) fn number(&mut self, names: &[&'static str]) -> Option<u64> {
        self.first_scalar(names, |scalar| scalar.identifier()?.number())
    }

    /// An id: 0 is nobody, which is no doubt.
    pub(crate) fn id<T>(&mut self, names: &[&'static str], make: fn(u64) -> Option<T>) -> Option<T> {
        self.number(names).and_then(make)
    }

    /// A full, valid CPF. A masked or empty one is nobody's identity, which is no doubt either.
    pub(crate) fn cpf(&mut self, names: &[&'static str]) -> Option<Cpf> {
        self.first_scalar(names, |scalar| {
            let text = &scalar.text;
            let masked = text.contains('*') || text.bytes().filter(u8::is_ascii_digit).all(|digit| digit == b'0');
            if masked { Some(None) } else { Cpf::from_written(&scalar.identifier()?).map(Some) }
        })
        .flatten()
    }

    /// An amount with its sign.
    pub(crate) fn signed(&mut self, names: &[&'static str]) -> Option<Balance> {
        let read = self.first_scalar(names, amount)?;
        Some(self.figure(names, read))
    }

    /// A figure's value; an ambiguous one is a doubt too.
    fn figure<T>(&mut self, names: &[&'static str], read: Figure<T>) -> T {
        if read.ambiguous {
            self.doubts.extend(names.first());
        }
        read.value
    }

    /// An amount whose sign does not matter: discounts come negative.
    pub(crate) fn money(&mut self, names: &[&'static str]) -> Option<Money> {
        self.signed(names).map(magnitude)
    }

    /// An amount that cannot be below nothing: a negative one counts as zero, and as a doubt.
    pub(crate) fn paid(&mut self, names: &[&'static str]) -> Option<Money> {
        let amount = self.signed(names)?;
        if amount.decimal().is_sign_negative() && !amount.decimal().is_zero() {
            self.doubts.extend(names.first());
            return Some(Money::ZERO);
        }
        Some(magnitude(amount))
    }

    /// A whole or broken quantity; 1 when it says nothing.
    pub(crate) fn quantity(&mut self, names: &[&'static str]) -> Decimal {
        let read = self.first_scalar(names, decimal);
        read.map_or(Decimal::ONE, |read| self.figure(names, read))
    }

    /// A naive local date and time, in either form; a date alone is its midnight.
    pub(crate) fn local_time(&mut self, names: &[&'static str]) -> Option<LocalTime> {
        self.first(names, LocalTime::parse)
    }

    pub(crate) fn date(&mut self, names: &[&'static str]) -> Option<Date> {
        self.local_time(names).map(|time| time.date_time().date())
    }

    /// The phone that texts should go to: WhatsApp (type 6) first, then any mobile, then any.
    pub(crate) fn phone(&mut self, names: &[&'static str]) -> Option<Phone> {
        self.phones(names).into_iter().next()
    }

    /// All that can be read, the one to write to first.
    pub(crate) fn phones(&mut self, names: &[&'static str]) -> Vec<Phone> {
        let mut ranked: Vec<(u8, Phone)> = Vec::new();
        for name in names {
            for element in self.list(name) {
                let Some((phone, whatsapp)) = phone(&element) else { continue };
                let rank = if whatsapp { 0 } else { u8::from(!phone.is_mobile()) + 1 };
                ranked.push((rank, phone));
            }
        }
        // Stable: of two of a kind the first stays the first.
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked.into_iter().map(|(_, phone)| phone).collect()
    }

    /// A list's elements; a single value counts as a list of one, one that is too long as a doubt.
    pub(crate) fn list(&mut self, name: &'static str) -> Vec<Element<'a>> {
        self.fields.list(name, LIST).unwrap_or_else(|_| {
            self.doubts.push(name);
            Vec::new()
        })
    }

    /// The elements of a list that are objects.
    pub(crate) fn objects(&mut self, name: &'static str) -> Vec<Lenient<'a>> {
        self.list(name).iter().filter_map(Element::object).map(Lenient::new).collect()
    }

    /// Takes over what a part of this object could not read.
    pub(crate) fn doubt_with(&mut self, part: Lenient<'_>) {
        self.doubts.extend(part.doubts);
    }
}

/// A phone as text, or in parts; and whether it is a WhatsApp number (`Tipo` 6).
fn phone(element: &Element<'_>) -> Option<(Phone, bool)> {
    let Some(fields) = element.object() else { return Some((Phone::parse(&element.text()?)?, false)) };
    let text = |name| Some(fields.identifier(name).ok()??.into_text());
    let whatsapp = ["Tipo", "TipoId"].into_iter().filter_map(text).any(|kind| kind == "6");
    let whole = text("TelefoneCompleto").as_deref().and_then(Phone::parse);
    let joined = || {
        let number = text("Numero").or_else(|| text("Telefone"))?;
        Phone::parse(&format!("{}{number}", text("DDD").unwrap_or_default()))
    };
    whole.or_else(joined).map(|phone| (phone, whatsapp))
}

/// A figure as it was read; an ambiguous one could mean another.
struct Figure<T> {
    value: T,
    ambiguous: bool,
}

fn amount(written: &Scalar) -> Option<Figure<Balance>> {
    let Figure { value, ambiguous } = decimal(written)?;
    // Trinks computes with more places than a cent has; half-even is the domain's rounding.
    let value = Balance::from_decimal(value.round_dp(2)).ok()?;
    Some(Figure { value, ambiguous })
}

/// The contract's rule, for text alone: with a comma, dots are thousands; one dot with exactly three digits after it is
/// thousands too, and ambiguous; any other single dot is a decimal point. JSON's own numbers have no thousands.
fn decimal(written: &Scalar) -> Option<Figure<Decimal>> {
    let text = written.text.as_str();
    if written.is_number {
        let value = Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok()?;
        return Some(Figure { value, ambiguous: false });
    }
    let text = text.trim_start_matches("R$").trim();
    let plain = text.strip_prefix(['-', '+']).unwrap_or(text);
    if plain.is_empty() || !plain.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',')) {
        return None;
    }
    let dots = plain.matches('.').count();
    let thousands = dots == 1 && looks_like_thousands(plain);
    let exact = if plain.contains(',') {
        (plain.matches(',').count() == 1).then(|| text.replace('.', "").replace(',', "."))
    } else if dots > 1 || thousands {
        Some(text.replace('.', ""))
    } else {
        Some(text.to_owned())
    }?;
    Some(Figure { value: Decimal::from_str_exact(&exact).ok()?, ambiguous: thousands && !plain.contains(',') })
}

/// Up to three digits, the first of them not 0, then a dot and three more: nobody groups `0.500` or `1234.567` like this.
fn looks_like_thousands(plain: &str) -> bool {
    plain
        .split_once('.')
        .is_some_and(|(before, after)| after.len() == 3 && (1..=3).contains(&before.len()) && !before.starts_with('0'))
}

fn magnitude(balance: Balance) -> Money {
    Money::from_decimal(balance.decimal().abs()).unwrap_or(Money::ZERO)
}

/// A time as Trinks writes it: local to the salon, rarely with an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalTime {
    /// By the salon's clock.
    Naive(DateTime),
    /// With its offset: an instant.
    Exact(Timestamp, DateTime),
}

impl LocalTime {
    /// Reads `YYYY-MM-DDThh:mm:ss`, `YYYY-MM-DD hh:mm:ss`, `DD/MM/YYYY` with or without a time, with or without an offset.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(exact) = text.parse::<Timestamp>() {
            // Civil parsing leaves the offset aside: what remains is what the wall showed.
            let shown = text.parse::<DateTime>().unwrap_or_else(|_| exact.to_zoned(TimeZone::UTC).datetime());
            return Some(Self::Exact(exact, shown));
        }
        let naive = text.parse::<DateTime>().ok();
        let naive = naive.or_else(|| text.parse::<Date>().ok().map(|date| date.at(0, 0, 0, 0)));
        naive.or_else(|| brazilian(text)).map(Self::Naive)
    }

    /// What a clock on the salon's wall would show.
    #[must_use]
    pub fn date_time(self) -> DateTime {
        match self {
            Self::Naive(time) | Self::Exact(_, time) => time,
        }
    }

    /// The instant, by the salon's zone. A time that a change of clocks skips or repeats is the later, or the first, as
    /// calendars do it.
    #[must_use]
    pub fn instant(self, zone: &TimeZone) -> Timestamp {
        match self {
            Self::Exact(at, _) => at,
            Self::Naive(time) => instant(time, zone),
        }
    }
}

/// The instant of a time on a salon's wall.
fn instant(time: DateTime, zone: &TimeZone) -> Timestamp {
    // Only years beyond 9999 have none.
    time.to_zoned(zone.clone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

/// `DD/MM/YYYY`, with a time or without.
fn brazilian(text: &str) -> Option<DateTime> {
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let mut parts = date.split('/');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    parts.next().is_none().then_some(())?;
    Some(date.to_datetime(time.parse().ok()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn lenient(json: &str) -> Lenient<'_> {
        Lenient::new(Fields::parse(json).unwrap())
    }

    #[test]
    fn money_is_read_in_each_of_the_observed_forms() {
        for (json, cents) in [
            (r#"{"v":"10"}"#, 1_000),
            (r#"{"v":"10.5"}"#, 1_050),
            (r#"{"v":"100.00"}"#, 10_000),
            (r#"{"v":100}"#, 10_000),
            (r#"{"v":"10,00"}"#, 1_000),
            (r#"{"v":"1.234,56"}"#, 123_456),
            (r#"{"v":"1.234.567,80"}"#, 123_456_780),
            (r#"{"v":"R$ 5,00"}"#, 500),
            (r#"{"v":"-5,00"}"#, 500),
        ] {
            let mut fields = lenient(json);
            assert_eq!(fields.money(&["V"]), Some(Money::from_cents(cents)), "{json}");
            assert!(!fields.has_doubts(), "{json}");
        }
    }

    #[test]
    fn one_dot_and_three_digits_is_thousands_and_doubtful_in_text() {
        let mut fields = lenient(r#"{"v":"1.234"}"#);
        assert_eq!(fields.money(&["v"]), Some(Money::from_cents(123_400)));
        assert_eq!(fields.doubts(), ["v"]);
        let mut fields = lenient(r#"{"v":"-1.234"}"#);
        assert_eq!(fields.signed(&["v"]).map(|amount| amount.to_string()).as_deref(), Some("-1234.00"));
        let mut fields = lenient(r#"{"q":"1.500"}"#);
        assert_eq!(fields.quantity(&["q"]), Decimal::from(1_500));
        assert_eq!(fields.doubts(), ["q"]);
    }

    #[test]
    fn what_thousands_cannot_look_like_is_a_decimal_point() {
        for (json, cents) in [(r#"{"v":"0.169"}"#, 17), (r#"{"v":"-0.500"}"#, 50), (r#"{"v":"1234.567"}"#, 123_457)] {
            let mut fields = lenient(json);
            assert_eq!(fields.money(&["v"]), Some(Money::from_cents(cents)), "{json}");
            assert!(!fields.has_doubts(), "{json}");
        }
    }

    #[test]
    fn a_number_has_no_thousands_and_is_rounded_half_even_to_the_cent() {
        for (json, cents) in [
            (r#"{"v":169.915}"#, 16_992),
            (r#"{"v":169.925}"#, 16_992),
            (r#"{"v":1.500}"#, 150),
            (r#"{"v":-5.125}"#, 512),
            (r#"{"v":1234.5678}"#, 123_457),
            (r#"{"v":1.5e2}"#, 15_000),
            (r#"{"v":15E-1}"#, 150),
            (r#"{"v":0.004}"#, 0),
        ] {
            let mut fields = lenient(json);
            assert_eq!(fields.money(&["v"]), Some(Money::from_cents(cents)), "{json}");
            assert!(!fields.has_doubts(), "{json}");
        }
        for json in [r#"{"v":1e400}"#, r#"{"v":99999999999}"#, r#"{"v":true}"#, r#"{"v":"1e2"}"#] {
            let mut fields = lenient(json);
            assert_eq!(fields.money(&["v"]), None, "{json}");
            assert!(fields.has_doubts(), "{json}");
        }
    }

    #[test]
    fn a_quantity_that_is_a_number_is_what_it_says() {
        for (json, expected) in
            [(r#"{"q":1.500}"#, "1.5"), (r#"{"q":2}"#, "2"), (r#"{"q":0.250}"#, "0.25"), (r#"{"q":"0.250"}"#, "0.25")]
        {
            let mut fields = lenient(json);
            assert_eq!(fields.quantity(&["q"]), expected.parse().unwrap(), "{json}");
            assert!(!fields.has_doubts(), "{json}");
        }
    }

    #[test]
    fn a_time_is_read_in_each_of_the_observed_forms() {
        let expected: DateTime = "2026-05-31T17:59:58".parse().unwrap();
        for text in ["2026-05-31 17:59:58", "2026-05-31T17:59:58", "31/05/2026 17:59:58"] {
            assert_eq!(LocalTime::parse(text), Some(LocalTime::Naive(expected)), "{text}");
        }
        let midnight = Some(LocalTime::Naive("2026-05-31T00:00:00".parse().unwrap()));
        assert_eq!(LocalTime::parse("31/05/2026"), midnight);
        assert_eq!(LocalTime::parse("2026-05-31"), midnight);
        for text in ["", "amanhã", "32/01/2026", "2026-13-01"] {
            assert_eq!(LocalTime::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_offset_is_kept() {
        let zone = TimeZone::get("America/Manaus").unwrap();
        let at = LocalTime::parse("2026-05-31T17:59:58-03:00").unwrap().instant(&zone);
        assert_eq!(at, "2026-05-31T20:59:58Z".parse().unwrap());
        let naive = LocalTime::parse("2026-05-31T17:59:58").unwrap().instant(&zone);
        assert_eq!(naive, "2026-05-31T21:59:58Z".parse().unwrap());
    }

    #[test]
    fn a_masked_or_empty_document_is_no_identity_and_a_wrong_one_a_doubt() {
        for json in [r#"{"CPF":"***.444.777-**"}"#, r#"{"CPF":""}"#, r#"{"CPF":null}"#, r#"{"CPF":"000.000.000-00"}"#] {
            let mut fields = lenient(json);
            assert_eq!(fields.cpf(&["CPF"]), None, "{json}");
            assert!(!fields.has_doubts(), "{json}");
        }
        let mut fields = lenient(r#"{"CPF":"111.444.777-36"}"#);
        assert_eq!(fields.cpf(&["CPF"]), None);
        assert!(fields.has_doubts());
        assert!(lenient(r#"{"CPF":"111.444.777-35"}"#).cpf(&["CPF"]).is_some());
    }

    #[test]
    fn the_whatsapp_number_is_preferred_to_other_mobiles_and_those_to_landlines() {
        let json = r#"{"T":[{"TelefoneCompleto":"(11) 3000-0000"},{"DDD":"11","Numero":"900000001"},{"DDD":"11","Numero":"900000002","Tipo":6}]}"#;
        assert_eq!(lenient(json).phone(&["T"]), Phone::parse("11900000002"));
        let json = r#"{"T":["(11) 3000-0000",{"DDD":11,"Numero":900000001}]}"#;
        assert_eq!(lenient(json).phone(&["T"]), Phone::parse("11900000001"));
    }
}
