//! Who wants a call, and a number for each.

use serde::{Deserialize, Serialize};

/// What a call to Trinks is made for. The order is the priority (design section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// A person waits: booking, free times.
    Interactive,
    /// A webhook asks for what it did not say.
    FollowUp,
    /// The daily comparison and the first load; nobody waits.
    Reconciliation,
}

impl Lane {
    /// All of them, the most urgent first.
    pub const ALL: [Self; 3] = [Self::Interactive, Self::FollowUp, Self::Reconciliation];

    /// The name as it is stored and logged.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::FollowUp => "follow_up",
            Self::Reconciliation => "reconciliation",
        }
    }
}

/// A number of calls for each lane: what is reserved, or what was used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerLane {
    /// Of [`Lane::Interactive`].
    #[serde(default)]
    pub interactive: u32,
    /// Of [`Lane::FollowUp`].
    #[serde(default)]
    pub follow_up: u32,
    /// Of [`Lane::Reconciliation`].
    #[serde(default)]
    pub reconciliation: u32,
}

impl PerLane {
    /// One lane's number.
    #[must_use]
    pub fn of(&self, lane: Lane) -> u32 {
        match lane {
            Lane::Interactive => self.interactive,
            Lane::FollowUp => self.follow_up,
            Lane::Reconciliation => self.reconciliation,
        }
    }

    /// All lanes' numbers together.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.interactive.saturating_add(self.follow_up).saturating_add(self.reconciliation)
    }

    /// The same shares of another limit, rounded down so that they never come to more than it.
    #[must_use]
    pub fn scaled(&self, from: u32, to: u32) -> Self {
        let scale = |calls: u32| {
            let scaled = u64::from(calls).saturating_mul(u64::from(to)).checked_div(u64::from(from));
            u32::try_from(scaled.unwrap_or(0)).unwrap_or(u32::MAX)
        };
        Self {
            interactive: scale(self.interactive),
            follow_up: scale(self.follow_up),
            reconciliation: scale(self.reconciliation),
        }
    }

    /// One more call of the lane.
    pub(super) fn add(&mut self, lane: Lane) {
        let count = match lane {
            Lane::Interactive => &mut self.interactive,
            Lane::FollowUp => &mut self.follow_up,
            Lane::Reconciliation => &mut self.reconciliation,
        };
        *count = count.saturating_add(1);
    }

    /// What the lane may still take of a window with these uses: the limit less its own use, and less for each other
    /// lane the greater of what it used and what is reserved for it.
    pub(super) fn left(&self, lane: Lane, limit: u32, reserves: &Self) -> u32 {
        let others = Lane::ALL.into_iter().filter(|other| *other != lane);
        let kept = others.fold(0_u32, |sum, other| sum.saturating_add(self.of(other).max(reserves.of(other))));
        limit.saturating_sub(kept).saturating_sub(self.of(lane))
    }
}
