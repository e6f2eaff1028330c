//! Walking an account's postings, newest first: each names the one before it.

use std::time::{Duration, Instant};

use ponte_domain::ledger::{Posting, PostingKey};
use ponte_domain::money::Balance;
use ponte_platform::failure::Failure;
use ponte_platform::keys;
use ponte_platform::ledger_store::PostingRecord;
use ponte_platform::member_store::MemberKey;
use ponte_platform::table::Table;

use crate::cursor;
use crate::problem::Problem;

/// A part of an account's history.
pub(crate) struct Page {
    /// The newest first.
    pub(crate) postings: Vec<Posting>,
    /// Where the next page starts.
    pub(crate) next: Option<String>,
}

impl Page {
    /// What the postings of this page add up to.
    pub(crate) fn sum(&self) -> Balance {
        self.postings.iter().fold(Balance::ZERO, |sum, posting| sum.plus(posting.change))
    }
}

/// How far to walk.
#[derive(Clone, Copy)]
pub(crate) struct Reach {
    /// Postings at most.
    pub(crate) postings: usize,
    /// And for how long at most; one posting is read in any case, so that a caller always gets on.
    pub(crate) time: Duration,
}

/// Walks from the cursor, or else from the account's last posting.
pub(crate) async fn walk(
    table: &Table,
    member: &MemberKey,
    last: Option<PostingKey>,
    given: Option<&str>,
    reach: Reach,
) -> Result<Page, Problem> {
    let started = Instant::now();
    let mut next = match given {
        Some(given) => Some(cursor::decode(given)?.parse::<PostingKey>().map_err(|_| cursor::invalid())?),
        None => last,
    };
    let mut postings: Vec<Posting> = Vec::new();
    while let Some(key) = next.take() {
        let far_enough = postings.len() >= reach.postings || (!postings.is_empty() && started.elapsed() >= reach.time);
        if far_enough {
            next = Some(key);
            break;
        }
        let record: Option<PostingRecord> = table.get(&keys::posting(&key)).await?;
        let ours = record.filter(|record| belongs_to(&record.posting, member));
        let Some(record) = ours else {
            // The first one was named by the caller; the others by postings that we wrote.
            return Err(if postings.is_empty() && given.is_some() { cursor::invalid() } else { broken_chain(&key) });
        };
        next.clone_from(&record.posting.previous);
        postings.push(record.posting);
    }
    Ok(Page { postings, next: next.map(|key| cursor::encode(&key.to_string())) })
}

/// A cursor must not open another member's history.
fn belongs_to(posting: &Posting, member: &MemberKey) -> bool {
    posting.member == member.member && posting.program == member.program
}

fn broken_chain(key: &PostingKey) -> Problem {
    Failure::Bug(format!("the chain of postings names {key}, which is not there or not of this account")).into()
}
