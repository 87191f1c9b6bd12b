use std::fs::File;
use std::io::{self, Write as _};

use anyhow::{Context as _, ensure};
use oauth_loopback::{Grant, GrantFile, TokenResponse};

use crate::arguments::{Format, Output};
use crate::console::say;
use crate::environment;

/// Where a grant goes.
pub(crate) struct Destination {
    file: Option<GrantFile>,
    format: Option<Format>,
}

impl Destination {
    /// Before anyone signs in, so that a token is not minted for a file that cannot be written.
    pub(crate) fn prepare(output: &Output) -> anyhow::Result<Self> {
        if output.format == Some(Format::Actions) {
            environment::actions_file()?;
        }
        let file = output.out.as_ref().map(GrantFile::create).transpose()?;
        let format = output.format.or(file.is_none().then_some(Format::Json));
        Ok(Self { file, format })
    }

    /// Hands a grant out, and says whether somebody has it now.
    pub(crate) fn put(&self, grant: &Grant) -> (bool, anyhow::Result<()>) {
        if let Some(Err(it)) = self.file.as_ref().map(|it| it.save(grant)) {
            return (false, Err(it.into()));
        }
        let printed = self.format.map_or(Ok(()), |it| print(&grant.token, it));
        (self.file.is_some() || printed.is_ok(), printed)
    }
}

pub(crate) fn print(token: &TokenResponse, format: Format) -> anyhow::Result<()> {
    let bearer = token.access_token.reveal();
    ensure!(
        format == Format::Json || bearer.bytes().all(|it| it.is_ascii_graphic()),
        "the access token holds characters that fit neither a header nor a variable"
    );
    let text = match format {
        Format::Json => {
            serde_json::to_string(token).context("failed to write the token as JSON")?
        }
        Format::Env => {
            let quoted = shlex::try_quote(bearer).context("failed to quote the token")?;
            format!("LOADTEST_BEARER={quoted}")
        }
        Format::Header => format!("Authorization: Bearer {bearer}"),
        Format::Actions => return to_later_steps(bearer),
    };
    writeln!(io::stdout(), "{text}").context("failed to write to stdout")
}

/// Sets LOADTEST_BEARER for the later steps of a job, after hiding it in every line of the log from here on.
fn to_later_steps(bearer: &str) -> anyhow::Result<()> {
    let path = environment::actions_file()?;
    say(&format!("::add-mask::{}", bearer.replace('%', "%25")));
    let file = File::options().append(true).create(true).open(&path);
    file.and_then(|mut it| writeln!(it, "LOADTEST_BEARER={bearer}"))
        .with_context(|| format!("failed to write `{}`, which GITHUB_ENV names", path.display()))
}
