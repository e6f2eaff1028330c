//! Members: profiles and PIN challenges.

use ponte_domain::ids::{MemberId, ProgramId, StoreId};
use ponte_domain::ledger::Account;
use ponte_domain::member::Profile;
use ponte_domain::pin::PinChallenge;

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

/// Writes a profile that nobody else changed since it was read. `false` when somebody did.
pub async fn put_profile(table: &Table, key: &MemberKey, profile: &Profile) -> Result<bool, Failure> {
    let unless = Unless::VersionIsNot(profile.version.saturating_sub(1));
    table.put(&keys::profile(&key.program, &key.member), profile, unless).await
}
