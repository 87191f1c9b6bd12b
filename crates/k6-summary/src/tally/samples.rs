//! Samples: what is kept of the points that belong together.

use crate::tally::hdr::Histogram;
use crate::tally::percentile;

/// The samples themselves, or what stands for them.
#[derive(Debug)]
pub(crate) enum Samples {
    /// Where no percentile will be asked for.
    None,
    Exact(Vec<f64>),
    Hdr(Box<Histogram>),
}

/// The percentile `p` of several sets together; `None` where there is no sample, or none is kept.
pub(crate) fn percentile(sets: &[&Samples], p: f64) -> Option<f64> {
    let exact: Option<Vec<&[f64]>> = sets
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
    for set in sets {
        match set {
            Samples::Exact(samples) if samples.iter().all(|it| all.add(*it)) => {}
            Samples::Hdr(histogram) if all.merge(histogram) => {}
            _ => return None,
        }
    }
    all.percentile(p)
}
