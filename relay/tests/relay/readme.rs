//! The README's tables say what the program does.

use std::fmt::Write;

use clap::CommandFactory;
use ting_frame::CloseReason;
use ting_relay::Settings;

const README: &str = include_str!("../../README.md");

/// What stands between two marks.
fn section(name: &str) -> &str {
    let (_, after) = README.split_once(&format!("<!-- begin {name} -->\n")).unwrap();
    after.split_once(&format!("<!-- end {name} -->")).unwrap().0
}

#[test]
fn the_readme_lists_every_setting_with_its_default() {
    let mut table = String::from("| key | default | meaning |\n|---|---|---|\n");
    for arg in Settings::command().get_arguments() {
        let key = arg.get_long().unwrap().replace('-', "_");
        let defaults = arg.get_default_values().iter();
        let default: Vec<_> = defaults.map(|value| value.to_string_lossy()).collect();
        let meaning = arg.get_help().unwrap();
        let unit = match arg.get_value_names() {
            Some([unit]) if matches!(unit.as_str(), "MS" | "BYTES") => {
                format!(", in {}", unit.to_lowercase())
            }
            _ => String::new(),
        };
        writeln!(table, "| `{key}` | {} | {meaning}{unit} |", default.join(", ")).unwrap();
    }
    assert!(section("settings") == table, "the table should be:\n{table}");
}

#[test]
fn the_readme_lists_every_close_code() {
    let mut table = String::from("| code | name | sentence |\n|---|---|---|\n");
    for reason in CloseReason::ALL {
        let (code, name, sentence) = (reason.code(), reason.name(), reason.sentence());
        writeln!(table, "| {code} | `{name}` | {sentence} |").unwrap();
    }
    assert!(section("close codes") == table, "the table should be:\n{table}");
}
