//! The systems that there are programs for.

use super::Result;

/// A system, as Rust and as npm call it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// As rustc calls it.
    pub(crate) triple: &'static str,
    /// As Node.js calls it: `process.platform`.
    pub(crate) os: &'static str,
    /// As Node.js calls it: `process.arch`.
    pub(crate) cpu: &'static str,
}

/// All of them. The Linux programs are static, so they run with any C library: their packages name none.
pub(crate) const TARGETS: [Target; 5] = [
    Target { triple: "x86_64-unknown-linux-musl", os: "linux", cpu: "x64" },
    Target { triple: "aarch64-unknown-linux-musl", os: "linux", cpu: "arm64" },
    Target { triple: "x86_64-apple-darwin", os: "darwin", cpu: "x64" },
    Target { triple: "aarch64-apple-darwin", os: "darwin", cpu: "arm64" },
    Target { triple: "x86_64-pc-windows-gnu", os: "win32", cpu: "x64" },
];

impl Target {
    /// The one that rustc calls so.
    pub(crate) fn named(triple: &str) -> Result<&'static Self> {
        TARGETS.iter().find(|target| target.triple == triple).ok_or_else(|| {
            let known: Vec<&str> = TARGETS.iter().map(|target| target.triple).collect();
            format!("{triple}: no such target; there are {}", known.join(", ")).into()
        })
    }

    /// The one that this machine runs, whatever C library it has.
    pub(crate) fn of_this_machine() -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.node() == (std::env::consts::OS, std::env::consts::ARCH))
    }

    /// Rust's words for system and processor, as in `std::env::consts`.
    fn node(&self) -> (&'static str, &'static str) {
        let os = match self.os {
            "darwin" => "macos",
            "win32" => "windows",
            os => os,
        };
        (os, if self.cpu == "x64" { "x86_64" } else { "aarch64" })
    }

    /// How the packages of npm name it.
    pub(crate) fn platform(&self) -> String {
        format!("{}-{}", self.os, self.cpu)
    }

    /// The program's file.
    pub(crate) fn program(&self) -> &'static str {
        if self.is_windows() { "docker-prep.exe" } else { "docker-prep" }
    }

    pub(crate) fn is_windows(&self) -> bool {
        self.os == "win32"
    }

    /// The archive's name without its ending, which is the name of the one folder in it as well.
    pub(crate) fn stem(&self, version: &str) -> String {
        format!("docker-prep-{version}-{}", self.triple)
    }

    /// The archive's name.
    pub(crate) fn archive(&self, version: &str) -> String {
        format!("{}{}", self.stem(version), if self.is_windows() { ".zip" } else { ".tar.gz" })
    }
}
