//! Pictures of one page: on a phone, a tablet and a desktop, by day and by night.

use anyhow::Result;
use serde_json::json;

use crate::Tab;

/// What a size of pictures is called, and its CSS pixels.
pub const SIZES: [(&str, u32, u32); 3] = [("phone", 360, 740), ("tablet", 900, 800), ("desktop", 1280, 800)];

/// Names of the themes that pictures are taken in.
pub const THEMES: [&str; 2] = ["light", "dark"];

impl Tab {
    /// Shows the page in these colours.
    ///
    /// # Errors
    /// When the browser refuses it.
    pub async fn set_theme(&self, theme: &str) -> Result<()> {
        self.set_media_feature("prefers-color-scheme", theme).await
    }

    /// Writes pictures of what the page shows, in each size and theme, to `target/e2e/<name>-<size>-<theme>.png`.
    /// Then the window is as it was.
    ///
    /// # Errors
    /// When the tab is gone, never gets still, or a file cannot be written.
    pub async fn pictures(&self, name: &str) -> Result<()> {
        for (size, width, height) in SIZES {
            self.set_viewport(width, height).await?;
            for theme in THEMES {
                self.set_theme(theme).await?;
                self.settle().await?;
                self.screenshot(&format!("{name}-{size}-{theme}")).await?;
            }
        }
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": [] }))
            .await?;
        self.devtools("Emulation.clearDeviceMetricsOverride", json!({}))
            .await
            .map(drop)
    }
}
