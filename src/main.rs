//! The `docker-prep` program: all of it is in the library, but for the process's signals.

mod signals;

use std::process::ExitCode;

fn main() -> ExitCode {
    signals::hear_of_children();
    signals::outlive_big_files();
    docker_prep::program::main(&signals::cancel_on_signals)
}
