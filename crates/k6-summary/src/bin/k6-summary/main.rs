//! `k6-summary`: the library on the command line.

mod advice;
mod arguments;
mod compare;
mod files;
mod input;
mod judged;
mod output;
mod question;

use crate::advice::with_advice;
use crate::arguments::{Among, Cli, Command, Merge, Reading, Show, Summarize};
use crate::input::Input;
use crate::output::{say, show};
use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};
use k6_summary::compare;
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Cli { command, summarize } = Cli::parse();
    check_stdin(command.as_ref(), &summarize);
    let done = match command {
        Some(Command::Compare(args)) => compare::compare(&args),
        Some(Command::Merge(args)) => run_merge(&args),
        None => run_summarize(&summarize),
    };
    done.unwrap_or_else(|err| {
        say(&format!("error: {}", with_advice(&err)));
        ExitCode::FAILURE
    })
}

/// Standard input can be read once.
fn check_stdin(command: Option<&Command>, summarize: &Summarize) {
    let files: Vec<&PathBuf> = match command {
        Some(Command::Compare(it)) => vec![&it.earlier, &it.later],
        Some(Command::Merge(it)) => it.files.iter().chain(&it.among.previous).collect(),
        None => summarize.files.iter().chain(&summarize.among.previous).collect(),
    };
    if files.into_iter().filter(|it| files::is_stdin(it)).count() > 1 {
        let twice = "standard input (`-`) is asked for twice; it can be read once";
        Cli::command().error(ErrorKind::ArgumentConflict, twice).exit();
    }
}

fn run_summarize(args: &Summarize) -> anyhow::Result<ExitCode> {
    if args.question.is_any() {
        args.question.answer(&args.files, &args.reading, args.show.format)?;
        return Ok(ExitCode::SUCCESS);
    }
    let input = input::read(&args.files, &args.reading, &args.judging)?;
    judged(input, &args.among, &args.reading, &args.show)
}

fn run_merge(args: &Merge) -> anyhow::Result<ExitCode> {
    if args.hdr {
        args.question.histograms(&args.files, &args.reading)?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.question.is_any() {
        args.question.answer(&args.files, &args.reading, args.show.format)?;
        return Ok(ExitCode::SUCCESS);
    }
    let input = input::merge(&args.files, args.name.as_deref(), &args.reading, &args.judging)?;
    judged(input, &args.among, &args.reading, &args.show)
}

fn judged(input: Input, among: &Among, reading: &Reading, args: &Show) -> anyhow::Result<ExitCode> {
    let input = input.with(among.environment.as_deref(), among.fingerprint.as_deref());
    let Input { run, earlier: mut history, sampled } = input;
    history.extend(among.previous.as_deref().map(input::history).transpose()?.unwrap_or_default());
    let timelines = input::timelines(&sampled, reading, args.format)?;
    let comparison = compare(&run, &history, args.tolerance());
    show(&run, &comparison, &history, &timelines, (args.format, args.fail_on), &[])
}
