//! `cargo xtask play`: the web app and a relay that serves it, ready to be opened.

use std::{
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, ExitStatus},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{relay, setup, shell, steps::Steps, web};

const START_LIMIT: Duration = Duration::from_secs(10);
const DRAIN_LIMIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(100);

/// Where to play.
pub struct Options {
    /// The relay's address; the unspecified one lets other devices in.
    pub host: IpAddr,
    /// The relay's port.
    pub port: u16,
    /// Whether to open the browser.
    pub open: bool,
}

/// Sets up, builds, starts the relay and stays until it ends or Ctrl-C.
///
/// # Errors
/// When a tool is missing, a build fails, the port is taken, or the relay ends with an error.
pub fn play(options: &Options) -> Result<()> {
    let address = SocketAddr::new(options.host, options.port);
    refuse_taken(address)?;
    let mut steps = Steps::new(4);
    let tools = steps.next("looking for what building takes", setup::web)?;
    let both = "compiling the web app, and the relay beside it: some minutes the first time";
    let program = steps.next(both, || {
        let app = || shell::run(&mut web::compilation(&tools)?);
        shell::beside(app, relay::build).map(|((), program)| program)
    })?;
    steps.next("bundling the web app", || web::finish(&tools))?;
    let stop = stop_on_signal()?;
    let mut relay = steps.next("starting the relay", || start(&program, address, &stop))?;
    let near = from_here(address);
    let link = format!("http://{near}/");
    println!("\n  Ting is ready:  {link}");
    if near != address {
        println!(
            "  Other devices open it with this machine's name or address in place of {}.",
            near.ip()
        );
    }
    println!("  Open it in several tabs: each is a peer. Ctrl-C ends the relay.\n");
    if options.open {
        open_in_browser(&link);
    }
    stay(&mut relay, &stop)
}

/// Starts a relay and waits until it answers.
fn start(program: &Path, address: SocketAddr, stop: &AtomicBool) -> Result<Child> {
    let mut command = shell::command(program);
    command
        .arg("--listen")
        .arg(address.to_string())
        .arg("--web-root")
        .arg(web::dist());
    let mut relay = command.spawn().context("cannot start the relay")?;
    if let Err(error) = wait_until_healthy(&mut relay, from_here(address), stop) {
        end(&mut relay)?;
        return Err(error);
    }
    Ok(relay)
}

/// How this machine reaches what listens there.
fn from_here(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn refuse_taken(address: SocketAddr) -> Result<()> {
    TcpListener::bind(address)
        .map(drop)
        .with_context(|| format!("{address} is taken: end what runs there, or choose another with --port"))
}

fn stop_on_signal() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    ctrlc::set_handler(move || asked.store(true, Ordering::Relaxed)).context("cannot listen for Ctrl-C")?;
    Ok(stop)
}

fn wait_until_healthy(relay: &mut Child, address: SocketAddr, stop: &AtomicBool) -> Result<()> {
    let deadline = Instant::now() + START_LIMIT;
    while !is_healthy(address) {
        if let Some(status) = relay.try_wait()? {
            bail!("the relay ended at once ({status})");
        }
        if stop.load(Ordering::Relaxed) {
            bail!("stopped");
        }
        if Instant::now() > deadline {
            bail!("the relay did not answer within {} s", START_LIMIT.as_secs());
        }
        thread::sleep(POLL);
    }
    Ok(())
}

fn is_healthy(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        write!(
            stream,
            "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        )?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(&status == b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}

fn open_in_browser(link: &str) {
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    if shell::which(opener).is_none() || Command::new(opener).arg(link).spawn().is_err() {
        println!("  (no {opener} here: open the link yourself)");
    }
}

fn stay(relay: &mut Child, stop: &AtomicBool) -> Result<()> {
    while !stop.load(Ordering::Relaxed) {
        if let Some(status) = relay.try_wait()? {
            bail!("the relay ended ({status})");
        }
        thread::sleep(POLL);
    }
    let status = end(relay)?;
    println!("  The relay has ended ({status}).");
    Ok(())
}

/// Asks the relay to end, gives it time to say goodbye to its rooms, then ends it.
fn end(relay: &mut Child) -> Result<ExitStatus> {
    let deadline = Instant::now() + DRAIN_LIMIT;
    let _ = Command::new("kill").arg(relay.id().to_string()).status();
    while Instant::now() < deadline {
        if let Some(status) = relay.try_wait()? {
            return Ok(status);
        }
        thread::sleep(POLL);
    }
    relay.kill()?;
    Ok(relay.wait()?)
}
