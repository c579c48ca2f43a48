//! Tables of what was measured, and their place in scripts/README.md.

use std::path::Path;

use crate::chart::chart;
use crate::result::{Figure, Measured, Row, World};
use crate::{Result, at, read_text, write};

const BEGIN: &str = "<!-- bench: begin -->";
const END: &str = "<!-- bench: end -->";

/// What comes out, in the words of scripts/README.md.
pub(crate) struct Report {
    summary: String,
    tables: String,
    chart: String,
}

impl Report {
    pub(crate) fn new(measured: &Measured) -> Result<Report> {
        let tables: Vec<String> = measured.worlds.iter().map(table).collect();
        Ok(Report {
            summary: format!("{}.\n\n{}\n", measured.machine, aims(measured)?),
            tables: tables.join("\n"),
            chart: chart(measured)?,
        })
    }

    pub(crate) fn table(&self) -> String {
        format!("{}{}", self.summary, self.tables)
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        write(&folder.join("bench.md"), self.table())?;
        write(&folder.join("bench.svg"), &self.chart)
    }
}

/// Puts a report into scripts/README.md between its markers, and chart and figures beside it.
pub(crate) fn put_into_readme(root: &Path, json: &str, report: &Report) -> Result<()> {
    let path = root.join("scripts/README.md");
    let text = read_text(&path)?;
    let parts = text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let missing = || format!("it has no {BEGIN} … {END}: put them where the figures belong");
    let (before, after) = parts.ok_or_else(missing).map_err(at(&path))?;
    let Report { summary, tables, chart } = report;
    write(&root.join("scripts/bench.json"), json)?;
    write(&root.join("scripts/bench.svg"), chart)?;
    write(
        &path,
        format!(
            "{before}{BEGIN}\n![How long packing takes](bench.svg)\n\n{summary}\n<details>\n\
             <summary>All that was measured</summary>\n\n{tables}\n</details>\n{END}{after}"
        ),
    )
}

/// Three digits at least, and none that mean nothing.
fn number(value: f64) -> String {
    match value {
        100.0.. => thousands(&format!("{value:.0}")),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// A comma before each three digits.
pub(crate) fn thousands(digits: &str) -> String {
    let grouped = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    grouped.collect::<Vec<_>>().join(",")
}

pub(crate) fn duration(ms: f64) -> String {
    if ms >= 1000.0 { format!("{} s", number(ms / 1000.0)) } else { format!("{} ms", number(ms)) }
}

pub(crate) fn size(bytes: f64) -> String {
    format!("{} MB", number(bytes / 1e6))
}

fn ratio(row: &Row, other: &Row, figure: impl Fn(&Row) -> &Figure) -> String {
    let other = figure(other).median;
    if other == 0.0 { String::new() } else { number(figure(row).median / other) }
}

fn wall(row: &Row) -> &Figure {
    &row.wall
}

fn cpu(row: &Row) -> &Figure {
    &row.cpu
}

/// Everything that was measured in a world.
fn table(world: &World) -> String {
    let mut text = format!(
        "**{}** ({} files, {}; medians of {} rounds, in turn)\n\n\
         | | wall time | of pnpm 12's | CPU time | of pnpm 12's | peak memory | tarballs |\n\
         |---|--:|--:|--:|--:|--:|--:|\n",
        world.title,
        thousands(&world.files.to_string()),
        size(world.bytes as f64),
        world.rounds
    );
    let pnpm = world.row("pnpm").ok();
    for row in &world.rows {
        let of_pnpm =
            |figure: fn(&Row) -> &Figure| pnpm.map(|pnpm| ratio(row, pnpm, figure)).unwrap_or_default();
        text += &format!(
            "| {}{} | {} | {} | {} | {} | {:.0} MiB | {} |\n",
            row.title,
            if row.rounds == 1 && world.rounds > 1 { " (once)" } else { "" },
            duration(row.wall.median),
            of_pnpm(wall),
            duration(row.cpu.median),
            of_pnpm(cpu),
            row.memory.median,
            row.tarballs.map(|tarballs| size(tarballs as f64)).unwrap_or_default()
        );
    }
    text
}

/// What is to be reached, and what was, one line a world.
fn aims(measured: &Measured) -> Result<String> {
    let mut text = "| | cold of pnpm 12's wall | CPU | tarballs | warm of `git status` | warm of cold \
        | restore of warm pack (prepare) | dry run of warm pack (prepare) | most memory | start-up, CPU |\n\
        |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n\
        | aim | 0.33 | 0.33 | 1.10 | 1.50 | 0.10 | 1.00 | 1.00 | 64 MiB | 5 ms |\n"
        .to_owned();
    for world in &measured.worlds {
        let (cold, warm, pnpm) = (world.row("cold")?, world.row("warm")?, world.row("pnpm")?);
        let prepare = world.row("prepare")?;
        let of_warm = |way| -> Result<String> {
            let row = world.row(way)?;
            Ok(format!("{} ({})", ratio(row, warm, wall), ratio(row, prepare, wall)))
        };
        let tarballs = |row: &Row| row.tarballs.map_or(f64::NAN, |size| size as f64);
        let ours = world.rows.iter().filter(|row| row.is_ours());
        text += &format!(
            "| {} | {} | {} | {:.2} | {} | {} | {} | {} | {:.0} MiB | {} |\n",
            world.title,
            ratio(cold, pnpm, wall),
            ratio(cold, pnpm, cpu),
            tarballs(cold) / tarballs(pnpm),
            ratio(warm, world.row("git-status")?, wall),
            ratio(warm, cold, wall),
            of_warm("restore")?,
            of_warm("dry-run")?,
            ours.map(|row| row.memory.median).fold(0.0, f64::max),
            duration(world.row("version")?.cpu.median)
        );
    }
    let cold = |name: &str| {
        let world = measured.worlds.iter().find(|world| world.name == name)?;
        let row = world.row("cold").ok()?;
        let each = |figure: &Figure| duration(figure.median / world.packages as f64);
        Some((each(&row.wall), each(&row.cpu)))
    };
    if let (Some((wall, cpu)), Some((few_wall, few_cpu))) = (cold("many"), cold("ten")) {
        text += &format!(
            "\nA package costs {wall} (CPU: {cpu}) cold among 500, and {few_wall} ({few_cpu}) among 10.\n"
        );
    }
    Ok(text)
}
