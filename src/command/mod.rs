//! A verb each: observe, plan, then show or apply.
