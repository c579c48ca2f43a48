//! Where the cache lies, and how large it may grow.

use std::ffi::OsString;
use std::path::PathBuf;

/// What holds if nothing is said: 1 GiB.
pub(crate) const DEFAULT_LIMIT: u64 = 1 << 30;

/// The operating systems by where they keep caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum System {
    /// As the XDG base directory specification has it.
    Unix,
    /// `~/Library/Caches`.
    Mac,
    /// `%LOCALAPPDATA%`.
    Windows,
}

impl System {
    /// The one that the program was made for.
    pub(crate) const HERE: Self = if cfg!(windows) {
        Self::Windows
    } else if cfg!(target_vendor = "apple") {
        Self::Mac
    } else {
        Self::Unix
    };
}

/// The user's cache folder; none where the environment does not say. `variable` knows the environment.
pub(crate) fn default_folder(system: System, variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    // The specification has relative paths passed over.
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.has_root());
    let of_system = || match system {
        System::Windows => Some(absolute("LOCALAPPDATA")?.join("docker-prep").join("cache")),
        System::Mac => Some(absolute("HOME")?.join("Library").join("Caches").join("docker-prep")),
        System::Unix => Some(absolute("HOME")?.join(".cache").join("docker-prep")),
    };
    match (system, absolute("XDG_CACHE_HOME")) {
        (System::Windows, _) | (_, None) => of_system(),
        (_, Some(caches)) => Some(caches.join("docker-prep")),
    }
}

/// A size in bytes, as `500M` or `2G` or `1048576`.
///
/// # Errors
/// It is none.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let wrong = || format!("'{text}' is no size: write one as 500M or 2G");
    let text_upper = text.trim().to_ascii_uppercase();
    let number = text_upper.trim_end_matches("IB").trim_end_matches('B');
    let (number, factor) = match number.as_bytes().last() {
        Some(b'K') => (&number[..number.len() - 1], 1 << 10),
        Some(b'M') => (&number[..number.len() - 1], 1 << 20),
        Some(b'G') => (&number[..number.len() - 1], 1 << 30),
        _ => (number, 1_u64),
    };
    let number: u64 = number.trim().parse().map_err(|_| wrong())?;
    number.checked_mul(factor).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(system: System, set: &[(&str, &str)]) -> Option<String> {
        let variable =
            |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
        default_folder(system, variable).map(|path| path.display().to_string().replace('\\', "/"))
    }

    #[test]
    fn each_system_has_its_folder() {
        let home = ("HOME", "/home/x");
        assert_eq!(folder(System::Unix, &[home]).as_deref(), Some("/home/x/.cache/docker-prep"));
        assert_eq!(folder(System::Mac, &[home]).as_deref(), Some("/home/x/Library/Caches/docker-prep"));
        let xdg = ("XDG_CACHE_HOME", "/c");
        assert_eq!(folder(System::Unix, &[home, xdg]).as_deref(), Some("/c/docker-prep"));
        assert_eq!(folder(System::Mac, &[xdg]).as_deref(), Some("/c/docker-prep"));
        let local = ("LOCALAPPDATA", "/l");
        assert_eq!(folder(System::Windows, &[local, xdg]).as_deref(), Some("/l/docker-prep/cache"));
    }

    #[test]
    fn where_nothing_is_said_there_is_none() {
        for system in [System::Unix, System::Mac, System::Windows] {
            assert_eq!(folder(system, &[]), None);
            assert_eq!(
                folder(system, &[("HOME", "home"), ("XDG_CACHE_HOME", "c"), ("LOCALAPPDATA", "l")]),
                None
            );
        }
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        let sizes = ["0", "1000", "2k", "500M", "500MB", "1 GiB", "3g"].map(|text| parse_size(text).unwrap());
        assert_eq!(sizes, [0, 1000, 2048, 500 << 20, 500 << 20, 1 << 30, 3 << 30]);
        for wrong in ["", "G", "-1", "1.5G", "x", "99999999999G"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
    }
}
