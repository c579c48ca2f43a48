//! The `docker-prep` program: all of it is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    docker_prep::apply::signal::hear_of_children();
    docker_prep::apply::signal::outlive_big_files();
    docker_prep::cli::main()
}
