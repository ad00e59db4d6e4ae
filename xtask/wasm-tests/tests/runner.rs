//! The runner is a program of its own; cargo finds it where this test does.

use std::process::Command;

#[test]
fn the_runner_asks_for_the_module_that_it_is_to_run() {
    let output = Command::new(env!("CARGO_BIN_EXE_wasm-test-runner"))
        .arg("--help")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && printed.contains("wasm"),
        "it printed: {printed}"
    );
}
