//! What becomes of a finished run: in come its record and the earlier ones, out go the folder of the run, the history,
//! the terminal's table and the comment on the tracking issue.

pub(crate) mod folder;
pub(crate) mod publish;
pub(crate) mod tracking;
