use std::io;
use std::path::PathBuf;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use oauth_loopback::Opening;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader, Split};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;
use tool_edge::{dying_with_us, printable_within};
use url::{Position, Url};

use crate::console::say;
use crate::environment::OUR_SECRETS;

const CLOSING: Duration = Duration::from_secs(5);
const DRAINING: Duration = Duration::from_millis(100);

/// A command line that opens an address.
pub(crate) struct Browser {
    program: String,
    arguments: Vec<String>,
}

impl Browser {
    /// Splits a command line as a shell would; nothing in it is expanded.
    pub(crate) fn parse(command: &str) -> anyhow::Result<Self> {
        let mut words = shlex::split(command)
            .with_context(|| {
                format!("failed to split the browser command `{command}`: a quote is not closed")
            })?
            .into_iter();
        let program = words.next().context("the browser command is empty")?;
        Ok(Self { program, arguments: words.collect() })
    }

    /// Fails where there is no such program, before anything is asked of a server.
    pub(crate) fn look_up(&self) -> anyhow::Result<()> {
        let program = &self.program;
        ensure!(
            found(program).is_some(),
            "there is no program `{program}`{}; name another with --browser or BROWSER",
            if program.contains('/') { "" } else { " on PATH" }
        );
        Ok(())
    }

    /// Runs the command until it ends or the answer is there; its stderr is passed on.
    ///
    /// A command that fails does so with its last words. One that goes on after the answer came, such as a browser with a
    /// window, is left alone after a while; one whose answer does not come any more is told to end.
    pub(crate) async fn open(&self, opening: &mut Opening) -> io::Result<()> {
        let Self { program, arguments } = self;
        // It gets SIGTERM when this process dies, where `setpriv` can arrange it.
        let setpriv = found("setpriv").filter(|_| cfg!(target_os = "linux"));
        let mut command = Command::from(dying_with_us(program, "TERM", setpriv.as_deref()));
        command
            .args(with_address(arguments, &without_shell_characters(&opening.url)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        // The others are for whoever types them in, which may be this very command.
        for it in OUR_SECRETS {
            command.env_remove(it);
        }
        if let Some(it) = &opening.client_name {
            command.env("OAUTH_CLIENT_NAME", it);
        }
        let child = command
            .spawn()
            .map_err(|it| io::Error::new(it.kind(), format!("`{program}` did not start: {it}")))?;
        let mut running = Running { child, left_alone: false };
        let Some(ended) = until_answered(running.finish(), opening).await else {
            running.leave();
            return Ok(());
        };
        let (status, last_words) = ended?;
        if status.success() {
            // It may have handed the address on to a browser that a person uses now.
            opening.code_arrived().await;
            return Ok(());
        }
        Err(io::Error::other(match last_words {
            Some(it) => format!("`{program}` ended with {status}: {it}"),
            None => format!("`{program}` ended with {status} and said nothing"),
        }))
    }
}

/// The address with all that a shell would obey percent-encoded, since a server chose most of it and the command may be
/// `sh -c 'open "%s"'`. It is the same address ([RFC 3986 §2.2]); `&` separates parameters and has to stay.
///
/// [RFC 3986 §2.2]: https://www.rfc-editor.org/rfc/rfc3986#section-2.2
fn without_shell_characters(url: &Url) -> String {
    const OBEYED: &str = "$`'\"\\;|<>(){}[]*!^~";
    // The brackets of an address of IPv6 stand before the path, and stay.
    let (before, after) = (&url[..Position::BeforePath], &url[Position::BeforePath..]);
    let encoded = |it: char| match it {
        it if OBEYED.contains(it) => format!("%{:02X}", u32::from(it)),
        it => it.to_string(),
    };
    format!("{before}{}", after.chars().map(encoded).collect::<String>())
}

/// Where a program is: as it was named with a path, or on `PATH`.
fn found(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(program.into()).filter(|it: &PathBuf| it.is_file());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|it| it.join(program)).find(|it| it.is_file())
}

/// Waits for the end of the command, but not long once the answer is there.
async fn until_answered<T>(ended: impl Future<Output = T>, opening: &mut Opening) -> Option<T> {
    let mut ended = pin!(ended);
    tokio::select! {
        ended = &mut ended => Some(ended),
        () = opening.code_arrived() => timeout(CLOSING, ended).await.ok(),
    }
}

fn with_address(arguments: &[String], address: &str) -> Vec<String> {
    let mut arguments = arguments.to_vec();
    if !arguments.iter().any(|it| it.contains("%s")) {
        arguments.push("%s".to_owned());
    }
    arguments.iter().map(|it| it.replace("%s", address)).collect()
}

/// A child that is told to end when nobody waits for it any longer.
///
/// SIGTERM and not SIGKILL: what it started itself, such as a headless browser, is its to stop.
struct Running {
    child: Child,
    left_alone: bool,
}

impl Running {
    /// Passes stderr on and remembers its last line.
    ///
    /// The end is that of the process, not of its stderr, which a browser in the background may hold on to.
    async fn finish(&mut self) -> io::Result<(ExitStatus, Option<String>)> {
        let stderr = self.child.stderr.take().expect("stderr is piped and taken once");
        let mut lines = BufReader::new(stderr).split(b'\n');
        let mut last_words = None;
        let status = loop {
            tokio::select! {
                biased;
                Some(line) = next(&mut lines) => last_words = heard(&line).or(last_words),
                status = self.child.wait() => break status?,
            }
        };
        while let Ok(Some(line)) = timeout(DRAINING, next(&mut lines)).await {
            last_words = heard(&line).or(last_words);
        }
        Ok((status, last_words))
    }

