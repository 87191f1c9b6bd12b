//! Only a program prints, reads the environment or exits, and a program is what is under `bin/`.

use crate::tidy::paths::imports;
use crate::tidy::sources::{File, Package, crates};

const PRINTS: &[&str] =
    &["print!", "println!", "dbg!", "io::stdout", "io::stderr", "stdout()", "stderr()"];

const READS: &[&str] =
    &["env::var", "env::args", "env::home_dir", "env::current_exe", "env::current_dir"];

const EXITS: &[&str] = &["process::exit", "process::abort"];

/// Where a crate does it for all of its files, or for all crates.
const PLACES: &[(&str, &str, &[&str])] = &[
    ("mcp-loadtest", "console/", PRINTS),
    ("mcp-loadtest", "environment.rs", READS),
    ("tool-edge", "variable.rs", READS),
];

fn wrong(package: &Package) -> Vec<String> {
    let libraries = package.files.iter().filter(|it| !it.is_program());
    libraries.flat_map(|it| of_file(&package.name, it)).collect()
}

fn of_file(package: &str, file: &File) -> Vec<String> {
    let code = file.code();
    let is_place = |words: &[&str]| {
        let mut places = PLACES.iter().filter(|(of, ..)| *of == package);
        places.any(|(_, path, allowed)| file.path.starts_with(path) && *allowed == words)
    };
    let mut found = Vec::new();
    for words in [PRINTS, READS, EXITS].into_iter().filter(|it| !is_place(it)) {
        found.extend(words.iter().find(|it| code.contains(**it)).copied());
    }
    let variable = code.contains("tool_edge::variable")
        || imports(&code).iter().any(|it| it.join("::") == "tool_edge::variable");
    if variable && !is_place(READS) {
        found.push("tool_edge::variable");
    }
    found.iter().map(|it| format!("{package}, {}: {it}", file.path)).collect()
}

#[test]
fn only_a_program_prints_reads_the_environment_or_exits() {
    let wrong: Vec<_> = crates().iter().flat_map(wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_library_that_prints_reads_the_environment_or_exits_is_found() {
    for code in [
        "println!(\"x\")",
        "eprintln!(\"x\")",
        "print!(\"x\")",
        "eprint!(\"x\")",
        "writeln!(std::io::stderr(), \"x\")",
        "use std::io;\nlet out = io::stdout().lock();",
        "use std::io::{Write as _, stdout};\nstdout().lock();",
        "std::env::var(\"X\")",
        "use std::env;\nenv::vars_os()",
        "std::env::args()",
        "std::env::current_exe()",
        "tool_edge::variable(\"X\")",
        "use tool_edge::{printable, variable};\nvariable(\"X\")",
        "std::process::exit(1)",
    ] {
        let package = |path: &str| Package::made_up("a", &[(path, code)]);
        assert_eq!(wrong(&package("x.rs")).len(), 1, "{code}");
        assert_eq!(wrong(&package("bin/a/main.rs")), [""; 0], "{code}");
    }
    let quiet = "// println! is for programs\nwrite!(f, \"x\")\n#[cfg(test)]\nmod tests { fn a() { print!() } }";
    assert_eq!(wrong(&Package::made_up("a", &[("x.rs", quiet)])), [""; 0]);
    let place = [("console/x.rs", "println!()"), ("x.rs", ""), ("console/y.rs", "env::var(X)")];
    assert_eq!(wrong(&Package::made_up("mcp-loadtest", &place)).len(), 1);
}
