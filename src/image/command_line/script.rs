//! The docker commands of scripts, as far as they are plain: of workflows, of `package.json`, of a Makefile, of a shell
//! script.

mod words;

use std::collections::BTreeMap;

use self::words::{Token, Words};
use super::{BakeCommand, CommandPlace, CommandScope, ComposeCommand, is_open, of_command};
use crate::image::compose::join;
use crate::image::definition::{BuildContext, BuildDefinition, DockerfileSource, UnknownDefinition};
use crate::image::place::Place;

/// Longer than any command line.
const MAX_WORDS: usize = 1000;

/// What the scripts of a file build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ScriptBuilds {
    pub(crate) builds: Vec<BuildDefinition>,
    pub(crate) compose: Vec<ComposeCommand>,
    pub(crate) bake: Vec<BakeCommand>,
    pub(crate) unknown: Vec<UnknownDefinition>,
}

/// Where a script stands, and where it is run.
#[derive(Clone, Copy)]
pub(crate) struct ScriptPlace<'a> {
    pub(crate) file: &'a str,
    /// The line of the file on which it begins.
    pub(crate) line: usize,
    /// The working directory at its begin, from the root.
    pub(crate) folder: &'a str,
    pub(crate) root: &'a str,
    pub(crate) environment: &'a BTreeMap<String, String>,
}

impl ScriptBuilds {
    /// Takes what a script builds.
    pub(crate) fn add_script(&mut self, script: &str, at: ScriptPlace<'_>) {
        let own = at.file.rsplit_once('/').map_or("", |(folder, _)| folder);
        for command in commands(script, at.folder, own, at.root, at.environment) {
            let place = Place::line(at.file, at.line + command.line);
            match command.scope {
                CommandScope::Build(build) if command.is_placed => self.add(*build, place),
                CommandScope::Build(_) => self.tell(place, "builds in a folder that is not known"),
                CommandScope::Compose(compose) if command.is_placed => self.compose.push(compose),
                CommandScope::Bake(bake) if command.is_placed => self.bake.push(bake),
                CommandScope::Compose(_) | CommandScope::Bake(_) => {}
            }
        }
    }

    /// Takes a build, and tells what of it is not known.
    pub(crate) fn add(&mut self, mut build: BuildDefinition, place: Place) {
        if matches!(&build.context, BuildContext::Elsewhere(written) if is_open(written)) {
            self.tell(place.clone(), "builds from a folder that is not known");
        }
        if matches!(&build.dockerfile, DockerfileSource::Elsewhere(written) if is_open(written)) {
            self.tell(place.clone(), "builds a Dockerfile that is not known");
        }
        build.target = build.target.filter(|target| !is_open(target));
        build.secrets.values_mut().for_each(|secret| secret.clone_from(&place));
        build.place = place;
        let is_known = |known: &BuildDefinition| known.place == build.place && *known == build;
        if !self.builds.iter().any(is_known) {
            self.builds.push(build);
        }
    }

    fn tell(&mut self, place: Place, why: &str) {
        let told = UnknownDefinition { place, why: why.to_owned() };
        if !self.unknown.contains(&told) {
            self.unknown.push(told);
        }
    }
}

/// The scripts of a `package.json`.
pub(crate) fn of_package_json(text: &str, at: ScriptPlace<'_>, found: &mut ScriptBuilds) {
    let Ok(manifest) = serde_json::from_str::<serde_json::Value>(text) else { return };
    let scripts = manifest.get("scripts").and_then(serde_json::Value::as_object);
    for (name, script) in scripts.into_iter().flatten() {
        let Some(script) = script.as_str().filter(|script| script.contains("docker")) else { continue };
        let key = format!("\"{name}\"");
        let is_key = |line: &str| {
            line.trim_start().strip_prefix(&key).is_some_and(|rest| rest.trim_start().starts_with(':'))
        };
        let line =
            text.lines().position(is_key).or_else(|| text.lines().position(|line| line.contains(&key)));
        let line = line.map_or(0, |line| line + 1);
        // One line of the file, whatever its value holds.
        found.add_script(&script.replace('\n', ";"), ScriptPlace { line, ..at });
    }
}

