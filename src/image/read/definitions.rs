//! Reads what defines the builds of a project.

mod bake;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use super::{docker, files};
use crate::image::command_line::script::{ScriptBuilds, ScriptPlace, of_makefile, of_package_json};
use crate::image::command_line::{CommandPlace, CommandScope, ComposeCommand, of_command};
use crate::image::compose::{self, ComposeServices, ComposeSet, FileText, Sources};
use crate::image::definition::{BuildDefinition, CommandedFiles, Definitions, UnknownDefinition};
use crate::image::place::Place;
use crate::image::workflow;

/// Files that name files that name files …
const MAX_ROUNDS: usize = 64;

/// What builds are looked for in.
#[derive(Clone, Copy)]
pub(crate) struct DefinitionInputs<'a> {
    pub(crate) root: &'a Path,
    /// The process's variables.
    pub(crate) environment: &'a BTreeMap<String, String>,
    /// Files of the project by their paths from the root; those that define no builds by their names are passed over.
    pub(crate) files: &'a [String],
    /// The command of `run`, with the folder from the root in which it runs.
    pub(crate) command: Option<(&'a [OsString], &'a str)>,
    /// Whether docker is asked what its files mean.
    pub(crate) use_docker: bool,
}

/// The builds that a project defines: first those that `docker compose` builds in its root, then those of the command,
/// of workflows and scripts, of further compose files, of bake files. One that equals another is left out.
pub(crate) fn read(inputs: DefinitionInputs<'_>) -> Definitions {
    let sources = Sources::new(with_slashes(inputs.root));
    let mut reader =
        Reader { inputs, sources, found: Definitions::default(), known: Vec::new(), default: None };
    reader.look_at(compose::looked_for(inputs.environment));
    match reader.default_set() {
        Ok(Some(set)) => {
            let services = reader.load(&set, Some((&ComposeCommand::default(), "")));
            reader.default = Some((set.clone(), services.clone()));
            reader.take(set, services);
        }
        Ok(None) => {}
        Err(unknown) => reader.found.unknown.push(unknown),
    }
    let words = inputs.command.map_or(&[][..], |(words, _)| words);
    let words: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let command = inputs.command.and_then(|(_, folder)| {
        let place = CommandPlace { root: &reader.sources.root, folder, environment: inputs.environment };
        of_command(&words, place)
    });
    let mut bake = None;
    match command {
        Some(CommandScope::Compose(command)) => reader.compose_command(&command),
        Some(CommandScope::Build(build)) => {
            let at = reader.found.builds.len();
            reader.found.commanded = Some([at].into());
            reader.found.command =
                Some(CommandedFiles { files: Vec::new(), builds: [(String::new(), at)].into() });
            reader.found.builds.push(*build);
        }
        Some(CommandScope::Bake(command)) => {
            bake = (!reader.printed_command(&words, &command)).then_some(command);
        }
        None => {}
    }
    let scripts = reader.scripts();
    reader.add(scripts.builds, scripts.unknown);
    for command in scripts.compose.iter().filter(|command| !command.files.is_empty()) {
        reader.script_set(command);
    }
    reader.other_compose_files();
    reader.bake_files(&scripts.bake, bake.as_ref());
    reader.found
}

struct Reader<'a> {
    inputs: DefinitionInputs<'a>,
    sources: Sources,
    found: Definitions,
    /// The sets of compose files that are read already.
    known: Vec<Vec<String>>,
    /// What compose finds by itself in the root.
    default: Option<(ComposeSet, ComposeServices)>,
}

