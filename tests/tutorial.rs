//! The commands of the tutorial and the recipes work as they stand: a reader who pastes them sees what the page shows.
//!
//! Blocks are marked in the word behind the language: `sh background` runs on, `sh run` has to succeed, `text shows` is
//! printed by one of the commands before, and `file=NAME` is a file that later commands find.

#[macro_use]
mod support;

use std::path::Path;
use support::{ports, process::Process, Api};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A fenced block: what stands behind the fence, and the lines within.
struct Block {
    mark: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let text = std::fs::read_to_string(Path::new(ROOT).join(page)).unwrap_or_else(|error| panic!("{page}: {error}"));
    let fenced = text.split("\n```").skip(1).step_by(2);
    fenced
        .map(|block| block.split_once('\n').unwrap())
        .map(|(mark, text)| Block { mark: mark.into(), text: text.into() })
        .collect()
}

/// A reader with a shell, whose `hubwire` is the one under test and whose ports are free ones.
struct Reader {
    home: tempfile::TempDir,
    ports: [(&'static str, u16); 5],
    running: Vec<Process>,
}

impl Reader {
    fn new() -> Reader {
        let home = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_hubwire"), home.path().join("hubwire")).unwrap();
        // a program in a file looks for its packages beside it
        std::os::unix::fs::symlink(foreign().join("node_modules"), home.path().join("node_modules")).unwrap();
        let ports = ["8080", "8081", "3000", "5000", "8000"].map(|port| (port, ports::free()));
        Reader { home, ports, running: Vec::new() }
    }

    fn with_ports(&self, text: &str) -> String {
        self.ports.iter().fold(text.to_owned(), |text, (port, free)| text.replace(port, &free.to_string()))
    }

    fn start(&self, script: &str) -> Process {
        let [(_, public), (_, internal), ..] = self.ports;
        let path = [self.home.path(), &foreign().join("venv/bin"), Path::new(&std::env::var("PATH").unwrap())]
            .map(|part| part.display().to_string())
            .join(":");
        let environment = [
            ("PATH", path),
            ("PYTHONUNBUFFERED", "1".into()),
            ("PYTHONPATH", format!("{ROOT}/clients/python/src")),
            ("HUBWIRE_LISTEN_PUBLIC", format!("127.0.0.1:{public}")),
            ("HUBWIRE_LISTEN_INTERNAL", format!("127.0.0.1:{internal}")),
            ("HUBWIRE_URL", format!("ws://127.0.0.1:{public}/ws")),
        ];
        let script = format!("cd {}; {}", self.home.path().display(), self.with_ports(script));
        Process::start("the reader's shell", "bash", ["-ec", &script], &environment)
    }

    fn printed(&self) -> String {
        self.running.iter().map(Process::output).collect::<Vec<_>>().join("\n")
    }

    async fn follows(&mut self, block: &Block) {
        let text = &block.text;
        match block.mark.split_once([' ', '=']).map_or("", |(_, mark)| mark) {
            "background" => {
                let mut process = self.start(text);
                let node = Api::new(self.ports[1].1);
                assert_eventually!(
                    if text.contains("hubwire serve") {
                        node.try_status("/readyz") == Some(200)
                    } else {
                        !process.output().is_empty()
                    },
                    "{text} begins; it printed:\n{}",
                    process.output()
                );
                assert!(process.ended().is_none(), "{text} ended:\n{}", process.output());
                self.running.push(process);
            }
            "run" => {
                let mut process = self.start(text);
                let status = process.exit().await;
                assert!(status.success(), "{text} failed:\n{}", process.output());
                self.running.push(process);
            }
            "shows" => {
                for line in text.lines() {
                    assert_eventually!(
                        self.printed().contains(line),
                        "{line:?} is shown; printed was:\n{}",
                        self.printed()
                    );
                }
            }
            mark => {
                if let Some(name) = mark.strip_prefix("file=") {
                    std::fs::write(self.home.path().join(name), self.with_ports(text)).unwrap();
                }
            }
        }
    }
}

fn foreign() -> std::path::PathBuf {
    Path::new(ROOT).join("target/foreign")
}

async fn read_along(page: &str, commands_min: usize) {
    let blocks = blocks(page);
    let commands = blocks.iter().filter(|block| block.mark.ends_with(" run") || block.mark.ends_with(" background"));
    assert!(commands.count() >= commands_min, "{page} has fewer commands than this test was written for");
    let mut reader = Reader::new();
    for block in &blocks {
        reader.follows(block).await;
    }
}

#[tokio::test]
async fn every_command_of_the_tutorial_works_and_shows_what_it_says() {
    read_along("docs/tutorial.md", 9).await;
}

#[tokio::test]
async fn tickets_from_express_flask_django_and_ruby_open_sockets() {
    read_along("docs/recipes/tickets.md", 7).await;
}

#[tokio::test]
async fn two_people_share_an_order_screen() {
    read_along("docs/recipes/order-screen.md", 9).await;
}

#[tokio::test]
async fn a_push_rings_when_nobody_is_there_and_only_then() {
    read_along("docs/recipes/push.md", 4).await;
}
