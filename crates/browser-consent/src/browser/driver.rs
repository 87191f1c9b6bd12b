use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// A driver program and the browser that it is to start.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Driver {
    /// `chromedriver` or `geckodriver`.
    pub program: PathBuf,
    /// The browser's own executable; without one the driver looks for it in the usual places.
    pub browser: Option<PathBuf>,
    /// util-linux's `setpriv`, with which the driver dies even when this process is killed.
    pub setpriv: Option<PathBuf>,
}

/// The headless shell takes half the time and memory of a full browser.
const BROWSERS: &[&str] = &[
    "chromium-headless-shell",
    "chrome-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
];

/// Looks for a driver and a browser.
///
/// `path` is the value of `PATH`. `chromewebdriver` is the folder that `CHROMEWEBDRIVER` names on hosted CI
/// machines; its driver is made for Google Chrome, so that is then the first choice. Firefox is taken where there is
/// no chromedriver with a browser. `None`: there is no driver.
pub fn find_driver(path: &OsStr, chromewebdriver: Option<&Path>) -> Option<Driver> {
    let on_path =
        |name: &str| std::env::split_paths(path).map(|it| it.join(name)).find(|it| is_program(it));
    let given = chromewebdriver.map(|it| it.join("chromedriver")).filter(|it| is_program(it));
    let mut browsers = BROWSERS.to_vec();
    if given.is_some() {
        browsers.sort_by_key(|it| !it.starts_with("google-chrome"));
    }
    let browser = browsers.into_iter().find_map(on_path).map(unwrapped);
    let chrome = given.or_else(|| on_path("chromedriver"));
    let firefox = Driver::firefox(path).filter(|_| chrome.is_none() || browser.is_none());
    firefox.or_else(|| {
        let setpriv = on_path("setpriv").filter(|_| cfg!(target_os = "linux"));
        chrome.map(|program| Driver { browser, setpriv, ..Driver::new(program) })
    })
}

impl Driver {
    /// A driver program that finds its browser itself.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), browser: None, setpriv: None }
    }

    /// Looks for geckodriver and Firefox, both on the path that is the value of `PATH`.
    pub fn firefox(path: &OsStr) -> Option<Self> {
        let on_path = |name: &str| {
            std::env::split_paths(path).map(|it| it.join(name)).find(|it| is_program(it))
        };
        let program = on_path("geckodriver")?;
        let browser = Some(["firefox", "firefox-esr"].into_iter().find_map(on_path)?);
        let setpriv = on_path("setpriv").filter(|_| cfg!(target_os = "linux"));
        Some(Self { browser, setpriv, ..Self::new(program) })
    }

    /// Whether it drives Firefox.
    pub fn is_firefox(&self) -> bool {
        let name = self.program.file_name().and_then(OsStr::to_str);
        name.is_some_and(|it| it.starts_with("geckodriver"))
    }

    pub(crate) fn is_headless_shell(&self) -> bool {
        let name = self.browser.as_deref().and_then(Path::file_name).and_then(OsStr::to_str);
        name.is_some_and(|it| it.contains("headless-shell") || it.contains("headless_shell"))
    }
}

/// The program behind a shell script that only starts it: such a script outlives neither signal nor `DELETE`,
/// and leaves the browser's processes behind.
fn unwrapped(program: PathBuf) -> PathBuf {
    const LONGEST_WRAPPER: u64 = 4096;
    let is_small = program.metadata().is_ok_and(|it| it.len() <= LONGEST_WRAPPER);
    let script = is_small.then(|| std::fs::read_to_string(&program).ok()).flatten();
    let target = script.filter(|it| it.starts_with("#!")).and_then(|it| {
        let words = it.split(['"', '\'', ' ', '\n', '\t']).map(PathBuf::from);
        words.into_iter().find(|word| {
            word.is_absolute() && word.file_name() == program.file_name() && is_program(word)
        })
    });
    target.unwrap_or(program)
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn program(folder: &Path, name: &str, text: &str) -> PathBuf {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn a_wrapper_is_followed_to_the_real_headless_shell() {
        let folder = tempfile::tempdir().unwrap();
        let (bin, lib) = (folder.path().join("bin"), folder.path().join("lib"));
        fs::create_dir_all(&bin).unwrap();
        fs::create_dir_all(&lib).unwrap();
        assert_eq!(find_driver(bin.as_os_str(), None), None);

        let chromedriver = program(&bin, "chromedriver", "");
        assert_eq!(find_driver(bin.as_os_str(), None), Some(Driver::new(&chromedriver)));

        program(&bin, "chromium", "");
        let real = program(&lib, "chromium-headless-shell", "");
        program(
            &bin,
            "chromium-headless-shell",
            &format!("#!/bin/sh -e\n\n{} \"$@\"\n", real.display()),
        );
        let found = find_driver(bin.as_os_str(), None).unwrap();
        assert_eq!(found, Driver { browser: Some(real), ..Driver::new(chromedriver) });
        assert!(found.is_headless_shell());
    }

    #[test]
    fn the_driver_of_a_hosted_machine_gets_google_chrome() {
        let folder = tempfile::tempdir().unwrap();
        let (bin, hosted) = (folder.path().join("bin"), folder.path().join("hosted"));
        fs::create_dir_all(&bin).unwrap();
        fs::create_dir_all(&hosted).unwrap();
        program(&bin, "chromedriver", "");
        program(&bin, "chromium", "");
        let chrome = program(&bin, "google-chrome", "");
        let chromedriver = program(&hosted, "chromedriver", "");
        let found = find_driver(bin.as_os_str(), Some(&hosted)).unwrap();
        assert_eq!(found, Driver { browser: Some(chrome), ..Driver::new(chromedriver) });
    }
}
