//! `cargo xtask` as a user runs it: the program itself, its exit codes, what it leaves behind.

mod failures;
mod interop;
mod program;
mod servers;
mod whole_loop;
