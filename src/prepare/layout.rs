//! Where the tarballs lie when a surface is installed, as its image builds lay it out; and which of them cannot work.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Problem;
use crate::image::{BuildInstall, DefinitionKind, ImageBuild};
use crate::project::{InstallContext, Project, Surface};
use crate::rewrite::InstallLayout;

/// What the image builds make of a surface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Judgement {
    /// What is certain to fail.
    pub(crate) refusals: Vec<Problem>,
    /// What fails beside builds that work.
    pub(crate) doubts: Vec<Problem>,
    /// The same of Dockerfiles that nothing names.
    pub(crate) notes: Vec<Problem>,
}

/// An install, and the layouts that it has, by the path from the surface to the tarballs.
struct InstallPlace<'a> {
    build: &'a ImageBuild,
    one: &'a BuildInstall,
    layouts: BTreeMap<String, InstallLayout>,
}

/// Finds the layout that the image builds of a surface share, and judges those that have another or none.
pub(crate) fn judge(
    project: &Project,
    surface: &Surface,
    around: &InstallContext,
) -> (InstallLayout, Judgement) {
    let on_disk = InstallLayout::alone(&surface.dir, &project.deps_dir);
    let mut judged = Judgement::default();
    let counts = |(build, one): &(&ImageBuild, &BuildInstall)| build.counts && one.install.is_built;
    let (working, lacking): (Vec<_>, Vec<_>) = around
        .installs()
        .filter(counts)
        .map(|(build, one)| place(surface, build, one))
        .partition(|place| !place.layouts.is_empty());
    let is_guess = |place: &InstallPlace<'_>| place.build.definition.is_guess;
    for place in &lacking {
        let problem = lacks_tarballs(project, surface, place);
        if working.is_empty() {
            // Where several contexts fit, one of them may be another one than those that were tried. And who names
            // another deps dir for this call alone may have its build take it from there, as a named context does.
            let is_certain = !project.is_deps_dir_of_call && !lacking.iter().any(is_guess);
            if is_certain { &mut judged.refusals } else { &mut judged.doubts }.push(problem);
        } else if !is_guess(place) {
            let is_named = place.build.definition.kind != DefinitionKind::Nothing;
            if is_named { &mut judged.doubts } else { &mut judged.notes }.push(problem);
        }
    }
    let shared = |counts: &dyn Fn(&InstallPlace<'_>) -> bool| -> Option<BTreeSet<&str>> {
        let counting = working.iter().filter(|place| counts(place));
        let paths = counting.map(|place| place.layouts.keys().map(String::as_str).collect::<BTreeSet<_>>());
        paths.reduce(|all, one| all.intersection(&one).copied().collect())
    };
    let certain = shared(&|place| !is_guess(place));
    let Some(paths) = shared(&|_| true).filter(|paths| !paths.is_empty()).or(certain) else {
        return (on_disk, judged);
    };
    let default = on_disk.path();
    let Some(chosen) = paths.get(default.as_str()).or(paths.first()) else {
        judged.refusals.extend(conflict(surface, &working));
        return (on_disk, judged);
    };
    let layout = working.iter().find_map(|place| place.layouts.get(*chosen)).cloned().unwrap_or(on_disk);
    (layout, judged)
}

fn place<'a>(surface: &Surface, build: &'a ImageBuild, one: &'a BuildInstall) -> InstallPlace<'a> {
    let mut layouts = BTreeMap::new();
    for (dir, _) in one.install.reads(&surface.manifest_name) {
        for deps_dir in one.install.deps_dirs.keys() {
            let layout = InstallLayout {
                root: one.install.root.clone(),
                surface: dir.to_owned(),
                deps_dir: deps_dir.clone(),
            };
            layouts.insert(layout.path(), layout);
        }
    }
    InstallPlace { build, one, layouts }
}

/// Two builds that need different paths for one manifest.
fn conflict(surface: &Surface, places: &[InstallPlace<'_>]) -> Option<Problem> {
    let (one, others) = places.split_first()?;
    let other =
        others.iter().find(|other| !other.layouts.keys().any(|path| one.layouts.contains_key(path)))?;
    let said = |place: &InstallPlace<'_>| {
        let path = place.layouts.keys().next().map_or("", String::as_str);
        format!("{}:{} reads the tarballs in {path}", place.build.dockerfile, place.one.install.place.line)
    };
    Some(
        Problem::new(format!("{}: {}, but {}", surface.manifest_name, said(one), said(other))).hint(
            "have both Dockerfiles copy the deps dir to the same place beside the manifest, or prepare them one after \
             the other",
        ),
    )
}

/// An install that has no tarballs: why, and the line that gives it them.
fn lacks_tarballs(project: &Project, surface: &Surface, place: &InstallPlace<'_>) -> Problem {
    let InstallPlace { build, one, .. } = place;
    let deps_dir = &project.deps_dir;
    let install = &one.install;
    let (dockerfile, line) = (&build.dockerfile, install.place.line);
    if let Some(place) = &build.hides_deps_dir {
        let message =
            format!("{place}: hides {deps_dir} from {dockerfile}, which then copies none of the tarballs");
        return Problem::new(message)
            .hint(format!("add these lines at its end: !{deps_dir} and !{deps_dir}/**"));
    }
    let context = build.context.as_deref().unwrap_or_default();
    let inside = if context.is_empty() {
        Some(deps_dir.as_str())
    } else {
        deps_dir.strip_prefix(context).and_then(|rest| rest.strip_prefix('/'))
    };
    let Some(inside) = inside else {
        let message = format!(
            "{dockerfile}:{line}: installs {} from the context {context} ({}), which does not hold {deps_dir}",
            surface.manifest_name,
            build.named_by()
        );
        return Problem::new(message).hint(format!(
            "have it built from the project's root, or put the tarballs into the context: --deps-dir {context}/{deps_dir}"
        ));
    };
    let to = install.reads(&surface.manifest_name).next().map_or("/", |(dir, _)| dir);
    let up = InstallLayout::alone(&surface.dir, deps_dir).path();
    let to = crate::text::absolute(&format!("{to}/{up}"));
    Problem::new(format!(
        "{dockerfile}:{line}: installs {} without the tarballs in {deps_dir}",
        surface.manifest_name
    ))
    .hint(format!("add this line before it: COPY {inside}* {to}/"))
}