impl Reader<'_> {
    fn look_at(&mut self, paths: Vec<String>) {
        for path in paths {
            if self.sources.get(&path).is_none() {
                self.sources.add(&path, files::read(self.inputs.root, &path));
            }
        }
    }

    /// What `docker compose` reads in the root.
    fn default_set(&mut self) -> Result<Option<ComposeSet>, UnknownDefinition> {
        self.default_set_with(self.inputs.environment)
    }

    /// What it reads there with these variables.
    fn default_set_with(
        &mut self,
        environment: &BTreeMap<String, String>,
    ) -> Result<Option<ComposeSet>, UnknownDefinition> {
        let Some(set) = compose::default_set(&self.sources, environment)? else { return Ok(None) };
        // The `.env` of another folder than the root is known only now.
        self.look_at(vec![compose::env_file(&set.folder)]);
        compose::default_set(&self.sources, environment)
    }

    /// The variables of a command: the files that it names for them count in the place of `.env`.
    fn variables_of(&mut self, command: &ComposeCommand) -> BTreeMap<String, String> {
        let mut environment = self.inputs.environment.clone();
        if !command.env_files.is_empty() {
            environment.insert("COMPOSE_ENV_FILES".to_owned(), command.env_files.join(","));
            self.look_at(command.env_files.clone());
        }
        environment
    }

    /// The files that a command names, with its folder and its variables.
    fn named_set(&mut self, command: &ComposeCommand) -> ComposeSet {
        self.look_at(command.files.clone());
        let environment = self.variables_of(command);
        let folder = command.project_directory.clone();
        let beside = command.files.first().map(|file| compose::parent(file).to_owned());
        let beside = folder.clone().or(beside).unwrap_or_default();
        self.look_at(vec![compose::env_file(&beside)]);
        compose::of_files(&self.sources, command.files.clone(), folder, &environment)
    }

    /// Takes what a script has compose read together.
    fn script_set(&mut self, command: &ComposeCommand) {
        let set = self.named_set(command);
        if self.known.contains(&set.files) {
            return;
        }
        let is_text = |file: &&String| matches!(self.sources.get(file), Some(FileText::Text(_)));
        if let Some(missing) = set.files.iter().find(|file| !is_text(file)) {
            let why = "is named by a script for compose, and cannot be read".to_owned();
            let unknown = UnknownDefinition { place: Place::line(missing, 0), why };
            self.add(Vec::new(), vec![unknown]);
            return;
        }
        let services = self.load(&set, None);
        self.take(set, services);
    }

    /// Takes what a command of compose builds, and notes which builds these are.
    fn compose_command(&mut self, command: &ComposeCommand) {
        let folder = self.inputs.command.map_or("", |(_, folder)| folder);
        let set = if !command.files.is_empty() {
            Some(self.named_set(command))
        } else if folder.is_empty() || self.inputs.environment.contains_key("COMPOSE_FILE") {
            // Such a file may name others than `.env` does.
            let environment = self.variables_of(command);
            self.default_set_with(&environment).ok().flatten()
        } else {
            self.look_at(compose::looked_for_from(folder));
            compose::found_from(&self.sources, folder, self.inputs.environment)
        };
        let Some(set) = set else { return };
        let services = match &self.default {
            Some((default, services)) if *default == set => services.clone(),
            _ => self.load(&set, Some((command, folder))),
        };
        let mut profiles = command.profiles.clone();
        let by_variable = set.variables.get("COMPOSE_PROFILES").map(String::as_str).unwrap_or_default();
        profiles.extend(by_variable.split(',').map(|profile| profile.trim().to_owned()));
        let built = compose::built_services(
            &services.services,
            &command.services,
            command.with_dependencies,
            &profiles,
        );
        let names: Vec<String> = services.builds.iter().map(|build| build.name.clone()).collect();
        // Where not all is known that it names, nothing is left out.
        let is_known = |name: &String| services.services.iter().any(|service| service.name == *name);
        let is_whole = !services.services.is_empty() && command.services.iter().all(is_known);
        let files = set.files.clone();
        let at = self.take(set, services);
        let builds: BTreeMap<String, usize> = names.into_iter().zip(at).collect();
        let commanded: Vec<usize> =
            builds.iter().filter(|(name, _)| built.contains(*name)).map(|(_, at)| *at).collect();
        for at in &commanded {
            self.found.builds[*at].args.extend(command.args.clone());
        }
        self.found.commanded = is_whole.then(|| commanded.into_iter().collect());
        self.found.command = Some(CommandedFiles { files, builds });
    }

    /// Reads a set with all files that it leads to. Docker is asked too what it reads by a command in a folder.
    fn load(&mut self, set: &ComposeSet, command: Option<(&ComposeCommand, &str)>) -> ComposeServices {
        let mut services = compose::load(set, &mut self.sources);
        for _ in 0..MAX_ROUNDS {
            if services.wanted.is_empty() {
                break;
            }
            self.look_at(services.wanted.into_iter().collect());
            services = compose::load(set, &mut self.sources);
        }
        if let Some(file) = services.wanted.first() {
            let why = format!("is named further down than {MAX_ROUNDS} files, and not read");
            services.unknown.push(UnknownDefinition { place: Place::line(file, 0), why });
        }
        let Some((command, folder)) = command.filter(|_| self.asks_docker("docker-compose")) else {
            return services;
        };
        let first = set.files.first().cloned().unwrap_or_default();
        let answer = self.ask_docker(folder, &docker_arguments(command, folder));
        let taken = answer.and_then(|text| {
            let root = self.sources.root.clone();
            compose::take_resolved(&text, &root, &first, &mut services).map_err(str::to_owned)
        });
        if let Err(why) = taken
            && !services.unknown.is_empty()
        {
            let why = format!("docker compose does not say either what it means: {why}");
            services.unknown.push(UnknownDefinition { place: Place::line(&first, 0), why });
        }
        services
    }

    /// Whether docker is asked, and has the plugin that knows.
    fn asks_docker(&self, plugin: &str) -> bool {
        self.inputs.use_docker && docker::has_plugin(plugin, self.inputs.environment)
    }

    /// What docker prints for some arguments in a folder, which is named from the root.
    fn ask_docker(&self, folder: &str, arguments: &[String]) -> Result<String, String> {
        let folder =
            if folder.is_empty() { self.inputs.root.to_owned() } else { self.inputs.root.join(folder) };
        docker::ask("docker".as_ref(), &folder, self.inputs.environment, arguments, docker::PATIENCE)
    }

    /// Takes the builds of a set that are not known yet; says where each of its builds is in the list.
    fn take(&mut self, set: ComposeSet, services: ComposeServices) -> Vec<usize> {
        self.known.push(set.files);
        self.add(services.builds, services.unknown)
    }

    fn add(&mut self, builds: Vec<BuildDefinition>, unknown: Vec<UnknownDefinition>) -> Vec<usize> {
        let before = self.found.builds.len();
        let mut at = Vec::new();
        for build in builds {
            let known = self.found.builds[..before].iter().position(|known| is_same(known, &build));
            at.push(known.unwrap_or(self.found.builds.len()));
            if known.is_none() {
                self.found.builds.push(build);
            }
        }
        for unknown in unknown {
            if !self.found.unknown.contains(&unknown) {
                self.found.unknown.push(unknown);
            }
        }
        at
    }

    /// What workflows and the scripts of the project's root build.
    fn scripts(&mut self) -> ScriptBuilds {
        let mut found = ScriptBuilds::default();
        let root = self.sources.root.clone();
        let environment = self.inputs.environment;
        let is_script = |file: &str| !file.contains('/') && (file.ends_with(".sh") || file == "Makefile");
        let named = self.inputs.files.iter().map(String::as_str);
        let named = named.filter(|file| workflow::is_workflow(file) || is_script(file));
        let mut names: Vec<&str> = ["package.json", "Makefile"].into_iter().chain(named).collect();
        names.dedup();
        for (number, file) in names.iter().enumerate() {
            if names[..number].contains(file) {
                continue;
            }
            let text = match files::read(self.inputs.root, file) {
                FileText::Text(text) => text,
                FileText::Missing => continue,
                FileText::Unreadable(why) => {
                    let why = format!("cannot be read: {why}");
                    found.unknown.push(UnknownDefinition { place: Place::line(file, 0), why });
                    continue;
                }
            };
            let at = ScriptPlace { file, line: 1, folder: "", root: &root, environment };
            match *file {
                "package.json" => of_package_json(&text, at, &mut found),
                "Makefile" => of_makefile(&text, at, &mut found),
                _ if is_script(file) => found.add_script(&text, at),
                _ => workflow::read(&text, file, &root, environment, &mut found),
            }
        }
        found
    }

    /// Compose files that nothing has named yet.
    fn other_compose_files(&mut self) {
        let files = self.inputs.files;
        let named: Vec<&String> = files.iter().filter(|file| compose::is_compose_file(file)).collect();
        self.look_at(named.iter().map(|file| compose::env_file(compose::parent(file))).collect());
        self.look_at(named.into_iter().cloned().collect());
        let known = self.known.concat();
        for set in compose::other_sets(&self.sources, files, &known, self.inputs.environment) {
            let mut services = self.load(&set, None);
            if let Some(over) = compose::over_default(&self.sources, &set, &services.services) {
                services = self.load(&over, None);
            }
            self.take(set, services);
        }
    }
}

