//! The real docker with its plugins, of which only the building is a stub's: what compose and bake make of a call they
//! say themselves, by `config` and `--print`, for which no daemon is needed.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use crate::common::product::{dockerfile, product};
use crate::common::shim::{bin, program_at, with_bin};
use crate::common::tools::docker;
use crate::common::{Run, Snapshot, World};

/// Stands in front of docker. Of a build it keeps the words, and what the client makes of them and of its files.
const STUB: &str = r#"
real=REAL seen=SEEN
case " $* " in
*" --help "* | *" --print "*) exec "$real" "$@" ;;
*" compose build "* | *" compose "*" build "*) ;;
*" bake "*)
    printf '%s\n' "$@" >"$seen/words"
    exec "$real" "$@" --print >"$seen/picture"
    ;;
*) exec "$real" "$@" ;;
esac
printf '%s\n' "$@" >"$seen/words"
count=$# before=yes
for word; do
    [ "$word" != build ] || before=no
    [ "$before" = no ] || set -- "$@" "$word"
done
shift "$count"
exec "$real" "$@" config >"$seen/picture"
"#;

/// A product `notes` with the surfaces `backend` and `web`, and docker.
pub(crate) struct Real {
    pub(crate) world: World,
    before: Snapshot,
}

/// A call of docker: the folder of `notes` that docker-prep is called in, variables, and the words, which are meant from
/// the top of `notes`.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) folder: &'a str,
    pub(crate) variables: &'a [(&'a str, &'a str)],
    pub(crate) words: &'a [&'a str],
}

/// A call at the top of the product, without variables.
pub(crate) fn call<'a>(words: &'a [&'a str]) -> Call<'a> {
    Call { folder: "", variables: &[], words }
}

impl Real {
    /// The product with these files, committed.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let world = product();
        world.file("notes/web/package.json", "{\"dependencies\": {\"@bytelyst/errors\": \"^1.0.0\"}}\n");
        world.file("notes/web/Dockerfile", dockerfile("web"));
        for (name, text) in files {
            world.file(format!("notes/{name}"), text);
        }
        world.git("notes", &["add", "--all"]);
        world.git("notes", &["commit", "--quiet", "--message=more"]);
        let (client, plugins) = docker();
        if let Some(plugins) = plugins {
            fs::create_dir_all(world.home().join(".docker")).expect("a folder");
            symlink(plugins, world.home().join(".docker/cli-plugins")).expect("a link");
        }
        let seen = world.beside("seen");
        fs::create_dir(&seen).expect("a folder");
        let quoted = |path: PathBuf| format!("'{}'", path.display());
        program_at(
            &bin(&world).join("docker"),
            &STUB.replace("REAL", &quoted(client)).replace("SEEN", &quoted(seen)),
        );
        let before = Self::look(&world);
        Self { world, before }
    }

    /// All of the product but git's own folder, with the times of folders: nothing comes and goes.
    fn look(world: &World) -> Snapshot {
        Snapshot::of(&world.path("notes")).without(&[".git"])
    }

    fn with(&self, mut command: Command, call: Call<'_>) -> Command {
        command.current_dir(self.world.path("notes")).env("PATH", with_bin(&self.world));
        // Whatever is asked of a daemon fails at once.
        command.env("DOCKER_HOST", "tcp://127.0.0.1:1");
        command.envs(call.variables.iter().copied());
        command
    }

    fn seen(&self, name: &str) -> String {
        fs::read_to_string(self.world.beside("seen").join(name)).unwrap_or_default()
    }

    /// What the client makes of a call by itself.
    #[track_caller]
    pub(crate) fn alone(&self, call: Call<'_>) -> String {
        let mut docker = self.with(self.world.command(bin(&self.world).join("docker")), call);
        let run = Run::from(docker.args(call.words).output().expect("docker runs")).exits(0);
        let picture = self.seen("picture");
        assert!(!picture.is_empty(), "{run}");
        picture
    }

    /// `run --isolated` of a call; no file of the product is another then.
    #[track_caller]
    pub(crate) fn run(&self, call: Call<'_>) -> Run {
        for name in ["words", "picture"] {
            let _ = fs::remove_file(self.world.beside("seen").join(name));
        }
        let mut program = self.with(self.world.program(), call);
        program.current_dir(self.world.path("notes").join(call.folder));
        program.args(["run", "--isolated", "--", "docker"]).args(call.words);
        let run = Run::from(program.output().expect("docker-prep runs"));
        self.before.assert_same(&Self::look(&self.world));
        assert_eq!(self.world.git_status("notes"), "", "{run}");
        run
    }

    /// What the client makes of a call that `run --isolated` lets through, and the same by itself.
    #[track_caller]
    pub(crate) fn pictures(&self, call: Call<'_>) -> (String, String) {
        let alone = self.alone(call);
        let run = self.run(call).exits(0);
        let isolated = self.seen("picture");
        assert!(!isolated.is_empty(), "docker was not called to build\n{run}");
        (alone, isolated)
    }

    /// The contexts that differ when a call of compose is isolated, each with what it was; nothing else may differ.
    #[track_caller]
    pub(crate) fn contexts(&self, call: Call<'_>) -> Vec<(String, PathBuf)> {
        let (alone, isolated) = self.pictures(call);
        let context = |line: &str| {
            let value = line.trim_start().strip_prefix("context: ")?;
            // As YAML has it, and as compose's own variables have a dollar.
            Some(value.trim_matches(['"', '\'']).replace("$$", "$"))
        };
        assert_eq!(alone.lines().count(), isolated.lines().count(), "{alone}\n---\n{isolated}");
        let changed = alone.lines().zip(isolated.lines()).filter(|(one, other)| one != other);
        changed
            .map(|(one, other)| {
                let (Some(from), Some(to)) = (context(one), context(other)) else {
                    panic!("{one}\n{other}\n---\n{alone}\n---\n{isolated}");
                };
                (from, PathBuf::from(to))
            })
            .collect()
    }

    /// A tree in the state folder stands for a context, and what this surface's install needs is there, and only that.
    #[track_caller]
    pub(crate) fn assert_tree(&self, tree: &std::path::Path, surface: &str, packages: &[&str]) {
        let state = self.world.path("notes/.git/docker-prep/isolated");
        assert!(tree.starts_with(&state), "{} is not below {}", tree.display(), state.display());
        let manifest = fs::read_to_string(tree.join(surface).join("package.json")).expect("a manifest");
        assert!(manifest.contains("\"file:../.docker-deps/bytelyst-"), "{manifest}");
        let mut names: Vec<String> = fs::read_dir(tree.join(".docker-deps"))
            .expect("a deps dir")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
            .filter_map(|name| name.strip_prefix("bytelyst-")?.split('-').next().map(str::to_owned))
            .collect();
        names.sort();
        assert_eq!(names, packages);
    }
}

/// What the surface `backend` needs.
pub(crate) const BACKEND: [&str; 5] = ["client", "context", "errors", "http", "logger"];

/// What the surface `web` needs.
pub(crate) const WEB: [&str; 1] = ["errors"];
