//! Values of flags that completion offers, beside what else a flag takes.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command, Error};

/// A parser, and the values that a shell offers for it.
#[derive(Clone)]
pub(super) struct Offering<P> {
    parse: P,
    values: Vec<&'static str>,
}

/// Parses as `parse` does; a shell offers `values`.
pub(super) fn offering<P>(parse: P, values: impl IntoIterator<Item = &'static str>) -> Offering<P> {
    Offering { parse, values: values.into_iter().collect() }
}

impl<P: TypedValueParser> TypedValueParser for Offering<P> {
    type Value = P::Value;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Self::Value, Error> {
        self.parse.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.values.iter().copied().map(PossibleValue::new)))
    }
}
