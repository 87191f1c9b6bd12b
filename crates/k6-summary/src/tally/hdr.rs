//! The mergeable form: an [HdrHistogram] of three significant digits in place of the samples.
//!
//! A few kilobytes stand for any number of samples and can be added to others in any order;
//! percentiles are within 0.1 % of the exact ones. On disk it is a line of JSON for every group,
//! with the histogram in its own compressed V2 encoding.
//!
//! [HdrHistogram]: https://hdrhistogram.github.io/HdrHistogram/

use crate::intake::series_key::SeriesKey;
use crate::tally::percentile::interpolate;
use crate::tally::sums::Sums;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::read::ZlibDecoder;
use hdrhistogram::serialization::{Deserializer, Serializer as _, V2DeflateSerializer};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Read as _;

const VERSION: u32 = 1;

/// More samples than these are not counted exactly by floats, and nobody has them.
const MOST_SAMPLES: u64 = 1 << 53;

/// What stands before the counts in the encoding: see `V2DeflateSerializer`.
const OUTER: usize = 8;
const INNER: usize = 40;
const PACKED: [u8; 4] = 0x1c84_9314_u32.to_be_bytes();
const PLAIN: [u8; 4] = 0x1c84_9313_u32.to_be_bytes();

/// Three digits of 64 bits are 56,320 counts of up to nine bytes.
const LONGEST: usize = INNER + 9 * 56_320;

/// Buckets are counted in millionths: for k6's milliseconds, in nanoseconds.
const UNIT: f64 = 1e6;

/// Samples, to three significant digits.
#[derive(Debug, Clone)]
pub(crate) struct Histogram(hdrhistogram::Histogram<u64>);

impl Default for Histogram {
    fn default() -> Self {
        let empty = hdrhistogram::Histogram::new(3);
        Self(empty.expect("three digits are among those that are supported"))
    }
}

impl Histogram {
    /// Whether the value could be kept: a negative or an enormous one cannot.
    #[must_use]
    pub(crate) fn add(&mut self, value: f64) -> bool {
        let units = (value * UNIT).round();
        units >= 0.0 && units < (1_u64 << 60) as f64 && self.0.record(units as u64).is_ok()
    }

    /// Whether the counts still fit.
    #[must_use]
    pub(crate) fn merge(&mut self, other: &Self) -> bool {
        self.0.len().saturating_add(other.0.len()) <= MOST_SAMPLES && self.0.add(&other.0).is_ok()
    }

    pub(crate) fn percentile(&self, p: f64) -> Option<f64> {
        let mut below = 0;
        let steps: Vec<(usize, u64)> = self
            .0
            .iter_recorded()
            .map(|it| {
                below = it.count_at_value().saturating_add(below as u64) as usize;
                (below, it.value_iterated_to())
            })
            .collect();
        interpolate(below, p, |rank| {
            let (_, value) = steps[steps.partition_point(|it| it.0 <= rank)];
            let (low, high) = (self.0.lowest_equivalent(value), self.0.highest_equivalent(value));
            (low as f64 + high as f64) / 2.0 / UNIT
        })
    }

    fn encoded(&self) -> String {
        let mut bytes = Vec::new();
        let written = V2DeflateSerializer::new().serialize(&self.0, &mut bytes);
        written.expect("counts are far from 2^63, and a Vec takes every byte");
        BASE64_STANDARD.encode(bytes)
    }

    fn decoded(text: &str) -> Option<Self> {
        let bytes = BASE64_STANDARD.decode(text).ok()?;
        let counts = unpacked(&bytes)?;
        let mut histogram: hdrhistogram::Histogram<u64> =
            Deserializer::new().deserialize(&mut counts.as_slice()).ok()?;
        histogram.auto(true);
        (histogram.len() <= MOST_SAMPLES).then_some(Self(histogram))
    }
}

/// The encoding without its packing, where it is as long as it says and of three digits from 1 on.
///
/// The decoder makes room for whatever it is told of.
fn unpacked(bytes: &[u8]) -> Option<Vec<u8>> {
    let packed = bytes.strip_prefix(&PACKED)?.get(OUTER - PACKED.len()..)?;
    let mut counts = Vec::new();
    let mut limited = ZlibDecoder::new(packed).take(LONGEST as u64 + 1);
    limited.read_to_end(&mut counts).ok()?;
    let number = |at: usize| {
        let bytes = counts.get(at..at + 4)?;
        Some(u32::from_be_bytes(bytes.try_into().expect("four bytes were taken")))
    };
    let is_complete = counts.starts_with(&PLAIN)
        && counts.len() <= LONGEST
        && number(4).map(|it| it as usize) == counts.len().checked_sub(INNER)
        && number(12) == Some(3)
        && (number(16), number(20)) == (Some(0), Some(1))
        // Nine bytes, of which eight have their first bit, are a number beyond 2^56.
        && !counts[INNER..].windows(8).any(|it| it.iter().all(|it| it & 0x80 != 0));
    is_complete.then_some(counts)
}

#[derive(Serialize, Deserialize)]
struct Wire {
    #[serde(rename = "k6-summary-hdr")]
    version: u32,
    metric: String,
    tags: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<u32>,
    /// How long the windows are, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    window_ns: Option<i64>,
    count: u64,
    nonzero: u64,
    sum: f64,
    min: f64,
    max: f64,
    last: f64,
    /// How many units make 1.
    unit: f64,
    histogram: String,
}

