//! The crates as they are read.

use std::fs;
use std::path::{Path, PathBuf};

use crate::tidy::code::bare;

/// A crate and the files of its `src`.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) manifest: String,
    pub(super) files: Vec<File>,
}

#[derive(Debug)]
pub(super) struct File {
    /// Below `src`, with `/` between the names.
    pub(super) path: String,
    pub(super) text: String,
}

impl Package {
    /// A crate that exists for a test alone.
    pub(super) fn made_up(name: &str, files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| File {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        Self {
            name: name.to_owned(),
            manifest: String::new(),
            files: files.iter().map(file).collect(),
        }
    }
}

impl File {
    /// Without the tests at its end, without comments and without what stands in strings.
    pub(super) fn code(&self) -> String {
        let end = self.text.find("#[cfg(test)]\nmod tests").unwrap_or(self.text.len());
        bare(&self.text[..end])
    }

    pub(super) fn is_program(&self) -> bool {
        self.path.starts_with("bin/")
    }
}

pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace").to_owned()
}

/// The crates that others can use.
pub(super) fn crates() -> Vec<Package> {
    let mut folders: Vec<PathBuf> =
        fs::read_dir(root().join("crates")).unwrap().map(|it| it.unwrap().path()).collect();
    folders.sort();
    assert!(folders.len() > 5, "{folders:?}");
    folders.iter().map(|it| package(it)).collect()
}

/// This crate.
pub(super) fn xtask() -> Package {
    package(&root().join("xtask"))
}

fn package(folder: &Path) -> Package {
    let sources = folder.join("src");
    let files = rust_files(&sources).into_iter().map(|path| File {
        text: fs::read_to_string(&path).unwrap(),
        path: path.strip_prefix(&sources).unwrap().to_str().unwrap().to_owned(),
    });
    Package {
        name: folder.file_name().unwrap().to_str().unwrap().to_owned(),
        manifest: fs::read_to_string(folder.join("Cargo.toml")).unwrap(),
        files: files.collect(),
    }
}

/// Every file of Rust below a folder, in the order of their paths.
pub(super) fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}
