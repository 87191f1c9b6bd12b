//! Bytes of a file or a pipe come in, packed or plain; samples with the key of the series that each is of go out.

pub(crate) mod batch;
pub(crate) mod blocks;
pub(crate) mod csv;
pub(crate) mod line;
pub(crate) mod lock;
pub(crate) mod open;
pub(crate) mod query;
pub(crate) mod scan;
pub(crate) mod series_key;
pub(crate) mod tag_cache;
pub(crate) mod timestamp;
pub(crate) mod zstd;