    fn leave(mut self) {
        self.left_alone = true;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let running = self.child.id().filter(|_| !self.left_alone);
        if let Some(pid) = running.and_then(|it| Pid::from_raw(it.cast_signed())) {
            // It may have ended by itself in this moment.
            let _ = kill_process(pid, Signal::TERM);
        }
    }
}

async fn next(lines: &mut Split<BufReader<ChildStderr>>) -> Option<Vec<u8>> {
    lines.next_segment().await.ok().flatten()
}

/// Passes a line on, and returns it as it may stand in an error.
fn heard(line: &[u8]) -> Option<String> {
    let line = String::from_utf8_lossy(line);
    say(&line);
    let words = printable_within(&line, 500);
    let words = words.trim_start_matches("error: ");
    (!words.is_empty()).then(|| words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(command: &str, expected: &[&str]) {
        let Browser { program, arguments } = Browser::parse(command).expect("a command line");
        let mut words = vec![program];
        words.extend(with_address(&arguments, "http://a/?b=c"));
        assert_eq!(words, expected, "{command}");
    }

    #[test]
    fn the_address_comes_last_or_where_it_is_wanted() {
        check("browser-consent", &["browser-consent", "http://a/?b=c"]);
        check(
            "browser-consent --timeout 45",
            &["browser-consent", "--timeout", "45", "http://a/?b=c"],
        );
        check("open %s --wait", &["open", "http://a/?b=c", "--wait"]);
        check("'my browser' --url=%s", &["my browser", "--url=http://a/?b=c"]);
        check("sh -c 'exec run \"$0\"'", &["sh", "-c", "exec run \"$0\"", "http://a/?b=c"]);
    }

    #[test]
    fn a_shell_finds_no_command_in_an_address() {
        let spelled = |it: &str| without_shell_characters(&Url::parse(it).expect("an address"));
        let address = "https://[::1]:1/a';touch$IFS/x;'/y?a=$(b)&c=`d`|e&f=\"g\"#h!";
        let expected = "https://[::1]:1/a%27%3Btouch%24IFS/x%3B%27/y?a=%24%28b%29&c=%60d%60%7Ce&f=%22g%22#h%21";
        assert_eq!(spelled(address), expected);
        let plain = "https://a.example/authorize?scope=mcp%3Aread+offline_access&state=x-y_z.1";
        assert_eq!(spelled(plain), plain);
    }

    #[test]
    fn a_command_that_cannot_be_split_is_refused() {
        assert!(Browser::parse("open 'half").is_err());
        assert!(Browser::parse("   ").is_err());
    }
}
