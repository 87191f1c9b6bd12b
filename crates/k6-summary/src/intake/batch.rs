use crate::error::Flaw;
use crate::intake::line::Declaration;

/// What was found in a block, in the order of its lines.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) lines: u64,
    /// The number of the series, and the value.
    pub(crate) samples: Vec<(u32, f64)>,
    /// With its line, counted from 0, and how many of the samples stand before it.
    pub(crate) declared: Vec<(u64, usize, Declaration)>,
    /// With their lines.
    pub(crate) flaws: Vec<(u64, Flaw)>,
    /// When the first of what was measured began and the last ended, where that matters.
    pub(crate) span: Option<(i64, i64)>,
    /// Whether a timestamp had no fraction of a second because none can be written.
    pub(crate) whole_seconds: bool,
    /// Whether a scenario started here or before, and whether samples had no start to be counted
    /// from.
    pub(crate) started: bool,
    pub(crate) adrift: bool,
}
