//! What a release hands out, for one platform. Its programs come in, built or to be built; an archive of all of them goes out,
//! and a wheel and npm packages that carry the one program which users run. All that they say of it comes from Cargo.toml.

pub(crate) mod build;
pub(crate) mod command;

mod archive;
mod npm;
mod pack;
mod platform;
mod product;
mod wheel;

#[cfg(test)]
mod installed;
