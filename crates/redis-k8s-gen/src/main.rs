//! Renders the Kubernetes manifests of a reliable, scalable Redis with Sentinel.

use std::io::IsTerminal;
use std::process::ExitCode;

use redis_k8s_gen::{Environment, Io};

/// musl's own allocator asks the kernel for memory with every few objects, which took most of a run (docs/benchmarks.md).
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    let stderr = std::io::stderr();
    let environment = Environment {
        stderr_is_terminal: stderr.is_terminal(),
        stdout_is_terminal: std::io::stdout().is_terminal(),
        no_color: std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
    };
    let mut io = Io {
        stdin: &mut std::io::stdin().lock(),
        stdout: &mut std::io::stdout().lock(),
        stderr: &mut stderr.lock(),
        environment,
    };
    ExitCode::from(redis_k8s_gen::run(std::env::args_os(), &mut io))
}
