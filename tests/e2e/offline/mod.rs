//! `docker-prep prepare --offline`, with every package manager that it serves: what a Dockerfile copies is installed in a
//! network namespace that nothing leads out of, with a home of its own, and what Node.js sees then is what it sees after
//! an install from a registry.

mod managers;
mod network;
mod overrides;
mod refused;
mod run;
mod scene;
