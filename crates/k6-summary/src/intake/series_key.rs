//! The keys of series: a series is a smallest set of samples that are never told apart.

use crate::intake::line::Tags;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What the samples of a series have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SeriesKey {
    pub(crate) metric: String,
    /// Only the tags by which the metric is divided.
    pub(crate) tags: BTreeMap<String, String>,
    /// Counted from 0, where samples are divided by time.
    pub(crate) window: Option<u32>,
}

/// The number of every key, shared by the threads; each asks once for a key and remembers.
#[derive(Debug, Default)]
pub(crate) struct SeriesKeys {
    keys: Vec<SeriesKey>,
    numbers: HashMap<SeriesKey, u32>,
}

impl SeriesKeys {
    pub(crate) fn number(&mut self, key: SeriesKey) -> u32 {
        if let Some(number) = self.numbers.get(&key) {
            return *number;
        }
        let number = self.keys.len() as u32;
        self.keys.push(key.clone());
        self.numbers.insert(key, number);
        number
    }

    pub(crate) fn key(&self, number: u32) -> &SeriesKey {
        &self.keys[number as usize]
    }
}

/// The tags of a point by which its metric is divided.
pub(crate) fn divided(tags: &Tags<'_>, by: &BTreeSet<String>) -> BTreeMap<String, String> {
    tags.iter()
        .filter(|(name, _)| by.contains(&***name))
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect()
}