/// The recipes of a Makefile, of which each line has a shell of its own.
pub(crate) fn of_makefile(text: &str, at: ScriptPlace<'_>, found: &mut ScriptBuilds) {
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if !line.starts_with('\t') {
            continue;
        }
        let mut recipe = line.to_owned();
        while recipe.ends_with('\\') {
            let Some((_, more)) = lines.next() else { break };
            recipe.push('\n');
            recipe.push_str(more);
        }
        found.add_script(&recipe.replace("$(CURDIR)", "."), ScriptPlace { line: number + 1, ..at });
    }
}

/// A command that builds something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ScriptCommand {
    /// The line of the script on which it begins, from 0 on.
    pub(crate) line: usize,
    pub(crate) scope: CommandScope,
    /// Whether the folder in which it runs is known.
    pub(crate) is_placed: bool,
}

/// The commands of a script that build something; `own` is the folder in which the script lies.
pub(crate) fn commands(
    script: &str,
    folder: &str,
    own: &str,
    root: &str,
    environment: &BTreeMap<String, String>,
) -> Vec<ScriptCommand> {
    let mut reader =
        Reader { found: Vec::new(), folders: vec![Some(folder.to_owned())], own, root, environment };
    if !["docker", "podman", "nerdctl", "depot "].iter().any(|program| script.contains(program)) {
        return reader.found;
    }
    let mut words = Words::new(script);
    let mut command: Vec<String> = Vec::new();
    let mut begin = 0;
    loop {
        match words.next() {
            Some(Token::Word(word)) => {
                if command.is_empty() {
                    begin = words.begin;
                }
                if command.len() < MAX_WORDS {
                    command.push(word);
                }
            }
            Some(Token::Open) => {
                reader.take(std::mem::take(&mut command), begin);
                let folder = reader.folders.last().cloned().flatten();
                if reader.folders.len() < MAX_WORDS {
                    reader.folders.push(folder);
                }
            }
            Some(Token::Close) => {
                reader.take(std::mem::take(&mut command), begin);
                if reader.folders.len() > 1 {
                    reader.folders.pop();
                }
            }
            Some(Token::End) => reader.take(std::mem::take(&mut command), begin),
            None => {
                reader.take(command, begin);
                return reader.found;
            }
        }
    }
}

struct Reader<'a> {
    found: Vec<ScriptCommand>,
    /// The working directory of the script, and of each subshell in it; none where it is not known.
    folders: Vec<Option<String>>,
    own: &'a str,
    root: &'a str,
    environment: &'a BTreeMap<String, String>,
}

/// Words that a shell reads before a command.
const KEYWORDS: [&str; 9] = ["if", "then", "else", "elif", "do", "while", "until", "!", "{"];

