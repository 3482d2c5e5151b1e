//! What would be published: the sources, the examples and what a reader needs, and nothing else.

use std::process::Command;

#[test]
fn the_package_holds_its_sources_and_its_documents_alone() {
    let arguments = ["package", "--list", "--allow-dirty", "--offline", "--package", "hubwire-client"];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let listed = String::from_utf8(output.stdout).unwrap();
    let files: Vec<&str> = listed.lines().collect();
    for needed in ["src/lib.rs", "README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "Cargo.toml"] {
        assert!(files.contains(&needed), "{needed} is missing in {files:?}");
    }
    let of_cargo = ["Cargo.lock", "Cargo.toml.orig", ".cargo_vcs_info.json"];
    let known = |file: &str| {
        file.starts_with("src/")
            || file.starts_with("examples/")
            || file.ends_with(".md")
            || file.starts_with("LICENSE-")
    };
    let strays: Vec<_> =
        files.iter().filter(|file| !known(file) && !of_cargo.contains(*file) && **file != "Cargo.toml").collect();
    assert!(strays.is_empty(), "{strays:?}");
}
