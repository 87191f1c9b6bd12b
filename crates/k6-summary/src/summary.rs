//! A summary as k6 writes it at the end of a run: any of its JSON formats comes in, metrics and their thresholds go out.

pub(crate) mod metric;
pub(crate) mod threshold;
pub(crate) mod wire;
