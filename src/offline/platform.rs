//! Which packages are for which images.

use crate::image::ImagePlatform;
use crate::lockfile::graph::PackagePlatforms;
use crate::npm::names_platform;

/// Whether a package is for an image's system.
pub(super) fn takes(platform: &ImagePlatform, package: &PackagePlatforms) -> bool {
    names_platform(&package.os, "linux")
        && names_platform(&package.cpu, platform.cpu)
        && platform.libc.is_none_or(|libc| names_platform(&package.libc, libc))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(platform: &str, os: &[&str], cpu: &[&str], libc: &[&str]) -> bool {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let package = PackagePlatforms { os: words(os), cpu: words(cpu), libc: words(libc) };
        super::takes(&ImagePlatform::parse(platform).unwrap(), &package)
    }

    #[test]
    fn packages_name_systems_as_node_does() {
        assert!(takes("linux/amd64", &[], &[], &[]));
        assert!(takes("linux/amd64", &["linux"], &["x64"], &["musl"]));
        assert!(takes("linux/amd64+musl", &["!win32"], &["x64", "arm64"], &["musl"]));
        assert!(!takes("linux/amd64+glibc", &["linux"], &["x64"], &["musl"]));
        assert!(!takes("linux/arm64/v8", &["linux"], &["x64"], &[]));
        assert!(!takes("linux/arm64", &["darwin"], &[], &[]));
        assert!(!takes("linux/arm64", &["!linux"], &[], &[]));
    }
}
