//! Words and numbers for people.

use std::collections::BTreeSet;
use std::time::Duration;

use super::lines::Lines;
use crate::npm::{Tarball, as_seen_from};
use crate::prepare::PreparePlan;
use crate::source::Decision;
use crate::text::shown;

/// One line a package: name, version, files, size, tarball, in columns.
pub(super) fn table(tarballs: &[Tarball]) -> Lines {
    let rows: Vec<[String; 5]> = tarballs
        .iter()
        .map(|tarball| {
            [
                shown(&tarball.name),
                shown(&tarball.version),
                count(tarball.files.len(), "file"),
                size(tarball.size),
                shown(&tarball.filename),
            ]
        })
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2), width(3)];
    rows.iter()
        .map(|[name, version, files, size, tarball]| {
            let [a, b, c, d] = widths;
            format!("  {name:a$}  {version:b$}  {files:>c$}  {size:>d$}  {tarball}")
        })
        .collect()
}

/// Where packages come from, and why, on one line.
pub(super) fn reason(decision: &Decision) -> String {
    decided(&decision.reason, &decision.then)
}

/// A decision on one line.
pub(super) fn decided(reason: &str, then: &str) -> String {
    format!("{reason}: {then}")
}

/// How many packages, and in how many tarballs where surfaces with different package managers take their own.
pub(super) fn packages_of(tarballs: &[Tarball]) -> String {
    let names: BTreeSet<&str> = tarballs.iter().map(|tarball| &*tarball.name).collect();
    let packages = count(names.len(), "package");
    if names.len() == tarballs.len() {
        packages
    } else {
        format!("{packages} in {}", count(tarballs.len(), "tarball"))
    }
}

/// How many packages are packed, from where, and how many of others.
pub(super) fn packed_of(plan: &PreparePlan) -> String {
    let packed = format!("{} from {}", packages_of(&plan.own_tarballs()), workspace(plan));
    match plan.third_parties.len() {
        0 => packed,
        others => format!("{packed} and {}", count_of(others, "third-party tarball", "third-party tarballs")),
    }
}

pub(super) fn count(number: usize, noun: &str) -> String {
    count_of(number, noun, &format!("{noun}s"))
}

pub(super) fn count_of(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Bytes for people: powers of 1000, one digit behind the point, as npm prints them.
#[expect(clippy::cast_precision_loss, reason = "one digit behind the point is shown")]
pub(super) fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "kB", "MB"] {
        if value < 1000.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1000.0;
    }
    format!("{value:.1} GB")
}

/// A time for people.
pub(super) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// The workspace that packages come from, as it is seen from the project.
pub(super) fn workspace(plan: &PreparePlan) -> String {
    as_seen_from(&plan.project, plan.workspace.as_ref().unwrap_or(&plan.project))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Digest;

    #[test]
    fn a_package_counts_once_however_many_tarballs_it_has() {
        let tarballs = |names: &[&str]| -> Vec<Tarball> {
            let tarball = |name: &&str| Tarball {
                name: (*name).to_owned(),
                version: String::new(),
                filename: String::new(),
                sha256: Digest::of(b""),
                size: 0,
                unpacked_size: 0,
                checksums: None,
                files: [].into(),
            };
            names.iter().map(tarball).collect()
        };
        assert_eq!(packages_of(&tarballs(&["a"])), "1 package");
        assert_eq!(packages_of(&tarballs(&["a", "b"])), "2 packages");
        assert_eq!(packages_of(&tarballs(&["a", "a", "b"])), "2 packages in 3 tarballs");
    }

    #[test]
    fn sizes_read_well() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(999), "999 B");
        assert_eq!(size(1_500), "1.5 kB");
        assert_eq!(size(15_000_000), "15.0 MB");
        assert_eq!(size(2_300_000_000), "2.3 GB");
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(count(1, "package"), "1 package");
        assert_eq!(count_of(2, "dependency", "dependencies"), "2 dependencies");
    }
}
