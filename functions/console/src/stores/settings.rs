//! A store's settings, in and out.

use jiff::tz::TimeZone;
use ponte_domain::pin::{PinChannel, PinRules};
use ponte_domain::store::StoreSettings;
use ponte_platform::fields::Fields;
use ponte_platform::wire_money::WireMoney;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use ponte_domain::money::Rate;

use crate::problem::Problem;
use crate::{limits, read};

/// The settings that a PUT names.
#[derive(ToSchema)]
pub(crate) struct SettingsBody {
    /// A redemption needs a PIN.
    uses_pin: Option<bool>,
    /// Where PINs go when the till does not say.
    #[schema(value_type = Option<PinChannelName>)]
    pin_channel: Option<PinChannel>,
    /// Digits of a PIN.
    #[schema(minimum = 4, maximum = 8)]
    pin_digits: Option<u8>,
    /// How long a PIN can be typed, and once validated, used.
    #[schema(minimum = 60, maximum = 3600)]
    pin_lifetime_seconds: Option<i64>,
    /// Wrong PINs before it is spent.
    #[schema(minimum = 1, maximum = 10)]
    pin_attempts: Option<u8>,
    /// Before a PIN may be sent again.
    #[schema(minimum = 120, maximum = 3600)]
    pin_resend_seconds: Option<i64>,
    /// `HabilitaBotaoNaoBonificar`: the seller may close a sale without a bonus.
    offers_decline_bonus_button: Option<bool>,
    /// The most of a sale that bonus money may pay, in percent.
    #[schema(value_type = Option<f64>, exclusive_minimum = 0, maximum = 100)]
    maximum_redemption_percentage: Option<Rate>,
    /// How the till means `ValorLiquido`: already without the redeemed part (true), or before it.
    net_excludes_redemption: Option<bool>,
    /// Personal fields that the programme does not need (address, RG, income) are stored all the same.
    keeps_full_profile: Option<bool>,
    /// `SaldoBonusAtual` of a sale without bonus is the balance instead of zero.
    balance_without_bonus: Option<bool>,
    /// Days that given-back money lives when its own time was over.
    #[schema(minimum = 0, maximum = 365)]
    reversal_grace_days: Option<u16>,
    /// Hours before a contact that a till entered for a member with money gets PINs.
    #[schema(minimum = 0, maximum = 720)]
    pin_contact_hold_hours: Option<u16>,
    /// IANA name of the store's time zone.
    #[schema(example = "America/Sao_Paulo", max_length = 40)]
    time_zone: Option<String>,
}

/// A store's settings. The fields are those of the PUT.
#[derive(Serialize, ToSchema)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own in the store's settings")]
pub(crate) struct SettingsView {
    uses_pin: bool,
    #[schema(value_type = PinChannelName)]
    pin_channel: PinChannel,
    pin_digits: u8,
    pin_lifetime_seconds: i64,
    pin_attempts: u8,
    pin_resend_seconds: i64,
    offers_decline_bonus_button: bool,
    #[schema(value_type = f64)]
    maximum_redemption_percentage: WireMoney,
    net_excludes_redemption: bool,
    keeps_full_profile: bool,
    balance_without_bonus: bool,
    reversal_grace_days: u16,
    /// Hours before a contact that a till entered for a member with money gets PINs.
    pin_contact_hold_hours: u16,
    time_zone: String,
}

/// Where PINs are sent.
#[derive(ToSchema)]
#[schema(as = PinChannel, rename_all = "snake_case")]
#[allow(dead_code, reason = "documents the names of the domain's type")]
pub(crate) enum PinChannelName {
    Sms,
    Email,
}

impl SettingsBody {
    pub(super) fn read(fields: &Fields<'_>) -> Result<Self, Problem> {
        Ok(Self {
            uses_pin: fields.boolean("uses_pin")?,
            pin_channel: pin_channel(fields)?,
            pin_digits: read::whole(fields, "pin_digits", &limits::PIN_DIGITS)?,
            pin_lifetime_seconds: read::whole(fields, "pin_lifetime_seconds", &limits::PIN_LIFETIME_SECONDS)?,
            pin_attempts: read::whole(fields, "pin_attempts", &limits::PIN_ATTEMPTS)?,
            pin_resend_seconds: read::whole(fields, "pin_resend_seconds", &limits::PIN_RESEND_SECONDS)?,
            offers_decline_bonus_button: fields.boolean("offers_decline_bonus_button")?,
            maximum_redemption_percentage: read::percentage(
                fields,
                "maximum_redemption_percentage",
                Decimal::ONE_HUNDRED,
            )?,
            net_excludes_redemption: fields.boolean("net_excludes_redemption")?,
            keeps_full_profile: fields.boolean("keeps_full_profile")?,
            balance_without_bonus: fields.boolean("balance_without_bonus")?,
            reversal_grace_days: read::whole(fields, "reversal_grace_days", &limits::REVERSAL_GRACE_DAYS)?,
            pin_contact_hold_hours: read::whole(fields, "pin_contact_hold_hours", &limits::PIN_CONTACT_HOLD_HOURS)?,
            time_zone: time_zone(fields)?,
        })
    }

