//! Questions, where somebody sits at a terminal.

use std::io::{IsTerminal as _, Write as _};

use tokio::sync::oneshot;
use tool_edge::printable;

/// Whether there is somebody to ask.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks for a line of text; an empty one, or the end of input, is no answer.
pub(crate) async fn ask(question: &str) -> Option<String> {
    let _unheard = write!(std::io::stderr(), "{} ", printable(question));
    let (answer, answered) = oneshot::channel();
    // A thread that nobody waits for, so that an interrupt ends the program all the same.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line).map(|_| line);
        let _gone = answer.send(read.unwrap_or_default());
    });
    let line = answered.await.unwrap_or_default();
    Some(line.trim().to_owned()).filter(|it| !it.is_empty())
}

/// Asks a question that is answered by yes or no, and takes anything but a yes for a no.
pub(crate) async fn agrees(question: &str) -> bool {
    let answer = ask(&format!("{question} [y/N]")).await.unwrap_or_default().to_lowercase();
    ["y", "yes"].contains(&answer.as_str())
}
