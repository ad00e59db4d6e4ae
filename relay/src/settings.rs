//! What the program is told, from four places: a flag goes before a variable, a variable before the file, the file
//! before the default.
//!
//! There is one list, that of the flags. `--max-rooms` is `TING_RELAY_MAX_ROOMS` in the environment and `max_rooms` in
//! the file: a value of the file is read as the flag of that name, so it has the same type, range and error. A key or
//! variable that is no flag is refused by name, because a limit with a typing error would be no limit.

use std::{
    ffi::OsString,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use clap::{
    Arg, ArgAction, ArgMatches, Command, CommandFactory, FromArgMatches, Parser, ValueEnum,
    parser::ValueSource,
};
use thiserror::Error;
use toml::{Table, Value};

use crate::config::Config;

const PREFIX: &str = "TING_RELAY_";
/// Flags that make no sense in the file.
const NOT_IN_FILE: [&str; 4] = ["check", "config", "help", "version"];

/// Forwards sealed frames between the members of a room, and serves the web app.
#[derive(Parser, Clone, Debug)]
#[command(name = "ting-relay", version)]
pub struct Settings {
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4040")]
    pub listen: SocketAddr,
    /// Form of the log lines, which go to standard error
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// File of settings in TOML: the flags without their dashes, with `_` for `-`
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Read everything, certificates and web root included, print the settings in force and end
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    #[expect(
        missing_docs,
        reason = "a doc comment here would replace the help text of the program"
    )]
    pub relay: Config,
    /// The settings in force as a file that `--config` reads, without passwords.
    #[arg(skip)]
    pub in_force: String,
}

/// Format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Why the settings cannot be used.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// A flag or variable is wrong, or help was asked for.
    #[error(transparent)]
    Flags(#[from] clap::Error),
    /// A variable has our prefix and is no setting.
    #[error("there is no setting for the variable {0}")]
    UnknownVariable(String),
    /// The configuration file cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// Path of the configuration file.
        path: PathBuf,
        /// Reason that the system gave.
        error: std::io::Error,
    },
    /// The configuration file is not TOML.
    #[error("{}: {sentence}", path.display())]
    NotToml {
        /// Path of the configuration file.
        path: PathBuf,
        /// What is wrong in it, and where.
        sentence: String,
    },
    /// The file has a key that is no setting.
    #[error("{}: there is no setting `{key}`", path.display())]
    UnknownKey {
        /// Path of the configuration file.
        path: PathBuf,
        /// Key in the file.
        key: String,
    },
    /// A value in the file is not what its setting takes.
    #[error("{}: `{key}`: {sentence}", path.display())]
    BadValue {
        /// Path of the configuration file.
        path: PathBuf,
        /// Key in the file.
        key: String,
        /// What is wrong with its value.
        sentence: String,
    },
}

impl Settings {
    /// Reads flags, environment and file. The first argument is the program's name.
    ///
    /// # Errors
    /// [`SettingsError`] names the first setting that is wrong.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, SettingsError> {
        let command = command();
        let variables = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        refuse_unknown(&command, variables)?;
        let mut arguments: Vec<_> = arguments.into_iter().collect();
        let mut matches = command.clone().try_get_matches_from(&arguments)?;
        if let Some(path) = matches.get_one::<PathBuf>("config") {
            let from_file = flags_of_file(&command, &matches, path)?;
            arguments.splice(1..1, from_file);
            matches = command.clone().try_get_matches_from(arguments)?;
        }
        let mut settings = Self::from_arg_matches(&matches)?;
        settings.in_force = in_force(&command, &matches);
        Ok(settings)
    }
}

/// The command line: all flags, each with its environment variable.
fn command() -> Command {
    Settings::command().mut_args(|arg| match arg.get_long() {
        Some(long) if long != "check" => {
            let variable = format!("{PREFIX}{}", key_of(long).to_uppercase());
            arg.env(variable)
        }
        _ => arg,
    })
}

