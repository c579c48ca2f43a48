//! Bake files: those in JSON as they are, those in HCL by what docker prints of them.

use std::collections::{BTreeMap, BTreeSet};

use super::Reader;
use crate::image::DockerCommand;
use crate::image::bake::{self, BAKE_FILES, BakeFiles, BakeOutline, BakePlace};
use crate::image::command_line::BakeCommand;
use crate::image::compose::{self, FileText};
use crate::image::definition::{CommandedFiles, UnknownDefinition};
use crate::image::place::Place;
use crate::image::read::docker;

impl Reader<'_> {
    /// Takes the targets of bake files: of those that commands name together, of those that bake finds by itself, and of
    /// each other one. `command` is the one of `run`.
    pub(super) fn bake_files(&mut self, scripts: &[BakeCommand], command: Option<&BakeCommand>) {
        let named: Vec<String> =
            self.inputs.files.iter().filter(|file| bake::is_bake_file(file)).cloned().collect();
        let default: Vec<String> = BAKE_FILES.iter().map(|name| (*name).to_owned()).collect();
        self.look_at(default.iter().chain(&named).cloned().collect());
        for command in scripts.iter().chain(command) {
            self.look_at(command.files.clone());
        }
        let is_there = |reader: &Self, file: &String| {
            matches!(reader.sources.get(file), Some(FileText::Text(_) | FileText::Unreadable(_)))
        };
        let default: Vec<String> = default.into_iter().filter(|file| is_there(self, file)).collect();
        let mut sets: Vec<(Vec<String>, String)> = vec![(default.clone(), String::new())];
        // Compose files among them are read as such.
        let files_of = |reader: &Self, command: &BakeCommand| -> Vec<String> {
            let is_bake = |file: &&String| file.ends_with(".hcl") || file.ends_with(".json");
            command.files.iter().filter(is_bake).filter(|file| is_there(reader, file)).cloned().collect()
        };
        sets.extend(scripts.iter().chain(command).map(|command| (files_of(self, command), String::new())));
        for file in named {
            if !sets.iter().any(|(set, _)| set.contains(&file)) {
                let folder = compose::parent(&file).to_owned();
                sets.push((vec![file], folder));
            }
        }
        // Of what the command builds nothing can be told where one of its files is not among these.
        let commanded = command.map(|command| match files_of(self, command) {
            _ if command.files.is_empty() => default,
            files if files.len() == command.files.len() => files,
            _ => Vec::new(),
        });
        let mut done: BTreeSet<Vec<String>> = BTreeSet::new();
        for (set, folder) in sets {
            if set.is_empty() || !done.insert(set.clone()) {
                continue;
            }
            let targets =
                command.filter(|_| commanded.as_ref() == Some(&set)).map(|command| &command.targets[..]);
            self.bake_set(&set, &folder, targets);
        }
    }

    /// Takes the targets that a command of `run` builds as docker itself prints them: whatever files it reads, also those
    /// of compose and such as lie elsewhere, and whatever its own flags change. Says whether that is known.
    pub(super) fn printed_command(&mut self, words: &[String], command: &BakeCommand) -> bool {
        let Some(DockerCommand::Bake(behind)) = DockerCommand::of(words) else { return false };
        if !self.asks_docker("docker-buildx") {
            return false;
        }
        let print = ["--progress", "quiet", "--print"].map(str::to_owned);
        let arguments = [&words[1..behind], &print, &words[behind..]].concat();
        let folder = self.inputs.root;
        let answer =
            docker::ask(words[0].as_ref(), folder, self.inputs.environment, &arguments, docker::PATIENCE);
        let Ok(text) = answer else { return false };
        let found = command.files.first().cloned();
        let file = found.or_else(|| self.found_by_bake().into_iter().next()).unwrap_or_default();
        let root = self.sources.root.clone();
        let place = BakePlace { root: &root, folder: "", environment: self.inputs.environment };
        let mut files = BakeFiles::new(place);
        files.add(&text, &file);
        let mut outline = files.outline();
        // What is printed has no lines that anybody could look at.
        outline.targets.values_mut().for_each(|place| *place = Place::line(&file, 0));
        let builds = files.builds(&outline);
        let names: Vec<String> = builds.iter().map(|build| build.name.clone()).collect();
        let at = self.add(builds, files.unknown);
        self.found.commanded = Some(at.iter().copied().collect());
        let builds = names.into_iter().zip(at).collect();
        self.found.command = Some(CommandedFiles { files: command.files.clone(), builds });
        true
    }

    /// The files that bake or compose find by themselves in the root.
    fn found_by_bake(&mut self) -> Vec<String> {
        let named: Vec<String> = BAKE_FILES.iter().map(|name| (*name).to_owned()).collect();
        self.look_at(named.clone());
        let names = named.into_iter().chain(compose::looked_for(self.inputs.environment));
        names.filter(|name| matches!(self.sources.get(name), Some(FileText::Text(_)))).collect()
    }

    /// Files that bake reads together; `targets` are those that the command of `run` names, if it builds of these.
    fn bake_set(&mut self, set: &[String], folder: &str, targets: Option<&[String]>) {
        let root = self.sources.root.clone();
        let place = BakePlace { root: &root, folder, environment: self.inputs.environment };
        let mut files = BakeFiles::new(place);
        let mut outline = BakeOutline::default();
        let mut hcl = None;
        for file in set {
            match self.sources.get(file) {
                Some(FileText::Text(text)) if file.ends_with(".json") => files.add(text, file),
                Some(FileText::Text(text)) => {
                    bake::outline(text, file, &mut outline);
                    hcl.get_or_insert(file);
                }
                Some(FileText::Unreadable(why)) => {
                    let why = format!("cannot be read: {why}");
                    files.unknown.push(UnknownDefinition { place: Place::line(file, 0), why });
                }
                _ => {}
            }
        }
        let json = files.outline();
        outline.targets.extend(json.targets);
        outline.groups.extend(json.groups);
        outline.inherited.extend(json.inherited);
        if let Some(hcl) = hcl {
            match self.printed(set, folder, &outline) {
                Ok(text) => {
                    files = BakeFiles::new(place);
                    files.add(&text, hcl);
                    let printed = files.outline();
                    outline.groups.extend(printed.groups.into_iter().filter(|(name, _)| name != "default"));
                }
                Err(why) => {
                    let place = Place::line(hcl, 0);
                    let why = format!("is not read: docker buildx bake does not say what it means: {why}");
                    files.unknown.push(UnknownDefinition { place, why });
                }
            }
        }
        let builds = files.builds(&outline);
        let names: Vec<String> = builds.iter().map(|build| build.name.clone()).collect();
        let at = self.add(builds, files.unknown);
        if let Some(targets) = targets {
            let named = outline.named(targets);
            let builds: BTreeMap<String, usize> = names.into_iter().zip(at).collect();
            let is_known = |name: &String| outline.groups.contains_key(name) || builds.contains_key(name);
            let is_named = |(name, _): &(&String, &usize)| named.contains(*name);
            let commanded = || builds.iter().filter(is_named).map(|(_, at)| *at).collect();
            // Where not all is known that it names, nothing is left out.
            self.found.commanded = named.iter().all(is_known).then(commanded);
            self.found.command = Some(CommandedFiles { files: set.to_vec(), builds });
        }
    }

    /// What docker says of all targets.
    fn printed(&self, set: &[String], folder: &str, outline: &BakeOutline) -> Result<String, String> {
        if !self.asks_docker("docker-buildx") {
            return Err("docker is not asked".to_owned());
        }
        let paths: Vec<String> = set
            .iter()
            .map(|file| file.strip_prefix(&format!("{folder}/")).unwrap_or(file).to_owned())
            .collect();
        let mut arguments = ["buildx", "bake", "--progress", "quiet"].map(str::to_owned).to_vec();
        for path in paths {
            arguments.extend(["-f".to_owned(), path]);
        }
        arguments.push("--print".to_owned());
        arguments.extend(outline.built().into_iter().map(str::to_owned));
        self.ask_docker(folder, &arguments)
    }
}
