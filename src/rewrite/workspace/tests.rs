use super::{WorkspaceOverrides, workspace_overrides};
use crate::image::Name;
use crate::rewrite::RewriteRequest;
use crate::rewrite::override_style::OverrideStyle;
use crate::rewrite::sample::{manifest, pairs, reader, request};

fn edits(name: Name, majors: std::ops::RangeInclusive<u64>, way: OverrideStyle) -> WorkspaceOverrides {
    let mut reader = reader(name, majors, way);
    reader.workspace_overrides = pairs(&[
        ("left", "1"),
        ("@b/b", "1"),
        ("@b/c@^1", "1"),
        ("x>@b/b", "1"),
        ("cc", "1"),
        ("@b/a>cc@1", "1"),
        ("y", "npm:@b/b@1"),
        ("z", "$@b/a"),
        ("w", "$bb"),
        ("bb", "1"),
    ]);
    let request = RewriteRequest { workspace_placed: pairs(&[("y", "file:b.tgz")]), ..request() };
    workspace_overrides(&manifest(""), &reader, &request).unwrap()
}

#[test]
fn ours_are_set_and_what_would_beat_them_goes() {
    let edits = edits(Name::Pnpm, 11..=11, OverrideStyle::WorkspaceOverrides);
    let set = [
        ("@b/b", "file:b.tgz"),
        ("y", "file:b.tgz"),
        ("z", "^1"),
        ("@b/a", "file:a.tgz"),
        ("@b/c", "file:c.tgz"),
        ("@b/a>cc", "file:c.tgz"),
    ];
    assert_eq!(edits.set, pairs(&set));
    assert_eq!(edits.removed, ["@b/c@^1", "x>@b/b", "@b/a>cc@1", "bb"]);
}

#[test]
fn links_are_left_alone() {
    for majors in [10..=10, 12..=12, 0..=u64::MAX] {
        let edits = edits(Name::Pnpm, majors, OverrideStyle::Tarballs);
        assert_eq!(edits.set, pairs(&[("y", "file:b.tgz"), ("z", "^1")]));
        assert_eq!(edits.removed, ["@b/b", "@b/c@^1", "x>@b/b", "cc", "@b/a>cc@1", "bb"]);
    }
}

#[test]
fn a_file_that_is_not_read_stays_as_it_is() {
    for (name, majors, way) in [
        (Name::Pnpm, 9..=9, OverrideStyle::Tarballs),
        // The manifest's take the place of the whole map.
        (Name::Pnpm, 10..=10, OverrideStyle::PnpmOverrides),
        (Name::Npm, 11..=11, OverrideStyle::Tarballs),
        (Name::Bun, 1..=1, OverrideStyle::Tarballs),
        (Name::Yarn, 4..=4, OverrideStyle::Resolutions),
    ] {
        assert!(edits(name, majors, way).is_empty(), "{name:?}");
    }
}