fn refuse_unknown(command: &Command, variables: impl Iterator<Item = String>) -> Result<(), SettingsError> {
    let known: Vec<_> = command.get_arguments().filter_map(Arg::get_env).collect();
    let mut ours = variables.filter(|name| name.starts_with(PREFIX));
    match ours.find(|name| !known.contains(&name.as_ref())) {
        Some(unknown) => Err(SettingsError::UnknownVariable(unknown)),
        None => Ok(()),
    }
}

fn key_of(flag: &str) -> String {
    flag.replace('-', "_")
}

/// The file's values as flags, without those that a flag or variable overrules.
fn flags_of_file(command: &Command, given: &ArgMatches, path: &Path) -> Result<Vec<OsString>, SettingsError> {
    let mut flags = Vec::new();
    for (key, value) in read_table(path)? {
        let arg = setting(command, &key).ok_or_else(|| SettingsError::UnknownKey {
            path: path.into(),
            key: key.clone(),
        })?;
        let bad_value = |sentence| SettingsError::BadValue {
            path: path.into(),
            key: key.clone(),
            sentence,
        };
        let flag = arg.get_long().unwrap_or_default();
        let values = texts(&value).ok_or_else(|| bad_value("a text, number or list is needed".into()))?;
        let values: Vec<_> = values
            .iter()
            .map(|text| OsString::from(format!("--{flag}={text}")))
            .collect();
        let alone = std::iter::once(OsString::new()).chain(values.iter().cloned());
        if let Err(error) = command.clone().try_get_matches_from(alone) {
            return Err(bad_value(first_line(&error)));
        }
        let source = given.value_source(arg.get_id().as_str());
        if !matches!(source, Some(ValueSource::CommandLine | ValueSource::EnvVariable)) {
            flags.extend(values);
        }
    }
    Ok(flags)
}

fn read_table(path: &Path) -> Result<Table, SettingsError> {
    let text = std::fs::read_to_string(path).map_err(|error| SettingsError::Unreadable {
        path: path.into(),
        error,
    })?;
    text.parse()
        .map_err(|error: toml::de::Error| SettingsError::NotToml {
            path: path.into(),
            sentence: error.message().into(),
        })
}

/// The flag that a key of the file stands for.
fn setting<'a>(command: &'a Command, key: &str) -> Option<&'a Arg> {
    let allowed = !NOT_IN_FILE.contains(&key);
    let mut settings = command.get_arguments().filter(|_| allowed);
    settings.find(|arg| arg.get_long().is_some_and(|long| key_of(long) == key))
}

/// A value of the file as the texts that its flag takes.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Integer(number) => Some(vec![number.to_string()]),
        Value::Boolean(answer) => Some(vec![answer.to_string()]),
        Value::Array(values) => values.iter().map(|value| texts(value)?.pop()).collect(),
        Value::Float(_) | Value::Datetime(_) | Value::Table(_) => None,
    }
}

fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.trim_start_matches("error: ").into()
}

/// Every setting with its value, in the form of the file.
fn in_force(command: &Command, matches: &ArgMatches) -> String {
    let mut lines = String::new();
    for arg in command.get_arguments() {
        let key = key_of(arg.get_long().unwrap_or_default());
        if setting(command, &key).is_none() {
            continue;
        }
        let raw = matches.try_get_raw(arg.get_id().as_str()).ok().flatten();
        let values: Option<Vec<_>> =
            raw.map(|values| values.map(|value| toml_value(&value.to_string_lossy())).collect());
        lines += &match (values.as_deref(), arg.get_action()) {
            (None, _) => format!("# {key} is not set\n"),
            (Some([value]), action) if !matches!(action, ArgAction::Append) => format!("{key} = {value}\n"),
            (Some(values), _) => format!("{key} = [{}]\n", values.join(", ")),
        };
    }
    lines
}

