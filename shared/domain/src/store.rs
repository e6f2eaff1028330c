//! A store and its settings, and a programme.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::ids::{ProgramId, StoreId};
use crate::ledger::SaleTotal;
use crate::money::{Money, Rate};
use crate::pin::{PinChannel, PinRules};

/// A bonus programme: its stores share balances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Its slug.
    pub id: ProgramId,
    /// Its name.
    pub name: String,
    /// 0 certification, 1 production: the two never share a programme.
    pub environment: u8,
}

/// A store: a CNPJ in one environment, with what its till may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Store {
    /// Environment and CNPJ.
    pub id: StoreId,
    /// The programme whose accounts it uses.
    pub program: ProgramId,
    /// Shown to people.
    pub name: String,
    /// Switched on.
    pub active: bool,
    /// What it decides.
    pub settings: StoreSettings,
}

/// A store's decisions. Each flag is a question of its own to the shop.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoreSettings {
    /// A redemption needs a PIN.
    pub uses_pin: bool,
    /// Where PINs go when the till does not say.
    pub pin_channel: PinChannel,
    /// Its rules for PINs.
    pub pin: PinRules,
    /// Hours before a contact that a till entered for a member with money gets PINs.
    pub pin_contact_hold_hours: u16,
    /// `HabilitaBotaoNaoBonificar`.
    pub offers_decline_bonus_button: bool,
    /// The most of a sale that bonus money may pay.
    pub maximum_redemption_share: Rate,
    /// How its till means `ValorLiquido`: already without the redeemed part, or (as the page suggests) before it.
    pub net_excludes_redemption: bool,
    /// Personal fields that the programme does not need (address, RG, income) are stored all the same.
    pub keeps_full_profile: bool,
    /// `SaldoBonusAtual` of a sale without bonus: the customer's balance instead of the page's literal zero.
    pub balance_without_bonus: bool,
    /// Days that given-back money lives when its own time was over.
    pub reversal_grace_days: u16,
    /// IANA name of its time zone.
    pub time_zone: String,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            uses_pin: false,
            pin_channel: PinChannel::Sms,
            pin: PinRules::default(),
            pin_contact_hold_hours: 24,
            offers_decline_bonus_button: false,
            maximum_redemption_share: Rate::WHOLE,
            net_excludes_redemption: false,
            keeps_full_profile: false,
            balance_without_bonus: false,
            reversal_grace_days: 7,
            time_zone: "America/Sao_Paulo".to_owned(),
        }
    }
}

impl StoreSettings {
    /// The store's time zone. The name was checked when it was stored; should it have left the database since, UTC.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }

    /// The sale's total before the redemption, out of `ValorLiquido` as this store's till means it.
    #[must_use]
    pub fn sale_total(&self, net: Money, redeemed: Money) -> Money {
        if self.net_excludes_redemption { net.plus(redeemed) } else { net }
    }

    /// What a redemption knows of its sale.
    #[must_use]
    pub fn redemption_sale(&self, net: Option<Money>, redeemed: Money) -> SaleTotal {
        net.map_or(SaleTotal::Unstated, |net| SaleTotal::Known(self.sale_total(net, redeemed)))
    }

    /// What a question of balance knows of its sale. The till also asks outside any sale, with no value or zero.
    #[must_use]
    pub fn query_sale(&self, net: Option<Money>) -> SaleTotal {
        net.filter(|net| !net.is_zero()).map_or(SaleTotal::NoSale, SaleTotal::Known)
    }
}

/// A token's hash, and until when it is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenHash {
    /// SHA-256 of the token. A token has 256 random bits, so a plain hash cannot be turned back.
    pub sha256: [u8; 32],
    /// The old one of a rotation lapses; the current one has no end.
    #[serde(with = "jiff::fmt::serde::timestamp::second::optional", default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
}

impl TokenHash {
    /// Compares in constant time.
    #[must_use]
    pub fn accepts(&self, sha256: &[u8; 32], now: Timestamp) -> bool {
        use subtle::ConstantTimeEq;
        let alive = self.valid_until.is_none_or(|until| now < until);
        bool::from(self.sha256.ct_eq(sha256)) && alive
    }
}

/// The token list after issuing a new token: the old ones lapse after the grace at the latest, and at most one
/// old one is kept.
#[must_use]
pub fn rotate(current: Vec<TokenHash>, fresh: [u8; 32], grace: jiff::SignedDuration, now: Timestamp) -> Vec<TokenHash> {
    let lapse = now.saturating_add(grace).unwrap_or(now);
    let newest = current
        .into_iter()
        .next()
        .map(|old| TokenHash { valid_until: Some(old.valid_until.map_or(lapse, |until| until.min(lapse))), ..old });
    let mut tokens = vec![TokenHash { sha256: fresh, valid_until: None }];
    tokens.extend(newest.filter(|old| old.valid_until.is_some_and(|until| now < until)));
    tokens
}
