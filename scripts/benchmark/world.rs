//! The worlds of `scripts/bench`: workspaces made of published code, the same at every run.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};

use crate::measure::run;
use crate::random::Random;
use crate::{Result, at, read, write};

/// What is asked for.
pub(crate) struct Size {
    pub(crate) packages: usize,
    /// Of each package; those of the large one are not counted this way.
    pub(crate) files: usize,
    /// One package of a gigabyte.
    pub(crate) large: bool,
}

/// A workspace and a product beside it, both committed.
pub(crate) struct World {
    pub(crate) workspace: PathBuf,
    pub(crate) product: PathBuf,
    pub(crate) packages: usize,
    pub(crate) large: bool,
    pub(crate) files: usize,
    pub(crate) bytes: usize,
}

/// What a file is made of.
#[derive(Clone, Copy)]
enum Kind {
    Code,
    Types,
    SourceMap,
    /// Does not compress.
    Noise,
}

/// Published code, types and maps, each in one long text.
struct Corpus {
    code: Vec<u8>,
    types: Vec<u8>,
    maps: Vec<u8>,
    random: Random,
}

impl Corpus {
    fn read(folder: &Path) -> Result<Corpus> {
        let mut corpus =
            Corpus { code: Vec::new(), types: Vec::new(), maps: Vec::new(), random: Random::new() };
        for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy();
            let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
            let text = if !entry.file_type().is_file() {
                continue;
            } else if ends(&[".d.ts", ".d.mts", ".d.cts"]) {
                &mut corpus.types
            } else if ends(&[".js", ".mjs", ".cjs"]) {
                &mut corpus.code
            } else if ends(&[".map"]) {
                &mut corpus.maps
            } else {
                continue;
            };
            text.append(&mut read(entry.path())?);
        }
        if [&corpus.code, &corpus.types, &corpus.maps].iter().any(|text| text.is_empty()) {
            return Err(format!("{} holds no code, no types or no maps", folder.display()).into());
        }
        Ok(corpus)
    }

    /// A piece from anywhere, which goes on at the beginning where a text ends.
    fn cut(&mut self, kind: Kind, length: usize) -> Vec<u8> {
        let text = match kind {
            Kind::Code => &self.code,
            Kind::Types => &self.types,
            Kind::SourceMap => &self.maps,
            Kind::Noise => return self.random.bytes(length),
        };
        let mut rest = self.random.below(text.len());
        let mut piece = Vec::with_capacity(length);
        while piece.len() < length {
            let end = text.len().min(rest + length - piece.len());
            piece.extend_from_slice(&text[rest..end]);
            rest = 0;
        }
        piece
    }

    /// Many small files and a few large ones, of some 6,000 bytes in the middle.
    fn length(&mut self) -> usize {
        ((self.random.lognormal(0.9) * 6000.0 * 0.667) as usize).max(200)
    }
}

/// A file of a package: its name, what it is made of, and the lengths of its pieces.
struct Content {
    name: String,
    kind: Kind,
    pieces: Vec<usize>,
}

/// Each file but manifest and README. Of 39 files a package has 18 with code, 13 with types, 7 maps, and one that does not
/// compress.
fn small_files(corpus: &mut Corpus, files: usize) -> Vec<Content> {
    let content = |number: usize| {
        let (kind, end) = match if number == 1 { 18 } else { number % 39 } {
            0..18 => (Kind::Code, "js"),
            18..31 => (Kind::Types, "d.ts"),
            31..38 => (Kind::SourceMap, "js.map"),
            _ => (Kind::Noise, "woff2"),
        };
        let folder = if number < 12 { String::new() } else { format!("m{}/", number / 12) };
        Content { name: format!("dist/{folder}f{number:03}.{end}"), kind, pieces: vec![corpus.length()] }
    };
    (0..files - 2).map(content).collect()
}

/// A gigabyte: one bundle, its map, a binary, and chunks.
fn large_files() -> Vec<Content> {
    let content = |name: String, kind, megabytes| Content { name, kind, pieces: vec![1 << 20; megabytes] };
    let mut files = vec![
        content("dist/f000.js".to_owned(), Kind::Code, 400),
        content("dist/f001.d.ts".to_owned(), Kind::Types, 1),
        content("dist/f000.js.map".to_owned(), Kind::SourceMap, 250),
        content("dist/native.node".to_owned(), Kind::Noise, 100),
    ];
    files.extend((0..272).map(|number| content(format!("dist/chunks/c{number:03}.js"), Kind::Code, 1)));
    files
}

/// The packages that one needs: earlier ones, at most four, as shared packages do.
fn needs(number: usize) -> BTreeSet<usize> {
    (1..5).filter(|_| number > 0).map(|step| (number * 7 + step * step) % number).collect()
}

