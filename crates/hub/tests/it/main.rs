//! The promises of `hub::call`, over a real store.
mod calls;
mod fixture;
