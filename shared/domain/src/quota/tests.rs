//! The rule by its behaviour. What many Lambdas make of it together is in `tests/quota_simulation.rs`.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;

fn plan() -> QuotaPlan {
    QuotaPlan::new(QuotaSettings::default()).unwrap()
}

fn plan_of(per_minute: u32, per_month: u32) -> QuotaPlan {
    QuotaPlan::new(QuotaSettings::for_limits(per_minute, per_month)).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A second of a minute in the middle of a cycle.
fn second(seconds: i64) -> Timestamp {
    at("2026-03-14T15:00:00Z") + SignedDuration::from_secs(seconds)
}

fn granted(state: &QuotaState, plan: &QuotaPlan, lane: Lane, now: Timestamp) -> QuotaState {
    match take(state, plan, lane, "test", now) {
        Taken::Granted(next) => next,
        other => panic!("{other:?}"),
    }
}

/// Takes until nothing is left: how many, the last state, and the refusal.
fn drained(mut state: QuotaState, plan: &QuotaPlan, lane: Lane, now: Timestamp) -> (u32, QuotaState, Taken) {
    let mut count = 0;
    loop {
        match take(&state, plan, lane, "test", now) {
            Taken::Granted(next) => state = next,
            refusal => return (count, state, refusal),
        }
        count += 1;
    }
}

#[test]
fn a_lane_stops_where_what_is_left_is_reserved_for_others() {
    let fresh = QuotaState::default;
    assert_eq!(drained(fresh(), &plan(), Lane::Reconciliation, second(10)).0, 30);
    assert_eq!(drained(fresh(), &plan(), Lane::FollowUp, second(10)).0, 38);
    assert_eq!(drained(fresh(), &plan(), Lane::Interactive, second(10)).0, 48);
}

#[test]
fn every_lane_gets_its_reserve_whoever_comes_first() {
    for first in Lane::ALL {
        let (mut total, mut state, _) = drained(QuotaState::default(), &plan(), first, second(10));
        for other in Lane::ALL.into_iter().filter(|other| *other != first) {
            let (count, next, _) = drained(state, &plan(), other, second(10));
            assert!(count >= plan().settings().minute_reserves.of(other), "{other:?} after {first:?}: {count}");
            state = next;
            total += count;
        }
        assert_eq!(total, 60);
    }
}

#[test]
fn a_full_minute_says_when_the_next_one_certainly_began() {
    let (_, state, refusal) = drained(QuotaState::default(), &plan(), Lane::Interactive, second(10));
    assert_eq!(refusal, Taken::NextMinute { at: second(62) });
    let early = take(&state, &plan(), Lane::Interactive, "test", second(61));
    assert_eq!(early, Taken::NextMinute { at: second(62) }, "Trinks' clock may still be in the full minute");
    granted(&state, &plan(), Lane::Interactive, second(62));
}

#[test]
fn a_call_near_a_border_is_charged_to_both_minutes() {
    let minutes = |from: i64| -> Vec<i64> {
        let charged = granted(&QuotaState::default(), &plan(), Lane::FollowUp, second(from));
        charged.minutes.iter().map(|it| it.minute - calendar::minute_of(second(0))).collect()
    };
    assert_eq!(minutes(1), [-1, 0]);
    assert_eq!(minutes(2), [0]);
    assert_eq!(minutes(47), [0]);
    assert_eq!(minutes(48), [0, 1], "two seconds of clock and ten on the way");
    assert_eq!(minutes(55), [0, 1]);
}

#[test]
fn tokens_of_the_last_seconds_are_missing_in_the_next_minute() {
    let (count, state, refusal) = drained(QuotaState::default(), &plan(), Lane::Interactive, second(55));
    assert_eq!((count, refusal), (48, Taken::NextMinute { at: second(122) }));
    assert_eq!(drained(state.clone(), &plan(), Lane::FollowUp, second(65)).0, 10);
    assert_eq!(drained(state, &plan(), Lane::Interactive, second(122)).0, 48);
}

#[test]
fn a_clock_that_is_behind_rolls_nothing_back() {
    let (_, ahead, _) = drained(QuotaState::default(), &plan(), Lane::Interactive, second(63));
    let behind = granted(&ahead, &plan(), Lane::Interactive, second(40));
    let of = |state: &QuotaState, minute: i64| {
        state.minute_use(calendar::minute_of(second(0)) + minute).map(|it| it.interactive)
    };
    assert_eq!((of(&behind, 0), of(&behind, 1)), (Some(1), Some(48)));
    let (_, later, _) = drained(behind, &plan(), Lane::FollowUp, second(130));
    assert_eq!((of(&later, 0), of(&later, 1), later.minutes.len()), (Some(1), Some(48), 3));
    assert_eq!(of(&later, -1), None, "forgotten");
    let lost = take(&later, &plan(), Lane::Interactive, "test", second(-30));
    assert_eq!(lost, Taken::NextMinute { at: second(2) }, "what was forgotten may be full");
}

#[test]
fn a_spent_month_waits_for_the_next_cycle_in_its_zone() {
    let plan = plan_of(60, 40);
    let now = at("2026-03-31T20:00:10Z");
    let (count, state, refusal) = drained(QuotaState::default(), &plan, Lane::Interactive, now);
    assert_eq!(count, 40 - 4 - 1, "the others' reserves of the month");
    let next = at("2026-04-01T03:00:02Z");
    assert_eq!(refusal, Taken::NextMonth { at: next });
    let last_second = take(&state, &plan, Lane::Interactive, "test", next - SignedDuration::from_millis(1));
    assert_eq!(last_second, Taken::NextMonth { at: next });
    granted(&state, &plan, Lane::Interactive, next);
}

#[test]
fn a_call_near_a_cycles_border_is_charged_to_both() {
    let cycles = |now: &str| granted(&QuotaState::default(), &plan(), Lane::FollowUp, at(now)).cycles.len();
    assert_eq!(cycles("2026-04-01T02:59:47Z"), 1);
    assert_eq!(cycles("2026-04-01T02:59:48Z"), 2);
    assert_eq!(cycles("2026-04-01T03:00:01Z"), 2);
    assert_eq!(cycles("2026-04-01T03:00:02Z"), 1);
}

#[test]
fn cycles_begin_with_the_reset_day_even_when_the_clock_is_changed() {
    let of = |day: u8, zone: &str, now: &str| {
        let settings = QuotaSettings { reset_day: day, zone: zone.to_owned(), ..QuotaSettings::default() };
        let cycle = QuotaPlan::new(settings).unwrap().cycle_at(at(now));
        (cycle.from.to_string(), cycle.until.to_string())
    };
    let cycle = |from: &str, until: &str| (from.to_owned(), until.to_owned());
    let sao_paulo = "America/Sao_Paulo";
    let march = cycle("2026-03-01T03:00:00Z", "2026-04-01T03:00:00Z");
    assert_eq!(of(1, sao_paulo, "2026-03-01T03:00:00Z"), march);
    assert_eq!(of(1, sao_paulo, "2026-04-01T02:59:59Z"), march);
    let over_new_year = cycle("2025-12-28T03:00:00Z", "2026-01-28T03:00:00Z");
    assert_eq!(of(28, sao_paulo, "2026-01-05T00:00:00Z"), over_new_year);
    // On 4 November 2018 there was no midnight in São Paulo: the day began at one o'clock.
    let summer = cycle("2018-11-04T03:00:00Z", "2018-12-04T02:00:00Z");
    assert_eq!(of(4, sao_paulo, "2018-11-04T03:00:00Z"), summer);
    let new_york = cycle("2026-03-01T05:00:00Z", "2026-04-01T04:00:00Z");
    assert_eq!(of(1, "America/New_York", "2026-04-01T03:59:59Z"), new_york);
}

#[test]
fn a_changed_reset_day_takes_the_calls_over() {
    let state = drained(QuotaState::default(), &plan_of(60, 40), Lane::Interactive, second(10)).1;
    let moved = QuotaSettings { reset_day: 10, ..QuotaSettings::for_limits(60, 40) };
    let moved = QuotaPlan::new(moved).unwrap();
    assert!(matches!(take(&state, &moved, Lane::Interactive, "test", second(80)), Taken::NextMonth { .. }));
    let next = granted(&state, &moved, Lane::FollowUp, second(80));
    assert_eq!(next.cycles.iter().map(|it| (it.used.total(), it.purposes["test"])).collect::<Vec<_>>(), [(36, 36)]);
}

#[test]
fn a_429_stops_everybody_until_the_next_full_minute() {
    let state = granted(&QuotaState::default(), &plan(), Lane::Interactive, second(10));
    let stopped = refused(&state, &plan(), Lane::Interactive, second(11), None).unwrap();
    assert_eq!(stopped.version, state.version + 1);
    for lane in Lane::ALL {
        assert_eq!(take(&stopped, &plan(), lane, "test", second(61)), Taken::NextMinute { at: second(62) });
        granted(&stopped, &plan(), lane, second(62));
    }
    let near_the_end = refused(&state, &plan(), Lane::Interactive, second(58), None).unwrap();
    assert_eq!(near_the_end.pause.unwrap().until, second(122), "Trinks may have refused in its next minute");
}

#[test]
fn a_burst_of_429_is_one_and_costs_one_write() {
    let state = granted(&QuotaState::default(), &plan(), Lane::Interactive, second(10));
    let stopped = refused(&state, &plan(), Lane::Interactive, second(11), None).unwrap();
    assert_eq!(refused(&stopped, &plan(), Lane::FollowUp, second(12), None), None);
    let late = refused(&stopped, &plan(), Lane::FollowUp, second(63), None).unwrap();
    assert_eq!(late.pause.unwrap().strikes, 1, "nobody called since: the answer to an earlier call");
}

#[test]
fn repeated_429_double_the_pause_up_to_an_hour() {
    let (mut state, mut now) = (QuotaState::default(), second(10));
    let mut pauses = Vec::new();
    for _ in 0..9 {
        state = refused(&granted(&state, &plan(), Lane::FollowUp, now), &plan(), Lane::FollowUp, now, None).unwrap();
        let until = state.pause.unwrap().until;
        pauses.push(until.duration_since(second(2)).as_secs() / 60 - now.duration_since(second(2)).as_secs() / 60);
        now = until;
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    state.pause = state.pause.map(|pause| Pause { strikes: u8::MAX, ..pause });
    let last = refused(&granted(&state, &plan(), Lane::FollowUp, now), &plan(), Lane::FollowUp, now, None).unwrap();
    assert_eq!(last.pause.unwrap().until, now + SignedDuration::from_mins(60));
}

#[test]
fn an_answer_ends_the_row_and_usually_writes_nothing() {
    let state = granted(&QuotaState::default(), &plan(), Lane::Interactive, second(10));
    assert_eq!(answered(&state), None);
    let stopped = refused(&state, &plan(), Lane::Interactive, second(11), None).unwrap();
    assert_eq!(answered(&stopped), None, "an answer to a call from before the pause");
    let tried = granted(&stopped, &plan(), Lane::Interactive, second(62));
    let well = answered(&tried).unwrap();
    assert_eq!((well.pause, well.version, answered(&well)), (None, tried.version + 1, None));
    assert_eq!(refused(&well, &plan(), Lane::Interactive, second(63), None).unwrap().pause.unwrap().strikes, 1);
}

#[test]
fn retry_after_is_honoured_within_bounds() {
    let until = |retry_after: SignedDuration| {
        let stopped = refused(&QuotaState::default(), &plan(), Lane::FollowUp, second(10), Some(retry_after));
        stopped.unwrap().pause.unwrap().until
    };
    assert_eq!(until(SignedDuration::from_secs(5)), second(62));
    assert_eq!(until(SignedDuration::from_secs(-5)), second(62));
    assert_eq!(until(SignedDuration::from_secs(120)), second(132));
    assert_eq!(until(SignedDuration::from_millis(120_001)), second(133));
    assert_eq!(until(SignedDuration::MAX), second(12 + 3_600));
}

#[test]
fn a_repeated_429_near_the_quota_means_that_the_month_is_spent() {
    let strike_twice = |used: u32| {
        let mut state = granted(&QuotaState::default(), &plan(), Lane::Interactive, second(10));
        state.cycles[0].used.interactive = used;
        let once = refused(&state, &plan(), Lane::Interactive, second(11), None).unwrap();
        let again = granted(&once, &plan(), Lane::FollowUp, second(62));
        refused(&again, &plan(), Lane::FollowUp, second(63), None).unwrap()
    };
    assert_eq!(strike_twice(4_400).month_spent_until, None);
    let spent = strike_twice(4_499);
    let next = at("2026-04-01T03:00:02Z");
    for lane in Lane::ALL {
        assert_eq!(take(&spent, &plan(), lane, "test", second(9_000)), Taken::NextMonth { at: next });
    }
    assert_eq!(granted(&spent, &plan(), Lane::FollowUp, next).month_spent_until, None);
    let freed = granted(&released(&spent), &plan(), Lane::FollowUp, second(9_000));
    assert_eq!((freed.pause, freed.cycles[0].used.total()), (None, 4_501));
}

#[test]
fn purposes_are_counted_apart_up_to_a_bound() {
    let names: Vec<&'static str> = (0..45).map(|it| &*Box::leak(format!("purpose {it}").into_boxed_str())).collect();
    let mut state = QuotaState::default();
    for (minute, name) in names.iter().chain(&names).enumerate() {
        let now = second(10 + 60 * i64::try_from(minute).unwrap());
        let Taken::Granted(next) = take(&state, &plan(), Lane::FollowUp, name, now) else { panic!("{name}") };
        state = next;
    }
    let purposes = &state.cycles[0].purposes;
    assert_eq!((purposes.len(), purposes["purpose 3"], purposes[OTHER_PURPOSES]), (41, 2, 10));
}

#[test]
fn status_shows_use_reserves_and_what_is_left() {
    let mut state = granted(&QuotaState::default(), &plan(), Lane::Reconciliation, second(10));
    state.cycles[0].used.follow_up = 2_999;
    let shown = status(&state, &plan(), second(20));
    let of = |window: &WindowStatus| window.lanes.iter().map(|it| (it.used, it.left)).collect::<Vec<_>>();
    assert_eq!((shown.minute.used, of(&shown.minute)), (1, vec![(0, 48), (0, 38), (1, 29)]));
    assert_eq!((shown.month.used, of(&shown.month)), (3_000, vec![(0, 1_851), (2_999, 1_101), (1, 1_250)]));
    assert_eq!((shown.blocked_until, shown.strikes, shown.purposes["test"]), (None, 0, 1));
    // 3,000 in 13.5 days: the other 2,000 last for nine more.
    assert_eq!(shown.runs_out_on, Some(jiff::civil::date(2026, 3, 23)));
    let stopped = refused(&state, &plan(), Lane::FollowUp, second(20), None).unwrap();
    assert_eq!(status(&stopped, &plan(), second(21)).blocked_until, Some(second(62)));
    assert_eq!(status(&stopped, &plan(), second(62)).blocked_until, None);
}

#[test]
fn the_forecast_is_silent_early_and_when_the_calls_last() {
    let forecast = |day: &str, used: u32| {
        let mut state = granted(&QuotaState::default(), &plan(), Lane::Interactive, at(day));
        state.cycles[0].used.interactive = used;
        status(&state, &plan(), at(day)).runs_out_on
    };
    assert_eq!(forecast("2026-03-03T12:00:00Z", 2_000), None, "two days say nothing");
    assert_eq!(forecast("2026-03-16T15:00:00Z", 2_000), None);
    assert_eq!(forecast("2026-03-16T15:00:00Z", 5_000), Some(jiff::civil::date(2026, 3, 16)));
    assert_eq!(status(&QuotaState::default(), &plan(), at("2026-03-16T15:00:00Z")).runs_out_on, None);
}

#[test]
fn it_is_stored_small_and_always_in_the_same_form() {
    let state = granted(&QuotaState::default(), &plan(), Lane::FollowUp, second(10));
    let stored = r#"{"version":1,"minutes":[{"minute":29558340,"used":{"interactive":0,"follow_up":1,"reconciliation":0}}],"cycles":[{"from":1772334000,"until":1775012400,"used":{"interactive":0,"follow_up":1,"reconciliation":0},"purposes":{"test":1}}]}"#;
    assert_eq!(serde_json::to_string(&state).unwrap(), stored);
    assert_eq!(serde_json::from_str::<QuotaState>(stored).unwrap(), state);
    assert_eq!(serde_json::from_str::<QuotaState>(r#"{"version":0}"#).unwrap(), QuotaState::default());
    let stopped = refused(&state, &plan(), Lane::FollowUp, second(10), None).unwrap();
    let stopped = QuotaState { month_spent_until: Some(second(0)), ..stopped };
    let text = serde_json::to_string(&stopped).unwrap();
    assert!(text.ends_with(
        r#""pause":{"until":1773500462,"strikes":1,"tried":false,"lane":"follow_up"},"month_spent_until":1773500400}"#
    ));
    assert_eq!(serde_json::from_str::<QuotaState>(&text).unwrap(), stopped);
    for lane in Lane::ALL {
        assert_eq!(serde_json::to_value(lane).unwrap(), lane.as_str());
    }
}

#[test]
fn settings_are_checked() {
    type Change = fn(&mut QuotaSettings);
    let wrong: [(Change, PlanError); 9] = [
        (|it| it.per_minute = 0, PlanError::NoCalls),
        (|it| it.per_month = 0, PlanError::NoCalls),
        (|it| it.minute_reserves.interactive = 49, PlanError::ReservesExceedLimit),
        (|it| it.month_reserves.follow_up = u32::MAX, PlanError::ReservesExceedLimit),
        (|it| it.reset_day = 0, PlanError::ResetDay),
        (|it| it.reset_day = 29, PlanError::ResetDay),
        (|it| it.call_allowance_seconds = 56, PlanError::MarginsTooLong),
        (|it| it.near_quota_percent = 0, PlanError::NearQuota),
        (|it| "America/Nowhere".clone_into(&mut it.zone), PlanError::UnknownZone),
    ];
    for (change, error) in wrong {
        let mut settings = QuotaSettings::default();
        change(&mut settings);
        assert_eq!(QuotaPlan::new(settings), Err(error));
    }
    let stored: QuotaSettings = serde_json::from_str(r#"{"per_month":10000}"#).unwrap();
    assert_eq!((stored.per_month, stored.per_minute), (10_000, 60), "what is not set is as usual");
}

proptest! {
    /// Whatever the limits, lanes and clocks: no window is ever charged beyond its limit, and a lane below its reserve
    /// in every window that it would be charged to is never refused.
    #[test]
    fn no_window_is_overcharged_and_no_reserve_withheld(
        per_minute in 1..90_u32,
        per_month in 1..200_u32,
        asks in proptest::collection::vec((0..3_usize, -4_000..9_000_i64), 1..400),
    ) {
        let plan = plan_of(per_minute, per_month);
        let (mut state, mut clock) = (QuotaState::default(), at("2026-04-01T02:58:00Z"));
        for (lane, millis) in asks {
            let lane = Lane::ALL[lane];
            clock += SignedDuration::from_millis(millis / 4);
            let below = |used: Option<PerLane>, reserves: &PerLane| used.is_some_and(|it| it.of(lane) < reserves.of(lane));
            let entitled = plan.minutes(clock).all(|it| below(state.minute_use(it), &plan.settings().minute_reserves))
                && plan.cycles(clock).into_iter()
                    .all(|it| below(state.cycle_use(it).map(|it| it.used), &plan.settings().month_reserves));
            match take(&state, &plan, lane, "test", clock) {
                Taken::Granted(next) => state = next,
                Taken::NextMinute { at } | Taken::NextMonth { at } => {
                    prop_assert!(!entitled && at > clock);
                }
            }
            prop_assert!(state.minutes.iter().all(|it| it.used.total() <= per_minute) && state.minutes.len() <= 3);
            prop_assert!(state.cycles.iter().all(|it| it.used.total() <= per_month) && state.cycles.len() <= 2);
        }
    }
}
