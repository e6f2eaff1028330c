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

/// Connections to Trinks: an account each, and the list is read at once. A network has one, rarely a few.
pub(crate) const TRINKS_CONNECTIONS: usize = 200;

/// Salons of all connections: what the Lambdas that handle webhooks read at once.
pub(crate) const TRINKS_SALONS: usize = 2_000;

/// Topics that await approval: one per connection, and the changed ones of three days.
pub(crate) const TRINKS_TOPICS: usize = 100;

/// Characters of a secret's name or ARN in Secrets Manager.
pub(crate) const SECRET_ID_CHARS: usize = 600;

/// Characters of a topic's ARN.
pub(crate) const TOPIC_ARN_CHARS: usize = 400;

/// Calls a minute or a month that a contract with Trinks may come to.
pub(crate) const QUOTA_CALLS: RangeInclusive<u64> = 0..=100_000_000;

/// Days of a month; which of them can be a reset day is the quota's own rule.
pub(crate) const RESET_DAY: RangeInclusive<u64> = 0..=255;

/// Reasons of discounts that count as a redemption, of one salon.
pub(crate) const REDEMPTION_REASONS: usize = 50;

/// Entries of one page of odd messages or parked requests.
pub(crate) const TRINKS_PAGE: RangeInclusive<u64> = 1..=100;

/// When the caller does not say.
pub(crate) const TRINKS_PAGE_DEFAULT: u64 = 50;

/// Odd messages or parked requests that are looked at for one call, the unwanted included: bounds its work.
pub(crate) const TRINKS_LOOKED_AT: usize = 5_000;

/// Pointers from one member to Trinks' clients: one per salon that the person ever visited, and again per double entry.
pub(crate) const TRINKS_ALIASES: usize = 2 * TRINKS_SALONS;

/// Characters of an SNS message id; Amazon's have 36.
pub(crate) const MESSAGE_ID_CHARS: usize = 100;

/// Dead letters or parked requests that one call moves.
pub(crate) const MOVED_AT_ONCE: RangeInclusive<u64> = 1..=100;

/// When the caller does not say.
pub(crate) const MOVED_DEFAULT: usize = 100;

/// Time that one call spends on moving before it answers with what it has done: well inside the gateway's limit.
pub(crate) const MOVING_TIME: Duration = Duration::from_secs(8);

/// Agenda keys of one store, revoked ones included: one per chatbot or site, and their predecessors.
pub(crate) const AGENDA_KEYS: usize = 100;
