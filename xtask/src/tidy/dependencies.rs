//! Who may know whom.

use crate::tidy::sources::{Package, crates, xtask};

const EDGE: &str = "tool-edge";
const WHOLE: &str = "mcp-loadtest";
const CHORES: &str = "xtask";

/// Dependencies on crates of ours, in any section of a manifest, that are not allowed.
fn wrong(package: &Package, ours: &[&str]) -> Vec<String> {
    let mut section = "";
    let mut wrong = Vec::new();
    for line in package.manifest.lines() {
        if line.starts_with('[') {
            section = line;
            continue;
        }
        let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
        let for_tests = section == "[dev-dependencies]";
        let allowed = match package.name.as_str() {
            EDGE => false,
            WHOLE => ![WHOLE, CHORES].contains(&name),
            // `roc` measures the rule of k6-summary.
            CHORES => [WHOLE, "k6-summary"].contains(&name),
            _ => name == EDGE || (name == "mcp-target" && for_tests),
        };
        if section.contains("dependencies") && ours.contains(&name) && !allowed {
            wrong.push(format!("{}, {section}: {line}", package.name));
        }
    }
    wrong
}

#[test]
fn the_tools_do_not_know_one_another() {
    let packages = crates();
    let mut ours: Vec<&str> = packages.iter().map(|it| it.name.as_str()).collect();
    ours.push(CHORES);
    let wrong: Vec<_> = packages.iter().chain([&xtask()]).flat_map(|it| wrong(it, &ours)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_edge_is_built_of_nothing_else() {
    let crates = crates();
    let edge = crates.iter().find(|it| it.name == EDGE).unwrap();
    assert!(!edge.manifest.contains("dependencies]"), "{}", edge.manifest);
}

#[test]
fn a_dependency_that_is_not_allowed_is_found() {
    let ours = [EDGE, WHOLE, CHORES, "a", "b", "mcp-target"];
    for (name, manifest, count) in [
        ("a", "[dependencies]\ntool-edge.workspace = true\n[dev-dependencies]\nmcp-target = {}", 0),
        ("a", "[dependencies]\nserde.workspace = true\n[features]\nb = []", 0),
        ("a", "[dependencies]\nmcp-target.workspace = true", 1),
        (
            "a",
            "[dependencies]\nb = { workspace = true }\n[dev-dependencies]\nb.workspace = true",
            2,
        ),
        ("a", "[target.'cfg(unix)'.dependencies]\nmcp-loadtest.workspace = true", 1),
        (EDGE, "[dev-dependencies]\na.workspace = true", 1),
        (WHOLE, "[dependencies]\na.workspace = true\nb.workspace = true", 0),
        (WHOLE, "[dependencies]\nmcp-target.workspace = true\nxtask.workspace = true", 1),
        (CHORES, "[dependencies]\nmcp-loadtest.workspace = true", 0),
        (CHORES, "[dependencies]\na.workspace = true", 1),
    ] {
        let package = Package { manifest: manifest.to_owned(), ..Package::made_up(name, &[]) };
        let wrong = wrong(&package, &ours);
        assert_eq!(wrong.len(), count, "{name}, {manifest}: {wrong:#?}");
    }
}
