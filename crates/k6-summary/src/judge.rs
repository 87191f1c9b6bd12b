//! A summary and what else is known of k6's run come in; a scenario with its verdict and figures goes out.

pub(crate) mod calls;
pub(crate) mod exit_code;
pub(crate) mod measurement;
pub(crate) mod target;
