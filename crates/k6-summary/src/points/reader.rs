//! Samples of one run, from any number of files.

use crate::error::{Error, Flaw};
use crate::intake::batch::Batch;
use crate::intake::blocks::{Block, Blocks, TOO_LONG};
use crate::intake::csv::Rows;
use crate::intake::lock::lock_soon;
use crate::intake::open::{Layout, PointStream};
use crate::intake::query::{Plan, Query};
use crate::intake::scan::Scanner;
use crate::intake::series_key::SeriesKeys;
use crate::points::file::{File, Told};
use crate::points::queue::Queue;
use crate::record::history::Notice;
use crate::tally::distribution::Distribution;
use crate::tally::hdr;
use crate::tally::samples;
use crate::tally::totals::Totals;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The samples of one run, read from any number of its files and counted together.
///
/// Nothing but the values asked for is kept: 8 bytes each, or a histogram.
#[derive(Debug)]
pub struct Points {
    pub(crate) plan: Plan,
    pub(crate) keys: Mutex<SeriesKeys>,
    pub(crate) totals: Totals,
    /// By which tags metrics are divided, where each is for itself.
    pub(crate) divisions: HashMap<String, BTreeSet<String>>,
    /// What the files begin with.
    beginnings: HashSet<u64>,
    /// Whether a file was CSV, which holds no thresholds.
    pub(crate) any_csv: bool,
    /// Whether files have no moment in common, so that they have no rate.
    pub(crate) apart: bool,
    /// What is to be known of the figures, one sentence each.
    pub(crate) notes: Vec<String>,
}

impl Points {
    /// For the distributions that `query` asks for.
    pub fn new(query: &Query) -> Self {
        Self::with(Plan::new(query, false))
    }

    /// For the summary that k6 would have written of all files together.
    ///
    /// Of `query` only `skip` and `lenient` count.
    pub fn of_run(query: &Query) -> Self {
        let query = Query { metric: None, window: None, hdr: false, ..query.clone() };
        Self::with(Plan::new(&query, true))
    }

    fn with(plan: Plan) -> Self {
        let (keys, totals) = (Mutex::default(), Totals::default());
        Self {
            plan,
            keys,
            totals,
            divisions: HashMap::new(),
            beginnings: HashSet::new(),
            any_csv: false,
            apart: false,
            notes: Vec::new(),
        }
    }

    /// Reads a file to its end and counts it together with those before.
    ///
    /// Returns what was passed over, if the query is lenient.
    ///
    /// # Errors
    /// The first flaw of a file where the query is not lenient, and [`Error::SameFile`] and [`Error::Apart`]; [`Error::Read`], [`Error::Empty`] and [`Error::NoStart`] in
    /// any case; of histograms [`Error::HdrSkip`], [`Error::HdrWindow`] and [`Error::NoRun`]; of a query for histograms
    /// [`Error::NoBucket`] and [`Error::TooManySamples`].
    pub fn read(&mut self, stream: PointStream<'_>) -> Result<Vec<Notice>, Error> {
        let (layout, packing) = (stream.layout, stream.packing);
        let file = File::new(packing, self.plan.lenient);
        if !self.beginnings.insert(stream.beginning) {
            return self.bear(Error::SameFile).map(|it| vec![it]);
        }
        let before = self.totals.span;
        let Told { mut notices, span, lost } = match layout {
            Layout::Ndjson => self.ndjson(stream, file),
            Layout::Csv => self.csv(stream, file),
            Layout::Hdr => self.histograms(stream, file),
        }?;
        self.any_csv |= layout == Layout::Csv;
        self.notes.extend(lost);
        if self.plan.for_summary
            && let Some(gap) = before.zip(span).and_then(|(before, span)| gap(before, span))
        {
            self.apart = true;
            notices.push(self.bear(Error::Apart { gap })?);
        }
        Ok(notices)
    }

    /// An error of a whole file, or a notice where the query is lenient.
    fn bear(&mut self, error: Error) -> Result<Notice, Error> {
        if !self.plan.lenient {
            return Err(error);
        }
        let reason = error.to_string();
        self.notes.push(format!("passed over: {reason}"));
        Ok(Notice { line: 1, reason })
    }

    /// The distributions asked for, in the order of their metrics and tags; `percentiles` are
    /// numbers from 0 to 100.
    pub fn distributions(&mut self, percentiles: &[f64]) -> Vec<Distribution> {
        self.totals.sort(self.plan.sorters);
        let (totals, plan) = (&self.totals, &self.plan);
        totals
            .aggregates
            .iter()
            .filter_map(|it| Distribution::of(totals, plan, it, percentiles))
            .collect()
    }