/// The arguments of docker for what a command reads in a folder, whatever its profiles are.
fn docker_arguments(command: &ComposeCommand, folder: &str) -> Vec<String> {
    let up = "../".repeat(folder.split('/').filter(|part| !part.is_empty()).count());
    let path = |path: &String| if path.starts_with('/') { path.clone() } else { format!("{up}{path}") };
    let mut arguments = vec!["compose".to_owned()];
    let mut add = |flag: &str, value: String| arguments.extend([flag.to_owned(), value]);
    command.files.iter().for_each(|file| add("-f", path(file)));
    command.project_directory.iter().for_each(|folder| {
        add("--project-directory", if folder.is_empty() { format!("./{up}") } else { path(folder) })
    });
    command.env_files.iter().for_each(|file| add("--env-file", path(file)));
    arguments.extend(["--profile", "*", "config", "--no-consistency", "--format", "json"].map(str::to_owned));
    arguments
}

/// Whether two definitions build the same, wherever they stand.
fn is_same(one: &BuildDefinition, other: &BuildDefinition) -> bool {
    let other_place = BuildDefinition {
        place: one.place.clone(),
        profiles: one.profiles.clone(),
        secrets: one.secrets.clone(),
        arg_places: one.arg_places.clone(),
        run_hosts: one.run_hosts.clone(),
        ..other.clone()
    };
    *one == other_place && one.secrets.keys().eq(other.secrets.keys())
}

fn with_slashes(root: &Path) -> String {
    let text = root.to_string_lossy();
    if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() }
}
