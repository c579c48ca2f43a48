//! The helper process that `run --isolated` has mount and become its command: what the command sees and may do, what
//! others see meanwhile, and what is left of it, whatever ends it.

mod covered;
mod failures;
mod outside;
mod place;
mod rights;
