//! What `pack` prints.

use serde_json::{Value, json};

use super::args::PackArgs;
use super::lines::Lines;
use super::report::Reporter;
use super::text::count;
use crate::cancel::CancelToken;
use crate::error::Result;
use crate::npm::Tarball;
use crate::prepare::{PackOptions, pack};
use crate::project::Requested;

/// A document whose `packages` are as `npm pack --json` prints them, else the tarballs' paths.
pub(super) fn run(
    requested: &Requested,
    args: PackArgs,
    cancel: &CancelToken,
    reporter: &Reporter,
) -> Result<()> {
    let options = PackOptions {
        packages: args.packages,
        all: args.all,
        out: args.out,
        allow_unbuilt: args.allow_unbuilt,
        checksums: reporter.wants_json(),
        build: args.build.then(|| reporter.output_of_builds()),
    };
    let tarballs = pack::run(requested, &options, cancel, &|event| reporter.event(event))?;
    if reporter.wants_json() {
        let packages: Value = tarballs.iter().map(to_json).collect();
        reporter.document(json!({"ok": true, "packages": packages}));
    } else if tarballs.is_empty() {
        reporter.tell("nothing to pack");
    } else {
        let path = |tarball: &Tarball| options.out.join(&tarball.filename).display().to_string();
        reporter.data(&tarballs.iter().map(path).collect::<Lines>());
        let packages = count(tarballs.len(), "package");
        reporter.tell(&format!("packed {packages} ({})", reporter.summary(&tarballs)));
    }
    Ok(())
}

/// The object that `npm pack --json` prints for a package; checksums that were not asked for are null.
pub(super) fn to_json(tarball: &Tarball) -> Value {
    let checksums = tarball.checksums.as_ref();
    json!({
        "id": format!("{}@{}", tarball.name, tarball.version),
        "name": tarball.name,
        "version": tarball.version,
        "size": tarball.size,
        "unpackedSize": tarball.unpacked_size,
        "shasum": checksums.map(|checksums| &checksums.shasum),
        "integrity": checksums.map(|checksums| &checksums.integrity),
        "filename": tarball.filename,
        "files": tarball.files.iter().map(|file| json!({
            "path": file.path,
            "size": file.size,
            "mode": file.mode,
        })).collect::<Vec<_>>(),
        "entryCount": tarball.files.len(),
    })
}
