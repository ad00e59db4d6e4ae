//! How large the built web app is: as files, and as the relay sends them.

use std::io::Write;

use anyhow::Result;
use brotli::{CompressorWriter, enc::BrotliEncoderParams};
use flate2::{Compression, write::GzEncoder};

use super::{
    document::{grouped, table},
    machine::Load,
};
use crate::{bundle, setup, web};

/// The relay compresses while it sends, at these levels of gzip and brotli.
const GZIP_LEVEL: u32 = 6;
const BROTLI_LEVEL: i32 = 4;
const LIMIT_BYTES: usize = 1_000_000;

/// Sizes of a file in bytes.
#[derive(Clone, Copy, Default)]
struct Sizes {
    raw: usize,
    gzip: usize,
    brotli: usize,
}

/// Builds the web app and weighs each of its files.
pub fn measure() -> Result<(String, Load)> {
    let (built, load) = Load::around(|| web::build(&setup::web()?));
    built?;
    let folder = web::dist();
    let mut total = Sizes::default();
    let mut rows = Vec::new();
    for (name, bytes) in bundle::files_below(&folder)? {
        let sizes = Sizes::of(&bytes)?;
        total = total.and(sizes);
        rows.push(sizes.row(&name.display().to_string()));
    }
    rows.push(total.row("**total**"));
    let verdict = if total.gzip <= LIMIT_BYTES {
        "within"
    } else {
        "over"
    };
    let note = format!(
        "The total is {verdict} the {} bytes of gzip that we allow. gzip at level {GZIP_LEVEL} and brotli at level {BROTLI_LEVEL}, \
         as the relay sends.",
        grouped(LIMIT_BYTES as f64)
    );
    Ok((
        format!("{note}\n\n{}", table(&["file", "bytes", "gzip", "brotli"], &rows)),
        load,
    ))
}

impl Sizes {
    fn of(bytes: &[u8]) -> Result<Self> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::new(GZIP_LEVEL));
        gzip.write_all(bytes)?;
        let parameters = BrotliEncoderParams {
            quality: BROTLI_LEVEL,
            ..Default::default()
        };
        let mut brotli = CompressorWriter::with_params(Vec::new(), 4096, &parameters);
        brotli.write_all(bytes)?;
        Ok(Self {
            raw: bytes.len(),
            gzip: gzip.finish()?.len(),
            brotli: brotli.into_inner().len(),
        })
    }

    fn and(self, other: Self) -> Self {
        Self {
            raw: self.raw + other.raw,
            gzip: self.gzip + other.gzip,
            brotli: self.brotli + other.brotli,
        }
    }

    fn row(self, name: &str) -> Vec<String> {
        let figures = [self.raw, self.gzip, self.brotli].map(|bytes| grouped(bytes as f64));
        [&[name.to_owned()], &figures[..]].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetition_weighs_less_when_compressed() {
        let sizes = Sizes::of(&[7; 100_000]).unwrap();
        assert_eq!(sizes.raw, 100_000);
        assert!(sizes.gzip < 1_000 && sizes.brotli < 1_000 && sizes.brotli > 0);
    }
}
