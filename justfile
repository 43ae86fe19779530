# The habits of this repository; `just` lists them. `just tools` installs what they need.

set shell := ["bash", "-euo", "pipefail", "-c"]
export PATH := justfile_directory() / ".venv/bin:" + env("PATH") + ":/usr/sbin:/sbin"

[private]
default:
    @just --list --unsorted

# install what the tests need besides Rust (apt, and pip into .venv)
tools:
    tools/install

# run all tests
test *ARGS:
    cargo test --workspace {{ARGS}}

# what CI runs, all of it
ci:
    .ci/run

# rewrite the sources as rustfmt wants them
fmt:
    cargo fmt

# everything that reads the sources without running them
lint:
    cargo fmt --check
    shellcheck .ci/run tools/{bench,install,kubernetes-versions,package,release}
    cargo clippy --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps

# licences, sources and duplicates of the dependencies, and known advisories
deny:
    cargo deny check

# record anew what exporters say in calm and in faults of the failover suite, by which the alerts are tested
metrics:
    METRICS_RECORD=crates/redis-k8s-gen/tests/metrics cargo run --package failover -- run \
        force-delete-master@two-passwords cut-and-lose-sentinels@two-passwords

# accept the renderings as they are now; then say why under "Rendered output" in CHANGELOG.md
snapshots:
    SNAPSHOTS=overwrite cargo test --package redis-k8s-gen --test goldens --test document_faults --test manifest_faults
    git status --short snapshots crates/redis-k8s-gen/tests

# write the JSON Schema, the field reference and the table of Kubernetes fields anew
schemas:
    cargo xtask generate

# real servers, broken in every way the failure modes name
failover *ARGS:
    cargo run --release --package failover -- {{ARGS}}

# how fast it is
bench *ARGS:
    tools/bench {{ARGS}}

# compile the library against the oldest and the newest Kubernetes
test-kubernetes-versions:
    tools/kubernetes-versions

# pack both crates and build each from its package
package:
    tools/package

# the static binary
release:
    tools/release
