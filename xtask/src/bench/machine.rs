//! Where, when and under which load something was measured.

use std::{
    fs,
    process::{self, Command},
    thread,
};

use super::Kind;
use crate::shell;

/// How busy the machine was when a measurement began and when it ended: the average number of processes that wanted a
/// core during the last minute.
pub struct Load {
    before: String,
    after: String,
}

impl Load {
    /// Runs the measurement between two looks at the load.
    pub fn around<T>(measure: impl FnOnce() -> T) -> (T, Self) {
        let before = load();
        let measured = measure();
        let after = load();
        (measured, Self { before, after })
    }
}

fn load() -> String {
    let uptime = shell::output(&mut Command::new("uptime"));
    let averages = uptime.as_deref().and_then(|text| text.rsplit(": ").next());
    let last_minute = averages.and_then(|text| text.split([' ', ',']).next());
    last_minute.unwrap_or("unknown").to_owned()
}

/// One paragraph: command, date, machine, versions, load.
pub fn stamp(kind: Kind, load: Load) -> String {
    let said = |program: &str, arguments: &[&str]| {
        shell::output(Command::new(program).args(arguments)).unwrap_or_else(|| "unknown".into())
    };
    let cores = thread::available_parallelism().map_or(0, usize::from);
    format!(
        "`cargo xtask bench {kind}`, {date}, commit {commit}. {processor}, {cores} cores, {system}. {rustc}. \
         Load average {before} before, {after} after{scheduling}.",
        date = said("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
        commit = said("git", &["rev-parse", "--short", "HEAD"]),
        processor = processor(),
        system = said("uname", &["-sm"]),
        rustc = said("rustc", &["--version"]),
        before = load.before,
        after = load.after,
        scheduling = if is_real_time() {
            ", real-time scheduling"
        } else {
            ""
        },
    )
}

/// Whether this process, and with it all that it starts, goes before all others (`chrt -f 1`).
fn is_real_time() -> bool {
    let class = shell::output(Command::new("ps").args(["-o", "cls=", "-p", &process::id().to_string()]));
    class.is_some_and(|class| class == "FF" || class == "RR")
}

fn processor() -> String {
    let from_linux = || {
        let text = fs::read_to_string("/proc/cpuinfo").ok()?;
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(": ")?.1.to_owned())
    };
    let from_mac = || shell::output(Command::new("sysctl").args(["-n", "machdep.cpu.brand_string"]));
    from_linux()
        .or_else(from_mac)
        .unwrap_or_else(|| "unknown processor".into())
}
