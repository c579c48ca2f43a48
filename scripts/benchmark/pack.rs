//! Measures docker-prep beside other packers: every way in turn, in each round.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::machine::Machine;
use crate::measure::{Rounds, Stopwatch};
use crate::report::{Report, put_into_readme};
use crate::result::{Measured, Row, World as MeasuredWorld};
use crate::ways::{Packers, Stage, Way};
use crate::world::{Size, World};
use crate::{Result, at, program, read_text, root};

#[derive(clap::Args)]
#[command(override_usage = "scripts/bench [OPTIONS]")]
pub(crate) struct Options {
    /// The small worlds in few rounds; under two minutes
    #[arg(long)]
    quick: bool,
    /// Only this world; repeatable
    #[arg(long = "world")]
    worlds: Vec<Name>,
    /// That many rounds in every world
    #[arg(long)]
    rounds: Option<usize>,
    /// Where JSON, table and chart go, in place of target/bench
    #[arg(long)]
    out: Option<PathBuf>,
    /// Puts the table into scripts/README.md, and chart and figures into scripts/
    #[arg(long)]
    readme: bool,
    /// Measures nothing: makes table and chart anew from the JSON
    #[arg(long)]
    report: bool,
    #[arg(long, hide = true)]
    folder: PathBuf,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Name {
    Small,
    Ten,
    Wide,
    Many,
    Large,
}

struct Plan {
    name: Name,
    title: &'static str,
    size: Size,
    rounds: usize,
    quick_rounds: usize,
}

const fn plan(name: Name, title: &'static str, packages: usize, files: usize, rounds: [usize; 2]) -> Plan {
    let size = Size { packages, files, large: matches!(name, Name::Large) };
    Plan { name, title, size, rounds: rounds[0], quick_rounds: rounds[1] }
}

/// The rounds of a full run, and of a quick one.
const PLANS: [Plan; 5] = [
    plan(Name::Small, "63 packages of 40 files", 63, 40, [11, 3]),
    plan(Name::Ten, "10 packages of 60 files", 10, 60, [11, 3]),
    plan(Name::Wide, "63 packages of 400 files", 63, 400, [5, 0]),
    plan(Name::Many, "500 packages of 60 files", 500, 60, [3, 0]),
    plan(Name::Large, "one package of 1 GB", 1, 0, [3, 0]),
];

/// Ways that take minutes where others take seconds: one round is enough to say so.
const SLOW: [&str; 2] = ["npm", "pnpm-10"];

pub(crate) fn run(options: &Options) -> Result<()> {
    let program = program()?;
    let usual = program.ancestors().nth(2).unwrap_or(root()).join("bench");
    let out = options.out.as_ref().unwrap_or(&usual);
    let json = out.join("bench.json");
    if !options.report {
        measure(options)?.write(&json)?;
    }
    let text = read_text(&json)?;
    let report = Report::new(&serde_json::from_str(&text).map_err(at(&json))?)?;
    report.write(out)?;
    print!("{}", report.table());
    if options.readme { put_into_readme(root(), &text, &report) } else { Ok(()) }
}

fn measure(options: &Options) -> Result<Measured> {
    let tools = root().join(".tools");
    let packers = Packers::find(&tools)?;
    let stopwatch = Stopwatch::new(&options.folder, packers.environment())?;
    let machine = Machine::observe(&program()?, &options.folder)?;
    eprintln!("bench: {machine}");
    let mut worlds = Vec::new();
    for plan in &PLANS {
        let usual = if options.quick { plan.quick_rounds } else { plan.rounds };
        let wanted = if options.worlds.is_empty() { usual > 0 } else { options.worlds.contains(&plan.name) };
        if wanted {
            let rounds = options.rounds.unwrap_or(usual).max(1);
            let name =
                plan.name.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
            eprintln!("bench: {}: building the world", plan.title);
            let top = options.folder.join(&name);
            let world = World::build(&top, &tools.join("corpus/node_modules"), &plan.size)?;
            let mut stage = Stage::new(&top, &world, &packers, &stopwatch)?;
            let rows = measure_world(&mut stage, &stopwatch, plan.title, rounds, options.quick)?;
            std::fs::remove_dir_all(&top).map_err(at(&top))?;
            worlds.push(MeasuredWorld {
                name,
                title: plan.title.to_owned(),
                packages: world.packages,
                files: world.files,
                bytes: world.bytes,
                rounds,
                rows,
            });
        }
    }
    Ok(Measured { schema_version: 1, machine, worlds })
}

fn measure_world(
    stage: &mut Stage<'_>,
    stopwatch: &Stopwatch,
    title: &str,
    rounds: usize,
    quick: bool,
) -> Result<Vec<Row>> {
    let ways = stage.ways(quick);
    let mut measured: Vec<(Rounds, Option<u64>)> = ways.iter().map(|_| Default::default()).collect();
    // The first round warms the machine's caches, and is not counted.
    for round in 0..=rounds {
        eprintln!("bench: {title}: round {round} of {rounds}");
        for (way, (spent, tarballs)) in ways.iter().zip(&mut measured) {
            if SLOW.contains(&way.name) && round != 1 {
                continue;
            }
            stage.set(way)?;
            let taken = stopwatch.measure(&way.command, &way.folder, 0)?;
            if round > 0 {
                spent.push(taken);
                *tarballs = size_of_tarballs(stage, way)?;
            }
        }
    }
    let row = |(way, (spent, tarballs)): (Way, (Rounds, Option<u64>))| Row {
        way: way.name.to_owned(),
        title: way.title.to_owned(),
        tarballs,
        rounds: spent.len(),
        wall: spent.figure(|spent| spent.wall),
        cpu: spent.figure(|spent| spent.cpu),
        memory: spent.figure(|spent| spent.memory),
    };
    Ok(ways.into_iter().zip(measured).map(row).collect())
}

/// The bytes of what a way has packed, which must be all packages, or one archive.
fn size_of_tarballs(stage: &Stage<'_>, way: &Way) -> Result<Option<u64>> {
    let archive = stage.out.join("all.tgz");
    if !way.tarballs {
        return Ok(std::fs::metadata(archive).ok().map(|archive| archive.len()));
    }
    let (mut count, mut size) = (0, 0);
    for entry in std::fs::read_dir(&stage.out).map_err(at(&stage.out))? {
        let path = entry?.path();
        if path.extension() == Some("tgz".as_ref()) {
            count += 1;
            size += std::fs::metadata(&path).map_err(at(&path))?.len();
        }
    }
    if count != stage.world.packages {
        return Err(
            format!("{} made {count} tarballs of {} packages", way.title, stage.world.packages).into()
        );
    }
    Ok(Some(size))
}
