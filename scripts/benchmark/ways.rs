//! What is measured in one world: docker-prep, other packers, and the least that a packer could do.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::measure::Stopwatch;
use crate::world::World;
use crate::{Result, at, program, read, read_text, root, write};

/// The programs of scripts/managers.txt, as installed.
pub(crate) struct Packers {
    program: String,
    node: String,
    pnpm: String,
    old_pnpm: String,
    bun: String,
    npm: String,
}

impl Packers {
    pub(crate) fn find(tools: &Path) -> Result<Packers> {
        let list = read_text(&root().join("scripts/managers.txt"))?;
        let find = |name: &str, version: &str| -> Result<String> {
            let program = list.lines().find_map(|line| {
                let words: Vec<_> = line.split_whitespace().collect();
                (words.len() == 4 && words[..2] == [name, version]).then(|| words[3])
            });
            let pattern =
                program.ok_or_else(|| format!("{name} {version} is not in scripts/managers.txt"))?;
            let folder = tools.join(format!("managers/{name}-{version}/node_modules"));
            Ok(expand(&folder, pattern)?.display().to_string())
        };
        Ok(Packers {
            program: program()?.display().to_string(),
            node: find("node", "22.23.2")?,
            pnpm: find("pnpm", "12.21.0")?,
            old_pnpm: find("pnpm", "10.6.5")?,
            bun: find("bun", "1.4.5")?,
            npm: find("npm", "11.21.2")?,
        })
    }

    /// What each command finds in its environment.
    pub(crate) fn environment(&self) -> Vec<(String, OsString)> {
        let mut path = OsString::from(Path::new(&self.node).parent().unwrap_or(Path::new("/")));
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let own = |name: &str, value: &str| (name.to_owned(), OsString::from(value));
        vec![
            own("CI", "1"),
            own("NO_COLOR", "1"),
            own("npm_config_update_notifier", "false"),
            own("npm_config_manage_package_manager_versions", "false"),
            ("PATH".to_owned(), path),
        ]
    }
}

/// The path below a folder that a pattern means, of whose parts each may have one `*`.
fn expand(folder: &Path, pattern: &str) -> Result<PathBuf> {
    let mut path = folder.to_owned();
    for part in pattern.split('/') {
        let Some((begin, end)) = part.split_once('*') else {
            path.push(part);
            continue;
        };
        let entries: std::io::Result<Vec<_>> = std::fs::read_dir(&path).map_err(at(&path))?.collect();
        let names = entries?.into_iter().map(|entry| entry.file_name().to_string_lossy().into_owned());
        let fits = |name: &String| name.starts_with(begin) && name.ends_with(end);
        let name =
            names.into_iter().find(fits).ok_or_else(|| format!("{}/{part} is missing", path.display()))?;
        path.push(name);
    }
    Ok(path)
}

/// One command, and what comes before it without being timed.
pub(crate) struct Way {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    before: Before,
    pub(crate) command: Vec<String>,
    pub(crate) folder: PathBuf,
    /// Whether a tarball of each package comes out.
    pub(crate) tarballs: bool,
}

#[derive(Clone, Copy)]
enum Before {
    Nothing,
    /// No tarballs.
    Empty,
    /// No tarballs and no cache.
    Cold,
    /// No deps dir and no cache.
    DepsCold,
    /// One file is another one than before.
    Change,
    /// The product is restored, and the file is what was committed.
    Restore,
}

