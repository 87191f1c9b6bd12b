//! Rules of this repository that no compiler knows. Each is a function from what was read to what is wrong, held against
//! the crates as they are and against a made-up one that breaks it.

mod code;
mod dependencies;
mod imports;
mod paths;
mod programs;
mod promises;
mod published;
mod rooms;
mod sources;
mod workflows;
