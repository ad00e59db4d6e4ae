//! Latencies by the million in a few kilobytes: classes that grow with the value, each within 1/32 of it.

/// Classes in each doubling of the value.
const CLASSES: u32 = 32;

/// Counts of values in microseconds, by class.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
    max: u32,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: vec![0; class(u32::MAX) + 1],
            total: 0,
            max: 0,
        }
    }
}

impl Histogram {
    /// Counts one value.
    pub fn add(&mut self, value: u32) {
        if let Some(count) = self.counts.get_mut(class(value)) {
            *count += 1;
        }
        self.total += 1;
        self.max = self.max.max(value);
    }

    /// Number of values that were counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Largest value that was counted.
    pub fn max(&self) -> u32 {
        self.max
    }

    /// The smallest value that this share of all values does not exceed; 0 if there are none.
    pub fn percentile(&self, share: f64) -> u32 {
        let rank = (self.total as f64 * share).ceil().max(1.0) as u64;
        let mut below = 0;
        for (class, count) in self.counts.iter().enumerate() {
            below += count;
            if below >= rank {
                return highest(class).min(self.max);
            }
        }
        0
    }
}

fn class(value: u32) -> usize {
    let doublings = (value / CLASSES).checked_ilog2().map_or(0, |log| log + 1);
    let shift = doublings.saturating_sub(1);
    (shift * CLASSES + (value >> shift)) as usize
}

/// Largest value that falls into a class.
fn highest(class: usize) -> u32 {
    let class = class as u32;
    let shift = (class / CLASSES).saturating_sub(1);
    let above = u64::from(class - shift * CLASSES + 1) << shift;
    u32::try_from(above - 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_a_class_that_ends_within_a_thirty_second_of_it() {
        for value in (0..5_000).chain([65_535, 65_536, 1_000_000, u32::MAX - 1, u32::MAX]) {
            let end = highest(class(value));
            assert!(end >= value && end - value <= value / CLASSES, "{value}: {end}");
        }
    }

    #[test]
    fn percentiles_of_a_known_series() {
        let mut histogram = Histogram::default();
        (1..=1_000).for_each(|value| histogram.add(value));
        assert!((500..=516).contains(&histogram.percentile(0.5)));
        assert!((990..=1_000).contains(&histogram.percentile(0.99)));
        assert_eq!((histogram.max(), histogram.total()), (1_000, 1_000));
        assert_eq!(Histogram::default().percentile(0.5), 0);
    }
}
