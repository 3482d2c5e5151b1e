//! The command line: `serve`, a client for people and scripts, tokens, tickets, and the configuration's pages.
//!
//! Each subcommand is a file with its arguments and one `run`. Only results go to standard output (with `--json` one
//! document per line), everything else to standard error, where with `--json` a failure is one document. Exit codes: 0
//! success, 1 failure, 2 wrong usage. For `bench`, 1 means that a delivery was lost, duplicated or out of order, and 2
//! that the run was not valid.

mod api;
mod api_key;
mod audit;
mod bench;
mod check_centrifugo;
mod check_config;
mod completions;
mod config;
mod connection;
mod count;
mod denylist;
mod development;
mod direct;
mod doctor;
mod error;
mod events;
mod history;
mod man;
mod nodes;
mod org_argument;
mod overrides;
mod positions;
mod publish;
mod received;
mod runtime;
mod serve;
mod sessions;
mod subscribe;
mod table;
mod tail;
mod terminal;
mod ticket;
mod token;
mod verify;
mod who;
mod ws_hub;

use clap::{Parser, Subcommand};
use error::CliError;
use runtime::block_on;
use std::process::ExitCode;
use terminal::Terminal;

/// A distributed WebSocket messaging node, and its client.
#[derive(Debug, Parser)]
#[command(name = "hubwire", version, max_term_width = 110)]
struct Cli {
    /// Print one JSON document per line on standard output, and nothing else;
    /// a failure is one document on standard error.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a node.
    Serve(serve::Serve),
    /// Run a drop-in for WS-HUB, with its own configuration file.
    Wshub(ws_hub::WsHub),
    /// Connect and print what arrives.
    Sub(subscribe::Subscribe),
    /// Print the log of a stream.
    History(history::History),
    /// Publish an action to an address, over a socket or by the server API.
    Pub(publish::Publish),
    /// Send a direct message to a user.
    Send(direct::Send),
    /// Show the nodes and sessions of a user (server API).
    Who(who::Who),
    /// Show the nodes of the cluster, and their faults (server API).
    Nodes(nodes::Nodes),
    /// Show the nodes, refreshing (server API).
    Top(nodes::Top),
    /// Print publications as the nodes accept them (server API).
    Tail(tail::Tail),
    /// Show the path of a publication (server API).
    Trace(tail::Trace),
    /// Let a node hand its sessions over to the others and stop (server API).
    Drain(nodes::Drain),
    /// Show a user's sessions on all nodes (server API).
    Sessions(sessions::Sessions),
    /// Show refused, blocked and kicked users, and how sessions ended, on all nodes (server API).
    Audit(audit::Audit),
    /// List channels with members (server API).
    Channels(sessions::Channels),
    /// Show the members of a channel (server API).
    Presence(sessions::Presence),
    /// Close a user's sessions (server API).
    #[command(visible_alias = "kick")]
    Disconnect(sessions::Disconnect),
    /// Close a user's sessions and prevent new ones for a time (server API).
    Block(denylist::Block),
    /// End the block of a user (server API).
    Unblock(denylist::Unblock),
    /// Revoke a token, or the older ones of a user (server API).
    Revoke(denylist::Revoke),
    /// List blocks and revocations (server API).
    Blocks(denylist::Blocks),
    /// Server events that the application did not accept (server API).
    Events(events::Events),
    /// Create or inspect tokens.
    Token(token::Token),
    /// Create a key of the server API with a name and scopes.
    ApiKey(api_key::ApiKey),
    /// Get a one-time ticket for a user (server API).
    Ticket(ticket::MintTicket),
    /// Put load on nodes, check every delivery, and measure.
    Bench(bench::Bench),
    /// Find present and future faults of a cluster, with advice on each.
    // boxed, because it has a field for every option of a node
    Doctor(Box<doctor::Doctor>),
    /// Check that a running cluster keeps its promises.
    Verify(verify::Verify),
    /// Write the manual pages.
    Man(man::ManPages),
    /// Print the completion script of a shell.
    Completions(completions::Completions),
    /// Check a configuration and show where each value comes from.
    CheckConfig(check_config::CheckConfig),
    /// Convert a configuration of Centrifugo to that of a node, and list options without equivalent.
    CheckCentrifugo(check_centrifugo::CheckCentrifugo),
    /// Print the example configuration file or the reference of all options.
    Config(config::ConfigPages),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return misunderstood(&error),
    };
    let terminal = Terminal::new(cli.json);
    match run(cli.command, &terminal) {
        Ok(()) => ExitCode::SUCCESS,
        // the reader of the output has seen enough
        Err(CliError::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            terminal.error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// Prints help with exit code 0 and mistakes with 2. The arguments could not be parsed, so any `--json` counts.
fn misunderstood(error: &clap::Error) -> ExitCode {
    if error.use_stderr() && std::env::args().skip(1).any(|argument| argument == "--json") {
        let message = error.to_string();
        let usage = CliError::Usage(message.trim_end().trim_start_matches("error: ").to_owned());
        Terminal::new(true).error(&usage);
        return ExitCode::from(usage.exit_code());
    }
    error.exit()
}

fn run(command: Command, terminal: &Terminal) -> Result<(), CliError> {
    match command {
        Command::Serve(serve) => serve.run(),
        Command::Wshub(ws_hub) => ws_hub.run(),
        Command::Sub(subscribe) => block_on(subscribe.run(terminal)),
        Command::History(history) => block_on(history.run(terminal)),
        Command::Pub(publish) => publish.run(terminal),
        Command::Send(send) => block_on(send.run(terminal)),
        Command::Who(who) => who.run(terminal),
        Command::Nodes(nodes) => nodes.run(terminal),
        Command::Top(top) => top.run(terminal),
        Command::Tail(tail) => tail.run(terminal),
        Command::Trace(trace) => trace.run(terminal),
        Command::Drain(drain) => drain.run(terminal),
        Command::Audit(audit) => audit.run(terminal),
        Command::Sessions(sessions) => sessions.run(terminal),
        Command::Channels(channels) => channels.run(terminal),
        Command::Presence(presence) => presence.run(terminal),
        Command::Disconnect(disconnect) => disconnect.run(terminal),
        Command::Completions(completions) => completions.run(terminal),
        Command::Block(block) => block.run(terminal),
        Command::Unblock(unblock) => unblock.run(terminal),
        Command::Revoke(revoke) => revoke.run(terminal),
        Command::Blocks(blocks) => blocks.run(terminal),
        Command::Events(events) => events.run(terminal),
        Command::Token(token) => token.run(terminal),
        Command::ApiKey(key) => key.run(terminal),
        Command::Ticket(ticket) => ticket.run(terminal),
        Command::Doctor(doctor) => doctor.run(terminal),
        Command::Verify(verify) => verify.run(terminal),
        Command::Man(man) => man.run(terminal),
        Command::Bench(bench) => block_on(bench.run(terminal)),
        Command::CheckConfig(check) => check.run(terminal),
        Command::CheckCentrifugo(check) => check.run(terminal),
        Command::Config(pages) => pages.run(terminal),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_declaration_of_the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}