fn manifest(number: usize) -> Value {
    let files = [json!(["dist"]), json!(["dist", "README.md"]), json!(["dist/**/*", "!**/*.test.js"])];
    let dependencies =
        needs(number).into_iter().map(|need| (format!("@bytelyst/p{need:03}"), json!("workspace:*")));
    json!({
        "name": format!("@bytelyst/p{number:03}"),
        "version": format!("1.{number}.0"),
        "license": "MIT",
        "type": "module",
        "main": "dist/f000.js",
        "types": "dist/f001.d.ts",
        "files": files[number % 3],
        "scripts": { "build": "tsc -p .", "test": "node --test dist" },
        "dependencies": dependencies.collect::<Map<_, _>>(),
        "devDependencies": { "typescript": "^5.9.0" },
    })
}

pub(crate) fn write_json(path: &Path, value: &Value) -> Result<()> {
    write(path, format!("{value:#}\n"))
}

impl World {
    /// Makes a world in a folder from the published packages in another.
    pub(crate) fn build(top: &Path, published: &Path, size: &Size) -> Result<World> {
        let mut corpus = Corpus::read(published)?;
        let mut world = World {
            workspace: top.join("plat"),
            product: top.join("product"),
            packages: size.packages,
            large: size.large,
            files: 0,
            bytes: 0,
        };
        world.build_workspace(&mut corpus, size)?;
        world.build_product(size.packages)?;
        for repository in [&world.workspace, &world.product] {
            commit(repository)?;
        }
        Ok(world)
    }

    fn build_workspace(&mut self, corpus: &mut Corpus, size: &Size) -> Result<()> {
        let top = self.workspace.clone();
        write_json(
            &top.join("package.json"),
            &json!({ "name": "plat", "private": true, "workspaces": ["packages/*"] }),
        )?;
        write(&top.join("pnpm-workspace.yaml"), "packages:\n  - packages/*\n")?;
        write(&top.join("LICENSE"), [b"MIT License\n", corpus.cut(Kind::Types, 1000).as_slice()].concat())?;
        write(&top.join(".gitignore"), "node_modules/\nbun.lock\n")?;
        for number in 0..size.packages {
            let folder = top.join(format!("packages/p{number:03}"));
            write_json(&folder.join("package.json"), &manifest(number))?;
            write(&folder.join("README.md"), corpus.cut(Kind::Types, 800))?;
            let files = if size.large { large_files() } else { small_files(corpus, size.files) };
            self.files += 2 + files.len();
            for content in files {
                let path = folder.join(&content.name);
                write(&path, "")?;
                let mut file = std::fs::File::create(&path).map_err(at(&path))?;
                for length in content.pieces {
                    file.write_all(&corpus.cut(content.kind, length)).map_err(at(&path))?;
                    self.bytes += length;
                }
            }
            // As an install links them: pnpm 10 resolves `workspace:` from there only.
            let links = folder.join("node_modules/@bytelyst");
            for need in needs(number) {
                std::fs::create_dir_all(&links).map_err(at(&links))?;
                let name = format!("p{need:03}");
                std::os::unix::fs::symlink(format!("../../../{name}"), links.join(name))
                    .map_err(at(&links))?;
            }
        }
        Ok(())
    }

    fn build_product(&self, packages: usize) -> Result<()> {
        let names =
            (0..packages).map(|number| (format!("@bytelyst/p{number:03}"), json!(format!("^1.{number}.0"))));
        write_json(
            &self.product.join("backend/package.json"),
            &json!({
                "name": "backend",
                "version": "1.0.0",
                "private": true,
                "packageManager": "pnpm@10.6.5",
                "dependencies": names.collect::<Map<_, _>>(),
            }),
        )?;
        write(
            &self.product.join("backend/Dockerfile"),
            "FROM node:22-alpine\nWORKDIR /app/backend\nCOPY backend/package.json ./\n\
             COPY .docker-deps* /app/.docker-deps/\nRUN pnpm install --ignore-scripts --lockfile=false\n",
        )?;
        write(&self.product.join(".gitignore"), ".docker-deps/\n*.bak\n")
    }
}

/// git in a repository, with a name for commits, and no work of its own in between.
pub(crate) fn git(repository: &Path, words: &[&str]) -> Result<()> {
    let settings = ["-c", "user.name=x", "-c", "user.email=x", "-c", "gc.auto=0"];
    run(Command::new("git").arg("-C").arg(repository).args(settings).args(words))
}

fn commit(repository: &Path) -> Result<()> {
    git(repository, &["init", "--quiet"])?;
    git(repository, &["-c", "core.compression=0", "add", "--all"])?;
    git(repository, &["-c", "core.compression=0", "commit", "--quiet", "-m", "all"])
}
