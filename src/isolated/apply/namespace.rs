//! The helper process that mounts and then becomes the command.
