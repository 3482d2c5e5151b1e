# What one does in this repository every day. Needs https://just.systems; each line works without it, too.

# Lists what there is.
default:
    @just --list

# Runs a node in development mode: no broker, tokens signed with a known secret.
run *arguments:
    cargo run -- serve --dev {{ arguments }}

# Everything that is checked about the repository. Installs what is missing.
test:
    ./test

# Tests whose name contains `name`, of one target: just test-one e2e direct_message
test-one target name:
    cargo test --workspace --test {{ target }} {{ name }}

# The actors on virtual time, by seed.
simulate:
    cargo test -p hubwire-actors --test simulation

# Formats, then what the compiler and its lints say.
lint:
    cargo fmt --all
    cargo clippy --workspace --all-targets --all-features -- -D warnings

# One fuzz target for some seconds (needs nightly and cargo-fuzz): just fuzz json_action 60
fuzz target seconds="60":
    cargo +nightly fuzz run --sanitizer none {{ target }} -- -max_total_time={{ seconds }}

# The hot paths without sockets; `filter` is part of a benchmark's name.
bench filter="":
    cargo bench --bench hot_paths -- {{ filter }}

# The documentation of the crates.
docs:
    cargo doc --workspace --no-deps
