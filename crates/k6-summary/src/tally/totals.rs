//! The samples of all files so far, in the order they were read.

use crate::intake::query::{Plan, breakdown_tags};
use crate::intake::series_key::{SeriesKey, SeriesKeys};
use crate::summary::metric::{Contains, Kind};
use crate::tally::hdr::Histogram;
use crate::tally::percentile;
use crate::tally::samples::Samples;
use crate::tally::submetrics::Submetrics;
use crate::tally::sums::Sums;
use std::collections::{BTreeMap, BTreeSet};
use std::mem;

/// The samples of every series, and the sums of every metric and submetric that is asked for.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    series: Vec<Series>,
    pub(crate) aggregates: BTreeMap<SeriesKey, Aggregate>,
    sums: Vec<Sums>,
    pub(crate) declared: BTreeMap<String, Declared>,
    /// When the first of what was measured began and the last ended.
    pub(crate) span: Option<(i64, i64)>,
    /// Whether that is known to the second alone.
    pub(crate) whole_seconds: bool,
}

/// What all files say of a metric.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) kind: Kind,
    pub(crate) contains: Option<Contains>,
    pub(crate) thresholds: BTreeSet<String>,
    pub(crate) submetrics: Submetrics,
}

#[derive(Debug)]
struct Series {
    samples: Samples,
    sorted: bool,
    /// The sums that its samples count in.
    sums: Vec<usize>,
}

/// A metric or a submetric: series with common sums.
#[derive(Debug)]
pub(crate) struct Aggregate {
    series: Vec<usize>,
    sums: usize,
}

/// A value that a histogram cannot hold.
#[derive(Debug)]
pub(crate) struct Unfit {
    pub(crate) metric: String,
    /// `None` where it is not the value but how many there are.
    pub(crate) value: Option<f64>,
}

