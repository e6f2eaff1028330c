//! Many Lambdas share a key's quota, for months, with everything that can go wrong between them; Trinks' own counters
//! are the judge (design section 5).
//!
//! Everything is drawn from fixed seeds: a run is the same on every machine. Time is virtual. What each run asserts is
//! in `quota_simulation/`: Trinks' limits (`trinks.rs`), and in `steps.rs` that no lane is refused below its reserve,
//! that no token is given for a minute that a 429 has spent, and (`world.rs`) that all background work is done once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use ponte_domain::quota::{Lane, QuotaPlan, QuotaSettings};

mod steps;
mod trinks;
mod world;

use trinks::{Random, Trinks, cycle_borders};
use world::{Faults, World};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// 15 March 2026, 12:00 UTC.
const START: i64 = 1_773_576_000_000;

const USUAL_FAULTS: Faults = Faults { lost_answers: 50, slow_writes: 20, restarts: 100, slow_calls: 600 };

fn settings(per_minute: u32, per_month: u32, reset_day: u8, zone: &str) -> QuotaSettings {
    QuotaSettings { reset_day, zone: zone.to_owned(), ..QuotaSettings::for_limits(per_minute, per_month) }
}

fn world(seed: u64, settings: QuotaSettings, faults: Faults, lambdas: usize, workers: u32) -> World {
    let trinks = Trinks {
        per_minute: settings.per_minute,
        per_month: settings.per_month,
        shares_month: false,
        borders: cycle_borders(i8::try_from(settings.reset_day).unwrap(), &settings.zone),
        spurious: 0,
        says_retry_after: false,
        refusing_until: 0,
        refusals: 0,
        minutes: std::collections::BTreeMap::new(),
        cycles: std::collections::BTreeMap::new(),
    };
    World::new(seed, QuotaPlan::new(settings).unwrap(), trinks, faults, lambdas, workers)
}

/// Bursts of all lanes, half of them around a minute's border: on average more than half of what Trinks allows, at
/// times several times as much.
fn bursts(world: &mut World, random: &mut Random, minutes: i64) {
    for minute in 0..minutes {
        for lane in Lane::ALL {
            let (often, most) = match lane {
                Lane::Interactive => (4_000, 60),
                Lane::FollowUp => (3_000, 60),
                Lane::Reconciliation => (300, 400),
            };
            if !random.chance(often) {
                continue;
            }
            let near_a_border = random.chance(5_000);
            let from = if near_a_border { random.between(40_000, 62_000) } else { random.between(0, 59_999) };
            let length = if random.chance(5_000) { 300 } else { 20_000 };
            for _ in 0..random.between(1, most) {
                let at = START + minute * MINUTE + from + random.between(0, length);
                world.demand(at, lane);
            }
        }
    }
}

#[test]
fn bursts_never_pass_trinks_minute() {
    for seed in 1..=3 {
        let mut world = world(seed, settings(60, 1_000_000, 1, "America/Sao_Paulo"), USUAL_FAULTS, 30, 3);
        bursts(&mut world, &mut Random(seed ^ 0xB0_5735), 1_500);
        world.run();
        let fullest = world.trinks.minutes.values().max().unwrap();
        let tally = &world.tally;
        assert!(*fullest >= 58, "the limit was never reached: {fullest}");
        assert!(tally.conflicts > 10_000 && tally.wasted > 100 && tally.given_up > 0, "the world was too kind");
    }
}

/// Every clock is wrong by all it may be, every other call takes all the time it has, and the demand comes in the
/// seconds in which that matters.
#[test]
fn the_worst_clocks_and_the_slowest_calls_are_within_the_rule() {
    for (seed, spurious) in [(1, 0), (2, 0), (3, 100), (4, 100)] {
        let worst = Faults { lost_answers: 0, slow_writes: 0, restarts: 0, slow_calls: 5_000 };
        let mut world = world(seed, settings(60, 1_000_000, 1, "America/Sao_Paulo"), worst, 2, 8);
        world.trinks.spurious = spurious;
        let mut random = Random(seed ^ 0x0407);
        // A minute that is full anyway would hide a call too many after a 429.
        let calls = if spurious == 0 { 60 } else { 12 };
        for minute in (0..1_200).step_by(3) {
            let begin = START + minute * MINUTE;
            for _ in 0..calls {
                world.demand(begin + random.between(45_000, 52_000), Lane::Interactive);
                world.demand(begin + random.between(56_000, 64_000), Lane::Interactive);
                world.demand(begin + random.between(62_000, 100_000), Lane::Interactive);
            }
            for _ in 0..12 {
                world.demand(begin + random.between(60_000, 62_000), Lane::FollowUp);
                world.demand(begin + random.between(60_000, 100_000), Lane::Reconciliation);
            }
        }
        world.run();
        let (fullest, refusals) = (world.trinks.minutes.values().max().unwrap(), world.trinks.refusals);
        println!("worst clocks: {fullest} in the fullest minute, {refusals} refusals");
        assert!(if spurious == 0 { *fullest >= 48 } else { refusals > 100 }, "the world was too kind");
    }
}

