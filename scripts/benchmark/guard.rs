//! Times `docker-prep guard` beside `git grep --cached` with a fitting pattern and the hook that the old roadmap proposed,
//! in turn in one run.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, json};

use crate::machine::Machine;
use crate::measure::{Rounds, Stopwatch, run as run_command};
use crate::random::Random;
use crate::world::{git, write_json};
use crate::{Result, program, write};

#[derive(clap::Args)]
#[command(override_usage = "scripts/bench-guard [ROUNDS]")]
pub(crate) struct Options {
    /// How often each is timed
    #[arg(default_value_t = 41)]
    rounds: usize,
    #[arg(long, hide = true)]
    folder: PathBuf,
}

/// The roadmap's B4, word for word but for its message.
const ONE_LINER: &str = r#"if git diff --cached --name-only | xargs grep -l '"file:\.\./\.docker-deps/' 2>/dev/null; then
  exit 1
fi
"#;

/// The first rounds warm the caches.
const WARM_UP: usize = 3;

pub(crate) fn run(options: &Options) -> Result<()> {
    let Options { rounds, folder } = options;
    write(&folder.join("one-liner"), ONE_LINER)?;
    stage(&folder.join("small"), 1_000, 50)?;
    stage(&folder.join("large"), 10_000, 300)?;
    // The same with its objects in one pack, as a clone has them.
    run_command(Command::new("cp").args(["-R", "large", "packed"]).current_dir(folder))?;
    git(&folder.join("packed"), &["commit", "--quiet", "-m", "all"])?;
    git(&folder.join("packed"), &["repack", "-adq"])?;

    println!("{}\n", Machine::observe(&program()?, folder)?);
    println!("median of {rounds} rounds in ms (least; processor time), in turn\n");
    println!(
        "| repository | docker-prep guard | git grep --cached | ratio | processor | one-liner | ratio |"
    );
    println!("|---|---|---|---|---|---|---|");
    let stopwatch = Stopwatch::new(folder, Vec::new())?;
    let ways = ways(folder)?;
    for (name, title) in [
        ("small", "1,000 staged, 50 manifests"),
        ("large", "10,000 staged, 300 manifests"),
        ("packed", "10,000 committed and packed, 300 manifests"),
    ] {
        let mut measured = ways.each_ref().map(|_| Rounds::default());
        for round in 0..rounds + WARM_UP {
            for ((command, code), spent) in ways.iter().zip(&mut measured) {
                let taken = stopwatch.measure(command, &folder.join(name), *code)?;
                if round >= WARM_UP {
                    spent.push(taken);
                }
            }
        }
        let wall = measured.each_ref().map(|rounds| rounds.figure(|spent| spent.wall));
        let cpu = measured.each_ref().map(|rounds| rounds.figure(|spent| spent.cpu).median);
        let cell = |way: usize| format!("{:.1} ({:.1}; {:.1})", wall[way].median, wall[way].least, cpu[way]);
        let ratio = |way: usize| wall[0].median / wall[way].median;
        let processor = cpu[0] / cpu[1];
        println!(
            "| {title} | {} | {} | {:.2} | {processor:.2} | {} | {:.2} |",
            cell(0),
            cell(1),
            ratio(1),
            cell(2),
            ratio(2)
        );
    }
    println!(
        "\nIn the last one nothing is staged that the last commit does not hold: the one-liner looks at no file."
    );
    Ok(())
}

/// The guard, git's own search and the one-liner, and the code that each ends with where nothing is found.
fn ways(folder: &Path) -> Result<[(Vec<String>, i32); 3]> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let pattern = r#""(file|link):[^"]*\.docker-deps"#;
    let mut grep = words(&["git", "grep", "--cached", "-lE", pattern, "--"]);
    let locks = ["pnpm-lock.yaml", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "bun.lock"];
    let files = ["package.json", "pnpm-workspace.yaml"].iter().chain(&locks);
    grep.extend(files.map(|name| format!(":(glob)**/{name}")));
    let guard = words(&[&program()?.display().to_string(), "guard"]);
    let one_liner = words(&["sh", &folder.join("one-liner").display().to_string()]);
    Ok([(guard, 0), (grep, 1), (one_liner, 0)])
}

/// A repository of so many files, of which some are manifests; nothing is committed, so that the one-liner has all of them
/// to read.
fn stage(top: &Path, files: usize, manifests: usize) -> Result<()> {
    let mut random = Random::new();
    for number in 0..manifests {
        let needs = (0..8).map(|_| (format!("@bytelyst/p{}", random.below(manifests)), json!("^1.0.0")));
        let needs: Map<_, _> = needs.collect();
        let develops =
            (0..12).map(|_| (format!("d{}", random.below(500)), json!(format!("^{}.0.0", random.below(20)))));
        let develops: Map<_, _> = develops.collect();
        write_json(
            &top.join(format!("packages/p{number}/package.json")),
            &json!({
                "name": format!("@bytelyst/p{number}"),
                "version": format!("1.{number}.0"),
                "main": "dist/index.js",
                "scripts": { "build": "tsc -p .", "test": "node --test \"dist/**/*.test.js\"" },
                "dependencies": needs,
                "devDependencies": develops,
            }),
        )?;
    }
    for number in 0..files - manifests {
        let mut text = String::new();
        for line in 0..5 + random.below(55) {
            writeln!(text, "export const v{line} = {};", random.below(1_000_000_000))?;
        }
        write(&top.join(format!("packages/p{}/src/f{number}.ts", number % manifests)), text)?;
    }
    git(top, &["init", "--quiet"])?;
    git(top, &["add", "--all"])
}
