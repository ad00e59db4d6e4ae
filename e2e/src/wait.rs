//! Waiting for a condition with a deadline.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

/// How long a test waits for something that should come soon, on a slow machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Pause between two attempts.
const PAUSE: Duration = Duration::from_millis(50);

/// Tries again and again until the attempt gives a value. An error counts as "not yet": a page that is being redrawn
/// loses elements between two questions.
///
/// # Errors
/// After `limit`, with `what` was waited for and the last error.
pub async fn eventually<T>(
    what: &str,
    limit: Duration,
    mut attempt: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let deadline = Instant::now() + limit;
    loop {
        let result = attempt().await;
        if let Ok(Some(value)) = result {
            return Ok(value);
        }
        if Instant::now() > deadline {
            let waited = anyhow!("waited {} s for {what}", limit.as_secs());
            return Err(result
                .err()
                .map_or(waited, |error| error.context(format!("while waiting for {what}"))));
        }
        tokio::time::sleep(PAUSE).await;
    }
}
