//! The ledger against a reference that is too simple to be wrong: every cent is a coin.
//!
//! Random programmes of operations run through the ledger and through the coins; after each step the figures and
//! the invariants (design section 4, point 8) must agree. A failing programme is printed by proptest with the seed
//! that replays it (`proptest-regressions`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::struct_field_names)]

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use ponte_domain::documents::{Cnpj, Cpf};
use ponte_domain::ids::{CampaignId, Environment, IdentityKey, MemberId, Note, ProgramId, StoreId, TransactionId};
use ponte_domain::ledger::{
    Account, AdjustRequest, Author, Bonus, Books, Decision, EarnRequest, OpenReversal, Posting, RedeemRequest,
    RedemptionTerms, ReversalTerms, Sale, SaleTotal, adjust, earn, expire, redeem, reverse_open, reverse_sale,
};
use ponte_domain::money::{Balance, Money, Rate};
use proptest::prelude::*;

const GRACE_DAYS: u16 = 3;

#[derive(Debug, Clone)]
enum Step {
    Redeem {
        cents: u32,
    },
    /// Closes a sale; `ties` says whether the till names the newest open redemption's value.
    Earn {
        bonus: u32,
        days: u16,
        delay: u16,
        ties: bool,
    },
    ReverseSale {
        pick: usize,
    },
    ReverseOpen,
    Adjust {
        cents: i32,
    },
    Expire,
    Wait {
        hours: u16,
    },
    /// The till repeats one of its earlier postings, whatever it was.
    Replay {
        pick: usize,
    },
    /// Two tills read the same account and both try to redeem.
    TwoTills {
        first: u32,
        second: u32,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..60_u32).prop_map(|cents| Step::Redeem { cents }),
        5 => (0..40_u32, 1..20_u16, 0..3_u16, any::<bool>()).prop_map(|(bonus, days, delay, ties)| Step::Earn { bonus, days, delay, ties }),
        3 => any::<usize>().prop_map(|pick| Step::ReverseSale { pick }),
        2 => Just(Step::ReverseOpen),
        1 => (-40..40_i32).prop_map(|cents| Step::Adjust { cents }),
        1 => Just(Step::Expire),
        3 => (1..200_u16).prop_map(|hours| Step::Wait { hours }),
        1 => any::<usize>().prop_map(|pick| Step::Replay { pick }),
        1 => (1..40_u32, 1..40_u32).prop_map(|(first, second)| Step::TwoTills { first, second }),
    ]
}

/// One cent.
#[derive(Debug, Clone)]
struct Coin {
    lot: u64,
    from: Timestamp,
    until: Timestamp,
    state: CoinState,
}

#[derive(Debug, Clone, PartialEq)]
enum CoinState {
    Free,
    SpentBy(String),
    Expired,
    Gone,
}

/// The reference: coins and a debt.
#[derive(Default)]
struct Coins {
    coins: Vec<Coin>,
    lots_made: u64,
    debt: usize,
}

impl Coins {
    fn free(&self) -> usize {
        self.coins.iter().filter(|coin| coin.state == CoinState::Free).count()
    }

    fn sweep(&mut self, now: Timestamp) {
        let mut order: Vec<usize> = (0..self.coins.len()).collect();
        order.sort_by_key(|index| (self.coins[*index].until, self.coins[*index].lot));
        for index in order {
            let coin = &mut self.coins[index];
            if coin.state == CoinState::Free && coin.until <= now {
                coin.state = if self.debt > 0 { CoinState::Gone } else { CoinState::Expired };
                self.debt = self.debt.saturating_sub(1);
            }
        }
    }

    fn usable(&self, now: Timestamp) -> Vec<usize> {
        let mut usable: Vec<usize> = (0..self.coins.len())
            .filter(|index| {
                let coin = &self.coins[*index];
                coin.state == CoinState::Free && coin.from <= now && now < coin.until
            })
            .collect();
        usable.sort_by_key(|index| (self.coins[*index].until, self.coins[*index].lot));
        usable
    }

    fn available(&self, now: Timestamp) -> usize {
        self.usable(now).len().saturating_sub(self.debt)
    }

    fn spend(&mut self, cents: usize, by: &str, now: Timestamp) {
        for index in self.usable(now).into_iter().take(cents) {
            self.coins[index].state = CoinState::SpentBy(by.to_owned());
        }
    }

    fn mint(&mut self, cents: usize, from: Timestamp, until: Timestamp) -> u64 {
        self.lots_made += 1;
        let paid = cents.min(self.debt);
        self.debt -= paid;
        for index in 0..cents {
            let state = if index < paid { CoinState::Gone } else { CoinState::Free };
            self.coins.push(Coin { lot: self.lots_made, from, until, state });
        }
        self.lots_made
    }

