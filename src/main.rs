//! The `docker-prep` program: all of it is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    docker_prep::cli::main()
}
