//! The program under faults, from outside: strace kills it or fails its calls at every point where it changes the
//! disk, and signals come at any of its calls.
//!
//! Linux only: elsewhere nothing can be told to fail one system call of a process, and `scripts/test` says so.

mod case;
mod disk;
mod isolated;
mod loss;
mod order;
mod parallel;
mod power;
mod recording;
mod signals;
mod sweep;
mod tolerated;
mod trace;
mod world;
