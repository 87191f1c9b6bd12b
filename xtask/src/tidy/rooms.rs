//! Folders one deep, each with a face, none too long; files that can be read from top to bottom.

use std::collections::BTreeMap;
use std::fs;

use crate::tidy::sources::{Package, crates, root, rust_files, xtask};

/// As many files as one takes in at a look.
const LONGEST_FOLDER: usize = 16;

const LONGEST_FILE: usize = 400;

fn wrong(package: &Package) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for file in &package.files {
        let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        *folders.entry(folder).or_default() += 1;
        if name == "mod.rs" {
            wrong.push(format!("{}: the face of a folder is called as the folder", file.path));
        }
    }
    for (folder, count) in folders {
        if count > LONGEST_FOLDER {
            wrong.push(format!("`{folder}` has {count} files, more than {LONGEST_FOLDER}"));
        }
        let name = folder.strip_prefix("bin/").unwrap_or(folder);
        if name.contains('/') {
            wrong.push(format!("`{folder}` lies deeper than one"));
        }
        if folder.is_empty() || name != folder {
            continue;
        }
        let face = package.files.iter().find(|it| it.path == format!("{folder}.rs"));
        match face {
            None => wrong.push(format!("`{folder}` has no face {folder}.rs")),
            Some(it) if !it.text.starts_with("//! ") => {
                wrong.push(format!("{} does not say what the folder is for", it.path));
            }
            Some(it) => {
                wrong.extend(beyond_modules(&it.code()).map(|line| {
                    format!("{} is a face, and has more than modules: {line}", it.path)
                }))
            }
        }
    }
    wrong.into_iter().map(|it| format!("{}: {it}", package.name)).collect()
}

/// The first line that neither is a module nor an attribute of one.
fn beyond_modules(code: &str) -> Option<String> {
    let is_module = |it: &str| {
        let it = it.strip_prefix("pub(crate) ").or(it.strip_prefix("pub ")).unwrap_or(it);
        it.is_empty() || it.starts_with("#[") || (it.starts_with("mod ") && it.ends_with(';'))
    };
    code.lines().find(|it| !is_module(it)).map(str::to_owned)
}

#[test]
fn every_folder_is_a_room() {
    let mut packages = crates();
    packages.push(xtask());
    let wrong: Vec<_> = packages.iter().flat_map(wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_folder_that_is_no_room_is_found() {
    let face = ("room.rs", "//! What comes in and goes out.\n\npub(crate) mod c;\n");
    for (files, words) in [
        (vec![face, ("room/c.rs", ""), ("bin/x/main.rs", ""), ("lib.rs", "")], None),
        (vec![("room/c.rs", "")], Some("has no face room.rs")),
        (vec![("room.rs", "mod c;"), ("room/c.rs", "")], Some("what the folder is for")),
        (
            vec![("room.rs", "//! Say.\nmod c;\npub use c::C;"), ("room/c.rs", "")],
            Some("more than modules: pub use"),
        ),
        (vec![("a/mod.rs", ""), ("a.rs", "//! Say.")], Some("called as the folder")),
        (vec![("bin/x/y/z.rs", "")], Some("deeper than one")),
    ] {
        let wrong = wrong(&Package::made_up("x", &files));
        assert_eq!(wrong.len(), usize::from(words.is_some()), "{wrong:?}");
        assert!(words.is_none_or(|it| wrong[0].contains(it)), "{wrong:?}");
    }
    let names: Vec<String> = (0..=LONGEST_FOLDER).map(|it| format!("{it}.rs")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|it| (it.as_str(), "")).collect();
    assert_eq!(wrong(&Package::made_up("x", &files)).len(), 1);
    assert_eq!(wrong(&Package::made_up("x", &files[1..])), [""; 0]);
}

#[test]
fn every_file_can_be_read_from_top_to_bottom() {
    for file in [root().join("crates"), root().join("xtask")].iter().flat_map(|it| rust_files(it)) {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= LONGEST_FILE, "{}: {lines} lines", file.display());
        let stem = file.file_stem().unwrap();
        assert!(stem != "utils" && stem != "helpers", "{}", file.display());
    }
}
