//! Percentiles as k6 computes them: linear interpolation between the closest ranks.

/// Sorts samples; k6 admits no NaN.
pub(crate) fn sort(samples: &mut [f64]) {
    samples.sort_unstable_by(f64::total_cmp);
}

/// The percentile `p` (0 to 100) of everything in `sets` together, each of them sorted.
///
/// They are not brought together in memory.
pub(crate) fn percentile(sets: &[&[f64]], p: f64) -> Option<f64> {
    let n: usize = sets.iter().map(|it| it.len()).sum();
    interpolate(n, p, |rank| at(sets, rank))
}

/// The same where only the value at a rank (from 0) is known.
pub(crate) fn interpolate(n: usize, p: f64, at: impl Fn(usize) -> f64) -> Option<f64> {
    if n == 0 || !(0.0..=100.0).contains(&p) {
        return None;
    }
    let i = p / 100.0 * (n as f64 - 1.0);
    let (low, high) = (i.floor(), i.ceil());
    let value = at(low as usize);
    if low == high {
        return Some(value);
    }
    // The same order of operations as in k6, so that the last bit is the same.
    Some(value + (at(high as usize) - value) * (i - low))
}

/// The value at `rank` (from 0) of the union of sorted sets.
fn at(sets: &[&[f64]], rank: usize) -> f64 {
    if let [one] = sets {
        return one[rank];
    }
    // Halves the 64-bit keys, which are in the order of the numbers, until one is left.
    let (mut low, mut high) = (0, u64::MAX);
    while low < high {
        let middle = low + (high - low) / 2;
        let below: usize = sets.iter().map(|it| it.partition_point(|it| key(*it) <= middle)).sum();
        if below > rank {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    unkey(low)
}

fn key(number: f64) -> u64 {
    let bits = number.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn unkey(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn percentiles_lie_between_the_closest_ranks() {
        #[track_caller]
        fn check(samples: &[f64], p: f64, expected: Option<f64>) {
            assert_eq!(percentile(&[samples], p), expected, "P{p} of {samples:?}");
        }
        check(&[], 50.0, None);
        check(&[7.0], 99.0, Some(7.0));
        check(&[1.0, 2.0], 50.0, Some(1.5));
        check(&[1.0, 2.0, 3.0, 4.0], 0.0, Some(1.0));
        check(&[1.0, 2.0, 3.0, 4.0], 100.0, Some(4.0));
        check(&[1.0, 2.0, 3.0, 4.0], 95.0, Some(3.8499999999999996));
        check(&[1.0], 101.0, None);
        check(&[1.0], f64::NAN, None);
    }

    proptest! {
        #[test]
        fn parts_have_the_percentiles_of_their_union(
            mut sets in prop::collection::vec(prop::collection::vec(-1e9..1e9_f64, 0..40), 1..6),
            p in 0.0..=100.0_f64,
        ) {
            let mut union = sets.concat();
            sort(&mut union);
            sets.iter_mut().for_each(|it| sort(it));
            let sets: Vec<&[f64]> = sets.iter().map(Vec::as_slice).collect();
            prop_assert_eq!(percentile(&sets, p), percentile(&[&union], p));
        }
    }
}
