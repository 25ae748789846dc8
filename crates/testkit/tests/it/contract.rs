//! Every operation of the hub's list against every way that a call can go wrong. A new operation is covered by itself;
//! it needs one line in [`crate::examples`].
mod arguments;
mod credentials;
mod limits;
mod pages;
mod rows;
mod scopes;
