//! How there comes to be a bearer: in come the flags and the environment, out goes a checked token, renewed while k6 runs
//! where it has to be.

pub(crate) mod bearer;
pub(crate) mod bearer_file;
pub(crate) mod by_browser;
pub(crate) mod identities;
pub(crate) mod minting;
pub(crate) mod renewal;
pub(crate) mod screens;
pub(crate) mod signed_in;
