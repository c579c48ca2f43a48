//! What the builds of a command ask a network for, although all packages come from the deps dir.

use std::collections::BTreeSet;
use std::ffi::OsStr;

use crate::error::Problem;
use crate::image::read::docker::{PATIENCE, ask};
use crate::image::{NetworkKind, NetworkNeed, network_needs};
use crate::prepare::Call;
use crate::project::Requested;
use crate::report::{Report, warn};

/// Tells it before the command begins. Images that the daemon has are not told of, nor are others where no daemon answers.
pub(super) fn tell(call: &Call<'_>, requested: &Requested, report: Report<'_>) {
    let picture = &call.picture;
    let builds = picture.picture.builds.iter().filter(|build| build.counts && !build.installs.is_empty());
    let needs: BTreeSet<NetworkNeed> =
        builds.flat_map(|build| network_needs(&build.definition, &picture.sources)).collect();
    let environment = requested.environment.texts();
    let docker =
        |arguments: &[&str]| ask(OsStr::new("docker"), &call.project.root, &environment, arguments, PATIENCE);
    let mut answers = None;
    let problems = needs.iter().filter_map(|need| match need.kind {
        NetworkKind::Image | NetworkKind::Syntax => {
            let lacks = docker(&["image", "inspect", "--format", "{{.Id}}", &need.what]).is_err()
                && *answers
                    .get_or_insert_with(|| docker(&["version", "--format", "{{.Server.Version}}"]).is_ok());
            lacks.then(|| lacking(need))
        }
        _ => Some(fetched(need)),
    });
    warn(report, &problems.collect::<Vec<_>>());
}

fn lacking(need: &NetworkNeed) -> Problem {
    let NetworkNeed { place, what, .. } = need;
    Problem::new(format!(
        "{place}: the daemon has no image {what}; while there is a network: docker pull {what}   (from a file: docker load)"
    ))
}

fn fetched(need: &NetworkNeed) -> Problem {
    let NetworkNeed { place, kind, what } = need;
    let better = match kind {
        NetworkKind::Manager => "a base image may have it",
        _ => "a base image may have what it brings",
    };
    Problem::new(format!("{place}: {what} comes from a network, unless this layer is cached: {better}"))
}
