//! Choosing hours: pure arithmetic of free starts.

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use crate::trinks::SalonProfessionalId;

/// A free hour with who has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Slot {
    /// When, by the salon's clock.
    pub starts: DateTime,
    /// Who.
    pub professional: SalonProfessionalId,
}

/// The free hours nearest to the one that was wanted: by distance, the same professional before others, the earlier before
/// the later. The wanted hour of the wanted professional is not among them: it has just been refused.
#[must_use]
pub fn nearest(free: &[Slot], wanted: DateTime, by: Option<SalonProfessionalId>, most: usize) -> Vec<Slot> {
    let refused = |slot: &Slot| slot.starts == wanted && by.is_none_or(|by| by == slot.professional);
    let mut slots: Vec<Slot> = free.iter().copied().filter(|slot| !refused(slot)).collect();
    slots.sort_by_key(|slot| {
        let distance = slot.starts.duration_since(wanted).abs();
        (distance, by.is_some_and(|by| by != slot.professional), slot.starts, slot.professional)
    });
    slots.dedup();
    slots.truncate(most);
    slots
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn slot(hour: &str, professional: u64) -> Slot {
        let starts = format!("2026-12-01T{hour}:00").parse().unwrap();
        Slot { starts, professional: SalonProfessionalId::new(professional).unwrap() }
    }

    #[test]
    fn the_nearest_hours_come_first_and_the_same_professional_before_another() {
        let free = [
            slot("09:00", 1),
            slot("14:30", 2),
            slot("14:30", 1),
            slot("13:30", 1),
            slot("14:00", 1),
            slot("14:00", 2),
        ];
        let wanted = slot("14:00", 1);
        let found = nearest(&free, wanted.starts, Some(wanted.professional), 4);
        assert_eq!(found, [slot("14:00", 2), slot("13:30", 1), slot("14:30", 1), slot("14:30", 2)]);
    }

    #[test]
    fn where_nobody_was_named_the_hour_itself_is_gone() {
        let free = [slot("14:00", 1), slot("14:00", 2), slot("15:00", 1)];
        assert_eq!(nearest(&free, slot("14:00", 1).starts, None, 3), [slot("15:00", 1)]);
    }
}
