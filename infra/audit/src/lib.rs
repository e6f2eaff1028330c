//! Proves the ledger's invariants (design section 4, point 8) over a whole table.
//!
//! For each account: its balance is the sum of its postings and the sum of its lots less its debt; its postings form
//! one unbroken chain, each counted once; no lot is empty, or above its amount. For each sale: its postings exist.
//! The scan is not a snapshot: on a table in use, an account that is posted to during the scan may be named wrongly.
//! Run it again on what it names, or on a point-in-time copy.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use ponte_domain::ledger::{Account, Detail, Posting, PostingKey, ReversedThing, Sale};
use ponte_domain::money::Balance;
use ponte_platform::failure::{Failure, aws_failure};
use ponte_platform::ledger_store::PostingRecord;
use ponte_platform::table::{Item, Table, read};

/// What the audit found.
#[derive(Debug, Default)]
pub struct Report {
    /// Accounts read.
    pub accounts: usize,
    /// Postings read.
    pub postings: usize,
    /// Sales read.
    pub sales: usize,
    /// What all accounts are worth together.
    pub total: Option<Balance>,
    /// Redemptions that have waited for their note longer than a day: for a person to look at.
    pub stale_redemptions: Vec<String>,
    /// Every invariant that does not hold, with the account or sale it is about.
    pub broken: Vec<String>,
}

/// An account's postings in short: enough to prove the chain without holding the table in memory.
struct Link {
    sequence: u64,
    key: PostingKey,
    previous: Option<PostingKey>,
    change: Balance,
    balance_after: Balance,
}

#[derive(Default)]
struct Found {
    accounts: BTreeMap<String, Account>,
    links: BTreeMap<String, Vec<Link>>,
    keys: BTreeSet<String>,
    reversed_notes: BTreeSet<String>,
    sales: Vec<Sale>,
    postings: usize,
}

/// Reads the whole table and proves the invariants.
pub async fn audit(table: &Table, now: Timestamp) -> Result<Report, Failure> {
    let mut found = Found::default();
    let mut start = None;
    loop {
        let scan = table.client().scan().table_name(table.name()).consistent_read(true).set_exclusive_start_key(start);
        let page = scan.send().await.map_err(|error| aws_failure("Scan", &error))?;
        for item in page.items.unwrap_or_default() {
            found.add(item)?;
        }
        start = page.last_evaluated_key;
        if start.is_none() {
            return Ok(found.report(now));
        }
    }
}

impl Found {
    fn add(&mut self, item: Item) -> Result<(), Failure> {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
        let (pk, sk) = (text("pk"), text("sk"));
        if let Some(member) = pk.strip_prefix("ACCOUNT#").filter(|_| sk == "ACCOUNT") {
            self.accounts.insert(member.to_owned(), read("account", item)?);
        } else if pk.starts_with("TX#") {
            let record: PostingRecord = read("posting", item)?;
            self.add_posting(record.posting);
        } else if pk.starts_with("SALE#") {
            self.sales.push(read("sale", item)?);
        }
        Ok(())
    }

    fn add_posting(&mut self, posting: Posting) {
        let member = format!("{}#{}", posting.program, posting.member.as_str());
        if let Detail::Reverse { of: ReversedThing::Sale(note), .. } = &posting.detail {
            self.reversed_notes.insert(format!("{}#{}#{}", posting.key.scope, note.series, note.number));
        }
        self.postings += 1;
        self.keys.insert(posting.key.to_string());
        self.links.entry(member).or_default().push(Link {
            sequence: posting.sequence,
            key: posting.key,
            previous: posting.previous,
            change: posting.change,
            balance_after: posting.balance_after,
        });
    }

    fn report(mut self, now: Timestamp) -> Report {
        let mut report = Report {
            accounts: self.accounts.len(),
            postings: self.postings,
            sales: self.sales.len(),
            total: Some(self.accounts.values().fold(Balance::ZERO, |sum, account| sum.plus(account.ledger_balance()))),
            ..Report::default()
        };
        for (member, account) in &self.accounts {
            let mut links = self.links.remove(member).unwrap_or_default();
            links.sort_by_key(|link| link.sequence);
            let mut broken = prove_chain(account, &links);
            broken.extend(prove_lots(account));
            report.broken.extend(broken.into_iter().map(|what| format!("account {member}: {what}")));
            let stale = account.open.iter().filter(|open| now.duration_since(open.at) > SignedDuration::from_hours(24));
            report
                .stale_redemptions
                .extend(stale.map(|open| format!("account {member}: {} since {}", open.transaction, open.at)));
        }
        let orphans = self.links.keys().map(|member| format!("account {member}: has postings and does not exist"));
        report.broken.extend(orphans);
        report.broken.extend(self.sales.iter().flat_map(|sale| self.prove_sale(sale)));
        report
    }

    fn prove_sale(&self, sale: &Sale) -> Vec<String> {
        let name = format!("{}#{}#{}", sale.store, sale.note.series, sale.note.number);
        let mut broken = Vec::new();
        if !self.keys.contains(&format!("{}#{}#earn", sale.store, sale.transaction)) {
            broken.push(format!("sale {name}: its posting is missing"));
        }
        if sale.reversal.is_some() != self.reversed_notes.contains(&name) {
            broken.push(format!("sale {name}: its reversal and its postings disagree"));
        }
        broken
    }
}

fn prove_chain(account: &Account, links: &[Link]) -> Vec<String> {
    let mut broken = Vec::new();
    if account.postings != links.len() as u64 {
        broken.push(format!("counts {} postings, {} exist", account.postings, links.len()));
    }
    let mut balance = Balance::ZERO;
    let mut previous: Option<&PostingKey> = None;
    for link in links {
        balance = balance.plus(link.change);
        if link.previous.as_ref() != previous {
            broken.push(format!("posting {} does not follow the one before it", link.key));
        }
        if link.balance_after != balance {
            broken.push(format!("posting {} says {} and the sum is {balance}", link.key, link.balance_after));
        }
        previous = Some(&link.key);
    }
    if account.last.as_ref() != previous {
        broken.push("its last posting is not the chain's".to_owned());
    }
    if account.ledger_balance() != balance {
        broken.push(format!("is worth {} and its postings add up to {balance}", account.ledger_balance()));
    }
    broken
}

fn prove_lots(account: &Account) -> Vec<String> {
    let wrong = account.lots.iter().filter(|lot| lot.remaining > lot.amount || lot.remaining.is_zero());
    wrong.map(|lot| format!("lot {} holds {} of {}", lot.id.0, lot.remaining, lot.amount)).collect()
}
