//! QR codes: what a camera reads from another screen.

use std::fmt::Write;

use fast_qr::qr::QRBuilder;
use yew::prelude::*;

/// White modules around a QR code.
const QUIET_ZONE: usize = 4;

/// What [`Qr`] shows.
#[derive(PartialEq, Properties)]
pub struct QrProps {
    /// Text that it encodes.
    pub text: AttrValue,
    /// What it is called, for screen readers.
    pub label: AttrValue,
}

/// A QR code, always dark on white, so that every camera reads it.
#[component]
pub fn Qr(props: &QrProps) -> Html {
    let Ok(code) = QRBuilder::new(props.text.as_str()).build() else {
        return html! { <p class="hint">{"Too long for a QR code."}</p> };
    };
    let mut path = String::new();
    for (y, row) in (0..code.size).map(|y| (y, &code[y])) {
        for (x, _) in row.iter().enumerate().filter(|(_, module)| module.value()) {
            // Writing to a string cannot fail.
            let _ = write!(path, "M{} {}h1v1h-1z", x + QUIET_ZONE, y + QUIET_ZONE);
        }
    }
    let size = code.size + 2 * QUIET_ZONE;
    html! {
        <svg class="qr" viewBox={format!("0 0 {size} {size}")} role="img" aria-label={props.label.clone()}>
            <rect width={size.to_string()} height={size.to_string()} />
            <path d={path} />
        </svg>
    }
}
