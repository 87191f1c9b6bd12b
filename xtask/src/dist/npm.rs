//! The npm packages: one for each platform that holds the program, and one for all that starts the right one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::dist::pack::{Entry, read, tar_gz};
use crate::dist::platform::{PLATFORMS, Platform};
use crate::dist::product::{NAME, Product};

/// Where a package for a platform has its program; the launcher looks there.
const PROGRAM: &str = "bin/mcp-loadtest";

/// The launcher, below the folder of the npm package's sources and in the package.
const LAUNCHER: &str = "mcp-loadtest.js";

/// The oldest that is maintained.
const NODE: &str = ">=20";

/// Writes the package for this platform, and the one for all of them, which is the same wherever it is written.
pub(crate) fn write(
    root: &Path,
    product: &Product,
    platform: &Platform,
    programs: &Path,
    out: &Path,
) -> anyhow::Result<[PathBuf; 2]> {
    let sources = root.join("packaging/npm");
    let (os, cpu) = platform.node;
    let mut of_platform = manifest(product, &name(platform));
    of_platform["os"] = json!([os]);
    of_platform["cpu"] = json!([cpu]);
    of_platform["preferUnplugged"] = json!(true);
    let program = Entry::program(PROGRAM, read(&programs.join(NAME))?);
    let of_platform = package(root, product, of_platform, program, out)?;

    let mut of_all = manifest(product, NAME);
    of_all["bin"] = json!({ NAME: LAUNCHER });
    of_all["engines"] = json!({ "node": NODE });
    let platforms = PLATFORMS.iter().map(|it| (name(it), product.version.as_str()));
    of_all["optionalDependencies"] = json!(BTreeMap::from_iter(platforms));
    let launcher = Entry::program(LAUNCHER, read(&sources.join(LAUNCHER))?);
    let of_all = package(root, product, of_all, launcher, out)?;
    Ok([of_all, of_platform])
}

/// By which the launcher finds it: see `mcp-loadtest.js`.
fn name(platform: &Platform) -> String {
    let (os, cpu) = platform.node;
    format!("{NAME}-{os}-{cpu}")
}

fn manifest(product: &Product, name: &str) -> Value {
    json!({
        "name": name,
        "version": product.version,
        "description": product.description,
        "license": product.license,
        "repository": { "type": "git", "url": format!("git+{}.git", product.repository) },
        "keywords": product.keywords,
    })
}

fn package(
    root: &Path,
    product: &Product,
    manifest: Value,
    program: Entry,
    out: &Path,
) -> anyhow::Result<PathBuf> {
    let mut entries = vec![program, Entry::text("package.json", format!("{manifest:#}\n"))];
    for (name, file) in [
        ("LICENSE-APACHE", root.join("LICENSE-APACHE")),
        ("LICENSE-MIT", root.join("LICENSE-MIT")),
        ("README.md", root.join("crates").join(NAME).join("README.md")),
    ] {
        entries.push(Entry::text(name, read(&file)?));
    }
    let name = manifest["name"].as_str().unwrap_or_default();
    // As `npm pack` would call it.
    let file = out.join(format!("{name}-{}.tgz", product.version));
    tar_gz("package", entries, &file)?;
    Ok(file)
}