    fn give_back(&mut self, by: &str, now: Timestamp) {
        let mut spent: Vec<usize> =
            (0..self.coins.len()).filter(|i| self.coins[*i].state == CoinState::SpentBy(by.to_owned())).collect();
        spent.sort_by_key(|index| (self.coins[*index].until, self.coins[*index].lot));
        let mut extended: BTreeMap<u64, u64> = BTreeMap::new();
        for index in spent {
            if self.coins[index].until > now {
                self.coins[index].state = CoinState::Free;
                continue;
            }
            // Expired meanwhile: it comes back as money of its own, and the coin of its bonus stays spent.
            let old = self.coins[index].lot;
            let next = self.lots_made + 1;
            let lot = *extended.entry(old).or_insert(next);
            self.lots_made = self.lots_made.max(lot);
            self.coins[index].state = CoinState::Gone;
            let from = self.coins[index].from;
            let until = now + SignedDuration::from_hours(24 * i64::from(GRACE_DAYS));
            self.coins.push(Coin { lot, from, until, state: CoinState::Free });
        }
    }

    fn take_back(&mut self, lot: u64) -> usize {
        let mut due = 0;
        for coin in self.coins.iter_mut().filter(|coin| coin.lot == lot) {
            match coin.state {
                CoinState::Expired => continue,
                CoinState::Free => coin.state = CoinState::Gone,
                CoinState::Gone | CoinState::SpentBy(_) => self.debt += 1,
            }
            due += 1;
        }
        due
    }
}

/// A table in miniature: postings put only once, the account only on its version, all or nothing.
struct World {
    account: Account,
    postings: Vec<Posting>,
    keys: BTreeSet<String>,
    sales: Vec<Sale>,
    now: Timestamp,
    made: u32,
    coins: Coins,
}

fn cents(count: usize) -> Money {
    Money::from_cents(u32::try_from(count).unwrap())
}

impl World {
    fn new() -> Self {
        Self {
            account: Account::default(),
            postings: Vec::new(),
            keys: BTreeSet::new(),
            sales: Vec::new(),
            now: "2026-03-14T12:00:00Z".parse().unwrap(),
            made: 0,
            coins: Coins::default(),
        }
    }

    fn store() -> StoreId {
        StoreId { environment: Environment::Producao, cnpj: Cnpj::parse("11222333000181").unwrap() }
    }

    fn books(&self) -> Books {
        let program = ProgramId::try_from("rede".to_owned()).unwrap();
        let key = IdentityKey::new(&[1; 32]).unwrap();
        let member = MemberId::derive(&key, &program, Cpf::parse("11144477735").unwrap());
        Books::open(self.account.clone(), program, member, self.now)
    }

    fn transaction(&mut self) -> TransactionId {
        self.made += 1;
        TransactionId::parse(&format!("t{}", self.made)).unwrap()
    }

    /// What TransactWriteItems does. Returns whether it was written.
    fn commit<T>(&mut self, read_version: u64, decision: &Decision<T>) -> bool {
        let repeated = decision.postings.iter().any(|posting| self.keys.contains(&posting.key.to_string()));
        if repeated || self.account.postings != read_version {
            return false;
        }
        self.keys.extend(decision.postings.iter().map(|posting| posting.key.to_string()));
        self.postings.extend(decision.postings.clone());
        self.account = decision.account.clone();
        true
    }

    fn redeem_request(&mut self, amount: u32) -> RedeemRequest {
        RedeemRequest {
            transaction: self.transaction(),
            store: Self::store(),
            amount: Money::from_cents(amount),
            sale_net: Some(Money::from_cents(10_000 + self.made)),
            sale: SaleTotal::Known(Money::from_cents(10_000)),
            store_share: Rate::WHOLE,
        }
    }

    fn redeem(&mut self, amount: u32) {
        let request = self.redeem_request(amount);
        let full = self.account.open.len() >= ponte_domain::limits::OPEN_REDEMPTIONS_PER_ACCOUNT;
        match redeem(self.books(), &request) {
            Ok(decision) => {
                assert!(self.commit(self.account.postings, &decision));
                self.coins.sweep(self.now);
                assert!(self.coins.available(self.now) >= amount as usize, "redeemed more than there was");
                self.coins.spend(amount as usize, request.transaction.as_str(), self.now);
            }
            Err(refusal) => {
                let mut swept =
                    Coins { coins: self.coins.coins.clone(), ..Coins { debt: self.coins.debt, ..Coins::default() } };
                swept.sweep(self.now);
                assert!(full || swept.available(self.now) < amount as usize, "refused without a reason: {refusal}");
            }
        }
    }

