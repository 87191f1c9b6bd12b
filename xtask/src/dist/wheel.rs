//! The wheel: the program as a script of a Python package that has no Python in it.
//!
//! The format is that of PEP 427, with the metadata of PEP 639.

use std::path::{Path, PathBuf};

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest as _, Sha256};

use crate::dist::pack::{Entry, read, zip};
use crate::dist::platform::Platform;
use crate::dist::product::{NAME, Product};

const LICENCES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

pub(crate) fn write(
    root: &Path,
    product: &Product,
    platform: &Platform,
    programs: &Path,
    out: &Path,
) -> anyhow::Result<PathBuf> {
    let stem = format!("{}-{}", NAME.replace('-', "_"), version(&product.version));
    let info = format!("{stem}.dist-info");
    let readme = String::from_utf8(read(&root.join("crates").join(NAME).join("README.md"))?)?;
    let mut entries = vec![
        Entry::program(format!("{stem}.data/scripts/{NAME}"), read(&programs.join(NAME))?),
        Entry::text(format!("{info}/METADATA"), metadata(product, &readme)),
        Entry::text(format!("{info}/WHEEL"), wheel(product, platform)),
    ];
    for name in LICENCES {
        entries.push(Entry::text(format!("{info}/licenses/{name}"), read(&root.join(name))?));
    }
    let record = format!("{info}/RECORD");
    entries.push(Entry::text(record.as_str(), lines(&entries, &record)));
    let file = out.join(format!("{stem}-py3-none-{}.whl", platform.wheel.join(".")));
    zip(entries, &file)?;
    Ok(file)
}

fn metadata(product: &Product, readme: &str) -> String {
    let Product { description, license, repository, keywords, version: it } = product;
    let licences = LICENCES.map(|it| format!("License-File: {it}\n")).concat();
    format!(
        "Metadata-Version: 2.4\n\
         Name: {NAME}\n\
         Version: {}\n\
         Summary: {description}\n\
         Keywords: {}\n\
         License-Expression: {license}\n\
         {licences}\
         Project-URL: Repository, {repository}\n\
         Requires-Python: >=3.8\n\
         Description-Content-Type: text/markdown\n\
         \n\
         {readme}",
        version(it),
        keywords.join(","),
    )
}

fn wheel(product: &Product, platform: &Platform) -> String {
    let tags: String = platform.wheel.iter().map(|it| format!("Tag: py3-none-{it}\n")).collect();
    format!(
        "Wheel-Version: 1.0\nGenerator: cargo xtask dist {}\nRoot-Is-Purelib: false\n{tags}",
        product.version
    )
}

/// The file at `record` that lists all of them and itself.
fn lines(entries: &[Entry], record: &str) -> String {
    let line = |it: &Entry| {
        let sum = BASE64URL_NOPAD.encode(&Sha256::digest(&it.content));
        format!("{},sha256={sum},{}\n", it.path, it.content.len())
    };
    entries.iter().map(line).chain([format!("{record},,\n")]).collect()
}

/// A version of Cargo in Python's spelling (PEP 440).
fn version(cargo: &str) -> String {
    let mut version = cargo.to_owned();
    for (before, after) in [("-alpha.", "a"), ("-beta.", "b"), ("-rc.", "rc")] {
        version = version.replace(before, after);
    }
    version
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_spelled_as_python_does() {
        for (cargo, python) in
            [("0.1.0", "0.1.0"), ("1.2.3-rc.1", "1.2.3rc1"), ("1.0.0-alpha.2", "1.0.0a2")]
        {
            assert_eq!(version(cargo), python);
        }
    }

    #[test]
    fn the_record_has_the_hash_and_the_length_of_each_file() {
        let record = lines(&[Entry::text("a/b", "abc")], "a/RECORD");
        let hash = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";
        assert_eq!(record, format!("a/b,sha256={hash},3\na/RECORD,,\n"));
    }
}
