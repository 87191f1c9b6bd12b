//! Rules of this repository that no compiler knows.

use std::path::{Path, PathBuf};

/// The one crate that knows the others.
const WHOLE: &str = "mcp-loadtest";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace").to_owned()
}

fn crates() -> Vec<PathBuf> {
    let folders = std::fs::read_dir(root().join("crates")).unwrap();
    folders.map(|it| it.unwrap().path()).collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn no_crate_depends_on_another_but_on_the_edge() {
    let names: Vec<String> =
        crates().iter().map(|it| it.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert!(names.len() >= 5, "{names:?}");
    for folder in crates().into_iter().filter(|it| !it.ends_with(WHOLE)) {
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let mut section = "";
        for line in manifest.lines() {
            if line.starts_with('[') {
                section = line;
                continue;
            }
            let dependency = line.split(['.', '=', ' ']).next().unwrap_or_default();
            let for_tests = section == "[dev-dependencies]" && dependency == "mcp-target";
            let known = section.contains("dependencies") && names.iter().any(|it| it == dependency);
            let edge = dependency == "tool-edge" && !folder.ends_with("tool-edge");
            assert!(!known || for_tests || edge, "{}: {line}", folder.display());
        }
    }
}

/// The files of a crate that belong to its program and not to its library: `main.rs` and its modules.
fn program(sources: &Path) -> Vec<PathBuf> {
    let main = sources.join("main.rs");
    // A crate without a program has none.
    let Ok(text) = std::fs::read_to_string(&main) else { return Vec::new() };
    let modules = text.lines().filter_map(|it| it.strip_prefix("mod ")?.strip_suffix(';'));
    modules.map(|it| sources.join(format!("{it}.rs"))).chain([main.clone()]).collect()
}

#[test]
fn only_a_program_prints_reads_the_environment_or_exits() {
    for folder in crates().iter().filter(|it| !it.ends_with(WHOLE)).map(|it| it.join("src")) {
        let program = program(&folder);
        for file in sources(&folder).into_iter().filter(|it| !program.contains(it)) {
            // Where the environment is read for all of them.
            if file.ends_with("tool-edge/src/variable.rs") {
                continue;
            }
            let text = std::fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for word in ["println!", "eprintln!", "env::var", "process::exit", "env::args"] {
                assert!(!code.contains(word), "{}: {word}", file.display());
            }
        }
    }
}

#[test]
fn every_file_can_be_read_from_top_to_bottom() {
    let rust = crates().into_iter().chain([root().join("xtask")]).flat_map(|it| sources(&it));
    for file in rust {
        let lines = std::fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 400, "{}: {lines} lines", file.display());
        let stem = file.file_stem().unwrap();
        assert!(stem != "utils" && stem != "helpers", "{}", file.display());
    }
}

#[test]
fn actions_are_pinned_by_commit() {
    let folder = root().join(".github/workflows");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for line in
            text.lines().filter(|it| it.trim_start().trim_start_matches("- ").starts_with("uses:"))
        {
            let pin = line.split('@').nth(1).and_then(|it| it.split_whitespace().next());
            let pinned =
                pin.is_some_and(|it| it.len() == 40 && it.bytes().all(|it| it.is_ascii_hexdigit()));
            assert!(pinned, "{}: {line}", path.display());
        }
    }
}
