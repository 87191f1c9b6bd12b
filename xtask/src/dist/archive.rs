//! The archive: every program, the licences and the README in one folder.

use std::path::{Path, PathBuf};

use crate::dist::build::PROGRAMS;
use crate::dist::pack::{Entry, read, tar_gz};
use crate::dist::platform::Platform;
use crate::dist::product::{NAME, Product};

const TEXTS: [&str; 3] = ["LICENSE-APACHE", "LICENSE-MIT", "README.md"];

pub(crate) fn write(
    root: &Path,
    product: &Product,
    platform: &Platform,
    programs: &Path,
    out: &Path,
) -> anyhow::Result<PathBuf> {
    let top = format!("{NAME}-{}-{}", product.version, platform.triple);
    let mut entries = Vec::new();
    for name in PROGRAMS {
        entries.push(Entry::program(name, read(&programs.join(name))?));
    }
    for name in TEXTS {
        entries.push(Entry::text(name, read(&root.join(name))?));
    }
    let file = out.join(format!("{top}.tar.gz"));
    tar_gz(&top, entries, &file)?;
    Ok(file)
}
