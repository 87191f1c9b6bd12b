#![doc = include_str!("../README.md")]

mod child;
mod loopback;
pub mod private_file;
mod secret;
mod spreadsheet;
mod strike;
mod text;
mod variable;

pub use crate::child::dying_with_us;
pub use crate::loopback::is_loopback;
pub use crate::spreadsheet::csv_cell;
pub use crate::strike::Secrets;
pub use crate::text::{is_hidden, printable, printable_within};
pub use crate::variable::{
    NotUnicode, SECRET_VARIABLES, harmless_variables, variable, without_line_end,
};