#[test]
fn a_saturated_key_uses_nearly_all_it_may() {
    for seed in 1..=3 {
        let kind = Faults { lost_answers: 20, slow_writes: 0, restarts: 10, slow_calls: 300 };
        let mut world = world(seed, settings(60, 1_000_000, 1, "America/Sao_Paulo"), kind, 30, 6);
        let mut random = Random(seed);
        let minutes = 120;
        for _ in 0..minutes * 40 {
            world.demand(START, Lane::FollowUp);
            world.demand(START, Lane::Reconciliation);
            world.demand(START + random.between(0, minutes * MINUTE), Lane::Interactive);
        }
        world.run();
        let counts = &world.trinks.minutes;
        let first = START / MINUTE;
        let busy: Vec<u32> = (first + 1..first + minutes - 1).map(|it| counts.get(&it).copied().unwrap_or(0)).collect();
        let (least, sum) = (busy.iter().min().unwrap(), busy.iter().sum::<u32>());
        let share = u64::from(sum) * 100 / (60 * busy.len() as u64);
        println!("saturated: least {least}, {share} % on average");
        assert!(*least >= 48 && share >= 90, "at least {least} a minute, {share} % on average");
    }
}

/// A year with few calls a month, most of them around the months' borders.
fn a_year(mut world: World, seed: u64) -> World {
    let per_month = world.plan.settings().per_month;
    let mut random = Random(seed ^ 0x0EA5);
    let share = i64::from(per_month) / 10;
    for day in 0..365 {
        for lane in Lane::ALL {
            let from = START + day * DAY + random.between(0, DAY);
            for _ in 0..random.between(0, share / 4) {
                world.demand(from + random.between(0, 4 * HOUR), lane);
            }
        }
    }
    let borders: Vec<i64> =
        world.trinks.borders.iter().copied().filter(|it| (START..START + 365 * DAY).contains(it)).collect();
    for border in borders {
        for _ in 0..share * 4 {
            let lane = Lane::ALL[usize::try_from(random.between(0, 2)).unwrap()];
            world.demand(border + random.between(-25_000, 15_000), lane);
        }
    }
    world.run();
    world
}

#[test]
fn months_are_never_passed_and_parked_work_is_done_in_the_next() {
    let plans = [
        (1, "America/Sao_Paulo", 200),
        (15, "America/Sao_Paulo", 120),
        (28, "America/New_York", 150),
        (8, "Australia/Lord_Howe", 90),
    ];
    for (seed, (reset_day, zone, per_month)) in (1..).zip(plans) {
        let world = a_year(world(seed, settings(30, per_month, reset_day, zone), USUAL_FAULTS, 20, 2), seed);
        assert!(world.tally.parked > 100, "nothing was ever parked");
        // A month whose demand never ends is used but for what counted twice, got lost, or stayed reserved for people.
        let kept = per_month * 15 / 100;
        let full = world.trinks.cycles.values().filter(|calls| **calls >= (per_month - kept) * 80 / 100).count();
        assert!(full >= 10, "{zone}: only {full} months were used: {:?}", world.trinks.cycles);
        assert!(world.store.cycles.iter().all(|it| it.purposes.values().sum::<u32>() == it.used.total()));
    }
}

#[test]
fn a_429_that_nobody_expected_stops_everybody() {
    for (seed, says_retry_after) in [(1, false), (2, false), (3, true), (4, true)] {
        let mut world = world(seed, settings(60, 1_000_000, 1, "America/Sao_Paulo"), USUAL_FAULTS, 30, 3);
        world.trinks.spurious = 20;
        world.trinks.says_retry_after = says_retry_after;
        bursts(&mut world, &mut Random(seed ^ 0x0429), 1_500);
        world.run();
        let (tally, refusals) = (&world.tally, world.trinks.refusals);
        println!("refusals {refusals}, strikes {}, refused meanwhile {}", tally.strikes, tally.stopped);
        assert!(refusals > 100 && tally.stopped > 100);
        assert!(tally.strikes >= 2 || says_retry_after, "a block of minutes is met by longer pauses");
        assert!(
            tally.strikes <= 5,
            "no block lasts longer than three pauses, and answers end the row: {}",
            tally.strikes
        );
    }
}

#[test]
fn a_month_that_another_user_of_the_key_spent_is_found_out_with_few_calls() {
    let plan = QuotaSettings { near_quota_percent: 50, ..settings(30, 200, 1, "America/Sao_Paulo") };
    let mut shared = world(7, plan, USUAL_FAULTS, 20, 2);
    (shared.trinks.shares_month, shared.trinks.per_month) = (true, 130);
    let world = a_year(shared, 7);
    let (refusals, cycles) = (world.trinks.refusals, &world.trinks.cycles);
    println!("shared month: {refusals} refusals in {} months", cycles.len());
    assert!(cycles.values().filter(|calls| **calls == 130).count() >= 6, "{cycles:?}");
    assert!(refusals > 0 && refusals < 400, "{refusals} calls for nothing");
}

#[test]
fn the_same_seed_gives_the_same_world() {
    let run = |seed| {
        let mut world = world(seed, settings(60, 5_000, 1, "America/Sao_Paulo"), USUAL_FAULTS, 12, 2);
        bursts(&mut world, &mut Random(seed), 60);
        world.run();
        (world.tally.granted, world.tally.conflicts, world.store)
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5), run(6));
}
