//! Packs hundreds of packages with the real `pnpm pack` and with `docker-prep pack`, and compares what is in the
//! tarballs: each path, each mode, each byte, and the manifest as JSON. `scripts/tools` gets what this needs.

mod case;
mod compare;
mod oracle;
mod tarball;

mod always_in_out;
mod bundled;
mod catalogs;
mod files_field;
mod ignore_files;
mod licences;
mod main_bin_browser;
mod manifests;
mod modes;
mod monorepo;
mod names;
mod publish_config;
mod random;
mod registry;
mod symlinks;
mod workspace_protocol;
