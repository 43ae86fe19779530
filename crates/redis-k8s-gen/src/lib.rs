//! The command `redis-k8s-gen`: reads documents, says what is wrong with them, and writes manifests.
//!
//! [`run`] takes arguments and streams and gives an exit code.
//!
//! It ends no process, reads no environment but what [`Io`] carries, and can be called any number of times:
//!
//! ```
//! let mut out = Vec::new();
//! let mut err = Vec::new();
//! let mut io = redis_k8s_gen::Io {
//!     stdin: &mut std::io::empty(),
//!     stdout: &mut out,
//!     stderr: &mut err,
//!     environment: redis_k8s_gen::Environment::default(),
//! };
//! assert_eq!(redis_k8s_gen::run(["redis-k8s-gen", "schema"], &mut io), 0);
//! assert!(out.starts_with(b"{"));
//! ```

#![forbid(unsafe_code)]

mod cli;
mod command;
pub mod diagnostic;
pub mod diff;
pub mod document;
mod io;
mod source;

pub use cli::{command as cli, run};
pub use command::explain::{change_of, field as schema_field};
pub use command::schema::document_schema;
pub use io::{Environment, Input, Io};
