//! Follows the files of a context through the stages and commands of a Dockerfile.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::{Map, Value};

use super::Install;
use super::files::{copy_files, prune_files};
use super::known::{Known, ancestors};
use super::nx::{self, MadeByNx};
use crate::image::dockerfile::layers::{FileId, ImageFiles, below};
use crate::image::dockerfile::{
    BaseImage, CommandEffect, CopySource, Dockerfile, DockerfileInstall, InstallKind, Make, RunScript,
    RunStep, ShellCommand, StageStep, effect, join,
};
use crate::image::makefile::{MAKEFILES, recipes};
use crate::image::place::Place;

/// What came of following the files.
#[derive(Default)]
pub(in crate::image) struct Followed {
    /// In the order of the stages.
    pub(in crate::image) installs: Vec<Install>,
    /// The files of the project that lie in any stage.
    pub(in crate::image) copied: BTreeSet<String>,
    /// The lines that start a script which cannot be read, in a stage that holds a manifest: it may install.
    pub(in crate::image) unread: Vec<(usize, String)>,
    /// The lines that unpack an archive, of which the content is not known, and the folders.
    pub(in crate::image) unpacked: Vec<(usize, String)>,
    /// The lines of installs of which it is not known what they read, and why: no manifest is, though nothing else has
    /// been loaded, or nx may have made one.
    pub(in crate::image) unexplained: Vec<(usize, String)>,
    /// How many commands were read.
    commands: usize,
}

/// Follows the files of a context through all stages.
pub(in crate::image) fn follow(
    file: &Dockerfile,
    name: &str,
    context: &ImageFiles,
    named: &BTreeMap<String, Rc<ImageFiles>>,
    built: &BTreeSet<usize>,
    known: &Known<'_>,
) -> Followed {
    let mut ends: Vec<ImageFiles> = Vec::new();
    let mut targets: Vec<Vec<String>> = Vec::new();
    let mut loading: Vec<bool> = Vec::new();
    let mut making: Vec<MadeByNx> = Vec::new();
    let mut followed = Followed::default();
    let nothing = ImageFiles::default();
    for (number, stage) in file.stages.iter().enumerate() {
        let mut files = stage.base.and_then(|base| ends.get(base)).cloned().unwrap_or_default();
        let mut copied_to = stage.base.and_then(|base| targets.get(base)).cloned().unwrap_or_default();
        let mut loads = stage.base.and_then(|base| loading.get(base)).is_some_and(|loads| *loads);
        let mut made = stage.base.and_then(|base| making.get(base)).cloned().unwrap_or_default();
        let mut configured = Configured::default();
        let base = file.base_image(number);
        for (at, step) in stage.steps.iter().enumerate() {
            let origin = |from: &CopySource| match from {
                CopySource::Context => context,
                CopySource::Stage(stage) => ends.get(*stage).unwrap_or(&nothing),
                CopySource::Named(name) => named.get(name).map_or(&nothing, |files| &**files),
            };
            match step {
                StageStep::Folder(folder) => files.make_folder(folder),
                StageStep::Copy(copy) => {
                    files.copy(copy, origin(&copy.from), false);
                    copied_to.push(copy.to.clone());
                    // An address, or a text that the Dockerfile holds itself.
                    loads |= copy.sources.is_empty();
                    if let CopySource::Stage(from) = copy.from {
                        loads |= loading.get(from).is_some_and(|loads| *loads);
                        if let (Some(nx), Some(there)) = (making.get(from), ends.get(from)) {
                            made.copy(copy, nx, there);
                        }
                    }
                }
                StageStep::Run(run) => {
                    // What is mounted is there for one instruction.
                    let before = (!run.mounts.is_empty()).then(|| files.clone());
                    copied_to.extend(run.mounts.iter().map(|mount| mount.to.clone()));
                    for mount in &run.mounts {
                        files.copy(mount, origin(&mount.from), true);
                    }
                    let mut running = Running {
                        known,
                        run,
                        name,
                        stage: number,
                        step: at,
                        base: &base,
                        built,
                        copied_to: &copied_to,
                        loads,
                        made,
                        configured,
                        followed: &mut followed,
                    };
                    for (line, command) in &run.commands {
                        running.take(*line, command, &mut files, 0);
                    }
                    (configured, loads, made) = (running.configured, running.loads, running.made);
                    for mount in &run.mounts {
                        files.put_back(&mount.to, before.as_ref().unwrap_or(&nothing));
                    }
                }
            }
        }
        ends.push(files);
        targets.push(copied_to);
        loading.push(loads);
        making.push(made);
    }
    let everywhere =
        ends.iter().flat_map(ImageFiles::all).filter(|(_, file, _)| *file < known.first_hypothetical);
    followed.copied = everywhere.map(|(_, file, _)| known.name(file).to_owned()).collect();
    followed
}

