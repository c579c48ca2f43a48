//! What was left alone or repaired, in sentences.

use super::restore::restored;
use super::text::count_of;
use crate::report::Notice;

/// One notice; a line each where it tells of several files.
pub(crate) fn sentence(notice: Notice<'_>) -> String {
    match notice {
        Notice::Nameless { folder } => format!("{}: has no name: passed over", member(folder)),
        Notice::Versionless { name } => format!("{name}: has no version: passed over"),
        Notice::SameName { name, folders: [one, other] } => format!(
            "{name}: two members of the workspace have this name: {} and {}: both are packed",
            member(one),
            member(other)
        ),
        Notice::OwnPackage { manifest, package, folder } => {
            format!("{manifest}: {package} is a package of this project ({folder}/): left alone")
        }
        Notice::ImageBuild { message } => message.to_owned(),
        Notice::NothingToBuild => "nothing to build: no package that is needed has a build script".to_owned(),
        Notice::EditedWhileBuilt { package, file } => format!(
            "{package}: {file} changed while it was built, so the next --build builds it again; a file that its build writes belongs in .gitignore"
        ),
        Notice::AskedWithoutWorkspace => {
            "without a workspace, only the surfaces' own dependencies were asked for".to_owned()
        }
        Notice::MakingLockfile { path, command } => format!("making {path}: {command}"),
        Notice::ResolvingPackages { manifest, manager } => {
            format!("{manifest}: {manager} resolves what it installs")
        }
        Notice::FetchedPackages { manifest, fetched, all } => {
            format!(
                "{manifest}: fetched {fetched} of {}",
                count_of(all, "third-party package", "third-party packages")
            )
        }
        Notice::NetworkStays => {
            "its builds may still reach a network; so that they cannot: docker build --network none, `network: none` in compose's build, or --isolated with docker's own commands".to_owned()
        }
        Notice::LeftPrepared => "it was left prepared; to put it back, type: docker-prep restore".to_owned(),
        Notice::RepairsKilled { killed } => format!("{killed}: it is repaired"),
        Notice::FileRestored { file, from, note } => restored(file, from, note),
        Notice::DepsDirLeft { dir } => {
            format!("{dir}/: left, since it holds files that docker-prep did not make")
        }
        Notice::BackupRewritten { manifest, deps_dir } => format!(
            "{manifest}.bak: points into {deps_dir}/ as {manifest} does: left alone; the original is in the last commit"
        ),
        Notice::BackupOfOriginal { manifest } => {
            format!("{manifest}.bak: left alone, since {manifest} is not rewritten")
        }
        Notice::EditKept { file, kept } => {
            format!("{file}: was edited besides: the edit is kept in {kept}")
        }
        Notice::MovedBack { file } => format!("restored {file} (from the backup beside it)"),
        Notice::StateSetAside { cause, folder } => format!(
            "the state could not be used ({cause}); no manifest needs it any more, and it is kept in {}",
            folder.display()
        ),
        Notice::RangeGiven { file, key, range } => format!(
            "{file}: {key}: the history has no other specifier: it is {range} now, which fits the package that it led to"
        ),
        Notice::AddedTakenOut { file, key } => {
            format!("{file}: {key}: taken out, since the history shows that prepare had added it")
        }
    }
}

fn member(folder: &str) -> &str {
    if folder.is_empty() { "the workspace's root" } else { folder }
}
