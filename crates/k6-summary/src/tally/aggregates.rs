//! The samples of all files so far, in the order they were read.

use crate::intake::query::{Plan, parts_of};
use crate::intake::series_key::{Key, Leaves};
use crate::summary::metric::Kind;
use crate::tally::hdr::Histogram;
use crate::tally::percentile;
use crate::tally::samples::Samples;
use crate::tally::submetrics::Submetrics;
use crate::tally::sums::Sums;
use std::collections::{BTreeMap, BTreeSet};
use std::mem;

/// Sets of samples, and the sums of every metric and part of a metric that is asked for.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    leaves: Vec<Leaf>,
    pub(crate) series: BTreeMap<Key, Series>,
    sums: Vec<Sums>,
    pub(crate) declared: BTreeMap<String, Declared>,
    /// The first and the last moment.
    pub(crate) span: Option<(i64, i64)>,
}

/// What all files say of a metric.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) kind: Kind,
    pub(crate) thresholds: BTreeSet<String>,
    pub(crate) submetrics: Submetrics,
}

#[derive(Debug)]
struct Leaf {
    samples: Samples,
    sorted: bool,
    /// The sums that its samples count in.
    sums: Vec<usize>,
}

/// A metric or part of one: a group of leaves with common sums.
#[derive(Debug)]
pub(crate) struct Series {
    leaves: Vec<usize>,
    sums: usize,
}

/// A value that a histogram cannot hold.
#[derive(Debug)]
pub(crate) struct Unfit {
    pub(crate) metric: String,
    /// `None` where it is not the value but how many there are.
    pub(crate) value: Option<f64>,
}

impl Tally {
    /// Counts samples, in order.
    pub(crate) fn add(
        &mut self,
        plan: &Plan,
        leaves: &Leaves,
        samples: &[(u32, f64)],
    ) -> Result<(), Unfit> {
        for (number, value) in samples {
            let leaf = self.leaf(plan, leaves, *number);
            let Leaf { samples, sorted, sums } = &mut self.leaves[leaf];
            sums.iter().for_each(|it| self.sums[*it].add(*value));
            match samples {
                Samples::None => {}
                Samples::Exact(samples) => {
                    samples.push(*value);
                    *sorted = false;
                }
                Samples::Hdr(histogram) => {
                    if !histogram.add(*value) {
                        let metric = leaves.key(*number).metric.clone();
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
        leaves: &Leaves,
        number: u32,
        (sums, histogram): (&Sums, &Histogram),
    ) -> Result<(), Unfit> {
        let leaf = self.leaf(plan, leaves, number);
        let leaf = &mut self.leaves[leaf];
        leaf.sums.iter().for_each(|it| self.sums[*it].merge(sums));
        let unfit = |value| Unfit { metric: leaves.key(number).metric.clone(), value };
        let mut all = match mem::replace(&mut leaf.samples, Samples::None) {
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
        leaf.samples = Samples::Hdr(all);
        Ok(())
    }

    /// The place of a leaf; a new one is joined to the series that it is part of.
    fn leaf(&mut self, plan: &Plan, leaves: &Leaves, number: u32) -> usize {
        let number = number as usize;
        while self.leaves.len() <= number {
            let place = self.leaves.len();
            let key = leaves.key(place as u32);
            let kept = !plan.whole || self.kind(&key.metric).is_none_or(|it| it == Kind::Trend);
            let samples = match (kept, plan.hdr) {
                (false, _) => Samples::None,
                (true, false) => Samples::Exact(Vec::new()),
                (true, true) => Samples::Hdr(Box::default()),
            };
            let wholes = if plan.whole { self.wholes(key) } else { vec![key.clone()] };
            let sums = wholes.into_iter().map(|it| self.join(it, place)).collect();
            self.leaves.push(Leaf { samples, sorted: true, sums });
        }
        number
    }

    fn join(&mut self, key: Key, leaf: usize) -> usize {
        let series = self.series.entry(key).or_insert_with(|| {
            self.sums.push(Sums::default());
            Series { leaves: Vec::new(), sums: self.sums.len() - 1 }
        });
        series.leaves.push(leaf);
        series.sums
    }

    /// The metric and those of its submetrics that the key is part of.
    fn wholes(&self, key: &Key) -> Vec<Key> {
        let whole = |tags| Key { metric: key.metric.clone(), tags, window: key.window };
        let mut wholes = vec![whole(BTreeMap::new())];
        for name in parts_of(&key.metric) {
            if let Some((name, value)) = key.tags.get_key_value(*name) {
                wholes.push(whole(BTreeMap::from([(name.clone(), value.clone())])));
            }
        }
        let declared = self.declared.get(&key.metric);
        wholes.extend(declared.iter().flat_map(|it| it.submetrics.of(&key.tags)).map(whole));
        wholes.sort();
        wholes.dedup();
        wholes
    }

    pub(crate) fn kind(&self, metric: &str) -> Option<Kind> {
        self.declared.get(metric).map(|it| it.kind).or_else(|| Kind::known(metric))
    }

    /// Whether samples of this metric have been counted.
    pub(crate) fn has(&self, metric: &str) -> bool {
        let first = Key { metric: metric.to_owned(), tags: BTreeMap::new(), window: None };
        self.series.range(first..).next().is_some_and(|it| it.0.metric == metric)
    }

    /// Sorts what is to be asked for percentiles, on two threads at most.
    pub(crate) fn sort(&mut self, threads: usize) {
        let mut unsorted: Vec<&mut Vec<f64>> = Vec::new();
        for leaf in &mut self.leaves {
            if let Samples::Exact(samples) = &mut leaf.samples
                && !mem::replace(&mut leaf.sorted, true)
            {
                unsorted.push(samples);
            }
        }
        if threads < 2 {
            return unsorted.into_iter().for_each(|it| percentile::sort(it));
        }
        unsorted.sort_by_key(|it| it.len());
        let mut halves: [Vec<&mut Vec<f64>>; 2] = Default::default();
        for (place, it) in unsorted.into_iter().rev().enumerate() {
            halves[place % 2].push(it);
        }
        let sort = |half: Vec<&mut Vec<f64>>| half.into_iter().for_each(|it| percentile::sort(it));
        let [one, other] = halves;
        std::thread::scope(|threads| {
            threads.spawn(move || sort(other));
            sort(one);
        });
    }

    pub(crate) fn sums(&self, series: &Series) -> Sums {
        self.sums[series.sums]
    }

    pub(crate) fn samples(&self, series: &Series) -> Vec<&Samples> {
        series.leaves.iter().map(|it| &self.leaves[*it].samples).collect()
    }

    /// A percentile of sorted samples.
    pub(crate) fn percentile(&self, series: &Series, p: f64) -> Option<f64> {
        let Sums { min, max, .. } = self.sums(series);
        // A histogram's bucket may reach beyond the samples in it.
        crate::tally::samples::percentile(&self.samples(series), p).map(|it| it.clamp(min, max))
    }
}
