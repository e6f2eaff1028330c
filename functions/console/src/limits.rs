//! Every bound of the administration API, in one place, each with its reason. The domain's own are in
//! `ponte_domain::limits`.

use std::ops::RangeInclusive;
use std::time::Duration;

/// Characters of a name (programme, store, key): fits one line of a screen and of a report.
pub(crate) const NAME_CHARS: usize = 100;

/// Characters of a campaign's description: the till shows it in a list.
pub(crate) const CAMPAIGN_DESCRIPTION_CHARS: usize = 100;

/// Characters of a campaign's complementary text: a sentence or two on the till's screen.
pub(crate) const CAMPAIGN_TEXT_CHARS: usize = 200;

/// Characters of a product code or EAN. A GTIN has 14; shops' own codes are longer.
pub(crate) const PRODUCT_CODE_CHARS: usize = 60;

/// Characters of a reason: it is stored with the posting for ever.
pub(crate) const REASON_CHARS: usize = 300;

/// Characters of an author's name.
pub(crate) const AUTHOR_CHARS: usize = 100;

/// Programmes of one installation: one per network and environment, and the list is read at once.
pub(crate) const PROGRAMS: usize = 500;

/// Stores of one programme: Brazil's largest networks have about this many, and the list is read at once.
pub(crate) const STORES_PER_PROGRAM: usize = 2_000;

/// Administration keys, revoked ones of the last year included.
pub(crate) const ADMIN_KEYS: usize = 200;

/// Numbers a campaign can have: what a till's 32-bit integer holds.
pub(crate) const CAMPAIGN_NUMBERS: RangeInclusive<u64> = 1..=2_147_483_647;

/// Days in which a bonus can be spent: at most five years, beyond which it is a typing error.
pub(crate) const VALID_DAYS: RangeInclusive<u64> = 1..=1_825;

/// Days before a bonus can be spent.
pub(crate) const START_DELAY_DAYS: RangeInclusive<u64> = 0..=365;

/// Priorities of campaigns: only their order counts.
pub(crate) const PRIORITY: RangeInclusive<i64> = -1_000..=1_000;

/// The contract's payment forms have two digits.
pub(crate) const PAYMENT_FORMS: RangeInclusive<u64> = 1..=99;

/// Digits of a PIN: fewer can be guessed, more cannot be remembered between two screens.
pub(crate) const PIN_DIGITS: RangeInclusive<u64> = 4..=8;

/// Seconds in which a PIN can be typed and used: below a minute messages arrive too late, above an hour the customer has left.
pub(crate) const PIN_LIFETIME_SECONDS: RangeInclusive<u64> = 60..=3_600;

/// Wrong PINs before a challenge is spent. Ten tries at four digits guess one in a thousand.
pub(crate) const PIN_ATTEMPTS: RangeInclusive<u64> = 1..=10;

/// Seconds before a PIN may be sent again: the contract's two minutes at least.
pub(crate) const PIN_RESEND_SECONDS: RangeInclusive<u64> = 120..=3_600;

/// Days that given-back money lives when its own time was over.
pub(crate) const REVERSAL_GRACE_DAYS: RangeInclusive<u64> = 0..=365;

/// Hours before a newly entered contact gets PINs: none to a month.
pub(crate) const PIN_CONTACT_HOLD_HOURS: RangeInclusive<u64> = 0..=720;

/// Characters of a time zone's name; the longest of the database has 30.
pub(crate) const TIME_ZONE_CHARS: usize = 40;

/// Minutes in which the old token of a store works beside the new one: at most thirty days, the time to visit every till.
pub(crate) const GRACE_MINUTES: RangeInclusive<u64> = 0..=43_200;

/// When the caller does not say: a day, so that the shop's tills can be changed over in peace.
pub(crate) const GRACE_MINUTES_DEFAULT: i64 = 1_440;

/// Days in which a manual credit can be spent: at most two years.
pub(crate) const CREDIT_DAYS: RangeInclusive<u64> = 1..=730;

/// When the caller does not say.
pub(crate) const CREDIT_DAYS_DEFAULT: u64 = 90;

/// Postings of one page of a statement: each is one read, because postings are a chain.
pub(crate) const STATEMENT_POSTINGS: RangeInclusive<u64> = 1..=50;

/// When the caller does not say.
pub(crate) const STATEMENT_POSTINGS_DEFAULT: usize = 20;

/// Postings of one page of an export.
pub(crate) const EXPORT_POSTINGS: RangeInclusive<u64> = 1..=1_000;

/// When the caller does not say: most members' whole history.
pub(crate) const EXPORT_POSTINGS_DEFAULT: usize = 1_000;

/// Time an export spends on reading postings before it hands out a cursor: well inside the Lambda's and the gateway's limits.
pub(crate) const EXPORT_TIME: Duration = Duration::from_secs(10);

/// Pending adjustments of one page.
pub(crate) const PENDING_PAGE: RangeInclusive<u64> = 1..=100;

/// When the caller does not say.
pub(crate) const PENDING_PAGE_DEFAULT: u64 = 50;

/// Pending adjustments that are looked at for one page, resolved ones included: bounds the work of one call.
pub(crate) const PENDING_LOOKED_AT: usize = 2_000;

/// Characters of a cursor: a posting's key in base64 has at most about 250.
pub(crate) const CURSOR_CHARS: usize = 400;

/// PINs of one member that are read: one per store that the person ever visited.
pub(crate) const PINS_PER_MEMBER: usize = STORES_PER_PROGRAM;

/// Days after which a resolved pending adjustment or a revoked key leaves the table. The posting stays.
pub(crate) const RESOLVED_DAYS: i64 = 365;

/// Seconds for which the first administration key is remembered. It changes only by hand, in Secrets Manager.
pub(crate) const DEPLOY_KEY_SECONDS: u64 = 60;