/// A histogram and its sums as a line; `window_ns` is how long the windows are.
pub(crate) fn to_line(
    key: &SeriesKey,
    sums: &Sums,
    histogram: &Histogram,
    window_ns: Option<i64>,
) -> String {
    let wire = Wire {
        version: VERSION,
        metric: key.metric.clone(),
        tags: key.tags.clone(),
        window: key.window,
        window_ns,
        count: sums.count,
        nonzero: sums.nonzero,
        sum: sums.sum,
        min: sums.min,
        max: sums.max,
        last: sums.last,
        unit: UNIT,
        histogram: histogram.encoded(),
    };
    serde_json::to_string(&wire).expect("strings and numbers are always JSON") + "\n"
}

/// A line that was read.
pub(crate) struct Group {
    pub(crate) key: SeriesKey,
    pub(crate) sums: Sums,
    pub(crate) histogram: Histogram,
    pub(crate) window_ns: Option<i64>,
}

/// The same back; `None` where it is not such a line or not of a version known here.
pub(crate) fn read(line: &[u8]) -> Option<Group> {
    let it: Wire = serde_json::from_slice(line).ok()?;
    let histogram = Histogram::decoded(&it.histogram)?;
    let is_consistent = histogram.0.len() == it.count && it.nonzero <= it.count && it.min <= it.max;
    let windowed = it.window.is_some() == it.window_ns.is_some();
    if it.version != VERSION || it.unit != UNIT || !is_consistent || !windowed {
        return None;
    }
    let Wire { metric, tags, window, window_ns, count, nonzero, sum, min, max, last, .. } = it;
    let sums = Sums { count, nonzero, sum, min, max, last };
    Some(Group { key: SeriesKey { metric, tags, window }, sums, histogram, window_ns })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn histogram(samples: &[f64]) -> (Sums, Histogram) {
        let (mut sums, mut histogram) = (Sums::default(), Histogram::default());
        for it in samples {
            sums.add(*it);
            assert!(histogram.add(*it), "{it}");
        }
        (sums, histogram)
    }

    #[test]
    fn what_has_no_bucket_is_refused() {
        let mut it = Histogram::default();
        for value in [-0.1, f64::NAN, f64::INFINITY, 1e30] {
            assert!(!it.add(value), "{value}");
        }
        assert!(it.add(0.0) && it.add(-1e-9) && it.add(1e9));
        assert_eq!(Histogram::default().percentile(50.0), None);
    }

    fn hostile(count: u64, room: u32) -> String {
        let mut it = Histogram::default();
        it.0.record_n(7, count).unwrap();
        let mut bytes = Vec::new();
        let mut plain = hdrhistogram::serialization::V2Serializer::new();
        plain.serialize(&it.0, &mut bytes).unwrap();
        if room > 0 {
            bytes[4..8].copy_from_slice(&room.to_be_bytes());
        }
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packed, &bytes).unwrap();
        let packed = packed.finish().unwrap();
        let length = u32::try_from(packed.len()).unwrap().to_be_bytes();
        BASE64_STANDARD.encode([PACKED.as_slice(), &length, &packed].concat())
    }

    #[test]
    fn more_samples_than_anybody_has_and_more_room_than_is_needed_are_refused() {
        assert!(Histogram::decoded(&hostile(MOST_SAMPLES, 0)).is_some());
        assert!(Histogram::decoded(&hostile(MOST_SAMPLES + 1, 0)).is_none());
        assert!(Histogram::decoded(&hostile(1 << 62, 0)).is_none());
        assert!(Histogram::decoded(&hostile(3, u32::MAX)).is_none());
        let mut most = Histogram::decoded(&hostile(MOST_SAMPLES, 0)).unwrap();
        assert!(most.percentile(100.0).is_some());
        assert!(!most.merge(&Histogram::decoded(&hostile(1, 0)).unwrap()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn percentiles_are_within_a_thousandth_and_a_line_keeps_them(
            logs in prop::collection::vec(-3.0..5.0_f64, 1..400),
            p in 0.0..=100.0_f64,
        ) {
            let mut samples: Vec<f64> = logs.iter().map(|it| 10_f64.powf(*it)).collect();
            let (sums, histogram) = histogram(&samples);
            let key = SeriesKey { metric: "d".to_owned(), tags: BTreeMap::new(), window: Some(3) };
            let line = to_line(&key, &sums, &histogram, Some(5));
            let Group { key: read_key, sums: read_sums, histogram: read, window_ns } =
                read(line.as_bytes()).unwrap();
            prop_assert_eq!((&read_key, &read_sums, window_ns), (&key, &sums, Some(5)));
            prop_assert_eq!(read.percentile(p), histogram.percentile(p));
            crate::tally::percentile::sort(&mut samples);
            let exact = crate::tally::percentile::percentile(&[&samples], p).unwrap();
            let near = histogram.percentile(p).unwrap();
            prop_assert!((near / exact - 1.0).abs() <= 0.001, "{} for {}", near, exact);
        }

        #[test]
        fn any_line_is_read_or_refused(line in ".*", histogram in "[A-Za-z0-9+/]{0,80}") {
            read(line.as_bytes());
            let line = format!(
                r#"{{"k6-summary-hdr":1,"metric":"d","tags":{{}},"count":1,"nonzero":1,"sum":1,"min":1,
                "max":1,"last":1,"unit":1e6,"histogram":"{histogram}"}}"#
            );
            read(line.as_bytes());
        }
    }
}