impl Reader<'_> {
    fn take(&mut self, mut words: Vec<String>, line: usize) {
        while words.first().is_some_and(|word| KEYWORDS.contains(&word.as_str())) {
            words.remove(0);
        }
        let current = self.folders.last().cloned().flatten();
        if matches!(words.first().map(String::as_str), Some("cd" | "pushd")) {
            let folder = words.iter().skip(1).find(|word| !word.starts_with('-')).map(String::as_str);
            let folder = folder.and_then(|folder| self.changed(folder, current.as_deref()));
            if let Some(last) = self.folders.last_mut() {
                *last = folder;
            }
            return;
        }
        // A Makefile's marks: `@` for a line that is not shown, `-` for one that may fail.
        if let Some(first) = words.first_mut() {
            *first = first.trim_start_matches(['@', '-', '+']).replace("$(DOCKER)", "docker");
        }
        let is_placed = current.is_some();
        let folder = current.unwrap_or_default();
        let place = CommandPlace { root: self.root, folder: &folder, environment: self.environment };
        if let Some(scope) = of_command(&words, place) {
            self.found.push(ScriptCommand { line, scope, is_placed });
        }
    }

    /// Where `cd` leads.
    fn changed(&self, folder: &str, current: Option<&str>) -> Option<String> {
        for own in ["$(dirname \"$0\")", "$(dirname $0)", "${0%/*}", "$(dirname \"${BASH_SOURCE[0]}\")"] {
            if let Some(rest) = folder.strip_prefix(own) {
                return Some(join(self.root, self.own, &format!("./{}", rest.trim_start_matches('/'))));
            }
        }
        if is_open(folder) || folder.starts_with('~') {
            return None;
        }
        Some(join(self.root, current?, folder))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::image::definition::{BuildContext, DockerfileSource};

    fn built(script: &str) -> Vec<String> {
        let shown = |command: ScriptCommand| {
            let CommandScope::Build(build) = command.scope else { return format!("{} other", command.line) };
            let context = match build.context {
                BuildContext::Project(folder) => format!("[{folder}]"),
                BuildContext::Elsewhere(written) => format!("<{written}>"),
            };
            let file = match build.dockerfile {
                DockerfileSource::Project(file) => file,
                _ => "?".to_owned(),
            };
            let open = if command.is_placed { "" } else { " anywhere" };
            format!("{} {context} {file}{open}", command.line)
        };
        commands(script, "web", "scripts", "/w/notes", &BTreeMap::new()).into_iter().map(shown).collect()
    }

    #[test]
    fn commands_of_scripts() {
        for (script, expected) in [
            (
                "set -e\ndocker build \\\n  -t \"x:$(git rev-parse HEAD)\" \\\n  . # here\n",
                &["1 [web] web/Dockerfile"][..],
            ),
            (
                "cd .. && docker build -f 'D x' .; (cd api; docker build .) ; docker build .",
                &["0 [] D x", "0 [api] api/Dockerfile", "0 [] Dockerfile"],
            ),
            (
                "if ! docker build -t ${{ env.X }} ..; then docker compose build; fi",
                &["0 [] Dockerfile", "0 other"],
            ),
            ("cd \"$(dirname \"$0\")/..\"\ndocker build \"$DIR/x\"", &["1 <$DIR/x> ?"]),
            ("cd $X\ndocker build .", &["1 [] Dockerfile anywhere"]),
            ("\t@docker build -t x . | tee log", &["0 [web] web/Dockerfile"]),
            ("echo 'docker build .'", &[]),
        ] {
            assert_eq!(built(script), expected, "{script}");
        }
    }

    #[test]
    fn scripts_of_files() {
        let environment = BTreeMap::new();
        let at =
            |file| ScriptPlace { file, line: 1, folder: "", root: "/w/notes", environment: &environment };
        let mut found = ScriptBuilds::default();
        let manifest = "{\n  \"scripts\": {\n    \"image\": \"cd web && docker build .\",\n    \"up\": \"docker compose -f a.yml -f b.yml up\"\n  }\n}";
        of_package_json(manifest, at("package.json"), &mut found);
        let makefile = "D := x\n\nimage:\n\tcd api && \\\n\t  docker build .\n\tdocker build $(D)\n";
        of_makefile(makefile, at("Makefile"), &mut found);
        found.add_script("\ncd $X\ndocker build .", at("build.sh"));
        let places: Vec<String> =
            found.builds.iter().map(|build| format!("{} {:?}", build.place, build.context)).collect();
        assert_eq!(
            places,
            [
                "package.json:3 Project(\"web\")",
                "Makefile:5 Project(\"api\")",
                "Makefile:6 Elsewhere(\"$(D)\")"
            ]
        );
        let unknown: Vec<String> =
            found.unknown.iter().map(|unknown| format!("{} {}", unknown.place, unknown.why)).collect();
        assert_eq!(
            unknown,
            [
                "Makefile:6 builds from a folder that is not known",
                "build.sh:3 builds in a folder that is not known"
            ]
        );
        assert_eq!(found.compose[0].files, ["a.yml", "b.yml"]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "docker build [a\\\\'\"$`(){}|&;#\n\ré -]{0,60}") {
            let _ = built(&text);
        }
    }
}
