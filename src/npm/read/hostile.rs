//! No tree makes a reader of packages panic, hang or leave its folder.

mod tests;
