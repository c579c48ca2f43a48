//! TODO: npm::read::hostile