fn toml_value(text: &str) -> String {
    let is_bare = text.parse::<u64>().is_ok() || text.parse::<bool>().is_ok();
    if is_bare {
        text.into()
    } else {
        Value::from(without_password(text)).to_string()
    }
}

/// An address without the name and password that it may hold.
fn without_password(text: &str) -> String {
    match text.split_once("://") {
        Some((scheme, rest)) => {
            let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
            format!("{scheme}://{host}")
        }
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Settings, SettingsError> {
        let program = std::iter::once("ting-relay");
        Settings::read(program.chain(arguments.iter().copied()).map(OsString::from))
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    fn read_file(text: &str) -> Result<Settings, SettingsError> {
        read(&["--config", file(text).path().to_str().unwrap()])
    }

    fn sentence(text: &str) -> String {
        let error = read_file(text).unwrap_err().to_string();
        error.split_once(": ").unwrap().1.to_owned()
    }

    #[test]
    fn the_file_goes_before_the_default_and_a_flag_before_the_file() {
        let file = file("max_rooms = 7\nmax_members = 8\nallow_origin = [\"https://a\", \"https://b\"]\n");
        let path = file.path().to_str().unwrap();
        let settings = read(&["--max-members", "9", "--config", path]).unwrap();
        let limits = &settings.relay.limits;
        assert_eq!((limits.max_rooms, limits.max_members), (7, 9));
        assert_eq!(limits.max_connections, crate::Limits::default().max_connections);
        assert_eq!(settings.relay.allowed_origins, ["https://a", "https://b"]);
        let settings = read(&["--allow-origin", "https://c", "--config", path]).unwrap();
        assert_eq!(settings.relay.allowed_origins, ["https://c"]);
    }

    #[test]
    fn a_key_that_is_no_setting_is_refused_by_name() {
        assert_eq!(sentence("max_roms = 7"), "there is no setting `max_roms`");
        assert_eq!(sentence("check = true"), "there is no setting `check`");
        assert_eq!(
            sentence("[limits]\nmax_rooms = 1"),
            "there is no setting `limits`"
        );
    }

    #[test]
    fn a_bad_value_in_the_file_is_refused_by_name() {
        assert!(sentence("max_rooms = 0").starts_with("`max_rooms`: invalid value '0'"));
        assert!(sentence("max_rooms = \"many\"").starts_with("`max_rooms`: invalid value 'many'"));
        assert_eq!(
            sentence("max_rooms = 1.5"),
            "`max_rooms`: a text, number or list is needed"
        );
        assert!(sentence("trusted_proxy = [\"10.0.0.0/99\"]").starts_with("`trusted_proxy`: invalid value"));
        assert!(matches!(
            read_file("max_rooms"),
            Err(SettingsError::NotToml { .. })
        ));
        assert!(matches!(
            read(&["--config", "/does/not/exist"]),
            Err(SettingsError::Unreadable { .. })
        ));
    }

    #[test]
    fn switches_can_be_turned_off_again() {
        assert!(read_file("metrics_public = true").unwrap().relay.metrics_public);
        assert!(read(&["--metrics-public"]).unwrap().relay.metrics_public);
        let on = file("metrics_public = true");
        let off = read(&["--metrics-public=false", "--config", on.path().to_str().unwrap()]).unwrap();
        assert!(!off.relay.metrics_public);
    }

    #[test]
    fn the_settings_in_force_are_a_file_that_reads_the_same() {
        let settings = read(&["--max-rooms", "7", "--allow-origin", "https://a"]).unwrap();
        assert!(settings.in_force.contains("max_rooms = 7\n"));
        assert!(settings.in_force.contains("# tls_cert is not set\n"));
        assert_eq!(read_file(&settings.in_force).unwrap().in_force, settings.in_force);
    }

    #[test]
    fn passwords_in_addresses_are_not_shown() {
        assert_eq!(without_password("nats://me:secret@host:4222"), "nats://host:4222");
        assert_eq!(without_password("https://a"), "https://a");
    }
}
