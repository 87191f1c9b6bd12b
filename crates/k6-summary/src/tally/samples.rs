//! Samples and sums: what is kept of the points that belong together.

use crate::tally::hdr::Histogram;
use crate::tally::percentile;

/// What is known of samples without keeping them; `sum` runs in the order they came in.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Sums {
    pub(crate) count: u64,
    pub(crate) nonzero: u64,
    pub(crate) sum: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) last: f64,
}

impl Sums {
    pub(crate) fn add(&mut self, value: f64) {
        if self.count == 0 {
            (self.min, self.max) = (value, value);
        } else {
            self.min = self.min.min(value);
            self.max = self.max.max(value);
        }
        self.count += 1;
        self.nonzero += u64::from(value != 0.0);
        self.sum += value;
        self.last = value;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        if self.count == 0 || other.count == 0 {
            if self.count == 0 {
                *self = *other;
            }
            return;
        }
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.count = self.count.saturating_add(other.count);
        self.nonzero = self.nonzero.saturating_add(other.nonzero);
        self.sum += other.sum;
        self.last = other.last;
    }
}

/// The samples themselves, or what stands for them.
#[derive(Debug)]
pub(crate) enum Samples {
    /// Where no percentile will be asked for.
    None,
    Exact(Vec<f64>),
    Hdr(Box<Histogram>),
}

/// The percentile `p` of several sets together; `None` where there is no sample, or none is kept.
pub(crate) fn percentile(parts: &[&Samples], p: f64) -> Option<f64> {
    let exact: Option<Vec<&[f64]>> = parts
        .iter()
        .map(|it| match it {
            Samples::Exact(it) => Some(it.as_slice()),
            _ => None,
        })
        .collect();
    if let Some(exact) = exact {
        return percentile::percentile(&exact, p);
    }
    let mut all = Histogram::default();
    for part in parts {
        match part {
            Samples::Exact(samples) if samples.iter().all(|it| all.add(*it)) => {}
            Samples::Hdr(histogram) if all.merge(histogram) => {}
            _ => return None,
        }
    }
    all.percentile(p)
}
