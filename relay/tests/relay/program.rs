//! The program: where its settings come from, and its signals.

use std::process::Output;

use ting_frame::{CloseReason, Control};

use crate::{
    process::{Program, program},
    support::{Heard, ROOM, join_at},
};

fn check(flags: &[&str], variables: &[(&str, &str)]) -> Output {
    let variables = variables.iter().copied();
    program()
        .arg("--check")
        .args(flags)
        .envs(variables)
        .output()
        .unwrap()
}

fn printed(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The one sentence with which a check failed.
fn complaint(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

#[test]
fn a_flag_goes_before_a_variable_before_the_file_before_the_default() {
    let file = file("max_rooms = 2\nmax_members = 2\nmax_connections = 2\n");
    let variables = [
        ("TING_RELAY_CONFIG", file.path().to_str().unwrap()),
        ("TING_RELAY_MAX_ROOMS", "3"),
        ("TING_RELAY_MAX_MEMBERS", "3"),
        ("TING_RELAY_ALLOW_ORIGIN", "https://a.example,https://b.example"),
    ];
    let settings = printed(&check(&["--max-rooms", "4"], &variables));
    for line in [
        "max_rooms = 4\n",
        "max_members = 3\n",
        "max_connections = 2\n",
        "max_connections_per_address = 256\n",
        "allow_origin = [\"https://a.example\", \"https://b.example\"]\n",
    ] {
        assert!(settings.contains(line), "{line} is not in\n{settings}");
    }
}

#[test]
fn a_check_says_in_one_sentence_what_is_wrong() {
    let unknown = file("max_roms = 2");
    let flags = ["--config", unknown.path().to_str().unwrap()];
    assert!(complaint(&check(&flags, &[])).ends_with("there is no setting `max_roms`\n"));
    let variable = complaint(&check(&[], &[("TING_RELAY_MAX_ROMS", "2")]));
    assert!(variable.ends_with("there is no setting for the variable TING_RELAY_MAX_ROMS\n"));
    let no_web_app = complaint(&check(&["--web-root", "/does/not/exist"], &[]));
    assert!(no_web_app.ends_with("`web_root`: there is no /does/not/exist/index.html\n"));
    let half = complaint(&check(&["--tls-cert", "cert.pem"], &[]));
    assert!(half.ends_with("`tls_cert` and `tls_key` must be given together\n"));
    let no_file = complaint(&check(&["--tls-cert", "/no/cert", "--tls-key", "/no/key"], &[]));
    assert!(no_file.ends_with("/no/cert: there is no such file\n"));
    let text = unknown.path().to_str().unwrap();
    let no_pem = complaint(&check(&["--tls-cert", text, "--tls-key", text], &[]));
    assert!(
        no_pem.ends_with("there is no PEM of the needed kind in it\n"),
        "{no_pem}"
    );
    let silent = complaint(&check(&["--idle-timeout-ms", "1000"], &[]));
    assert!(silent.ends_with("`idle_timeout_ms` must be longer than `ping_interval_ms`\n"));
}

#[test]
fn a_bad_flag_or_variable_ends_the_program() {
    for output in [
        check(&["--max-rooms", "0"], &[]),
        check(&[], &[("TING_RELAY_MAX_ROOMS", "many")]),
    ] {
        assert_eq!(output.status.code(), Some(1));
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.starts_with("error: invalid value"), "{text}");
    }
}

#[test]
fn the_example_file_passes_its_check_and_says_the_defaults() {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/ting-relay.toml");
    let settings = printed(&check(&["--config", example], &[]));
    assert!(settings.contains("listen = \"127.0.0.1:4040\"\n"), "{settings}");
    assert!(settings.contains("log_format = \"json\"\n"), "{settings}");
}

#[tokio::test]
async fn sigterm_drains_and_ends_the_program() {
    let mut program = Program::start(&[]).await;
    let mut member = join_at(program.address, ROOM).await;
    program.signal("TERM");
    let Heard::Control(Control::Notice(notice)) = member.hear().await else {
        panic!("no notice")
    };
    assert_eq!(notice.text(), CloseReason::Draining.sentence());
    assert_eq!(member.hear().await, Heard::Closed(Some(CloseReason::Draining)));
    drop(member);
    assert!(program.wait().await.success());
}
