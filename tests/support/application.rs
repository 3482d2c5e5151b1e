//! The application's server as a node sees it: accepts POSTs, records them, and answers as a test prescribes.

use super::ports;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Received {
    /// Its path.
    pub path: String,
    /// Its headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Its body as it came.
    pub text: String,
    /// Its body as JSON.
    pub body: Value,
}

/// What the application does with a request.
#[derive(Debug, Clone)]
pub enum Does {
    /// Answers a status with a body.
    Answers(u16, String),
    /// Keeps the connection and says nothing.
    Hangs,
    /// Ends the connection.
    Breaks,
}

impl Does {
    /// 200 with JSON.
    pub fn ok(body: Value) -> Does {
        Does::Answers(200, body.to_string())
    }

    /// A status with an empty body.
    pub fn status(status: u16) -> Does {
        Does::Answers(status, String::new())
    }
}

type Behaviour = Box<dyn Fn(&Received) -> Does + Send>;

/// A running server; its thread ends with the test's process.
pub struct Application {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    behaviour: Mutex<Behaviour>,
    received: Mutex<Vec<Received>>,
}

impl Application {
    /// Starts one that does with each request what `behaviour` says.
    pub fn start(behaviour: impl Fn(&Received) -> Does + Send + 'static) -> Application {
        let port = ports::free();
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let shared = Arc::new(Shared { behaviour: Mutex::new(Box::new(behaviour)), received: Mutex::default() });
        let serving = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = serving.clone();
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        Application { port, shared }
    }

    /// A URL of it.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// From now on it does something else.
    pub fn does(&self, behaviour: impl Fn(&Received) -> Does + Send + 'static) {
        *self.shared.behaviour.lock().unwrap() = Box::new(behaviour);
    }

    /// What came until now.
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, shared: &Shared) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    while let Some(received) = read(&mut reader) {
        // the same turn for both: a test that sees a request knows what it was answered with
        let does = {
            let behaviour = shared.behaviour.lock().unwrap();
            shared.received.lock().unwrap().push(received.clone());
            behaviour(&received)
        };
        match does {
            Does::Answers(status, body) => {
                let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                if writer.write_all(answer.as_bytes()).is_err() {
                    return;
                }
            }
            Does::Hangs => {
                let _ = reader.read_to_end(&mut Vec::new()); // until the node gives up
                return;
            }
            Does::Breaks => return,
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Received> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let path = line.split(' ').nth(1)?.to_string();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_string());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    let text = String::from_utf8(body).ok()?;
    Some(Received { path, headers, body: serde_json::from_str(&text).unwrap_or_default(), text })
}
