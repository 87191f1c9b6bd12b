//! Paths that a file names: those of its `use` lines, whole, and those within its code.

/// The path of each name that is imported: `use a::{b, c::d as e}` has `a::b` and `a::c::d`.
pub(super) fn imports(code: &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    for tree in statements(code).0 {
        expand(&[], tree.trim(), &mut paths);
    }
    paths
}

/// The paths that begin with one of these names anywhere else.
pub(super) fn mentions(code: &str, first: &[&str]) -> Vec<Vec<String>> {
    let rest = statements(code).1;
    let is_name = |it: char| it.is_alphanumeric() || it == '_';
    let mut paths = Vec::new();
    for first in first {
        let start = format!("{first}::");
        for (at, _) in rest.match_indices(&start) {
            // `$crate::` is of whoever calls the macro.
            if rest[..at].ends_with(|it| is_name(it) || it == '$' || it == ':') {
                continue;
            }
            let path = rest[at..].split(|it| !is_name(it) && it != ':').next().unwrap_or_default();
            let names = path.split("::").filter(|it| !it.is_empty());
            paths.push(names.map(str::to_owned).collect());
        }
    }
    paths
}

/// The trees of all `use` statements, and the code without them.
fn statements(code: &str) -> (Vec<&str>, String) {
    let (mut trees, mut rest) = (Vec::new(), String::new());
    let mut remaining = code;
    while let Some(line) = remaining.split_inclusive('\n').next() {
        let bare = line.trim_start();
        let bare =
            bare.strip_prefix("pub(crate) ").or(bare.strip_prefix("pub(super) ")).unwrap_or(bare);
        let bare = bare.strip_prefix("pub ").unwrap_or(bare);
        let end = remaining.find(';').filter(|_| bare.starts_with("use "));
        if let Some(end) = end {
            let start = line.len() - bare.len() + "use ".len();
            trees.push(&remaining[start..end]);
            remaining = &remaining[end + 1..];
        } else {
            rest.push_str(line);
            remaining = &remaining[line.len()..];
        }
    }
    (trees, rest)
}

fn expand(before: &[String], tree: &str, paths: &mut Vec<Vec<String>>) {
    if let Some(group) = tree.strip_prefix('{').and_then(|it| it.strip_suffix('}')) {
        for branch in branches(group) {
            expand(before, branch, paths);
        }
        return;
    }
    let mut path = before.to_vec();
    match tree.split_once("::") {
        Some((first, rest)) => {
            path.push(first.trim().to_owned());
            expand(&path, rest.trim(), paths);
        }
        None => {
            let name = tree.split_whitespace().next().unwrap_or_default();
            if name != "self" {
                path.push(name.to_owned());
            }
            paths.push(path);
        }
    }
}

/// What stands between the commas that are in no inner braces.
fn branches(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut branches) = (0, 0, Vec::new());
    for (at, it) in group.char_indices() {
        match it {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                branches.push(group[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    branches.push(group[start..].trim());
    branches.retain(|it| !it.is_empty());
    branches
}

#[test]
fn every_name_of_a_use_has_its_whole_path() {
    let code = "use a::b;\npub(crate) use crate::{\n    c::{self, D as E},\n    f::*,\n};\nfn g() { use h; }\n";
    let paths: Vec<String> = imports(code).iter().map(|it| it.join("::")).collect();
    assert_eq!(paths, ["a::b", "crate::c", "crate::c::D", "crate::f::*"]);
}

#[test]
fn a_path_within_code_is_seen_and_that_of_a_use_is_not_seen_twice() {
    let code = "use crate::a::B;\nfn c() -> crate::d::E { $crate::f::g(); super::h(mycrate::i) }\n";
    let paths: Vec<String> =
        mentions(code, &["crate", "super"]).iter().map(|it| it.join("::")).collect();
    assert_eq!(paths, ["crate::d::E", "super::h"]);
}
