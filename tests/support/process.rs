//! A process that ends with the test, whose output is kept and shown when the test fails.

use std::ffi::OsStr;
use std::fs::File;
use std::process::{Child, Command, ExitStatus, Stdio};
use tempfile::TempDir;

/// A running program.
pub struct Process {
    child: Child,
    name: String,
    dir: TempDir,
}

/// Keeps the variables that are for tests from a program, which refuses options that it does not know.
pub fn without_own_variables(command: &mut Command) {
    for (variable, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HUBWIRE_")) {
        command.env_remove(variable);
    }
}

impl Process {
    /// Starts a program in a directory of its own. Variables of the node from the environment of the test are not
    /// passed on.
    ///
    /// `setpriv` makes the kernel kill the program should the test be killed. That is tied to the calling thread: the
    /// thread of the test, which outlives what the test started.
    pub fn start<A: AsRef<OsStr>>(
        name: &str,
        program: impl AsRef<OsStr>,
        arguments: impl IntoIterator<Item = A>,
        environment: &[(&str, String)],
    ) -> Process {
        let dir = tempfile::Builder::new().prefix("hubwire-test").tempdir().unwrap();
        let log = File::create(dir.path().join("log")).unwrap();
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(program.as_ref()).args(arguments);
        without_own_variables(&mut command);
        // Debian keeps haproxy where only root's PATH looks
        command.env("PATH", format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default()));
        command.envs(environment.iter().map(|(key, value)| (key, value)));
        // open as long as the program runs: wscat ends with its input
        command.current_dir(dir.path()).stdin(Stdio::piped());
        command.stdout(log.try_clone().unwrap()).stderr(log);
        let child = command.spawn().unwrap_or_else(|error| panic!("cannot start {:?}: {error}", program.as_ref()));
        Process { child, name: name.into(), dir }
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The directory it runs in; goes with it.
    pub fn dir(&self) -> &std::path::Path {
        self.dir.path()
    }

    /// What it printed until now.
    pub fn output(&self) -> String {
        let bytes = std::fs::read(self.dir.path().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Sends a signal by its name: `TERM`, `STOP`, `KILL`.
    pub fn signal(&self, name: &str) {
        let script = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success(), "{script}");
    }

    /// Ends it as a crash would, and waits until it is gone.
    pub fn kill(&mut self) {
        let _ = self.child.kill(); // it may have ended
        let _ = self.child.wait();
    }

    /// Whether it ended, and how.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Waits for its end.
    pub async fn exit(&mut self) -> ExitStatus {
        assert_eventually!(self.ended().is_some(), "{} ends; its output:\n{}", self.name, self.output());
        self.ended().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("---- output of {} ----\n{}", self.name, self.output());
        }
        self.kill();
    }
}
