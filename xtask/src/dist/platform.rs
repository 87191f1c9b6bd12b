//! The platforms that there are packages for, in the words of those who install them.

use std::env::consts::{ARCH, OS};

use anyhow::Context as _;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Platform {
    pub(crate) triple: &'static str,
    /// Tags of a wheel.
    pub(crate) wheel: &'static [&'static str],
    /// What Node.js calls `process.platform` and `process.arch`.
    pub(crate) node: (&'static str, &'static str),
}

/// With musl a program is static and runs on any Linux. One that is linked with the glibc of this machine is for machines like
/// it, as its wheel says.
pub(crate) const PLATFORMS: [Platform; 6] = [
    Platform {
        triple: "x86_64-unknown-linux-musl",
        wheel: &["manylinux_2_17_x86_64", "musllinux_1_1_x86_64"],
        node: ("linux", "x64"),
    },
    Platform {
        triple: "aarch64-unknown-linux-musl",
        wheel: &["manylinux_2_17_aarch64", "musllinux_1_1_aarch64"],
        node: ("linux", "arm64"),
    },
    Platform {
        triple: "x86_64-apple-darwin",
        wheel: &["macosx_10_12_x86_64"],
        node: ("darwin", "x64"),
    },
    Platform {
        triple: "aarch64-apple-darwin",
        wheel: &["macosx_11_0_arm64"],
        node: ("darwin", "arm64"),
    },
    Platform {
        triple: "x86_64-unknown-linux-gnu",
        wheel: &["linux_x86_64"],
        node: ("linux", "x64"),
    },
    Platform {
        triple: "aarch64-unknown-linux-gnu",
        wheel: &["linux_aarch64"],
        node: ("linux", "arm64"),
    },
];

impl Platform {
    pub(crate) fn find(triple: &str) -> anyhow::Result<&'static Self> {
        PLATFORMS.iter().find(|it| it.triple == triple).with_context(|| {
            let known = PLATFORMS.map(|it| it.triple).join(", ");
            format!("there are no packages for `{triple}`; --target takes one of: {known}")
        })
    }

    /// The one of this machine's releases.
    pub(crate) fn released_here() -> anyhow::Result<&'static Self> {
        Self::here("musl")
    }

    /// The one that programs are built for here unless cargo is told another.
    pub(crate) fn built_here() -> anyhow::Result<&'static Self> {
        Self::here(if cfg!(target_env = "musl") { "musl" } else { "gnu" })
    }

    fn here(libc: &str) -> anyhow::Result<&'static Self> {
        let triple = match OS {
            "linux" => format!("{ARCH}-unknown-linux-{libc}"),
            "macos" => format!("{ARCH}-apple-darwin"),
            _ => format!("{ARCH}-{OS}"),
        };
        Self::find(&triple)
    }

    pub(crate) fn is_static(&self) -> bool {
        self.triple.ends_with("-musl")
    }
}
