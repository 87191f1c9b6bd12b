//! The GitHub CLI, `gh`, as a keeper of tokens.

use std::{
    io::Read as _,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use tool_edge::SECRET_VARIABLES;

/// How long it may take to tell its token.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The token that it keeps for a host; it may ask a keyring, which may ask somebody who is not there.
pub(crate) fn token(host: &str) -> Option<String> {
    let mut gh = Command::new("gh");
    for name in SECRET_VARIABLES {
        gh.env_remove(name);
    }
    gh.args(["auth", "token", "--hostname", host]).stdin(Stdio::null()).stderr(Stdio::null());
    let mut gh = gh.stdout(Stdio::piped()).spawn().ok()?;
    let mut stdout = gh.stdout.take()?;
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let read = stdout.read_to_string(&mut text).map(|_| text);
        let _nobody_waits = tell.send(read);
    });
    let text = told.recv_timeout(TIMEOUT).ok();
    if text.is_none() {
        let _has_ended = gh.kill();
    }
    let ended = gh.wait().is_ok_and(|it| it.success());
    text?.ok().filter(|_| ended)
}
