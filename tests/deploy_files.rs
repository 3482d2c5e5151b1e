//! The programs for which the files in `deploy/` are meant accept them.

use hubwire_actors::access::membership::OrgMembership;
use hubwire_actors::access::{self, Capability, Policy};
use hubwire_actors::identity::Identity;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

const DEPLOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy");

/// Runs a program; `None` when it is not installed. Panics with what it said when it is not content.
fn run(program: &str, arguments: &[&str]) -> Option<String> {
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    let output = Command::new(program).args(arguments).env("PATH", path).output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}:\n{said}");
    Some(said.into_owned())
}

fn read(file: &str) -> String {
    std::fs::read_to_string(Path::new(DEPLOY).join(file)).unwrap()
}

/// Every file below `deploy/`.
fn files() -> Vec<PathBuf> {
    below(Path::new(DEPLOY))
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn haproxy_takes_its_configuration() {
    let file = format!("{DEPLOY}/haproxy/haproxy.cfg");
    assert!(run("haproxy", &["-c", "-f", &file]).is_some(), "haproxy is missing: run ./test --install first");
}

#[test]
fn shell_scripts_parse() {
    let scripts =
        ["deploy/local-cluster", "deploy/require", "deploy/release", "deploy/debian/build", "test", ".ci/run"];
    for script in scripts {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
        run("bash", &["-n", &path.to_string_lossy()]).unwrap();
    }
}

#[test]
fn the_compose_file_has_three_nodes_and_a_redis_that_forgets_nothing() {
    let mut compose: serde_yaml_ng::Value = serde_yaml_ng::from_str(&read("compose.yaml")).unwrap();
    compose.apply_merge().unwrap();
    for node in ["hubwire-1", "hubwire-2", "hubwire-3"] {
        let environment = &compose["services"][node]["environment"];
        assert_eq!(environment["HUBWIRE_NODE_LABEL"], node);
        assert_eq!(environment["HUBWIRE_BROKER_URL"], "redis://redis:6379");
        assert!(compose["services"]["haproxy"]["depends_on"].as_sequence().unwrap().contains(&node.into()));
    }
    let redis = compose["services"]["redis"]["command"].as_str().unwrap();
    assert!(redis.contains("--maxmemory-policy noeviction") && redis.contains("--appendonly yes"), "{redis}");
}

/// Variables of the command line, which are no options of a node.
const OF_COMMANDS: [&str; 3] = ["HUBWIRE_API", "HUBWIRE_API_KEY", "HUBWIRE_URL"];

#[test]
fn every_option_named_in_deploy_exists() {
    let declared = run(env!("CARGO_BIN_EXE_hubwire"), &["--json", "config", "default"]).unwrap();
    let declared: serde_json::Value = serde_json::from_str(&declared).unwrap();
    let declared = declared["options"].as_array().unwrap().iter();
    let options: BTreeSet<String> = declared.map(|it| it["variable"].as_str().unwrap().to_string()).collect();
    let mut named = BTreeSet::new();
    for file in files() {
        let text = std::fs::read_to_string(&file).unwrap();
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        named.extend(words.filter(|word| word.starts_with("HUBWIRE_") && *word != "HUBWIRE_").map(str::to_string));
    }
    let unknown: Vec<_> = named.difference(&options).filter(|it| !OF_COMMANDS.contains(&it.as_str())).collect();
    assert!(!named.is_empty() && unknown.is_empty(), "no such option: {unknown:?}");
}

/// From the declarations: a labelled metric is not on the page of a node before it first counts.
#[test]
fn dashboard_and_alerts_ask_for_metrics_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut declared = BTreeSet::new();
    for folder in [root.join("src"), root.join("actors/src")] {
        for file in below(&folder).iter().filter(|file| file.extension().is_some_and(|it| it == "rs")) {
            let text = std::fs::read_to_string(file).unwrap();
            let quoted = text.split('"').skip(1).step_by(2).filter(|word| word.starts_with("hubwire_"));
            declared.extend(quoted.map(str::to_owned));
        }
    }
    for file in ["grafana/hubwire.json", "prometheus/alerts.yaml", "prometheus/alerts.test.yaml"] {
        let text = read(file);
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let asked: BTreeSet<_> = words
            .filter(|word| word.starts_with("hubwire_"))
            .map(|name| name.strip_suffix("_bucket").unwrap_or(name).to_owned())
            .collect();
        let missing: Vec<_> = asked.difference(&declared).collect();
        assert!(asked.len() > 10 && missing.is_empty(), "{file} asks for {missing:?}");
    }
}

/// What the file promises of `hr` and of private spaces.
#[test]
fn the_rules_for_production_keep_guests_out_of_hr_and_everybody_out_of_anothers_private_space() {
    let file: toml::Table = read("production/hubwire.toml").parse().unwrap();
    let rules = file["access"]["rules"].as_array().unwrap().iter();
    let policy = Policy::new(rules.map(|rule| rule.as_str().unwrap().parse().unwrap()));
    let may = |role: &str, capability, address: &str| {
        let membership = OrgMembership { roles: [role.to_string()].into(), ..OrgMembership::default() };
        let orgs = [("acme".parse().unwrap(), membership)].into_iter().collect();
        let identity = Identity { orgs, ..Identity::of("u1".parse().unwrap()) };
        access::may(&identity, &policy, capability, &address.parse().unwrap()).is_ok()
    };
    for capability in [Capability::Join, Capability::Read, Capability::Publish, Capability::Presence] {
        assert!(!may("guest", capability, "ch:acme/hr/salaries"), "{capability:?}");
        assert!(may("staff", capability, "ch:acme/hr/salaries"), "{capability:?}");
        for role in ["guest", "staff", "owner"] {
            assert!(may(role, capability, "ch:acme/lobby"), "{role} {capability:?}");
            assert!(may(role, capability, "ch:acme/private/u1/notes"), "{role} {capability:?}");
            assert!(!may(role, capability, "ch:acme/private/u2/notes"), "{role} {capability:?}");
            assert!(!may(role, capability, "ch:acme/private/u2"), "{role} {capability:?}");
        }
    }
}
