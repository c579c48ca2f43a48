//! How every file that others may have put in place is opened: without waiting, after a look at what it is, and read
//! no further than a bound.

mod apply;
mod read;

pub(crate) use self::apply::{PRIVATE_FOLDER, append, create_private_folder};
pub(crate) use self::read::{MAX_LARGE, begin, file, folder, read, read_text, read_up_to};
