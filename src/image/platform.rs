//! The systems of images.

use std::fmt;

/// Processors that official images are made for, as Node.js calls them.
const CPUS: [(&str, &str); 8] = [
    ("amd64", "x64"),
    ("arm64", "arm64"),
    ("386", "ia32"),
    ("arm", "arm"),
    ("ppc64le", "ppc64"),
    ("s390x", "s390x"),
    ("riscv64", "riscv64"),
    ("loong64", "loong64"),
];
/// The C libraries.
const LIBCS: [&str; 2] = ["glibc", "musl"];

/// A system that images are built for: always Linux.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ImagePlatform {
    /// As Node.js calls it.
    pub(crate) cpu: &'static str,
    /// `glibc` or `musl`; nothing where both may be meant.
    pub(crate) libc: Option<&'static str>,
}

impl ImagePlatform {
    /// Every one.
    pub(crate) fn all() -> Vec<Self> {
        CPUS.iter().map(|(_, cpu)| Self { cpu, libc: None }).collect()
    }

    /// The one of a processor, by the name that Node.js has for it.
    pub(crate) fn of_cpu(cpu: &str) -> Option<Self> {
        CPUS.iter().find(|(_, known)| *known == cpu).map(|(_, cpu)| Self { cpu, libc: None })
    }

    /// What `--platform` takes, with an example.
    pub(crate) const OFFERED: &'static str =
        "a platform as docker names it, as linux/arm64; or with the C library, as linux/amd64+musl";

    /// The C library of an image, by its name; nothing where it may be either.
    pub(crate) fn libc_of(image: &str) -> Option<&'static str> {
        let (name, tag) = image.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).unwrap_or((image, ""));
        let name = name.rsplit('/').next().unwrap_or(name);
        let tag = tag.split('@').next().unwrap_or(tag);
        if name.contains("alpine") || tag.contains("alpine") {
            return Some("musl");
        }
        let is_whole = !image.contains('$') && !image.is_empty();
        let is_known = ["node", "bun", "debian", "ubuntu"].contains(&name)
            || tag
                .split('-')
                .any(|part| ["slim", "buster", "bullseye", "bookworm", "trixie"].contains(&part));
        (is_whole && is_known).then_some("glibc")
    }

    /// As docker writes it, with the C library behind a `+`: `linux/arm64`, `linux/arm64/v8`, `linux/amd64+musl`.
    ///
    /// # Errors
    /// Another system, or an unknown processor or library.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (platform, libc) = match text.split_once('+') {
            Some((platform, libc)) => (platform, Some(libc)),
            None => (text, None),
        };
        let mut parts = platform.split('/');
        let (os, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let cpu = CPUS.iter().find(|(docker, node)| [docker, node].contains(&&name)).map(|(_, cpu)| *cpu);
        let libc = match libc {
            Some(libc) => match LIBCS.iter().find(|known| **known == libc) {
                Some(known) => Some(*known),
                None => return Err(format!("it takes {}", Self::OFFERED)),
            },
            None => None,
        };
        match cpu {
            Some(cpu) if os == "linux" => Ok(Self { cpu, libc }),
            _ => Err(format!("it takes {}", Self::OFFERED)),
        }
    }
}

impl fmt::Display for ImagePlatform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "linux/{}", self.cpu)?;
        self.libc.map_or(Ok(()), |libc| write!(f, "+{libc}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_s_name_may_tell_its_c_library() {
        for (image, libc) in [
            ("node:22-alpine", Some("musl")),
            ("docker.io/library/node:22.1.0-alpine3.20@sha256:0a", Some("musl")),
            ("alpine", Some("musl")),
            ("node", Some("glibc")),
            ("registry:5000/node:22", Some("glibc")),
            ("mine/base:22-bookworm-slim", Some("glibc")),
            ("registry:5000/mine", None),
            ("mine:22", None),
            ("node:${VERSION}", None),
            ("", None),
        ] {
            assert_eq!(ImagePlatform::libc_of(image), libc, "{image}");
        }
    }

    #[test]
    fn platforms_are_docker_s() {
        let text = |platform: &str| ImagePlatform::parse(platform).map(|platform| platform.to_string()).ok();
        assert_eq!(text("linux/amd64").as_deref(), Some("linux/x64"));
        assert_eq!(text("linux/arm64/v8+musl").as_deref(), Some("linux/arm64+musl"));
        for other in ["", "windows/amd64", "linux", "linux/z80", "linux/amd64+", "linux/amd64+uclibc"] {
            assert_eq!(text(other), None, "{other}");
        }
    }
}
