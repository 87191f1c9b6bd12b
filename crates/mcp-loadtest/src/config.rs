//! What a load test is told: by `loadtest.json`, and by flags, which win.

pub(crate) mod call;
pub(crate) mod example;
pub(crate) mod file;
pub(crate) mod strict;
pub(crate) mod threshold;