/// Scripts of scripts of …
const MAX_SCRIPTS: usize = 3;

/// More commands than the scripts of any build have.
const MAX_COMMANDS: usize = 20_000;

/// The settings that commands have made so far.
#[derive(Default)]
struct Configured {
    /// Files and keys.
    names: BTreeSet<String>,
    /// What of secrets they were made from, as in a [`RunStep`].
    secret_files: BTreeMap<String, Option<String>>,
}

impl Configured {
    fn note(&mut self, name: String, run: &RunStep) {
        self.names.insert(name);
        self.secret_files.extend(run.secret_files.clone());
    }
}

/// The commands of one instruction.
struct Running<'a, 'k> {
    known: &'a Known<'k>,
    run: &'a RunStep,
    name: &'a str,
    stage: usize,
    step: usize,
    base: &'a BaseImage,
    built: &'a BTreeSet<usize>,
    /// The files and folders that copies of the stage, and of those below it, have been made to.
    copied_to: &'a [String],
    /// Whether anything has been loaded from elsewhere, or made by a program, which may hold a manifest.
    loads: bool,
    made: MadeByNx,
    configured: Configured,
    followed: &'a mut Followed,
}

impl Running<'_, '_> {
    /// Takes a command with what it does to the files; `depth` is that of the scripts it stands in.
    fn take(&mut self, line: usize, command: &ShellCommand, files: &mut ImageFiles, depth: usize) {
        if command.words.first().is_some_and(|program| program == "mkdir") {
            let folders = command.words.iter().skip(1).filter(|word| !word.starts_with('-'));
            folders.for_each(|folder| files.make_folder(&command.path(folder)));
            return;
        }
        self.followed.commands += 1;
        if self.followed.commands > MAX_COMMANDS {
            return;
        }
        self.loads |= may_bring_manifests(command);
        self.made.ran |= nx::runs_target(command);
        match effect(line, command) {
            Some(CommandEffect::Install(found)) => self.install(line, command, found, files, depth),
            Some(CommandEffect::RunScript(script)) => self.script(line, command, &script, files, depth),
            Some(CommandEffect::RunFile { path }) => {
                let text = files.at(&path).find_map(|(file, _)| self.known.texts.get(self.known.name(file)));
                match text.cloned() {
                    Some(text) => self.run_text(line, command, &text, &command.dir, files, depth),
                    // It came along with a manifest, and not by a download.
                    None if !self.configured.names.contains(&path)
                        && ancestors(&path)
                            .skip(1)
                            .any(|dir| dir != "/" && files.has(&join(dir, "package.json"))) =>
                    {
                        self.followed.unread.push((line, path));
                    }
                    None => {}
                }
            }
            Some(CommandEffect::Make(make)) => self.make(line, command, &make, files, depth),
            Some(CommandEffect::Prune(prune)) => prune_files(&prune, files, line),
            Some(CommandEffect::CopyFiles(copy)) => {
                // What a secret holds, nobody knows here.
                for secret in copy.sources.iter().filter(|source| self.run.secret_files.contains_key(*source))
                {
                    let name = secret.rsplit('/').next().unwrap_or_default();
                    let to = if copy.into_folder { join(&copy.to, name) } else { copy.to.clone() };
                    self.configured.note(to, self.run);
                }
                copy_files(&copy, files, line);
            }
            Some(CommandEffect::Remove { paths }) => {
                paths
                    .iter()
                    .filter(|path| !path.contains(['*', '?', '$']))
                    .for_each(|path| files.remove(path));
            }
            // One that no copy has brought is loaded by the build, and none of the project.
            Some(CommandEffect::Unpack { archive: Some(archive), to })
                if self.copied_to.iter().any(|target| below(target, &archive).is_some()) =>
            {
                self.followed.unpacked.push((line, to));
            }
            Some(CommandEffect::Unpack { .. }) => {}
            Some(CommandEffect::WriteFile(written)) => self.configured.note(written.path, self.run),
            Some(CommandEffect::SetConfig { key, .. }) => self.configured.note(key, self.run),
            None => {}
        }
    }

