//! Files put into one, the same bytes each time: in the order of their names, of no owner, and as old as a zip can say.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use flate2::Compression;
use flate2::write::GzEncoder;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// 1980-01-01, where the time of a zip begins.
const MODIFIED: u64 = 315_532_800;

#[derive(Debug)]
pub(crate) struct Entry {
    /// With `/` between the names.
    pub(crate) path: String,
    pub(crate) content: Vec<u8>,
    pub(crate) is_program: bool,
}

impl Entry {
    pub(crate) fn text(path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), content: content.into(), is_program: false }
    }

    pub(crate) fn program(path: impl Into<String>, content: Vec<u8>) -> Self {
        Self { path: path.into(), content, is_program: true }
    }

    fn mode(&self) -> u32 {
        if self.is_program { 0o755 } else { 0o644 }
    }
}

pub(crate) fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("failed to read `{}`", file.display()))
}

/// All of them below the folder `top`.
pub(crate) fn tar_gz(top: &str, mut entries: Vec<Entry>, to: &Path) -> anyhow::Result<()> {
    entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    let write = || {
        let mut tar = tar::Builder::new(GzEncoder::new(File::create(to)?, Compression::default()));
        for it in &entries {
            let mut header = tar::Header::new_gnu();
            header.set_size(it.content.len() as u64);
            header.set_mode(it.mode());
            header.set_mtime(MODIFIED);
            header.set_uid(0);
            header.set_gid(0);
            tar.append_data(&mut header, format!("{top}/{}", it.path), it.content.as_slice())?;
        }
        tar.into_inner()?.finish()?.sync_all()
    };
    write().with_context(|| format!("failed to write `{}`", to.display()))
}

pub(crate) fn zip(mut entries: Vec<Entry>, to: &Path) -> anyhow::Result<()> {
    entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    let write = || -> anyhow::Result<()> {
        let mut zip = ZipWriter::new(File::create(to)?);
        for it in &entries {
            let options = SimpleFileOptions::default().unix_permissions(it.mode());
            zip.start_file(it.path.as_str(), options)?;
            zip.write_all(&it.content)?;
        }
        Ok(zip.finish()?.sync_all()?)
    };
    write().with_context(|| format!("failed to write `{}`", to.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(order: &[usize]) -> Vec<Entry> {
        let entry = |it: &usize| match it {
            0 => Entry::text("README.md", "read"),
            _ => Entry::program(format!("bin/{it}"), b"#!/bin/sh\n".repeat(100)),
        };
        order.iter().map(entry).collect()
    }

    #[test]
    fn the_same_files_are_the_same_bytes_in_whatever_order() {
        let folder = tempfile::tempdir().unwrap();
        let pack = |order: &[usize]| {
            let (tar, zipped) = (folder.path().join("x.tgz"), folder.path().join("x.zip"));
            tar_gz("x", entries(order), &tar).unwrap();
            zip(entries(order), &zipped).unwrap();
            (fs::read(tar).unwrap(), fs::read(zipped).unwrap())
        };
        let first = pack(&[0, 1, 2]);
        assert!(pack(&[2, 0, 1]) == first);
        assert!(pack(&[0, 1]) != first);
    }

    #[test]
    fn a_program_can_be_started_and_nothing_tells_of_who_packed_it_or_when() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x");
        tar_gz("x", entries(&[0, 1]), &file).unwrap();
        let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(File::open(&file).unwrap()));
        let seen = tar.entries().unwrap().map(|it| {
            let it = it.unwrap();
            let header = it.header();
            assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
            assert_eq!(header.mtime().unwrap(), MODIFIED);
            (it.path().unwrap().display().to_string(), header.mode().unwrap())
        });
        let expect = [("x/README.md".to_owned(), 0o644), ("x/bin/1".to_owned(), 0o755)];
        assert_eq!(Vec::from_iter(seen), expect);

        zip(entries(&[0, 1]), &file).unwrap();
        let mut zip = zip::ZipArchive::new(File::open(&file).unwrap()).unwrap();
        for (name, mode) in [("README.md", 0o644), ("bin/1", 0o755)] {
            let it = zip.by_name(name).unwrap();
            assert_eq!(it.unix_mode().unwrap() & 0o777, mode);
            assert_eq!(it.last_modified().unwrap(), zip::DateTime::default());
        }
    }
}
