//! The fuzz targets on a stable compiler: every input that was ever found to break one, the golden vectors, and forms
//! of both that are cut short or have a byte changed.

#[path = "../fuzz/src/targets.rs"]
mod targets;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Inputs of a target, with their names.
fn inputs(target: &str) -> Vec<(String, Vec<u8>)> {
    let directory = Path::new(ROOT).join("fuzz/regressions").join(target);
    let files = std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path());
    let mut inputs: Vec<_> = files.map(|path| (path.display().to_string(), std::fs::read(&path).unwrap())).collect();
    assert!(!inputs.is_empty(), "no inputs in {}", directory.display());
    for file in ["client", "client_one_encoding", "refused", "server"] {
        let path = Path::new(ROOT).join("protocol/tests/golden/v1").join(file).with_extension("json");
        let vectors: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let bytes = |vector: &Value| match target {
            "json_action" => vector["json"].as_str().map(|text| text.as_bytes().to_vec()),
            "msgpack_action" => vector["msgpack"].as_str().map(unhex),
            _ => None,
        };
        inputs.extend(vectors.iter().filter_map(|it| Some((it["name"].to_string(), bytes(it)?))));
    }
    if let Some(format) = target.strip_prefix("centrifuge_") {
        let path = Path::new(ROOT).join("protocol/tests/golden/centrifuge/commands.json");
        let vectors: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        inputs.extend(vectors.iter().map(|vector| {
            let text = vector[format].as_str().unwrap();
            let bytes = if format == "protobuf" { unhex(text) } else { text.as_bytes().to_vec() };
            (vector["name"].to_string(), bytes)
        }));
    }
    for file in ["client", "refused"].iter().filter(|_| target == "rooms_event") {
        let path = Path::new(ROOT).join("protocol/tests/golden/rooms").join(file).with_extension("json");
        let vectors: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let text = |vector: &Value| vector["json"].as_str().unwrap().as_bytes().to_vec();
        inputs.extend(vectors.iter().map(|vector| (vector["name"].to_string(), text(vector))));
    }
    inputs
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn no_input_that_was_found_breaks_a_decoder_again() {
    for (name, target) in targets::ALL {
        for (input, bytes) in inputs(name) {
            println!("{name}: {input}"); // shown when the target panics
            target(&bytes);
        }
    }
}

#[test]
fn inputs_cut_short_or_changed_break_no_decoder() {
    for (name, target) in targets::ALL {
        let inputs: Vec<Vec<u8>> = inputs(name).into_iter().map(|(_, bytes)| bytes).collect();
        let change = (any::<prop::sample::Index>(), any::<u8>(), any::<bool>());
        let strategy = (prop::sample::select(inputs), prop::collection::vec(change, 1..4));
        let mut runner = TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });
        let outcome = runner.run(&strategy, |(mut bytes, changes)| {
            for (at, byte, cut) in changes {
                let at = at.index(bytes.len().max(1));
                match bytes.get_mut(at) {
                    Some(_) if cut => bytes.truncate(at),
                    Some(changed) => *changed = byte,
                    None => bytes.push(byte),
                }
            }
            target(&bytes);
            Ok(())
        });
        outcome.unwrap_or_else(|failure| panic!("{name}: {failure}"));
    }
}

#[test]
fn every_target_is_a_program_of_the_fuzzer() {
    let manifest = std::fs::read_to_string(Path::new(ROOT).join("fuzz/Cargo.toml")).unwrap();
    for (name, _) in targets::ALL {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
        assert!(Path::new(ROOT).join(format!("fuzz/fuzz_targets/{name}.rs")).exists(), "{name}");
    }
}