    fn run_text(
        &mut self,
        line: usize,
        command: &ShellCommand,
        text: &str,
        dir: &str,
        files: &mut ImageFiles,
        depth: usize,
    ) {
        if depth < MAX_SCRIPTS {
            for command in command.commands_of(text, dir) {
                self.take(line, &command, files, depth + 1);
            }
        }
    }

    /// The recipes of a Makefile.
    fn make(
        &mut self,
        line: usize,
        command: &ShellCommand,
        make: &Make,
        files: &mut ImageFiles,
        depth: usize,
    ) {
        let places = match &make.file {
            Some(file) => vec![file.clone()],
            None => MAKEFILES.iter().map(|name| join(&make.dir, name)).collect(),
        };
        let makefile = places
            .iter()
            .flat_map(|path| files.at(path))
            .find_map(|(file, _)| self.known.texts.get(self.known.name(file)));
        let Some(makefile) = makefile else { return };
        let goals: Vec<&str> = make.goals.iter().map(String::as_str).collect();
        for recipe in recipes(makefile, &goals) {
            self.run_text(line, command, &recipe, &make.dir, files, depth);
        }
    }

    /// A script of a manifest.
    fn script(
        &mut self,
        line: usize,
        command: &ShellCommand,
        script: &RunScript,
        files: &mut ImageFiles,
        depth: usize,
    ) {
        let RunScript { manager, dir, name, workspaces, in_all } = script;
        let named = !workspaces.is_empty() || *in_all;
        let text_of = |file: FileId| {
            let manifest = self.known.manifests.get(self.known.name(file))?;
            manifest.get("scripts")?.get(name)?.as_str().map(str::to_owned)
        };
        let mut found = Vec::new();
        if named {
            let root = self.known.root(files, dir, *manager);
            for read in &self.known.manifests_of(files, &root, *manager) {
                let is_meant = |file: FileId| {
                    let manifest = self.known.manifests.get(self.known.name(file));
                    let is_named = |wanted: &String| {
                        manifest.is_some_and(|manifest| is_named(wanted, manifest, &read.dir, &root))
                    };
                    *in_all || workspaces.iter().any(is_named)
                };
                let here = files.at(&join(&read.dir, "package.json")).map(|(file, _)| file);
                let texts = here.filter(|file| is_meant(*file)).filter_map(text_of);
                found.extend(texts.map(|text| (read.dir.clone(), text)));
            }
        } else {
            // The manifest lies there, or it is the workspace's own.
            let here = if files.has(&join(dir, "package.json")) {
                dir.clone()
            } else {
                self.known.root(files, dir, *manager)
            };
            let texts = files.at(&join(&here, "package.json")).filter_map(|(file, _)| text_of(file));
            found.extend(texts.map(|text| (here.clone(), text)));
        }
        for (dir, text) in found {
            self.run_text(line, command, &text, &dir, files, depth);
        }
    }

