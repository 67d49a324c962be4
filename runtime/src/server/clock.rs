//! The coarse clock of a server, and what is counted by its laps.
//!
//! Reading it costs one relaxed load. It moves when the sweeper looks, and never by itself.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// One clock for all connections of a server, as fine as the sweeper's beat.
pub(super) struct Clock {
    origin: Instant,
    millis: AtomicU64,
    /// Which lap it is, and when that began.
    lap: AtomicU32,
    lap_began: AtomicU64,
}

impl Clock {
    pub(super) fn new() -> Self {
        let (millis, lap_began) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { origin: Instant::now(), millis, lap: AtomicU32::new(0), lap_began }
    }

    pub(super) fn tick(&self) {
        let millis = u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.millis.store(millis, Relaxed);
    }

    pub(super) fn now(&self) -> u64 {
        self.millis.load(Relaxed)
    }

    /// Begins the next lap where the present one has lasted for so long. No lap is passed over.
    pub(super) fn lap_after(&self, length: Duration) {
        let (now, began) = (self.now(), self.lap_began.load(Relaxed));
        if Duration::from_millis(now.saturating_sub(began)) >= length
            && self.lap_began.compare_exchange(began, now, Relaxed, Relaxed).is_ok()
        {
            self.lap.fetch_add(1, Relaxed);
        }
    }

    #[inline]
    pub(super) fn lap(&self) -> u32 {
        self.lap.load(Relaxed)
    }
}

/// How many laps are told apart.
const LAPS: usize = 8;

/// How many things there are that last got on in each of the latest laps.
#[derive(Default)]
pub(super) struct Laps([AtomicU32; LAPS]);

impl Laps {
    #[inline]
    pub(super) fn add(&self, lap: u32) {
        self.0[lap as usize % LAPS].fetch_add(1, Relaxed);
    }

    #[inline]
    pub(super) fn remove(&self, lap: u32) {
        self.0[lap as usize % LAPS].fetch_sub(1, Relaxed);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|count| count.load(Relaxed) == 0)
    }

    /// For how many whole laps before `lap` the oldest of them has stood still.
    pub(super) fn stood(&self, lap: u32) -> usize {
        let count = |back: usize| {
            let index = (lap as usize).wrapping_sub(back) % LAPS;
            self.0[index].load(Relaxed)
        };
        (2..LAPS).rev().find(|back| count(*back) > 0).map_or(0, |back| back - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_laps_are_counted() {
        let laps = Laps::default();
        laps.add(u32::MAX);
        let stood: Vec<_> =
            (0..8).map(|passed| laps.stood(u32::MAX.wrapping_add(passed))).collect();
        assert_eq!(stood, [0, 0, 1, 2, 3, 4, 5, 6]);
        laps.remove(u32::MAX);
        assert!(laps.is_empty());
    }

    #[test]
    fn a_lap_has_its_length_at_least() {
        let clock = Clock::new();
        clock.millis.store(99, Relaxed);
        clock.lap_after(Duration::from_millis(100));
        assert_eq!(clock.lap(), 0);
        clock.millis.store(5000, Relaxed);
        clock.lap_after(Duration::from_millis(100));
        clock.lap_after(Duration::from_millis(100));
        assert_eq!(clock.lap(), 1);
    }
}
