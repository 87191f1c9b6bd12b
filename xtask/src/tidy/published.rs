//! What a registry shows of a crate, and what a crate is to hold wherever it is unpacked.

use std::fs;

use crate::tidy::sources::{Package, crates, root};

const LICENCES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// More than a registry takes.
const MOST_WORDS: usize = 5;

fn wrong(package: &Package) -> Vec<String> {
    let section = package.manifest.split("\n[").next().unwrap_or_default();
    let value = |key: &str| {
        let mut lines = section.lines().filter_map(|it| it.split_once(" = "));
        lines.find(|(name, _)| *name == key).map(|(_, value)| value)
    };
    let mut wrong = Vec::new();
    for key in ["description", "license.workspace", "readme", "repository.workspace"] {
        if value(key).is_none() {
            wrong.push(format!("no {key}"));
        }
    }
    for key in ["keywords", "categories"] {
        let words = value(key).unwrap_or_default().matches('"').count() / 2;
        if words == 0 || words > MOST_WORDS {
            wrong.push(format!("{words} {key}"));
        }
    }
    let benches = package.manifest.contains("[[bench]]");
    if benches && !value("exclude").is_some_and(|it| it.contains("\"/benches\"")) {
        wrong.push("its benchmarks are not excluded".to_owned());
    }
    wrong.into_iter().map(|it| format!("{}: {it}", package.name)).collect()
}

#[test]
fn every_crate_says_what_it_is_and_where_from() {
    let wrong: Vec<_> = crates().iter().flat_map(wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_crate_has_the_texts_of_both_licences() {
    for package in crates() {
        for name in LICENCES {
            let here = root().join("crates").join(&package.name).join(name);
            let text = fs::read_to_string(&here).unwrap_or_default();
            assert!(text == fs::read_to_string(root().join(name)).unwrap(), "{}", here.display());
        }
    }
}

#[test]
fn a_crate_that_does_not_say_it_is_found() {
    const GOOD: &str = "[package]\ndescription = \"x\"\nlicense.workspace = true\nreadme = \"x\"\n\
         repository.workspace = true\nkeywords = [\"a\", \"b\"]\ncategories = [\"c\"]\nexclude = [\"/benches\"]\n\
         \n[[bench]]\nname = \"b\"\n";
    for (from, to, expect) in [
        ("", "", None),
        ("readme = \"x\"\n", "", Some("x: no readme")),
        ("repository.workspace = true\n", "", Some("x: no repository.workspace")),
        ("[\"a\", \"b\"]", "[]", Some("x: 0 keywords")),
        ("[\"c\"]", r#"["c", "d", "e", "f", "g", "h"]"#, Some("x: 6 categories")),
        ("exclude = [\"/benches\"]\n", "", Some("x: its benchmarks are not excluded")),
        ("\n[[bench]]", "\nreadme = \"x\"\n[[bench]]", None),
    ] {
        let manifest = GOOD.replacen(from, to, 1);
        let package = Package { manifest, ..Package::made_up("x", &[]) };
        assert_eq!(wrong(&package), Vec::from_iter(expect), "{from} → {to}");
    }
}
