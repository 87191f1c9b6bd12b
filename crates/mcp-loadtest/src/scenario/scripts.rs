//! The k6 scripts and the profiles, which the program brings along.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        [$(($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/load-tests/", $path)))),*]
    };
}

/// Every file, by its path below the folder of scripts.
const FILES: [(&str, &str); 30] = files![
    "README.md",
    "profiles.json",
    "comprehensive/end-to-end.js",
    "lib/answer.js",
    "lib/answers.json",
    "lib/calls.js",
    "lib/mcp.d.ts",
    "lib/mcp.js",
    "lib/metrics.js",
    "lib/oauth.js",
    "lib/profile.js",
    "lib/reply.js",
    "lib/request.js",
    "lib/stateless.js",
    "lib/stream.js",
    "lib/token.js",
    "lib/websocket.js",
    "mcp/cold-start.js",
    "mcp/concurrent-sessions.js",
    "mcp/sustained.js",
    "mcp/tool-call-mix.js",
    "oauth/authorization-flow.js",
    "oauth/session-validation.js",
    "oauth/token-refresh.js",
    "server/concurrent-api.js",
    "server/event-streams.js",
    "server/large-payload.js",
    "server/rate-limit-burst.js",
    "server/tool-execution.js",
    "server/websocket-stress.js",
];

/// A folder with `profiles.json`, the scripts that it names, and their `lib`.
#[derive(Debug)]
pub(crate) struct Scripts {
    folder: PathBuf,
    /// What was made for this run alone, removed with it.
    made: Vec<TempDir>,
}

impl Scripts {
    /// Those in a folder of the user's own, or else the program's.
    pub(crate) fn find(own: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(folder) = own {
            if !folder.join("profiles.json").is_file() {
                bail!(
                    "`{}` has no profiles.json; `mcp-loadtest scripts DIR` writes one, with the scripts",
                    folder.display()
                );
            }
            let folder = folder.canonicalize();
            let folder = folder.context("failed to find the folder of scripts again")?;
            return Ok(Self { folder, made: Vec::new() });
        }
        let folder = scratch()?;
        write(folder.path())?;
        Ok(Self { folder: folder.path().to_owned(), made: vec![folder] })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of the modules that the scripts share.
    pub(crate) fn library(&self) -> PathBuf {
        self.folder.join("lib")
    }

    /// A k6 file of the user's own, which may import `./lib/…` without having it: then it is run from a folder of links, to
    /// all that lies beside it and to the library.
    pub(crate) fn beside_library(&mut self, script: &Path) -> anyhow::Result<PathBuf> {
        let text = std::fs::read_to_string(script);
        let text = text.with_context(|| format!("failed to read `{}`", script.display()))?;
        let home = script.parent().expect("a file lies in a folder");
        if !text.contains("./lib/") || home.join("lib").exists() {
            return Ok(script.to_owned());
        }
        let folder = scratch()?;
        let link = |from: &Path, name: OsString| {
            let made = std::os::unix::fs::symlink(from, folder.path().join(&name));
            made.with_context(|| format!("failed to link `{}`", from.display()))
        };
        for entry in std::fs::read_dir(home)?.filter_map(Result::ok) {
            link(&entry.path(), entry.file_name())?;
        }
        link(&self.library(), "lib".into())?;
        let there = folder.path().join(script.file_name().expect("a file has a name"));
        self.made.push(folder);
        Ok(there)
    }
}

/// Writes all of them below a folder, in the place of what is there under their names.
///
/// # Errors
/// What cannot be written.
pub(crate) fn write(folder: &Path) -> anyhow::Result<()> {
    for (path, text) in FILES {
        let file = folder.join(path);
        let home = file.parent().expect("it lies in the folder");
        std::fs::create_dir_all(home)
            .and_then(|()| std::fs::write(&file, text))
            .with_context(|| format!("failed to write `{}`", file.display()))?;
    }
    Ok(())
}

/// The names that [`write`] would write over.
pub(crate) fn taken(folder: &Path) -> BTreeSet<&'static str> {
    let differs = |(path, text): &(&str, &str)| {
        std::fs::read_to_string(folder.join(path)).is_ok_and(|it| it != *text)
    };
    FILES.iter().filter(|it| differs(it)).map(|it| it.0).collect()
}

fn scratch() -> anyhow::Result<TempDir> {
    tempfile::tempdir().context("failed to make a folder for the scripts")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_is_in_the_program() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("load-tests");
        let mut found = BTreeSet::new();
        let mut folders = vec![folder.clone()];
        while let Some(it) = folders.pop() {
            for path in std::fs::read_dir(it).unwrap().map(|it| it.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let path = path.strip_prefix(&folder).unwrap();
                    found.insert(path.to_str().unwrap().to_owned());
                }
            }
        }
        assert_eq!(found, FILES.map(|it| it.0.to_owned()).into());
    }

    #[test]
    fn a_script_of_ones_own_finds_the_library_and_what_lies_beside_it() {
        let own = tempfile::tempdir().unwrap();
        let script = own.path().join("own.js");
        std::fs::write(own.path().join("data.json"), "[]").unwrap();
        let mut scripts = Scripts::find(None).unwrap();
        std::fs::write(&script, "import http from 'k6/http'").unwrap();
        assert_eq!(scripts.beside_library(&script).unwrap(), script);
        std::fs::write(&script, "import * as mcp from './lib/mcp.js'").unwrap();
        let there = scripts.beside_library(&script).unwrap();
        for name in ["own.js", "data.json", "lib/mcp.js"] {
            assert!(there.with_file_name(name).exists(), "{name}");
        }
        let lib = own.path().join("lib");
        std::fs::create_dir(lib).unwrap();
        assert_eq!(scripts.beside_library(&script).unwrap(), script);
    }
}
