#![doc = include_str!("../README.md")]

mod answer;
mod api;
mod author;
mod block;
mod call;
mod client;
mod comment;
mod environment;
mod error;
mod github_cli;
mod issue;
mod notice;
mod patience;
mod refusal;
mod rotation;
mod said;
mod section;
mod signature;
mod thread;
mod topic;

pub use crate::{
    api::Token,
    author::Author,
    block::Marker,
    client::{Client, Delivery, History, Preview},
    comment::{Comment, MAX_CHARACTERS},
    environment::{default_api, default_key, default_token},
    error::Error,
    issue::{Issue, Repository},
    notice::Notice,
    section::fitting,
    signature::SigningKey,
};