    fn earn(&mut self, bonus: u32, days: u16, delay: u16, ties: bool) {
        let transaction = self.transaction();
        let from = self.now + SignedDuration::from_hours(24 * i64::from(delay));
        // A few odd minutes keep two lots from expiring at the same instant.
        let until =
            from + SignedDuration::from_hours(24 * i64::from(days)) + SignedDuration::from_secs(i64::from(self.made));
        let newest = self.account.open.last().filter(|_| ties).cloned();
        let decision = earn(
            self.books(),
            EarnRequest {
                transaction: transaction.clone(),
                store: Self::store(),
                note: Note::parse("1", &self.made.to_string()).unwrap(),
                net: newest.as_ref().and_then(|open| open.sale_net).unwrap_or(Money::from_cents(1)),
                redeemed: Some(newest.as_ref().map_or(Money::ZERO, |open| open.amount)),
                bonus: (bonus > 0).then(|| Bonus {
                    campaign: CampaignId(1),
                    amount: Money::from_cents(bonus),
                    valid_from: from,
                    valid_until: until,
                    terms: RedemptionTerms::FREE,
                }),
                fingerprint: String::new(),
            },
        );
        assert!(self.commit(self.account.postings, &decision));
        assert_eq!(decision.outcome.unbacked, None);
        assert_eq!(decision.outcome.sale.redemption.is_some(), newest.is_some());
        self.coins.sweep(self.now);
        if bonus > 0 {
            self.coins.mint(bonus as usize, from, until);
        }
        self.sales.push(decision.outcome.sale);
    }

    fn reverse_sale(&mut self, pick: usize) {
        if self.sales.is_empty() {
            return;
        }
        let pick = pick % self.sales.len();
        let sale = self.sales[pick].clone();
        let terms = ReversalTerms {
            transaction: self.transaction(),
            store: Self::store(),
            grace_days: GRACE_DAYS,
            names_note: false,
        };
        match reverse_sale(self.books(), sale.clone(), &terms) {
            Err(first) => assert_eq!(Some(first), sale.reversal, "a second reversal answers the first one's figures"),
            Ok(decision) => {
                assert!(self.commit(self.account.postings, &decision));
                self.coins.sweep(self.now);
                if let Some(redemption) = &sale.redemption {
                    self.coins.give_back(redemption.transaction.as_str(), self.now);
                }
                let taken = sale.bonus.map_or(0, |bonus| self.coins.take_back(bonus.lot.0));
                assert_eq!(decision.outcome.reversal.taken_back, cents(taken));
                self.sales[pick] = decision.outcome.sale;
            }
        }
    }

    fn reverse_open(&mut self) {
        let terms = ReversalTerms {
            transaction: self.transaction(),
            store: Self::store(),
            grace_days: GRACE_DAYS,
            names_note: false,
        };
        let open = self.account.open.clone();
        if let Ok(OpenReversal::Released(decision)) = reverse_open(self.books(), &terms) {
            assert!(self.commit(self.account.postings, &decision));
            let gone: Vec<_> = open.iter().filter(|before| !self.account.open.contains(before)).collect();
            assert_eq!(gone.len(), 1, "one redemption was released");
            self.coins.sweep(self.now);
            self.coins.give_back(gone[0].transaction.as_str(), self.now);
        }
    }

    fn adjust(&mut self, amount: i32) {
        let transaction = self.transaction();
        let until = self.now + SignedDuration::from_hours(24 * 30) + SignedDuration::from_secs(i64::from(self.made));
        let request = AdjustRequest {
            transaction,
            amount: Balance::from_decimal(rust_decimal::Decimal::new(i64::from(amount), 2)).unwrap(),
            valid_until: until,
            author: Author { name: "maria".into(), reason: "teste".into() },
        };
        // Debits are modelled only where all money is spendable: which unripe lot pays is the ledger's own matter.
        let ripe = self.account.lots.iter().all(|lot| lot.is_valid(self.now));
        if amount == 0 || (amount < 0 && !ripe) {
            return;
        }
        let Ok(decision) = adjust(self.books(), &request) else { return };
        assert!(self.commit(self.account.postings, &decision));
        self.coins.sweep(self.now);
        if amount > 0 {
            self.coins.mint(amount.unsigned_abs() as usize, self.now, until);
        } else {
            self.coins.spend(amount.unsigned_abs() as usize, "adjusted", self.now);
        }
    }

