//! `hubwire verify`: checks that a running cluster keeps its promises, with users generated for the run.

use super::api::{self, ApiKey};
use super::bench::TargetArguments;
use super::error::CliError;
use super::nodes;
use super::runtime::block_on;
use super::terminal::{Style, Terminal};
use crate::verify::{self, Drainer, Verdict};
use clap::Args;
use serde_json::json;

/// Arguments of `verify`. Give the address of each node, or that of the balancer.
#[derive(Debug, Args)]
pub struct Verify {
    #[command(flatten)]
    target: TargetArguments,
    /// Also drain the node with this label, which stops it, and check that nothing is lost (server API of another
    /// node).
    #[arg(long, value_name = "LABEL", requires = "api")]
    drain: Option<String>,
    /// Address of a node's internal listener.
    #[arg(long = "api", value_name = "URL", env = "HUBWIRE_API")]
    api: Option<String>,
    #[command(flatten)]
    key: ApiKey,
}

impl Verify {
    /// Checks each promise and prints the results.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let target = self.target.build(false)?;
        let drainer = match (self.drain, self.api) {
            (Some(label), Some(url)) => Some(drainer(label, url, self.key)?),
            _ => None,
        };
        let tell = |verdict: &Verdict| {
            if !terminal.is_json() {
                let _ = terminal.line(&line(terminal, verdict)); // the verdict at the end counts
            }
        };
        let verdicts = block_on(async { Ok(verify::run(&target, drainer, tell).await) })?;
        let broken = verdicts.iter().filter(|verdict| !verdict.kept).count();
        if terminal.is_json() {
            terminal.line(&json!({ "ok": broken == 0, "promises": verdicts }).to_string())?;
        }
        match broken {
            0 => Ok(()),
            broken => Err(CliError::Unkept { broken }),
        }
    }
}

fn line(terminal: &Terminal, Verdict { promise, kept, seen }: &Verdict) -> String {
    let (style, word) = if *kept { (Style::Kind, "kept  ") } else { (Style::Bad, "BROKEN") };
    format!("{}  {promise}\n        {}", terminal.paint(style, word), terminal.paint(Style::Faint, seen))
}

fn drainer(label: String, url: String, key: ApiKey) -> Result<Drainer, CliError> {
    let incarnation = nodes::incarnation_of(&api::get(&url, &key, "/v1/cluster")?, &label)?;
    let path = format!("/v1/nodes/{incarnation}/drain");
    let ask = move || api::post(&url, &key, &path, "").map(drop).map_err(|error| error.to_string());
    Ok(Drainer { label, ask: Box::new(ask) })
}
