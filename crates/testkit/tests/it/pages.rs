//! The pages through the router, as a browser without JavaScript meets them.
mod account;
mod browser;
mod consent;
mod guard;
mod sign_in;
