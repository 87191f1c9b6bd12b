//! Samples come in, in the order in which they were read; sums and percentiles of what they are asked for go out.

pub(crate) mod distribution;
pub(crate) mod hdr;
pub(crate) mod percentile;
pub(crate) mod samples;
pub(crate) mod submetrics;
pub(crate) mod sums;
pub(crate) mod totals;
