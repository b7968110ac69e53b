//! A badge as SVG, in the styles that people know from shields.io.
use maud::{Markup, html};

/// On each side of a text, in pixels.
const PADDING: u32 = 6;

/// Those of shields.io, without `social`, which is made for numbers of stars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Flat,
    FlatSquare,
    Plastic,
    ForTheBadge,
}

/// What the styles differ in.
struct Look {
    height: u32,
    radius: u32,
    padding: u32,
    font_size: u32,
    /// Between letters, in tenths of a pixel.
    spacing: u32,
    baseline: u32,
    is_upper: bool,
    is_shaded: bool,
}

impl Style {
    pub(super) fn named(name: &str) -> Self {
        match name {
            "flat-square" => Self::FlatSquare,
            "plastic" => Self::Plastic,
            "for-the-badge" => Self::ForTheBadge,
            _ => Self::Flat,
        }
    }

    fn look(self) -> Look {
        let flat = Look {
            height: 20,
            radius: 3,
            padding: PADDING,
            font_size: 11,
            spacing: 0,
            baseline: 14,
            is_upper: false,
            is_shaded: false,
        };
        match self {
            Self::Flat => flat,
            Self::FlatSquare => Look { radius: 0, ..flat },
            Self::Plastic => Look { height: 18, radius: 4, baseline: 13, is_shaded: true, ..flat },
            Self::ForTheBadge => Look {
                height: 28,
                radius: 0,
                padding: 10,
                font_size: 10,
                spacing: 10,
                baseline: 18,
                is_upper: true,
                is_shaded: false,
            },
        }
    }
}

/// `textLength` fits each text to its estimated width, whatever font the viewer has.
pub(super) fn render(label: &str, message: &str, colour: &str, style: Style) -> Markup {
    let look = style.look();
    let shown = |text: &str| if look.is_upper { text.to_uppercase() } else { text.to_owned() };
    let (label_text, message_text) = (shown(label), shown(message));
    let (left, right) = (look.width(&label_text), look.width(&message_text));
    let Look { height, radius, padding, font_size, baseline, .. } = look;
    let split = left + 2 * padding;
    let whole = split + right + 2 * padding;
    let weight = look.is_upper.then_some("bold");
    html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(whole) height=(height) viewBox={ "0 0 " (whole) " " (height) }
            role="img" aria-label={ (label) ": " (message) } {
            title { (label) ": " (message) }
            @if look.is_shaded {
                // It only darkens, so the contrast of the text does not fall.
                linearGradient id="shade" x2="0" y2="100%" {
                    stop offset="0" stop-opacity="0" {}
                    stop offset="1" stop-opacity=".3" {}
                }
            }
            rect width=(whole) height=(height) rx=(radius) fill="#2f363d" {}
            path d=(right_part(split, whole, height, radius)) fill=(colour) {}
            @if look.is_shaded { rect width=(whole) height=(height) rx=(radius) fill="url(#shade)" {} }
            g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size=(font_size) aria-hidden="true" {
                text x=(padding) y=(baseline) textLength=(left) lengthAdjust="spacingAndGlyphs" { (label_text) }
                text x=(split + padding) y=(baseline) textLength=(right) lengthAdjust="spacingAndGlyphs"
                    font-weight=[weight] { (message_text) }
            }
        }
    }
}

/// From the split to the right edge, whose corners are round.
fn right_part(split: u32, whole: u32, height: u32, radius: u32) -> String {
    let (width, side) = (whole - split - radius, height - 2 * radius);
    match radius {
        0 => format!("M{split} 0H{whole}V{height}H{split}z"),
        r => format!("M{split} 0h{width}a{r} {r} 0 0 1 {r} {r}v{side}a{r} {r} 0 0 1-{r} {r}H{split}z"),
    }
}

impl Look {
    /// The estimated width in pixels, in Verdana.
    fn width(&self, text: &str) -> u32 {
        // Tenths of a pixel at 11 px.
        let tenths = |char: char| match char {
            'i' | 'j' | 'l' | 'I' | '\'' | '|' | ' ' | '.' | ',' | ':' | ';' | '!' => 38,
            'f' | 'r' | 't' | 'J' | '(' | ')' | '-' | '/' => 47,
            'm' | 'w' | 'M' | 'W' | '%' | '@' => 106,
            'A'..='Z' | '&' | '#' => 78,
            char if u32::from(char) >= 0x1100 => 110,
            _ => 67,
        };
        let tenths: u32 = text.chars().map(|char| tenths(char) * self.font_size / 11 + self.spacing).sum();
        (tenths / 10).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_differ_in_height_corners_and_letters() {
        let badge = |style: &str| render("Acme", "major outage", "#c0262d", Style::named(style)).into_string();
        assert!(badge("flat").contains("height=\"20\"") && badge("flat").contains("rx=\"3\""));
        assert_eq!(badge("flat"), badge("social"), "an unknown style is the usual one");
        assert!(badge("flat-square").contains("rx=\"0\""));
        assert!(badge("plastic").contains("url(#shade)") && badge("plastic").contains("height=\"18\""));
        let large = badge("for-the-badge");
        assert!(large.contains("MAJOR OUTAGE") && large.contains("<title>Acme: major outage</title>"), "{large}");
        assert_eq!(Style::Flat.look().width(""), 1);
    }
}
