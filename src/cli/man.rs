//! Man pages: the program's, and one of each command.

mod apply;
mod roff;

use std::io;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use serde_json::json;

use super::args::{Cli, ManArgs};
use super::report::Reporter;
use crate::error::{Error, ErrorKind, Result};
use crate::npm::nearest;

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
    let page = page(&pages, args.name.as_deref())?;
    if reporter.wants_json() {
        reporter.document(json!({"ok": true, "text": page.text}));
    } else {
        reporter.text(&page.text);
    }
    Ok(())
}

fn page<'a>(pages: &'a [Page], name: Option<&str>) -> Result<&'a Page> {
    let wanted = name.map_or_else(|| PROGRAM.to_owned(), |name| format!("{PROGRAM}-{name}"));
    pages.iter().find(|page| page.name == wanted).ok_or_else(|| {
        let name = name.unwrap_or_default();
        let names = pages.iter().filter_map(|page| page.name.strip_prefix("docker-prep-"));
        let error = Error::new(ErrorKind::Usage, format!("there is no page of `{name}`"));
        match nearest(name, names).first() {
            Some(near) => error.hint(format!("did you mean `docker-prep man {near}`?")),
            None => error.hint("see `docker-prep help`"),
        }
    })
}

const PROGRAM: &str = "docker-prep";
/// Commands of a user.
const SECTION: &str = "1";

/// All pages, the program's first.
fn pages() -> Result<Vec<Page>> {
    let mut program = Cli::command();
    program.build();
    let commands = program.get_subcommands().filter(|command| !command.is_hide_set());
    [&program].into_iter().chain(commands).map(of_command).collect()
}

fn of_command(command: &Command) -> Result<Page> {
    let name = command.get_display_name().unwrap_or(PROGRAM).to_owned();
    let mut text = roff::title(&name, SECTION);
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    text += &roff::section("Name", &format!("{} \\- {}", roff::escaped(&name), roff::escaped(&about)));
    let usage = command.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage);
    text += &roff::section("Synopsis", &format!("\\fB{}\\fR", roff::escaped(usage)));
    text += &described(command)
        .map_err(|error| Error::new(ErrorKind::Environment, "the page was not made").because(&error))?;
    Ok(Page { name, section: SECTION, text })
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