impl Totals {
    /// Counts samples, in order.
    pub(crate) fn add(
        &mut self,
        plan: &Plan,
        keys: &SeriesKeys,
        samples: &[(u32, f64)],
    ) -> Result<(), Unfit> {
        for (number, value) in samples {
            let series = self.series(plan, keys, *number);
            let Series { samples, sorted, sums } = &mut self.series[series];
            sums.iter().for_each(|it| self.sums[*it].add(*value));
            match samples {
                Samples::None => {}
                Samples::Exact(samples) => {
                    samples.push(*value);
                    *sorted = false;
                }
                Samples::Hdr(histogram) => {
                    if !histogram.add(*value) {
                        let metric = keys.key(*number).metric.clone();
                        return Err(Unfit { metric, value: Some(*value) });
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds a histogram.
    pub(crate) fn merge(
        &mut self,
        plan: &Plan,
        keys: &SeriesKeys,
        number: u32,
        (sums, histogram): (&Sums, &Histogram),
    ) -> Result<(), Unfit> {
        let series = self.series(plan, keys, number);
        let series = &mut self.series[series];
        series.sums.iter().for_each(|it| self.sums[*it].merge(sums));
        let unfit = |value| Unfit { metric: keys.key(number).metric.clone(), value };
        let mut all = match mem::replace(&mut series.samples, Samples::None) {
            Samples::None => Box::default(),
            Samples::Hdr(it) => it,
            Samples::Exact(samples) => {
                let mut all: Box<Histogram> = Box::default();
                match samples.iter().find(|it| !all.add(**it)) {
                    Some(value) => return Err(unfit(Some(*value))),
                    None => all,
                }
            }
        };
        if !all.merge(histogram) {
            return Err(unfit(None));
        }
        series.samples = Samples::Hdr(all);
        Ok(())
    }

    /// The index of a series; a new one is joined to the aggregates that it counts in.
    fn series(&mut self, plan: &Plan, keys: &SeriesKeys, number: u32) -> usize {
        let number = number as usize;
        while self.series.len() <= number {
            let index = self.series.len();
            let key = keys.key(index as u32);
            let kept =
                !plan.for_summary || self.kind(&key.metric).is_none_or(|it| it == Kind::Trend);
            let samples = match (kept, plan.hdr) {
                (false, _) => Samples::None,
                (true, false) => Samples::Exact(Vec::new()),
                (true, true) => Samples::Hdr(Box::default()),
            };
            let counted_in =
                if plan.for_summary { self.aggregates_of(key) } else { vec![key.clone()] };
            let sums = counted_in.into_iter().map(|it| self.join(it, index)).collect();
            self.series.push(Series { samples, sorted: true, sums });
        }
        number
    }

    fn join(&mut self, key: SeriesKey, series: usize) -> usize {
        let aggregate = self.aggregates.entry(key).or_insert_with(|| {
            self.sums.push(Sums::default());
            Aggregate { series: Vec::new(), sums: self.sums.len() - 1 }
        });
        aggregate.series.push(series);
        aggregate.sums
    }

    /// The metric and those of its submetrics that the key is part of.
    fn aggregates_of(&self, key: &SeriesKey) -> Vec<SeriesKey> {
        let with = |tags| SeriesKey { metric: key.metric.clone(), tags, window: key.window };
        let mut keys = vec![with(BTreeMap::new())];
        for name in breakdown_tags(&key.metric) {
            if let Some((name, value)) = key.tags.get_key_value(*name) {
                keys.push(with(BTreeMap::from([(name.clone(), value.clone())])));
            }
        }
        let declared = self.declared.get(&key.metric);
        keys.extend(declared.iter().flat_map(|it| it.submetrics.of(&key.tags)).map(with));
        keys.sort();
        keys.dedup();
        keys
    }

    pub(crate) fn kind(&self, metric: &str) -> Option<Kind> {
        self.declared.get(metric).map(|it| it.kind).or_else(|| Kind::known(metric))
    }

    /// Whether samples of this metric have been counted.
    pub(crate) fn has(&self, metric: &str) -> bool {
        let first = SeriesKey { metric: metric.to_owned(), tags: BTreeMap::new(), window: None };
        self.aggregates.range(first..).next().is_some_and(|it| it.0.metric == metric)
    }

    /// Sorts what is to be asked for percentiles, on two threads at most.
    pub(crate) fn sort(&mut self, threads: usize) {
        let mut unsorted: Vec<&mut Vec<f64>> = Vec::new();
        for series in &mut self.series {
            if let Samples::Exact(samples) = &mut series.samples
                && !mem::replace(&mut series.sorted, true)
            {
                unsorted.push(samples);
            }
        }
        if threads < 2 {
            return unsorted.into_iter().for_each(|it| percentile::sort(it));
        }
        unsorted.sort_by_key(|it| it.len());
        let mut halves: [Vec<&mut Vec<f64>>; 2] = Default::default();
        for (index, it) in unsorted.into_iter().rev().enumerate() {
            halves[index % 2].push(it);
        }
        let sort = |half: Vec<&mut Vec<f64>>| half.into_iter().for_each(|it| percentile::sort(it));
        let [one, other] = halves;
        std::thread::scope(|threads| {
            threads.spawn(move || sort(other));
            sort(one);
        });
    }

    pub(crate) fn sums(&self, aggregate: &Aggregate) -> Sums {
        self.sums[aggregate.sums]
    }

    pub(crate) fn samples(&self, aggregate: &Aggregate) -> Vec<&Samples> {
        aggregate.series.iter().map(|it| &self.series[*it].samples).collect()
    }

    /// A percentile of sorted samples.
    pub(crate) fn percentile(&self, aggregate: &Aggregate, p: f64) -> Option<f64> {
        let Sums { min, max, .. } = self.sums(aggregate);
        // A histogram's bucket may reach beyond the samples in it.
        crate::tally::samples::percentile(&self.samples(aggregate), p).map(|it| it.clamp(min, max))
    }
}
