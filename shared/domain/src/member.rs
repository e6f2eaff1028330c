//! A member's profile: what the programme knows of a person, and how an update changes it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::documents::Cpf;
use crate::ids::StoreId;
use crate::limits;
use crate::personal::{Email, PersonalText, Phone};
use crate::pin::PinChannel;

/// What the programme knows of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The person's CPF.
    #[serde(with = "cpf_digits")]
    pub cpf: Cpf,
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonalText>,
    /// The phone that texts go to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    /// E-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// Date of birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<Date>,
    /// Fields the programme does not need, by their wire name; only of stores that keep them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, PersonalText>,
    /// Former phones and e-mails.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contact_history: Vec<FormerContact>,
    /// When the person joined.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub since: Timestamp,
    /// Raised with every change.
    pub version: u64,
}

/// A phone or e-mail that was replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerContact {
    /// Which of the two.
    pub channel: PinChannel,
    /// The old value.
    pub value: PersonalText,
    /// When it was replaced.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub replaced_at: Timestamp,
    /// At which store.
    pub store: StoreId,
}

/// What a till says of a person. `None` says nothing: it erases nothing.
#[derive(Debug, Clone, Default)]
pub struct ProfileUpdate {
    /// Name.
    pub name: Option<PersonalText>,
    /// Phone.
    pub phone: Option<Phone>,
    /// E-mail.
    pub email: Option<Email>,
    /// Date of birth.
    pub birth_date: Option<Date>,
    /// The rest, already reduced to what the store keeps.
    pub extra: BTreeMap<String, PersonalText>,
}

impl Profile {
    /// Applies an update; `None` when it says nothing new, so that an unchanged member costs no write.
    #[must_use]
    pub fn updated(
        current: Option<&Profile>,
        cpf: Cpf,
        update: &ProfileUpdate,
        store: StoreId,
        now: Timestamp,
    ) -> Option<Profile> {
        let mut next = current.cloned().unwrap_or_else(|| Profile::new(cpf, now));
        let change = |channel, old: Option<&str>, new: Option<&str>| {
            let old = old.filter(|old| new.is_some_and(|new| new != *old))?;
            Some(FormerContact { channel, value: PersonalText::parse(old)?, replaced_at: now, store })
        };
        let phone =
            change(PinChannel::Sms, next.phone.as_ref().map(Phone::expose), update.phone.as_ref().map(Phone::expose));
        let email =
            change(PinChannel::Email, next.email.as_ref().map(Email::expose), update.email.as_ref().map(Email::expose));
        next.contact_history.extend(phone.into_iter().chain(email));
        let surplus = next.contact_history.len().saturating_sub(limits::CONTACT_HISTORY);
        next.contact_history.drain(..surplus);
        next.name = update.name.clone().or(next.name);
        next.phone = update.phone.clone().or(next.phone);
        next.email = update.email.clone().or(next.email);
        next.birth_date = update.birth_date.or(next.birth_date);
        next.extra.extend(update.extra.clone());
        if current == Some(&next) {
            return None;
        }
        next.version += 1;
        Some(next)
    }

    fn new(cpf: Cpf, since: Timestamp) -> Self {
        Self {
            cpf,
            name: None,
            phone: None,
            email: None,
            birth_date: None,
            extra: BTreeMap::new(),
            contact_history: Vec::new(),
            since,
            version: 0,
        }
    }

    /// Whether a PIN can reach the person this way.
    #[must_use]
    pub fn reachable_by(&self, channel: PinChannel) -> bool {
        match channel {
            PinChannel::Sms => self.phone.as_ref().is_some_and(Phone::is_mobile),
            PinChannel::Email => self.email.is_some(),
        }
    }
}

mod cpf_digits {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::documents::Cpf;

    pub(super) fn serialize<S: Serializer>(cpf: &Cpf, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&cpf.expose_digits())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cpf, D::Error> {
        // The text itself must not reach the error: errors are logged.
        Cpf::parse(&String::deserialize(deserializer)?)
            .ok_or_else(|| serde::de::Error::custom("a stored CPF is not valid"))
    }
}