    fn install(
        &mut self,
        line: usize,
        command: &ShellCommand,
        found: DockerfileInstall,
        files: &mut ImageFiles,
        depth: usize,
    ) {
        // It reads the lockfile alone.
        if found.command.kind == InstallKind::Fetch {
            return;
        }
        let mut variables = self.run.variables.clone();
        variables.extend(command.environment.clone());
        let install = self.known.looked_at(
            Install {
                place: Place::line(self.name, line),
                stage: self.stage,
                step: self.step,
                base: self.base.clone(),
                is_built: self.built.contains(&self.stage),
                root: String::new(),
                manifests: Vec::new(),
                deps_dirs: BTreeMap::new(),
                files: BTreeMap::new(),
                hypothetical: BTreeMap::new(),
                variables,
                args: self.run.args.clone(),
                secrets: self.run.secrets.clone(),
                secret_files: self
                    .configured
                    .secret_files
                    .iter()
                    .chain(&self.run.secret_files)
                    .map(|(path, id)| (path.clone(), id.clone()))
                    .collect(),
                set_in_build: self.run.set_in_build.clone(),
                configured: self.configured.names.clone(),
                command: found.command,
                version: found.version,
            },
            files,
        );
        let folder = &install.command.dir;
        if install.is_built
            && install.command.kind != InstallKind::Change
            && self.made.may_lie_in(folder, files)
        {
            let why = format!("nx may have made the package.json in {folder}, which is not read");
            self.followed.unexplained.push((line, why));
        }
        let is_blind = install.is_built
            && install.manifests.is_empty()
            && install.command.kind != InstallKind::Change
            && !self.loads
            && !self.configured.names.contains(&join(&install.root, "package.json"));
        if is_blind {
            let why = format!("no package.json is known to lie in {}", install.root);
            self.followed.unexplained.push((line, why));
        }
        let scripts = lifecycle(&install, self.known);
        self.followed.installs.push(install);
        for (dir, text) in scripts {
            self.run_text(line, command, &text, &dir, files, depth);
        }
    }
}

/// Whether a command may bring a manifest that is none of the project.
fn may_bring_manifests(command: &ShellCommand) -> bool {
    let Some((program, rest)) = command.words.split_first() else { return false };
    let first = rest.iter().find(|word| !word.starts_with('-')).map_or("", String::as_str);
    match program.as_str() {
        "git" | "gh" | "svn" | "hg" => {
            matches!(first, "clone" | "checkout" | "pull" | "fetch" | "repo" | "release")
        }
        "curl" | "wget" | "aria2c" | "degit" | "composer" | "rails" | "bundle" | "gem" => true,
        "npm" | "pnpm" | "yarn" | "bun" => matches!(first, "init" | "create" | "pack" | "dlx" | "x"),
        "npx" | "bunx" | "pnpx" => true,
        "node" | "deno" | "jq" | "python" | "python3" => true,
        program => program.starts_with("create-"),
    }
}

/// The scripts that an install runs by itself: those of the root's manifest
/// (<https://docs.npmjs.com/cli/using-npm/scripts#npm-install>).
fn lifecycle(install: &Install, known: &Known<'_>) -> Vec<(String, String)> {
    if install.command.ignores_scripts {
        return Vec::new();
    }
    let root = install.manifests.iter().filter(|read| read.dir == install.root);
    let manifests = root.flat_map(|read| read.files.keys()).filter_map(|file| known.manifests.get(file));
    let scripts = manifests.filter_map(|manifest| manifest.get("scripts"));
    let of = |scripts: &Value| {
        ["preinstall", "install", "postinstall", "prepare"]
            .into_iter()
            .filter_map(|name| scripts.get(name)?.as_str().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    scripts.flat_map(of).map(|text| (install.root.clone(), text)).collect()
}

/// Whether a member is meant by its name, or by its folder.
fn is_named(wanted: &str, manifest: &Map<String, Value>, dir: &str, root: &str) -> bool {
    let wanted = wanted.trim_matches('.').trim_matches('/');
    manifest.get("name").and_then(Value::as_str) == Some(wanted) || below(root, dir) == Some(wanted)
}
