//! A member's profile: what the programme knows of a person, and how an update changes it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::documents::Cpf;
use crate::ids::StoreId;
use crate::limits;
use crate::personal::{Email, PersonalText, Phone};
use crate::pin::PinChannel;
use crate::refusal::Refusal;

/// What the programme knows of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The person's CPF.
    #[serde(with = "crate::documents::cpf_digits")]
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
    /// When the phone was entered, if the member had money by then: a PIN must not go there at once.
    #[serde(with = "jiff::fmt::serde::timestamp::second::optional", default, skip_serializing_if = "Option::is_none")]
    pub phone_since: Option<Timestamp>,
    /// The same of the e-mail.
    #[serde(with = "jiff::fmt::serde::timestamp::second::optional", default, skip_serializing_if = "Option::is_none")]
    pub email_since: Option<Timestamp>,
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
    /// A landline: better than nothing, never instead of a phone on file.
    pub landline: Option<Phone>,
    /// E-mail.
    pub email: Option<Email>,
    /// Date of birth.
    pub birth_date: Option<Date>,
    /// The rest, already reduced to what the store keeps.
    pub extra: BTreeMap<String, PersonalText>,
}

impl Profile {
    /// Applies an update; `None` when it says nothing new, so that an unchanged member costs no write. `has_money` says
    /// whether a new contact could be used to spend somebody's bonus.
    #[must_use]
    pub fn updated(
        current: Option<&Profile>,
        cpf: Cpf,
        update: &ProfileUpdate,
        store: StoreId,
        has_money: bool,
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
        let (old_phone, old_email) = (next.phone.clone(), next.email.clone());
        next.name = update.name.clone().or(next.name);
        next.phone = update.phone.clone().or(next.phone).or_else(|| update.landline.clone());
        next.email = update.email.clone().or(next.email);
        if next.phone != old_phone {
            next.phone_since = has_money.then_some(now);
        }
        if next.email != old_email {
            next.email_since = has_money.then_some(now);
        }
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
            phone_since: None,
            email_since: None,
            birth_date: None,
            extra: BTreeMap::new(),
            contact_history: Vec::new(),
            since,
            version: 0,
        }
    }

    /// Where a PIN goes: the contact on file; while that is newer than `hold` and was entered when the member had money
    /// already, the one that was on file before. Otherwise whoever stands at a till could enter a phone of their own and
    /// spend a customer's bonus.
    ///
    /// # Errors
    /// [`Refusal::NoContactForPin`], [`Refusal::ContactTooRecent`].
    pub fn pin_contact(
        &self,
        channel: PinChannel,
        hold: SignedDuration,
        now: Timestamp,
    ) -> Result<PersonalText, Refusal> {
        let (current, since) = match channel {
            PinChannel::Sms => (self.phone.as_ref().map(Phone::expose), self.phone_since),
            PinChannel::Email => (self.email.as_ref().map(Email::expose), self.email_since),
        };
        let current = current.filter(|_| self.reachable_by(channel)).and_then(PersonalText::parse);
        if since.is_none_or(|since| now.duration_since(since) >= hold) {
            return current.ok_or(Refusal::NoContactForPin);
        }
        let recent = |former: &&FormerContact| now.duration_since(former.replaced_at) < hold;
        let of_channel = self.contact_history.iter().filter(|former| former.channel == channel);
        // The oldest of the recent ones was on file when the hold began; a history full of recent changes hides it.
        let flooded = self.contact_history.len() >= limits::CONTACT_HISTORY
            && self.contact_history.iter().all(|former| recent(&former));
        let settled = of_channel.filter(recent).map(|former| former.value.clone()).next();
        settled.filter(|_| !flooded).filter(|former| deliverable(channel, former)).ok_or(Refusal::ContactTooRecent)
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

fn deliverable(channel: PinChannel, contact: &PersonalText) -> bool {
    match channel {
        PinChannel::Sms => Phone::parse(contact.expose()).is_some_and(|phone| phone.is_mobile()),
        PinChannel::Email => Email::parse(contact.expose()).is_some(),
    }
}
