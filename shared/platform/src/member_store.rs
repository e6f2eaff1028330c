//! Members: profiles and PIN challenges.

use ponte_domain::ids::{IdentityKey, MemberId, ProgramId, StoreId};
use ponte_domain::ledger::Account;
use ponte_domain::member::Profile;
use ponte_domain::personal::Phone;
use ponte_domain::pin::PinChallenge;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::keys;
use crate::table::{Table, Unless, read_optional};

/// A member as this call knows it: whose, and where.
#[derive(Debug, Clone)]
pub struct MemberKey {
    /// The programme.
    pub program: ProgramId,
    /// The pseudonym.
    pub member: MemberId,
}

/// Profile and account in one round trip.
pub async fn profile_and_account(
    table: &Table,
    key: &MemberKey,
) -> Result<(Option<Profile>, Option<Account>), Failure> {
    let profile = keys::profile(&key.program, &key.member);
    let account = keys::account(&key.program, &key.member);
    let [profile, account] = table.get_many([&profile, &account]).await?;
    Ok((read_optional("profile", profile)?, read_optional("account", account)?))
}

/// Profile and PIN in one round trip.
pub async fn profile_and_pin(
    table: &Table,
    key: &MemberKey,
    store: StoreId,
) -> Result<(Option<Profile>, Option<PinChallenge>), Failure> {
    let profile = keys::profile(&key.program, &key.member);
    let pin = keys::pin(&key.program, &key.member, store);
    let [profile, pin] = table.get_many([&profile, &pin]).await?;
    Ok((read_optional("profile", profile)?, read_optional("PIN", pin)?))
}

/// The PIN of a member at a store.
pub async fn pin(table: &Table, key: &MemberKey, store: StoreId) -> Result<Option<PinChallenge>, Failure> {
    table.get(&keys::pin(&key.program, &key.member, store)).await
}

/// Writes a PIN that nobody else changed since it was read. `false` when somebody did.
pub async fn put_pin(table: &Table, key: &MemberKey, store: StoreId, pin: &PinChallenge) -> Result<bool, Failure> {
    let unless = Unless::VersionIsNot(pin.version.saturating_sub(1));
    table.put(&keys::pin(&key.program, &key.member, store), pin, unless).await
}

/// Writes a profile that nobody else changed since it was read, and the pointers by which its phone leads to the member.
/// `false` when somebody did.
pub async fn put_profile(
    table: &Table,
    identity: &IdentityKey,
    key: &MemberKey,
    current: Option<&Profile>,
    profile: &Profile,
) -> Result<bool, Failure> {
    let unless = Unless::VersionIsNot(profile.version.saturating_sub(1));
    let at = keys::profile(&key.program, &key.member);
    let old = current.and_then(|profile| profile.phone.as_ref());
    let new = profile.phone.as_ref();
    if old == new {
        return table.put(&at, profile, unless).await;
    }
    let pointer = |phone: &Phone| keys::phone(&key.program, &phone_hash(identity, &key.program, phone), &key.member);
    let mut items = vec![table.transact_put(&at, profile, unless)?];
    if let Some(new) = new {
        items.push(table.transact_put(
            &pointer(new),
            &PhonePointer { member: key.member.clone() },
            Unless::Anything,
        )?);
    }
    if let Some(old) = old {
        items.push(table.transact_delete(&pointer(old), Unless::Anything)?);
    }
    table.put_all(items).await
}

/// Erases a profile, and the pointer by which its phone leads to the member.
pub async fn erase_profile(
    table: &Table,
    identity: &IdentityKey,
    key: &MemberKey,
    profile: &Profile,
) -> Result<(), Failure> {
    if let Some(phone) = &profile.phone {
        table.delete(&keys::phone(&key.program, &phone_hash(identity, &key.program, phone), &key.member)).await?;
    }
    table.delete(&keys::profile(&key.program, &key.member)).await
}

/// A phone's pseudonym in a programme: whoever holds only the table learns no phone from it.
#[must_use]
pub fn phone_hash(identity: &IdentityKey, program: &ProgramId, phone: &Phone) -> String {
    use base64::Engine as _;
    let digest = identity.digest("phone", &[program.as_str().as_bytes(), phone.expose().as_bytes()]);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest.get(..16).unwrap_or_default())
}

/// The only member who has this phone; `None` when nobody has, or several share it: a guess is no identity.
pub async fn member_by_phone(
    table: &Table,
    identity: &IdentityKey,
    program: &ProgramId,
    phone: &Phone,
) -> Result<Option<MemberId>, Failure> {
    let partition = keys::phone_partition(program, &phone_hash(identity, program, phone));
    let mut found: Vec<PhonePointer> = table.query(&partition, "", 2).await?;
    Ok(if found.len() == 1 { found.pop().map(|pointer| pointer.member) } else { None })
}

#[derive(Serialize, Deserialize)]
struct PhonePointer {
    member: MemberId,
}
