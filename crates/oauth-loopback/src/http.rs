//! Requests to servers that nobody trusts: no redirects, bounded bodies, waiting only where a server asks for it.
//!
//! In: an address and a form. Out: a status with its JSON, or a refusal.

pub(crate) mod address;
pub(crate) mod deadline;
pub(crate) mod lenient;
pub(crate) mod proxy;
pub(crate) mod transport;
pub(crate) mod wrong_member;
