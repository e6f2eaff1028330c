//! Writing postings: one TransactWriteItems each, or nothing (design section 4, points 2 and 3).

use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};
use ponte_domain::ledger::{Decision, Posting};
use ponte_domain::refusal::Refusal;
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, aws_failure};
use crate::keys;
use crate::member_store::MemberKey;
use crate::table::{Item, Table, Unless, read};

/// A posting as it is stored: with what was asked and what was answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PostingRecord {
    /// The posting.
    pub posting: Posting,
    /// The fingerprint of the request; empty for postings that nobody asked for (expiry).
    #[serde(default)]
    pub fingerprint: String,
    /// The response, byte for byte.
    #[serde(default)]
    pub response: String,
}

/// What writing came to.
#[derive(Debug)]
pub enum Committed {
    /// All of it is durable.
    Written,
    /// This operation of this id was posted before; nothing was written.
    Repeated(Box<PostingRecord>),
    /// Something else that the posting owns was not as expected; the item that is there. `index` counts the extras.
    ExtraRefused {
        /// Which of the extras.
        index: usize,
        /// What is there instead.
        item: Item,
    },
    /// Somebody else changed the account meanwhile, or is doing so: read again and decide again.
    Conflict,
}

/// The answer to a posting, which is stored with it.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The fingerprint of the request.
    pub fingerprint: &'a str,
    /// The response's body.
    pub response: &'a str,
}

/// Writes a decision: its postings (which must not exist), the account (on the version that was read), and the
/// extras. All or nothing.
pub async fn commit<T>(
    table: &Table,
    member: &MemberKey,
    decision: &Decision<T>,
    answer: Answer<'_>,
    extras: Vec<TransactWriteItem>,
) -> Result<Committed, Failure> {
    let Some((main, others)) = decision.postings.split_last() else { return Ok(Committed::Written) };
    let read_version = decision.account.postings.saturating_sub(decision.postings.len() as u64);
    let account = keys::account(&member.program, &member.member);
    let record = PostingRecord {
        posting: main.clone(),
        fingerprint: answer.fingerprint.to_owned(),
        response: answer.response.to_owned(),
    };
    let mut items = vec![
        table.transact_put(&keys::posting(&main.key), &record, Unless::Exists)?,
        table.transact_put(&account, &decision.account, Unless::VersionIsNot(read_version))?,
    ];
    for posting in others {
        let record = PostingRecord { posting: posting.clone(), fingerprint: String::new(), response: String::new() };
        items.push(table.transact_put(&keys::posting(&posting.key), &record, Unless::Exists)?);
    }
    let first_extra = items.len();
    items.extend(extras);
    match table.client().transact_write_items().set_transact_items(Some(items)).send().await {
        Ok(_) => Ok(Committed::Written),
        Err(SdkError::ServiceError(error)) => match error.into_err() {
            TransactWriteItemsError::TransactionCanceledException(canceled) => {
                explain(canceled.cancellation_reasons.unwrap_or_default(), first_extra)
            }
            TransactWriteItemsError::TransactionInProgressException(_)
            | TransactWriteItemsError::ProvisionedThroughputExceededException(_)
            | TransactWriteItemsError::RequestLimitExceeded(_) => Ok(Committed::Conflict),
            other if is_throttling(&other) => Ok(Committed::Conflict),
            other => Err(Failure::Unavailable(format!("TransactWriteItems: {}", crate::failure::chain(&other)))),
        },
        Err(error) => Err(aws_failure("TransactWriteItems", &error)),
    }
}

fn is_throttling(error: &TransactWriteItemsError) -> bool {
    matches!(error.meta().code(), Some("ThrottlingException" | "Throttling"))
}

/// Reads why a transaction was cancelled. The posting's own condition speaks first: a repetition is a repetition,
/// whatever else does not fit any more.
fn explain(reasons: Vec<CancellationReason>, first_extra: usize) -> Result<Committed, Failure> {
    let mut conflict = false;
    for (index, reason) in reasons.into_iter().enumerate() {
        match (reason.code.as_deref(), reason.item) {
            (Some("ConditionalCheckFailed"), Some(item)) if index == 0 => {
                return Ok(Committed::Repeated(Box::new(read("posting", item)?)));
            }
            (Some("ConditionalCheckFailed"), Some(item)) if index >= first_extra && !conflict => {
                return Ok(Committed::ExtraRefused { index: index - first_extra, item });
            }
            (None | Some("None"), _) => {}
            (Some("ValidationError"), _) => {
                return Err(Failure::Bug(format!(
                    "a transaction is not valid: {}",
                    reason.message.unwrap_or_default()
                )));
            }
            _ => conflict = true,
        }
    }
    Ok(Committed::Conflict)
}

/// Answers a repetition: the stored response for the same content, a named refusal for another
/// (design section 4, point 3).
pub fn replay(record: PostingRecord, fingerprint: &str) -> Result<String, Failure> {
    if record.fingerprint == fingerprint { Ok(record.response) } else { Err(Refusal::IdentifierReused.into()) }
}

/// One try of "read, decide, write".
pub enum Attempt<T> {
    /// It came to an end.
    Done(T),
    /// Somebody was faster: once more.
    Conflict,
}

/// How often an operation decides anew before it gives up. Twenty tills at once on one account settle within this.
const TRIES: u32 = 24;

/// The tries of one operation.
#[derive(Debug)]
pub struct Tries {
    made: u32,
    most: u32,
}

impl Default for Tries {
    fn default() -> Self {
        Self { made: 0, most: TRIES }
    }
}

impl Tries {
    /// For an item that all Lambdas of a network change, one after the other: some seconds of patience.
    #[must_use]
    pub fn patient() -> Self {
        Self { made: 0, most: 4 * TRIES }
    }

    /// Waits before the next try: a little longer, and a little differently, each time.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] when others were faster every time: nothing was written.
    pub async fn wait(&mut self) -> Result<(), Failure> {
        if self.made == self.most {
            return Err(Failure::Unavailable("the item stays contended".into()));
        }
        let most = (4_u64 << self.made.min(4)).min(60);
        self.made += 1;
        tokio::time::sleep(Duration::from_millis(1 + random_below(most))).await;
        Ok(())
    }
}

/// Runs an attempt (`async { ... Ok(Attempt::Done(x)) }`) until it is done, and is what it came to; failures return. A macro, because the
/// future of an async closure cannot be shown to be `Send`.
#[macro_export]
macro_rules! until_settled {
    ($attempt:expr) => {{
        let mut tries = $crate::ledger_store::Tries::default();
        loop {
            match $crate::ledger_store::attempt($attempt).await? {
                $crate::ledger_store::Attempt::Done(done) => break done,
                $crate::ledger_store::Attempt::Conflict => tries.wait().await?,
            }
        }
    }};
}

/// Says what an attempt's future yields, so that its block needs no annotations.
#[doc(hidden)]
pub fn attempt<T, F: Future<Output = Result<Attempt<T>, Failure>>>(attempt: F) -> F {
    attempt
}

fn random_below(most: u64) -> u64 {
    getrandom::u64().unwrap_or_default() % most.max(1)
}
