#![doc = include_str!("../README.md")]

mod answer;
mod author;
mod client;
mod comment;
mod error;
mod issue;

pub use crate::{
    author::Author,
    client::{Client, Token},
    comment::{Comment, MAX_CHARACTERS, Marker, default_key},
    error::Error,
    issue::Issue,
};
