//! The load: in come the profiles and a server that accepted the token, out goes one judged scenario after the other with
//! what k6 left of it.

pub(crate) mod bounds;
pub(crate) mod breakpoint;
pub(crate) mod entry;
pub(crate) mod imports;
pub(crate) mod k6_run;
pub(crate) mod load;
pub(crate) mod log;
pub(crate) mod machine;
pub(crate) mod measure;
pub(crate) mod needs;
pub(crate) mod offer;
pub(crate) mod points;
pub(crate) mod preflight;
pub(crate) mod profiles;
pub(crate) mod resources;
pub(crate) mod scripts;
