//! What `docs/security.md` says that a test shows, a test shows.

use std::fs;
use std::path::Path;

use crate::tidy::sources::root;

/// The names in the last column of a table that are no test of this repository.
fn missing<'a>(document: &'a str, code: &str) -> Vec<&'a str> {
    let rows = document.lines().filter(|it| it.starts_with('|'));
    let shown = rows.filter_map(|it| it.trim_end_matches(['|', ' ']).rsplit('|').next());
    let names = shown.flat_map(|it| it.split('`').skip(1).step_by(2));
    names.filter(|it| !is_test(it, code)).collect()
}

/// Whether a function of this name stands under an attribute that makes it a test.
fn is_test(name: &str, code: &str) -> bool {
    let function = format!("fn {name}() ");
    code.match_indices(&function).any(|(at, _)| {
        let line = code[..at].rfind('\n').map_or(0, |it| it + 1);
        let mut attributes =
            code[..line].lines().rev().take_while(|it| it.trim_start().starts_with('#'));
        attributes.any(|it| it.contains("#[test]") || it.contains("#[tokio::test"))
    })
}

fn read_all(folder: &Path, code: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, code);
        } else if path.extension().is_some_and(|it| it == "rs") {
            *code += &fs::read_to_string(path).unwrap();
        }
    }
}

#[test]
fn every_promise_is_shown_by_a_test() {
    let document = fs::read_to_string(root().join("docs/security.md")).unwrap();
    let mut code = String::new();
    read_all(&root().join("crates"), &mut code);
    assert_eq!(missing(&document, &code), [""; 0]);
    assert!(document.matches('`').count() > 100);
}

#[test]
fn a_promise_without_its_test_is_found() {
    let table = "| promise | shown by |\n|---|---|\n| `x` | `there`, `gone` |\nAnd `beside` it.";
    let code = "#[test]\n#[ignore = \"needs k6\"]\nfn there() {}\n#[test]\nfn gone_by() {}\nfn gone() {}\n";
    assert_eq!(missing(table, code), ["gone"]);
}