    /// These settings where they are named, the old ones elsewhere.
    pub(super) fn applied(self, old: StoreSettings) -> StoreSettings {
        StoreSettings {
            uses_pin: self.uses_pin.unwrap_or(old.uses_pin),
            pin_channel: self.pin_channel.unwrap_or(old.pin_channel),
            pin: PinRules {
                digits: self.pin_digits.unwrap_or(old.pin.digits),
                lifetime_seconds: self.pin_lifetime_seconds.unwrap_or(old.pin.lifetime_seconds),
                attempts: self.pin_attempts.unwrap_or(old.pin.attempts),
                resend_seconds: self.pin_resend_seconds.unwrap_or(old.pin.resend_seconds),
            },
            offers_decline_bonus_button: self.offers_decline_bonus_button.unwrap_or(old.offers_decline_bonus_button),
            maximum_redemption_share: self.maximum_redemption_percentage.unwrap_or(old.maximum_redemption_share),
            net_excludes_redemption: self.net_excludes_redemption.unwrap_or(old.net_excludes_redemption),
            keeps_full_profile: self.keeps_full_profile.unwrap_or(old.keeps_full_profile),
            balance_without_bonus: self.balance_without_bonus.unwrap_or(old.balance_without_bonus),
            reversal_grace_days: self.reversal_grace_days.unwrap_or(old.reversal_grace_days),
            pin_contact_hold_hours: self.pin_contact_hold_hours.unwrap_or(old.pin_contact_hold_hours),
            time_zone: self.time_zone.unwrap_or(old.time_zone),
        }
    }
}

impl From<StoreSettings> for SettingsView {
    fn from(settings: StoreSettings) -> Self {
        Self {
            uses_pin: settings.uses_pin,
            pin_channel: settings.pin_channel,
            pin_digits: settings.pin.digits,
            pin_lifetime_seconds: settings.pin.lifetime_seconds,
            pin_attempts: settings.pin.attempts,
            pin_resend_seconds: settings.pin.resend_seconds,
            offers_decline_bonus_button: settings.offers_decline_bonus_button,
            maximum_redemption_percentage: WireMoney(settings.maximum_redemption_share.percentage()),
            net_excludes_redemption: settings.net_excludes_redemption,
            keeps_full_profile: settings.keeps_full_profile,
            balance_without_bonus: settings.balance_without_bonus,
            reversal_grace_days: settings.reversal_grace_days,
            pin_contact_hold_hours: settings.pin_contact_hold_hours,
            time_zone: settings.time_zone,
        }
    }
}

fn pin_channel(fields: &Fields<'_>) -> Result<Option<PinChannel>, Problem> {
    let Some(text) = fields.text("pin_channel")? else { return Ok(None) };
    match text.as_str() {
        "sms" => Ok(Some(PinChannel::Sms)),
        "email" => Ok(Some(PinChannel::Email)),
        _ => Err(Problem::field("pin_channel", "`sms` or `email`")),
    }
}

fn time_zone(fields: &Fields<'_>) -> Result<Option<String>, Problem> {
    let Some(name) = read::text(fields, "time_zone", limits::TIME_ZONE_CHARS)? else { return Ok(None) };
    let known = TimeZone::get(&name).ok().and_then(|zone| zone.iana_name().map(str::to_owned));
    known.map(Some).ok_or_else(|| Problem::field("time_zone", "a name of the IANA database, as America/Sao_Paulo"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(json: &str) -> Result<StoreSettings, Problem> {
        Ok(SettingsBody::read(&Fields::parse(json).unwrap())?.applied(StoreSettings::default()))
    }

    #[test]
    fn every_setting_can_be_set() {
        let settings = read(
            r#"{"uses_pin":true,"pin_channel":"email","pin_digits":8,"pin_lifetime_seconds":60,"pin_attempts":10,
                "pin_resend_seconds":120,"offers_decline_bonus_button":true,"maximum_redemption_percentage":33.33,
                "net_excludes_redemption":true,"keeps_full_profile":true,"balance_without_bonus":true,
                "reversal_grace_days":0,"time_zone":"America/Manaus"}"#,
        );
        let settings = settings.unwrap();
        assert_eq!(settings.maximum_redemption_share.percentage().to_string(), "33.33");
        assert_eq!((settings.pin.digits, settings.reversal_grace_days), (8, 0));
        assert_eq!(settings.time_zone, "America/Manaus");
    }

    #[test]
    fn a_setting_out_of_bounds_is_refused() {
        for json in [
            r#"{"pin_digits":3}"#,
            r#"{"pin_digits":9}"#,
            r#"{"pin_resend_seconds":119}"#,
            r#"{"pin_attempts":0}"#,
            r#"{"pin_attempts":11}"#,
            r#"{"pin_lifetime_seconds":59}"#,
            r#"{"pin_lifetime_seconds":3601}"#,
            r#"{"pin_channel":"pigeon"}"#,
            r#"{"maximum_redemption_percentage":101}"#,
            r#"{"reversal_grace_days":366}"#,
            r#"{"time_zone":"America/Atlantis"}"#,
            r#"{"uses_pin":"maybe"}"#,
        ] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
