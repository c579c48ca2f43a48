//! Man pages: the program's, and one of each command.

mod apply;
mod roff;

use std::io;

use clap::Command;
use clap_mangen::Man;
use serde_json::json;

use super::args::{Cli, ManArgs};
use super::help::topics::{TOPICS, Topic};
use super::help::words::{self, Words};
use super::help::{markdown, unknown};
use super::report::Reporter;
use super::variables;
use crate::error::{Error, ErrorKind, Result};

/// A page, under the name that `man` looks for.
struct Page {
    /// Without the section, as `docker-prep-run`.
    name: String,
    section: &'static str,
    text: String,
}

impl Page {
    fn file_name(&self) -> String {
        format!("{}.{}", self.name, self.section)
    }
}

/// Prints a page, or writes all of them.
pub(super) fn run(args: &ManArgs, reporter: &Reporter) -> Result<()> {
    let pages = pages()?;
    if let Some(folder) = &args.out {
        let files = apply::write(folder, &pages)?;
        if reporter.wants_json() {
            reporter.document(json!({"ok": true, "files": files}));
        } else {
            reporter.data(&files.iter().collect());
        }
        return Ok(());
    }
    reporter.text(&page(&pages, args.name.as_deref())?.text);
    Ok(())
}

fn page<'a>(pages: &'a [Page], name: Option<&str>) -> Result<&'a Page> {
    let wanted = name.map_or_else(|| PROGRAM.to_owned(), |name| format!("{PROGRAM}-{name}"));
    // A command comes before a topic of its name; that one is `guard.7`.
    pages
        .iter()
        .find(|page| page.name == wanted || page.file_name() == wanted)
        .ok_or_else(|| unknown("page of", "man", name.unwrap_or_default()))
}

const PROGRAM: &str = "docker-prep";
/// Commands of a user.
const SECTION: &str = "1";
/// All else that there is to read.
const TOPIC_SECTION: &str = "7";

/// All pages, the program's first.
fn pages() -> Result<Vec<Page>> {
    let mut program = Cli::program();
    program.build();
    let commands = program.get_subcommands().filter(|command| !command.is_hide_set());
    let mut pages = [&program].into_iter().chain(commands).map(of_command).collect::<Result<Vec<_>>>()?;
    pages.extend(TOPICS.iter().map(of_topic));
    Ok(pages)
}

fn of_topic(topic: &Topic) -> Page {
    let name = format!("{PROGRAM}-{}", topic.name);
    let mut text = roff::title(&name, TOPIC_SECTION);
    text += &named(&name, topic.about);
    text += ".SH DESCRIPTION\n";
    text += &roff::render(&markdown::parse(topic.text));
    text += &roff::section("See also", "\\fBdocker\\-prep\\fR(1)");
    Page { name, section: TOPIC_SECTION, text }
}

/// The line by which `apropos` finds a page.
fn named(name: &str, about: &str) -> String {
    roff::section("Name", &format!("{} \\- {}", roff::escaped(name), roff::escaped(about)))
}

fn of_command(command: &Command) -> Result<Page> {
    let name = command.get_display_name().unwrap_or(PROGRAM).to_owned();
    let mut text = roff::title(&name, SECTION);
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    text += &named(&name, &about);
    let usage = command.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage);
    text += &roff::section("Synopsis", &format!("\\fB{}\\fR", roff::escaped(usage)));
    text += &described(command)
        .map_err(|error| Error::new(ErrorKind::Environment, "the page was not made").because(&error))?;
    if let Some(words) = words::of(command.get_name()) {
        text += &told(words);
    }
    Ok(Page { name, section: SECTION, text })
}

/// Examples, variables, exit codes and other pages.
fn told(words: &Words) -> String {
    let mut text = ".SH EXAMPLES\n".to_owned();
    for (line, what) in words.examples {
        text += &format!(".TP\n\\fB{}\\fR\n{}\n", roff::escaped(line), roff::escaped(what));
    }
    let rows = |heading, rows: &mut dyn Iterator<Item = (&str, &str)>| {
        let term = |(term, what)| format!(".TP\n\\fB{}\\fR\n{}\n", roff::escaped(term), roff::escaped(what));
        roff::section(heading, &rows.map(term).collect::<String>())
    };
    text += &rows("Exit status", &mut words.codes.iter().copied());
    text += &rows("Environment", &mut variables::ALL.iter().map(|variable| (variable.name, variable.about)));
    let page = |name: &str, section| format!("\\fBdocker\\-prep\\-{}\\fR({section})", roff::escaped(name));
    let others: Vec<String> = match words.name {
        PROGRAM => TOPICS.iter().map(|topic| page(topic.name, TOPIC_SECTION)).collect(),
        _ => ["\\fBdocker\\-prep\\fR(1)".to_owned()]
            .into_iter()
            .chain(words.topics.iter().map(|topic| page(topic, TOPIC_SECTION)))
            .collect(),
    };
    text + &roff::section("See also", &others.join(",\n"))
}

/// What clap knows of a command.
fn described(command: &Command) -> io::Result<String> {
    let man = Man::new(command.clone());
    let mut text = Vec::new();
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text)?;
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}