    fn two_tills(&mut self, first: u32, second: u32) {
        let version = self.account.postings;
        let (one, two) = (self.redeem_request(first), self.redeem_request(second));
        let (one, two_decided) =
            (redeem(self.books(), &one).map(|decision| (one, decision)), redeem(self.books(), &two));
        let Ok((one, decided)) = one else { return };
        assert!(self.commit(version, &decided));
        self.coins.sweep(self.now);
        self.coins.spend(first as usize, one.transaction.as_str(), self.now);
        if let Ok(stale) = two_decided {
            assert!(!self.commit(version, &stale), "a decision on an old account must not be written");
            self.redeem(second);
        }
    }

    fn replay(&mut self, pick: usize) {
        if self.postings.is_empty() {
            return;
        }
        let posting = self.postings[pick % self.postings.len()].clone();
        let before = self.account.clone();
        let repeated = Decision { account: Account::default(), postings: vec![posting], outcome: () };
        assert!(!self.commit(self.account.postings, &repeated));
        assert_eq!(self.account, before);
    }

    fn run(&mut self, step: &Step) {
        match *step {
            Step::Redeem { cents } => self.redeem(cents),
            Step::Earn { bonus, days, delay, ties } => self.earn(bonus, days, delay, ties),
            Step::ReverseSale { pick } => self.reverse_sale(pick),
            Step::ReverseOpen => self.reverse_open(),
            Step::Adjust { cents } => self.adjust(cents),
            Step::Expire => {
                let decision = expire(self.books());
                assert!(self.commit(self.account.postings, &decision));
                self.coins.sweep(self.now);
            }
            Step::Wait { hours } => self.now += SignedDuration::from_hours(i64::from(hours)),
            Step::Replay { pick } => self.replay(pick),
            Step::TwoTills { first, second } => self.two_tills(first, second),
        }
        self.check();
    }

    fn check(&self) {
        let account = &self.account;
        for lot in &account.lots {
            assert!(lot.remaining <= lot.amount, "a lot above its amount: {lot:?}");
            assert!(!lot.remaining.is_zero(), "an empty lot was kept: {lot:?}");
        }
        let sum = self.postings.iter().fold(Balance::ZERO, |sum, posting| sum.plus(posting.change));
        assert_eq!(account.ledger_balance(), sum, "the balance is the sum of the postings");
        assert_eq!(account.postings, self.postings.len() as u64, "every posting is counted once");
        assert_eq!(account.last.as_ref(), self.postings.last().map(|posting| &posting.key));
        assert!(
            self.postings.windows(2).all(|pair| pair[1].previous.as_ref() == Some(&pair[0].key)),
            "the chain is whole"
        );
        let expected = cents(self.coins.free()).signed_minus(cents(self.coins.debt));
        assert_eq!(account.ledger_balance(), expected, "the coins say otherwise");
        let available = account.available(SaleTotal::Known(Money::from_cents(10_000)), Rate::WHOLE, self.now);
        assert_eq!(available, cents(self.coins.available(self.now)), "the coins say otherwise");
        let unexpired =
            self.coins.coins.iter().filter(|coin| coin.state == CoinState::Free && coin.until > self.now).count();
        assert_eq!(account.balance(self.now), cents(unexpired.saturating_sub(self.coins.debt)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_agrees_with_the_coins_after_every_step(steps in prop::collection::vec(step(), 1..35)) {
        let mut world = World::new();
        for step in &steps {
            world.run(step);
        }
    }

    #[test]
    fn merging_at_the_bound_neither_makes_nor_loses_money(bonuses in prop::collection::vec((1..40_u32, 1..20_u16, 0..3_u16), 41..70)) {
        let mut world = World::new();
        for (bonus, days, delay) in &bonuses {
            world.now += SignedDuration::from_secs(60);
            world.earn(*bonus, *days, *delay, false);
        }
        prop_assert!(world.account.lots.len() <= ponte_domain::limits::LOTS_PER_ACCOUNT);
        let total: u32 = bonuses.iter().map(|(bonus, ..)| bonus).sum();
        prop_assert_eq!(world.account.ledger_balance(), Balance::from(Money::from_cents(total)));
        // Every sale can still be reversed, and takes back exactly what it gave.
        for pick in 0..world.sales.len() {
            let terms = ReversalTerms { transaction: world.transaction(), store: World::store(), grace_days: 0, names_note: false };
            let decision = reverse_sale(world.books(), world.sales[pick].clone(), &terms).unwrap();
            prop_assert!(world.commit(world.account.postings, &decision));
        }
        prop_assert_eq!(world.account.ledger_balance(), Balance::ZERO);
    }
}
