//! What the program can be told to do beside a run, one file a command.

pub mod doctor;
pub(crate) mod finding;
pub mod init;
pub mod scripts;
pub mod setup;
pub mod token;