    /// The mergeable form of the distributions asked for: a line of JSON each, for [`open`] to
    /// read again. Only a query with `hdr` has it.
    ///
    /// [`open`]: crate::open
    pub fn histograms_ndjson(&self) -> String {
        let mut lines = String::new();
        for (key, it) in &self.totals.aggregates {
            let sums = self.totals.sums(it);
            if let [samples::Samples::Hdr(histogram)] = self.totals.samples(it).as_slice()
                && sums.count > 0
            {
                lines += &hdr::to_line(key, &sums, histogram, self.plan.window);
            }
        }
        lines
    }

    fn ndjson(&mut self, stream: PointStream<'_>, file: File) -> Result<Told, Error> {
        let Self { plan, keys, totals, divisions, .. } = self;
        let (plan, keys) = (&*plan, &*keys);
        let blocks = Mutex::new(Blocks::new(stream, plan.since_start()));
        let queue = Queue::new(plan, keys, totals, file);
        let given = divisions.clone();
        let work = || {
            let _passed_on = queue.abandoned_on_panic();
            let mut scanner = Scanner::new(plan, keys, given.clone());
            let mut block = Block::default();
            loop {
                let taken = lock_soon(&blocks).take(&mut block);
                let goes_on = match taken {
                    Ok(false) => false,
                    Ok(true) => {
                        let mut batch = Batch::default();
                        scanner.block(&block, &mut batch);
                        queue.put(block.number, Ok(batch))
                    }
                    Err(error) => queue.put(u64::MAX, Err(error)),
                };
                if !goes_on {
                    break scanner.divisions;
                }
            }
        };
        *divisions = std::thread::scope(|threads| {
            for _ in 1..plan.threads {
                threads.spawn(work);
            }
            work()
        });
        queue.finish()
    }

    fn csv(&mut self, stream: PointStream<'_>, mut file: File) -> Result<Told, Error> {
        let Self { plan, keys, totals, divisions, .. } = self;
        let mut rows = Rows::new(Scanner::new(plan, keys, divisions.clone()));
        let mut blocks = Blocks::new(stream, false);
        let mut block = Block::default();
        while file.take(&mut blocks, &mut block)? {
            let mut batch = Batch::default();
            rows.block(&block, &mut batch);
            file.count(totals, plan, keys, &batch)?;
        }
        file.finish()
    }

    fn histograms(&mut self, stream: PointStream<'_>, mut file: File) -> Result<Told, Error> {
        if self.plan.for_summary {
            return Err(Error::NoRun);
        }
        if self.plan.skip > i64::MIN {
            return Err(Error::HdrSkip);
        }
        let mut blocks = Blocks::new(stream, false);
        let mut block = Block::default();
        while file.take(&mut blocks, &mut block)? {
            if block.too_long {
                file.lines += 1;
                file.flaw(file.lines, TOO_LONG)?;
            }
            for line in block.lines().split(|it| *it == b'\n').filter(|it| !it.is_empty()) {
                file.lines += 1;
                let Some(hdr::Group { mut key, sums, histogram, window_ns }) = hdr::read(line)
                else {
                    file.flaw(file.lines, Flaw::NotK6)?;
                    continue;
                };
                if !self.plan.wants(&key) {
                    continue;
                }
                if window_ns != self.plan.window {
                    let length = |ns: i64| Duration::from_nanos(ns.unsigned_abs());
                    let (found, asked) = (window_ns.map(length), self.plan.window.map(length));
                    return Err(Error::HdrWindow { line: file.lines, found, asked });
                }
                if let Some(it) = &self.plan.metric {
                    key.metric = it.to_string();
                }
                key.tags.retain(|name, _| self.plan.group_by.contains(name));
                let keys = self.keys.get_mut().unwrap_or_else(PoisonError::into_inner);
                let number = keys.number(key);
                self.totals.merge(&self.plan, keys, number, (&sums, &histogram))?;
                file.samples += sums.count;
            }
        }
        file.finish()
    }
}

/// How long it is between two times without a common moment.
fn gap(one: (i64, i64), other: (i64, i64)) -> Option<Duration> {
    let between = i64::max(one.0, other.0).saturating_sub(i64::min(one.1, other.1));
    u64::try_from(between).ok().filter(|it| *it > 0).map(Duration::from_nanos)
}
