//! `hubwire doctor`: finds present and future faults of a cluster, with advice on each.

use super::api::{self, ApiKey};
use super::connection::Authorities;
use super::count::counted;
use super::development;
use super::error::CliError;
use super::overrides::ConfigSource;
use super::runtime::block_on;
use super::terminal::{Style, Terminal};
use crate::config::load::Loaded;
use crate::config::Origin;
use crate::doctor::{self, Finding, Front, Grade, Options, Report};
use clap::Args;
use hubwire_actors::environment::Environment;
use hubwire_client::{percent_encode, SocketUrl};
use serde_json::{json, Value};
use std::time::Duration;

/// Time limit for Redis, and for the client's connection.
const WAIT: Duration = Duration::from_secs(5);

/// Arguments of `doctor`. Without any it checks the configuration in the environment, and the node on this machine.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Address of a node's internal listener. Default: that of the configuration.
    #[arg(long = "api", value_name = "URL", env = "HUBWIRE_API")]
    api: Option<String>,
    #[command(flatten)]
    key: ApiKey,
    /// Query no node: only check the configuration, this machine and Redis, for example before the first start.
    #[arg(long, conflicts_with_all = ["api", "nodes"])]
    offline: bool,
    /// The expected number of nodes.
    #[arg(long, value_name = "N")]
    nodes: Option<usize>,
    /// Open a socket here, as a client does.
    #[arg(long, value_name = "URL", env = "HUBWIRE_URL")]
    url: Option<SocketUrl>,
    /// Send this origin, like a page from https://app.example.org.
    #[arg(long, value_name = "ORIGIN", requires = "url")]
    origin: Option<String>,
    /// Authenticate with this token, to find out which address the node sees as the client's.
    #[arg(long, value_name = "JWT", env = "HUBWIRE_TOKEN", hide_env_values = true)]
    token: Option<String>,
    #[command(flatten)]
    authorities: Authorities,
    #[command(flatten)]
    source: ConfigSource,
}

impl Doctor {
    /// Checks everything it can reach and prints the findings.
    pub fn run(self, terminal: &Terminal) -> Result<(), CliError> {
        let mut report = Report::default();
        let loaded = self.configuration(&mut report);
        let options = match self.offline {
            true => None,
            false => self.cluster(loaded.as_ref(), &mut report),
        };
        self.front(options.as_ref().or(loaded.as_ref().map(Options::of).as_ref()), loaded.as_ref(), &mut report)?;
        print(terminal, &report)?;
        match report.count(Grade::Problem) {
            0 => Ok(()),
            problems => Err(CliError::Unhealthy { problems }),
        }
    }

