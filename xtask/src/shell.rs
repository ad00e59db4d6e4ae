//! Running other programs: every command is shown before it runs, and a failure names the command.
//!
//! Nothing here goes through a shell, so paths with blanks are safe.

use std::{
    env,
    ffi::OsString,
    io::{self, BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
};

use anyhow::{Context, Result, anyhow, bail};

/// The workspace's root folder.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// A command that starts in the workspace root, without the variables that cargo set for xtask alone.
pub fn command(program: impl Into<OsString>) -> Command {
    let mut command = Command::new(program.into());
    command.current_dir(root());
    for (name, _) in env::vars_os() {
        let is_ours = name.to_str().is_some_and(|name| {
            name == "CARGO" || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        if is_ours {
            command.env_remove(&name);
        }
    }
    command
}

/// Shows the command, runs it with its output on the screen, and fails if it fails.
pub fn run(command: &mut Command) -> Result<()> {
    println!("  $ {}", shown(command));
    let status = command
        .status()
        .with_context(|| format!("cannot start `{}`", shown(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", shown(command));
    }
    Ok(())
}

/// Shows the command and runs it; what it printed is shown only if it fails. For what runs beside something that writes to the screen.
pub fn run_quietly(command: &mut Command) -> Result<()> {
    let output = shown_output(command)?;
    if !output.status.success() {
        let printed = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed ({}):\n{printed}", shown(command), output.status);
    }
    Ok(())
}

/// Does two things beside each other, and waits for both.
///
/// # Errors
/// That of the first, else that of the second.
pub fn beside<A: Send, B: Send>(
    first: impl FnOnce() -> Result<A> + Send,
    second: impl FnOnce() -> Result<B> + Send,
) -> Result<(A, B)> {
    thread::scope(|scope| {
        let second = scope.spawn(second);
        let first = first();
        let second = second
            .join()
            .unwrap_or_else(|_| Err(anyhow!("a thread panicked")));
        Ok((first?, second?))
    })
}

/// The same command, which makes way for everything else that runs; where there is no `nice`, the command itself.
pub fn yielding(command: &Command) -> Command {
    let program = command.get_program();
    let mut nice = match which("nice") {
        Some(file) => {
            let mut nice = Command::new(file);
            nice.args(["-n", "19"]).arg(program);
            nice
        }
        None => Command::new(program),
    };
    nice.args(command.get_args());
    nice.current_dir(command.get_current_dir().map_or_else(root, Path::to_path_buf));
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => nice.env(name, value),
            None => nice.env_remove(name),
        };
    }
    nice
}

/// Like [`run`], and returns whether it succeeded and all that it printed, which is shown as it comes.
pub fn run_and_copy(command: &mut Command) -> Result<(bool, String)> {
    println!("  $ {}", shown(command));
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{}`", shown(command)))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (printed, errors) = thread::scope(|scope| {
        let errors = scope.spawn(|| stderr.map_or_else(String::new, |pipe| copy(pipe, io::stderr())));
        let printed = stdout.map_or_else(String::new, |pipe| copy(pipe, io::stdout()));
        (printed, errors.join().unwrap_or_default())
    });
    Ok((child.wait()?.success(), printed + "\n" + &errors))
}

/// Like [`run`], and returns whether it succeeded and all that it printed, of which nothing is shown.
pub fn run_and_keep(command: &mut Command) -> Result<(bool, String)> {
    let output = shown_output(command)?;
    let [printed, errors] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    Ok((output.status.success(), format!("{printed}\n{errors}")))
}

fn shown_output(command: &mut Command) -> Result<Output> {
    println!("  $ {}", shown(command));
    command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{}`", shown(command)))
}

fn copy(from: impl Read, mut to: impl Write) -> String {
    let mut all = String::new();
    for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        let _ = writeln!(to, "{line}");
        all.push_str(&line);
        all.push('\n');
    }
    all
}

/// Runs the command quietly and returns what it wrote to its standard output, if it succeeded.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Where a program is found on PATH.
pub fn which(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// PATH with these folders before the user's own.
pub fn path_with(folders: &[PathBuf]) -> Result<OsString> {
    let own = env::var_os("PATH").unwrap_or_default();
    let all = folders.iter().cloned().chain(env::split_paths(&own));
    env::join_paths(all).context("a folder on PATH has a separator in its name")
}

/// Runs a command as root: as it is when we are root, else with sudo; a clear error without either.
pub fn run_as_root(program: &str, arguments: &[&str]) -> Result<()> {
    let mut elevated = if is_root() {
        command(program)
    } else if which("sudo").is_some() {
        let mut sudo = command("sudo");
        sudo.arg(program);
        sudo
    } else {
        bail!(
            "`{program} {}` needs root, and there is no sudo here",
            arguments.join(" ")
        );
    };
    run(elevated.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Whether packages can be installed with apt here, as root or through sudo.
pub fn has_apt() -> bool {
    which("apt-get").is_some() && (is_root() || which("sudo").is_some())
}

/// Installs Debian packages, after one update of the package lists.
pub fn apt_install(packages: &[&str]) -> Result<()> {
    run_as_root("apt-get", &["update", "-qq"])?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend_from_slice(packages);
    run_as_root("apt-get", &arguments)
}

/// Whether this process runs as root.
pub fn is_root() -> bool {
    output(Command::new("id").arg("-u")).as_deref() == Some("0")
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
