//! A command that sees rewritten files in the place of the project's, by mounts of its own (Linux).
