//! TODO: npm::hostile