    /// The configuration of this machine, if there is one, with checks of it.
    fn configuration(&self, report: &mut Report) -> Option<Loaded> {
        let loaded = self.source.load().and_then(|mut loaded| {
            if loaded.config.auth.dev {
                development::complete(&mut loaded)?;
            }
            Ok(loaded)
        });
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(CliError::Config(errors)) => {
                let wrong = |error: &dyn std::fmt::Display| {
                    Finding::problem(
                        "configuration",
                        error.to_string(),
                        "correct it; `hubwire check-config` reads it again",
                    )
                };
                report.add("the configuration here", errors.0.iter().map(|error| wrong(error)).collect());
                return None;
            }
            Err(error) => {
                let finding = Finding::problem("configuration", error.to_string(), "see above");
                report.add("the configuration here", vec![finding]);
                return None;
            }
        };
        let given = loaded.settled.iter().filter(|settled| settled.origin != Origin::Default).count();
        if given == 0 && !self.offline {
            return None; // an operator's machine: the nodes are elsewhere
        }
        let now_s = i64::try_from(Environment::real().unix_ms() / 1000).unwrap_or(i64::MAX);
        report.add(
            format!("the configuration here ({} given)", counted(given, "option")),
            doctor::options(&Options::of(&loaded)),
        );
        report.add("this machine", doctor::machine(&loaded, now_s));
        if !loaded.config.broker.url.is_memory() {
            let found = actix_rt::System::new().block_on(doctor::broker(&loaded, WAIT));
            report.add(loaded.config.broker.url.to_string(), found);
        }
        Some(loaded)
    }

    fn api_url(&self, loaded: Option<&Loaded>) -> String {
        let configured = |loaded: &Loaded| {
            let scheme = if loaded.config.tls.internal_certificate.is_empty() { "http" } else { "https" };
            format!("{scheme}://{}", loaded.config.listen.internal)
        };
        self.api.clone().or(loaded.map(configured)).unwrap_or_else(|| api::LOCAL.to_owned())
    }

    /// Checks the nodes; returns the options of the queried one.
    fn cluster(&self, loaded: Option<&Loaded>, report: &mut Report) -> Option<Options> {
        let url = self.api_url(loaded);
        let cluster = match api::get(&url, &self.key, "/v1/cluster") {
            Ok(cluster) => cluster,
            Err(error) => {
                report.add(format!("the nodes, by {url}"), vec![self.unanswered(&url, &error)]);
                return None;
            }
        };
        let count = cluster["nodes"].as_array().map_or(0, Vec::len);
        report.add(format!("{}, by {url}", counted(count, "node")), doctor::cluster(&cluster, self.nodes));
        match api::get(&url, &self.key, "/v1/cluster/settings") {
            Ok(settings) => {
                let options = Options::answered(&settings);
                report.add("settings of all nodes", doctor::settings(&settings));
                let asked = settings["asked"].as_str().unwrap_or("?");
                report.add(format!("the configuration of {asked}"), doctor::options(&options));
                Some(options)
            }
            Err(error) => {
                let finding = Finding::note(
                    "settings_unseen",
                    format!("the settings of the nodes could not be compared: {}", first_line(&error)),
                    "use a key with the scope operate",
                );
                report.add("settings of all nodes", vec![finding]);
                None
            }
        }
    }

    fn unanswered(&self, url: &str, error: &CliError) -> Finding {
        let found = first_line(error);
        match error {
            CliError::ApiRefused { status: 401 | 403, .. } => Finding::problem(
                "api_key",
                found,
                "pass a key of the node with the scope read with --api-key or HUBWIRE_API_KEY",
            ),
            CliError::ApiRefused { .. } => match api::unready(url, &self.key) {
                reasons if reasons.is_empty() => Finding::problem("api", found, "see the log of that node"),
                reasons => Finding::problem(
                    "unready",
                    format!("{found}; it is not ready: {}", reasons.join("; ")),
                    "see docs/runbook.md, \"not ready\", and the log of that node",
                ),
            },
            _ => Finding::problem(
                "no_node",
                found,
                format!("is a node running, and is {url} its internal listener? Before the first start use --offline"),
            ),
        }
    }

    fn front(&self, options: Option<&Options>, loaded: Option<&Loaded>, report: &mut Report) -> Result<(), CliError> {
        let Some(url) = self.url.clone() else { return Ok(()) };
        let (origin, token) = (self.origin.clone(), self.token.clone());
        let front = Front { url, origin, token, trust: self.authorities.trust(), wait: WAIT };
        let api = self.api_url(loaded);
        let address_of = |session: &str| {
            let seen = api::get(&api, &self.key, &format!("/v1/sessions/{}", percent_encode(session))).ok()?;
            seen["address"].as_str().map(str::to_owned)
        };
        let found = block_on(async { Ok(doctor::front(&front, options, address_of).await) })?;
        report.add(format!("the path of a client, by {}", front.url), found);
        Ok(())
    }
}

fn first_line(error: &CliError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

fn print(terminal: &Terminal, report: &Report) -> Result<(), CliError> {
    let document: Value =
        json!({ "ok": report.count(Grade::Problem) == 0, "examined": report.examined, "findings": report.findings });
    let mut lines: Vec<String> =
        report.examined.iter().map(|part| format!("{} {part}", terminal.paint(Style::Faint, "examined"))).collect();
    for Finding { grade, check, found, advice } in &report.findings {
        let (style, word) = match grade {
            Grade::Problem => (Style::Bad, "problem"),
            Grade::Warning => (Style::Kind, "warning"),
            Grade::Note => (Style::Faint, "note"),
        };
        lines.push(format!(
            "\n{} {found} {}",
            terminal.paint(style, word),
            terminal.paint(Style::Faint, &format!("[{check}]"))
        ));
        lines.push(format!("  -> {advice}"));
    }
    let counts = [(Grade::Problem, "problem"), (Grade::Warning, "warning"), (Grade::Note, "note")]
        .map(|(grade, noun)| counted(report.count(grade), noun));
    lines.push(format!("\n{}", counts.join(", ")));
    terminal.result(&document, lines.join("\n"))
}
