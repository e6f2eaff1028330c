//! Every bound of the domain, in one place, each with its reason.

/// Lots an account holds before the oldest compatible ones merge. A customer with a bonus a week that lives
/// for half a year has 26; at 40 the account item is still about 5 kB and one read.
pub const LOTS_PER_ACCOUNT: usize = 40;

/// Redemptions that wait for their fiscal note. A person pays at one till at a time; more than this at once
/// is a fault or a fraud.
pub const OPEN_REDEMPTIONS_PER_ACCOUNT: usize = 8;

/// Released redemptions an account remembers, so that a repeated reversal without a note finds its figures.
pub const RELEASED_REDEMPTIONS_PER_ACCOUNT: usize = 4;

/// How long a redemption without a note can be found by CPF alone (contract section 10).
pub const OPEN_REDEMPTION_WINDOW_HOURS: i64 = 24;

/// Items of one sale that are read. A supermarket's longest tickets have a few hundred lines.
pub const ITEMS_PER_SALE: usize = 1_000;

/// Payment forms of one sale.
pub const PAYMENTS_PER_SALE: usize = 50;

/// A request body of the till. A sale of [`ITEMS_PER_SALE`] items is about 300 kB.
pub const BODY_BYTES: usize = 512 * 1024;

/// Characters of an `IdentificadorTransacao`: a GUID has 36, with braces 38; some room for vendors that prefix.
pub const TRANSACTION_ID_CHARS: usize = 80;

/// Characters of a fiscal note's number or series.
pub const NOTE_CHARS: usize = 40;

/// Characters of any personal text that is stored (names, streets).
pub const PERSONAL_TEXT_CHARS: usize = 200;

/// Changes of phone or e-mail that a member's history keeps; the oldest leave first.
pub const CONTACT_HISTORY: usize = 20;

/// Campaigns of a programme: all of them are read at once and weighed for each sale.
pub const CAMPAIGNS_PER_PROGRAM: usize = 200;

/// Entries in a campaign's list of products, stores or payment forms.
pub const CAMPAIGN_LIST: usize = 500;

/// Wrong PINs before a challenge is spent, when the store sets nothing else.
pub const PIN_ATTEMPTS: u8 = 5;

/// Seconds before a PIN may be sent again (contract section 9: two minutes), the least a store can set.
pub const PIN_RESEND_SECONDS: i64 = 120;

/// Hours over which the PINs of a member at a store are counted, so that asking for new ones is no way to go on guessing.
pub const PIN_WINDOW_HOURS: i64 = 24;

/// PINs sent within the window: a customer who buys all day needs a few.
pub const PIN_SENDS_PER_WINDOW: u8 = 10;

/// Wrong PINs within the window, over all challenges: at six digits one chance in 66,000 a day.
pub const PIN_WRONG_PER_WINDOW: u8 = 15;

/// Minutes after its end in which a campaign still closes sales that it opened: the till asked before midnight
/// and the note was authorised after.
pub const CAMPAIGN_CLOSING_MINUTES: i64 = 120;