/// A world while it is measured.
pub(crate) struct Stage<'a> {
    pub(crate) world: &'a World,
    packers: &'a Packers,
    stopwatch: &'a Stopwatch,
    pub(crate) out: PathBuf,
    trash: PathBuf,
    cache: PathBuf,
    changed: PathBuf,
    original: Vec<u8>,
    changes: usize,
    thrown: usize,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(
        top: &Path,
        world: &'a World,
        packers: &'a Packers,
        stopwatch: &'a Stopwatch,
    ) -> Result<Stage<'a>> {
        let changed = world.workspace.join("packages/p000/dist/f001.d.ts");
        let trash = top.join("trash");
        std::fs::create_dir(&trash).map_err(at(&trash))?;
        // bun takes the versions that stand for `workspace:*` from its lockfile; where it could make none, its pack says so.
        let _ = stopwatch.run(&[&packers.bun, "install", "--lockfile-only", "--silent"], &world.workspace);
        Ok(Stage {
            world,
            packers,
            stopwatch,
            out: top.join("out"),
            trash,
            cache: PathBuf::from(std::env::var_os("HOME").ok_or("HOME is not set")?).join(".cache"),
            original: read(&changed)?,
            changed,
            changes: 0,
            thrown: 0,
        })
    }

    /// What is measured, in this order.
    pub(crate) fn ways(&self, quick: bool) -> Vec<Way> {
        let World { packages, large, .. } = *self.world;
        let (workspace, product) = (&self.world.workspace, &self.world.product);
        let Packers { program, node, pnpm, old_pnpm, bun, npm } = self.packers;
        let out = &self.out.display().to_string();
        let way = |name, title, before, folder: &Path, command: &[&str]| Way {
            name,
            title,
            before,
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            folder: folder.to_owned(),
            tarballs: false,
        };
        let packs = |way: Way| Way { tarballs: true, ..way };
        let pack = [program, "pack", "--all", "--out", out, "--quiet"];
        let prepare = [program, "prepare", "--quiet"];
        let dry_run = [program, "prepare", "--quiet", "--dry-run"];
        let mut ways = vec![
            packs(way("cold", "docker-prep pack --all, cold", Before::Cold, workspace, &pack)),
            packs(way("warm", "docker-prep pack --all, nothing changed", Before::Nothing, workspace, &pack)),
            way("one", "docker-prep pack --all, one package changed", Before::Change, workspace, &pack),
            way("prepare-cold", "docker-prep prepare, cold", Before::DepsCold, product, &prepare),
            way("restore", "docker-prep restore", Before::Nothing, product, &[program, "restore", "--quiet"]),
            way(
                "dry-run",
                "docker-prep prepare --dry-run, nothing changed",
                Before::Nothing,
                product,
                &dry_run,
            ),
            way("prepare", "docker-prep prepare, nothing changed", Before::Nothing, product, &prepare),
            way("git-status", "git status", Before::Restore, workspace, &["git", "status", "--porcelain"]),
            way("version", "docker-prep --version", Before::Nothing, workspace, &[program, "--version"]),
        ];
        let packer =
            |name, title, command: &[&str]| packs(way(name, title, Before::Empty, workspace, command));
        ways.push(packer("pnpm", "pnpm 12.21.0 -r pack", &[pnpm, "-r", "pack", "--pack-destination", out]));
        let each = "for folder in packages/*; do (cd \"$folder\" && \"$@\") || exit 1; done";
        if packages <= 63 {
            // It reads the whole workspace in each folder: minutes for 500 of them.
            let pack = ["pm", "pack", "--ignore-scripts", "--quiet", "--destination", out];
            let pack = [["sh", "-c", each, "sh", bun].as_slice(), &pack].concat();
            ways.push(packer("bun", "bun 1.4.5 pm pack, in each folder", &pack));
        }
        if packages <= 63 && !large {
            let pack = ["pack", "--workspaces", "--silent", "--ignore-scripts", "--pack-destination", out];
            ways.push(packer(
                "npm",
                "npm 11.21.2 pack --workspaces",
                &[[node.as_str(), npm].as_slice(), &pack].concat(),
            ));
        }
        if packages == 63 && self.world.files <= 100 * packages && !quick {
            // A minute and more: in one world, and not in a quick run.
            let pack = ["pack", "--config.ignore-scripts=true", "--pack-destination", out];
            let pack = [["sh", "-c", each, "sh", node, old_pnpm].as_slice(), &pack].concat();
            ways.push(packer("pnpm-10", "pnpm 10.6.5 pack, in each folder", &pack));
        }
        let source = if large { "packages/p000" } else { "packages" };
        let archive = |name, title, compress: &str| {
            let pipe = format!("tar -cf - {source} | {compress} >\"$0\"/all.tgz");
            way(name, title, Before::Empty, workspace, &["sh", "-c", &pipe, out])
        };
        ways.push(archive("gzip", "tar, gzip -1: one archive", "gzip -1"));
        ways.push(archive("pigz", "tar, pigz: one archive", "pigz"));
        // The least that a program of one thread may take whose archives are as small: docker-prep's own deflate.
        ways.push(archive("libdeflate", "tar, libdeflate-gzip -2: one archive", "libdeflate-gzip -2"));
        let tar = ["tar", "-cf", &format!("{out}/all.tar"), source];
        ways.push(way("tar", "tar: one archive", Before::Empty, workspace, &tar));
        ways
    }

    /// Does what comes before a way.
    pub(crate) fn set(&mut self, way: &Way) -> Result<()> {
        match way.before {
            Before::Nothing => Ok(()),
            Before::Empty => self.empty(),
            Before::Cold => {
                self.empty()?;
                self.throw(&self.cache.clone())
            }
            Before::DepsCold => {
                self.throw(&self.world.product.join(".docker-deps"))?;
                self.throw(&self.cache.clone())
            }
            Before::Change => {
                self.changes += 1;
                let comment = format!("// {}\n", self.changes);
                write(&self.changed, [self.original.as_slice(), comment.as_bytes()].concat())
            }
            Before::Restore => {
                self.stopwatch.run(&[&self.packers.program, "restore", "--quiet"], &self.world.product)?;
                write(&self.changed, &self.original)?;
                // Once more, so that git has seen the file that was changed back.
                self.stopwatch.run(&["git", "status"], &self.world.workspace)
            }
        }
    }

    fn empty(&mut self) -> Result<()> {
        self.throw(&self.out.clone())?;
        Ok(std::fs::create_dir(&self.out).map_err(at(&self.out))?)
    }

    /// Puts a folder out of the way; it is removed when all is measured: files that are made soon after others were removed
    /// take a file system longer (ext4 looks for a number that was not free just now).
    fn throw(&mut self, folder: &Path) -> Result<()> {
        if !folder.exists() {
            return Ok(());
        }
        self.thrown += 1;
        let thrown = self.trash.join(self.thrown.to_string());
        std::fs::rename(folder, &thrown).map_err(at(folder))?;
        if self.world.large {
            // A few files, and gigabytes.
            std::fs::remove_dir_all(&thrown).map_err(at(&thrown))?;
        }
        Ok(())
    }
}
